"""Static restoration page: a document → files that any host can serve. The same document gives the same bytes, here and on the stick.

The files are those of `offline_pages.site_render`, which the page of the stick fills from the same templates. No Django here.
"""

import base64
import hashlib
import json
from typing import Final

from ..offline_pages import site_render
from .document import Document, canonical

_STYLE: Final = hashlib.sha256(site_render.templates()["style"].encode()).digest()
PREVIEW_POLICY: Final = {
    "default-src": ["'none'"],
    "style-src": [f"'sha256-{base64.b64encode(_STYLE).decode()}'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
}
"""Headers of a page that this site itself serves."""


def build(document: Document, *, public_key: str, signature: bytes | None) -> dict[str, bytes]:
    """Files of the page, by name. `signature`: of the canonical bytes; None for a preview, which says so and has no signature."""
    return site_render.build(json.loads(canonical(document)), public_key=public_key, signature=signature)


def states_html(document: Document) -> str:
    """The states of the services alone, in French, for a page of another frame."""
    return site_render.states_html(json.loads(canonical(document)))
