"""Pages that open by a double click, without network: sealed content, crisis journal, editor of the restoration site, exercise.

In: what the page holds (HTML of ours, a seed, a document). Out: one HTML document with its script and style inside, whose policy
(CSP) allows that script only, and no request. Scripts: `frontend/src/offline/`, bundled into `ui/static/ui/dist/offline/`.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

import beffroi.web.ui
from beffroi.web.continuity.errors import ContinuityError

from . import site_render
from .passphrase_box import new_passphrase, seal

__all__ = ["exercise_page", "journal_page", "new_passphrase", "sealed_page", "site_editor_page"]

BUNDLE = Path(beffroi.web.ui.__file__).parent / "static" / "ui" / "dist" / "offline"


def sealed_page(title: str, body_html: str, passphrase: str) -> str:
    """A page that shows `body_html` to who has the passphrase. `title` stays readable by all: no personal data in it."""
    box = seal(body_html.encode(), passphrase)
    return _document("sealed", title, {"box": box}, own_style=True)


def journal_page(seed: Mapping[str, Any], roles: Sequence[Mapping[str, Any]]) -> str:
    """The crisis journal. `roles`: title, holder.

    `seed`: `crisis` (uuid), `exercise`, `simulated`, `title`, `territory` (code, name), `made_at`, `lines` already on the platform, and `clocks`: key,
    title, hours, law, help, starts (moment or None).
    """
    context = {
        **_banners(seed["exercise"], seed.get("simulated", False), seed["territory"]["name"]),
        "made_at": site_render.format_moment(seed["made_at"], site_render.words()["fr"]),
        "clocks": seed.get("clocks", []),
        "roles": roles,
        "holders": sorted({role["holder"] for role in roles if role.get("holder")}),
    }
    return _document("journal", seed["title"], {"seed": seed}, context)


def site_editor_page(
    document: Mapping[str, Any],
    *,
    sealed_key: Mapping[str, Any] | None = None,
    title: str = "Informer les habitants",
) -> str:
    """The editor of the restoration site. `sealed_key`: from `passphrase_box.sealed_key`, signs when its passphrase is typed."""
    kit = site_render.kit(sealed_key["public_key"] if sealed_key else "")
    place = document["territory"]
    french_first = sorted(document["languages"], key=lambda tag: tag != "fr")
    context = {
        **_banners(document.get("exercise", False), place["simulated"], place["name"]),
        "languages": [{"tag": tag, "label": site_render.language_name(tag)} for tag in french_first],
        "sealed": sealed_key is not None,
        "fingerprint": kit["fingerprint"],
    }
    box = sealed_key["box"] if sealed_key else None
    return _document("site", title, {"site": document, "kit": kit, "sealed-key": box}, context)


def exercise_page(seed: Mapping[str, Any]) -> str:
    """A whole exercise to play on one laptop: facilitator, players, observer. `seed`: see `exercises.playable_page`."""
    context = {
        **_banners(True, seed["simulated"], seed["territory"]["name"]),
        "made_at": site_render.format_moment(seed["made_at"], site_render.words()["fr"]),
        "lead": seed["scenario"]["lead"],
        "steps": seed["scenario"]["steps"],
        "rules": seed["rules"],
        "speeds": seed["speeds"],
        "media": list(seed["media"].items()),
    }
    return _document(
        "exercise", seed["title"], {"seed": seed}, context, styles=("offline.css", "exercise.css")
    )


def _banners(exercise: bool, simulated: bool, place: str) -> dict[str, Any]:
    return {"exercise": exercise, "simulated": simulated, "place": place}


def _document(
    name: str,
    title: str,
    data: Mapping[str, Any],
    context: Mapping[str, Any] | None = None,
    *,
    own_style: bool = False,
    styles: Sequence[str] = ("offline.css",),
) -> str:
    """`own_style`: the content has styles of its own; without it, only the page's, `styles`."""
    style = mark_safe("".join(_bundled(each) for each in styles))  # noqa: S308
    script = _bundled(f"{name}.js")
    policy = [
        "default-src 'none'",
        f"script-src {_hash(script)}",
        "style-src 'unsafe-inline'" if own_style else f"style-src {_hash(style)}",
        "base-uri 'none'",
        "form-action 'none'",
        # The journal, the editor and the exercise never make HTML from text: the browser refuses it to them.
        "img-src data:" if own_style else "require-trusted-types-for 'script'; trusted-types 'none'",
    ]
    values = {
        **(context or {}),
        "title": title,
        "policy": mark_safe("; ".join(policy)),  # noqa: S308
        "style": style,
        "script": script,
        "data": [(key, _json(value)) for key, value in data.items()],
    }
    return render_to_string(f"continuity/offline/{name}.html", values)


@cache
def _bundled(name: str) -> SafeString:
    try:
        text = (BUNDLE / name).read_text("utf-8")
    except FileNotFoundError as error:
        raise ContinuityError(
            "La partie navigateur n'est pas assemblée : lancez « python hatch_build.py »."
        ) from error
    return mark_safe(text.replace("</script", r"<\/script").replace("<!--", r"<\!--"))  # noqa: S308


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value: Any) -> SafeString:
    """For a script element: nothing in it can close the element."""
    return mark_safe(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S308
