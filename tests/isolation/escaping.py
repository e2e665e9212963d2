"""Labels that are markup wherever a page does not write them as text, and what finds them there.

In: an answer of the site, whose territory bears `MARKUP` in every label (world.py), or to which it was sent in a form.
Out: the first place where it became an element, an attribute or the address of a link.
"""

import re
from html.parser import HTMLParser

from beffroi.web.ui.form_tokens import FIELD

from .answers import Answer

TAG = "x-tag"
# Ends an attribute's value, adds an attribute, ends the element and begins another.
MARKUP = f"\"' {TAG}><{TAG}>"
SCRIPT = f"javascript:{TAG}"

_READ_AS_MARKUP = ("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml")
_ADDRESSES = {"href", "src", "action", "formaction", "xlink:href", "data-src", "poster", "srcdoc"}
_SCRIPTS = ("javascript:", "vbscript:", "data:text/html")
_BARE_FORM = re.compile(
    rf'<form\b[^>]*method="post"[^>]*>(?!<input type="hidden" name="{FIELD}" value="[0-9a-f]{{64}}">)'
)


def unescaped(answer: Answer) -> str:
    """What surrounds a label that an answer shows as it was written; empty when there is none. Quick: nothing is parsed."""
    at = answer.body.find(f"<{TAG}".encode())
    if at < 0 or not _is_markup(answer):
        return ""
    return answer.body[max(0, at - 200) : at + 60].decode(errors="replace")


def injected(answer: Answer) -> list[str]:
    """Each element, attribute and address that a label made in an answer."""
    if not _is_markup(answer):
        return []
    reader = _Reader()
    reader.feed(answer.body.decode())
    reader.close()
    return [*reader.found, *filter(None, [unescaped(answer)])]


def without_token(answer: Answer) -> list[str]:
    """The forms that write and bear no token for their address: no template wrote them, or not through the site's loader."""
    if not _is_markup(answer):
        return []
    return _BARE_FORM.findall(answer.body.decode())


def _is_markup(answer: Answer) -> bool:
    """Whether a browser would read it as a page: also when the answer does not say what it is."""
    kind = answer.headers.get("content-type", "text/html").partition(";")[0]
    return bool(answer.body) and kind in _READ_AS_MARKUP


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if TAG in tag or any(TAG in name for name, _ in attrs):
            self.found.append(f"<{tag}> line {self.getpos()[0]}: {self.get_starttag_text()}")
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            if name in _ADDRESSES and address.startswith(_SCRIPTS):
                self.found.append(f"<{tag} {name}={value}>")
