"""Static restoration page: a document → files that any host can serve. The same document gives the same bytes.

No script, no cookie, no request outside; each page is at most 100 kB. Every text of the document is escaped. No Django here.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from . import words
from .document import FRENCH, Document, State, Update, canonical, conflicts, current, in_order
from .document_signing import fingerprint
from .feed import atom_feed
from .words import Words

MOST_PAGE_BYTES: Final = 100_000
_BUDGET: Final = 92_000  # of a page's content: its frame is under 8 kB
_EXCERPT: Final = 160
PARIS: Final = ZoneInfo("Europe/Paris")
STATE_FILE, SIGNATURE_FILE, KEY_FILE, FEED_FILE = "etat.json", "etat.json.sig", "cle.pem", "fil.xml"
ORDER: Final[tuple[State, ...]] = ("stopped", "degraded", "works")
SHAPES: Final[Mapping[State, str]] = {"stopped": "■", "degraded": "▲", "works": "●"}
_RIGHT_TO_LEFT: Final = {"ar", "fa", "he", "ps", "ur"}

STYLE: Final = """
:root{color-scheme:light}body{margin:0 auto;max-width:44rem;padding:1rem;font:1.05rem/1.5 system-ui,sans-serif;color:#1b1b1b;background:#fff}
h1{font-size:1.7rem;line-height:1.2;margin:.5rem 0}h2{font-size:1.25rem;margin:1.6rem 0 .5rem}h3{font-size:1.1rem;margin:0}
article{border:1px solid #6b6b6b;border-inline-start-width:.6rem;border-radius:.3rem;padding:.7rem .9rem;margin:.7rem 0}
.stopped{border-color:#8f1d12}.degraded{border-color:#7a5200}.works{border-color:#1c5c33}
.shape{font-size:1.2em;margin-inline-end:.35em}.state{font-weight:700;margin:.1rem 0}p{margin:.4rem 0}
.banner{border:3px solid #1b1b1b;padding:.6rem .9rem;font-weight:700}.note{color:#454545}
nav ul{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1.2rem}nav a{display:inline-block;padding:.3rem 0}
a{color:#0b3d91}a:focus-visible{outline:3px solid #0b3d91;outline-offset:2px}code{overflow-wrap:anywhere}
footer{border-top:1px solid #6b6b6b;margin-top:2rem;padding-top:.5rem}.text{white-space:pre-line}
@media print{body{max-width:none;padding:0;font-size:11pt}nav,.screen{display:none}article{break-inside:avoid}a{color:inherit;text-decoration:none}}
""".replace("\n", "")
_STYLE_HASH: Final = f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
_POLICY: Final = f"default-src 'none'; base-uri 'none'; form-action 'none'; style-src {_STYLE_HASH}"
PREVIEW_POLICY: Final = {
    "default-src": ["'none'"],
    "style-src": [_STYLE_HASH],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
}
"""Headers of a page that this site itself serves."""


@dataclass(frozen=True)
class _Page:
    """What a page is made from: one language of one document."""

    document: Document
    language: str
    key: str
    signed: bool
    zone: tzinfo

    @property
    def words(self) -> Words:
        return words.of(self.language)

    @property
    def lang(self) -> str:
        """Language of the fixed words."""
        return lang_attribute(self.language if words.has(self.language) else FRENCH)

    def moment(self, at: datetime) -> str:
        return self.words.moment(at.astimezone(self.zone))


def build(
    document: Document, *, public_key: str, signature: bytes | None, zone: tzinfo = PARIS
) -> dict[str, bytes]:
    """Files of the page, by name. `signature`: of the canonical bytes; None for a preview, which says so and has no signature."""
    files: dict[str, bytes] = {}
    for language in document.languages:
        page = _Page(document, language, public_key, signature is not None, zone)
        files[page_name(language)] = _index(page)
        files |= _history(page)
    files[FEED_FILE] = atom_feed(document)
    files[STATE_FILE] = canonical(document)
    files[KEY_FILE] = public_key.encode("ascii")
    if signature is not None:
        files[SIGNATURE_FILE] = signature
    return files


def page_name(language: str) -> str:
    """File of the states in this language: French is the first page."""
    return {FRENCH: "index.html", "fr-x-facile": "facile.html"}.get(language, f"{language.lower()}.html")


def history_name(language: str, number: int = 1) -> str:
    stem = "historique" if language == FRENCH else f"{page_name(language).removesuffix('.html')}-historique"
    return f"{stem}.html" if number == 1 else f"{stem}-{number}.html"


def lang_attribute(language: str) -> str:
    """Value of `lang`: easy French is French."""
    return language.partition("-x-")[0]


def states_html(document: Document, language: str = FRENCH, zone: tzinfo = PARIS) -> str:
    """The states of the services alone, for a page of another frame."""
    return _states(_Page(document, language, "", True, zone), _whole)


def _index(page: _Page) -> bytes:
    for shorten in (_whole, _excerpt, _nothing):
        made = _framed(page, page.document.title, _states(page, shorten), _first_page_links(page))
        if len(made) <= MOST_PAGE_BYTES:
            return made
    raise AssertionError("a page of names alone is within the bound")


type _Shortening = Callable[
    [str], tuple[str, bool]
]  # a text → what of it is displayed, and whether it was cut


def _whole(text: str) -> tuple[str, bool]:
    return text, False


def _excerpt(text: str) -> tuple[str, bool]:
    return (text, False) if len(text) <= _EXCERPT else (f"{text[:_EXCERPT].rstrip()}…", True)


def _nothing(text: str) -> tuple[str, bool]:
    return "", bool(text)


def _states(page: _Page, shorten: _Shortening) -> str:
    document, phrases = page.document, page.words
    last, twice = current(document), conflicts(document)
    services = sorted(document.services, key=lambda each: (each.name[FRENCH].casefold(), each.key))
    parts: list[str] = []
    for state in ORDER:
        of_state = [each for each in services if each.key in last and last[each.key].state == state]
        if not of_state:
            continue
        parts.append(
            f'<section aria-labelledby="{state}"><h2 id="{state}">{_state(phrases, state)} ({len(of_state)})</h2>'
        )
        for service in of_state:
            note = f'<p class="note">{escape(phrases["several"])}</p>' if service.key in twice else ""
            body = _update(page, last[service.key], shorten)
            parts.append(
                f'<article class="{state}"><h3>{_inline(page, service.name)}</h3>'
                f'<p class="state">{_state(phrases, state)}</p>{note}{body}</article>'
            )
        parts.append("</section>")
    silent = [each for each in services if each.key not in last]
    if silent:
        names = "".join(f"<li>{_inline(page, each.name)}</li>" for each in silent)
        parts.append(f'<section aria-labelledby="unknown"><h2 id="unknown">{escape(phrases["unknown"])}</h2><ul>{names}</ul></section>')  # fmt: skip
    return "".join(parts) or f"<p>{escape(phrases['nothing'])}</p>"


def _state(phrases: Words, state: State) -> str:
    return f'<span class="shape" aria-hidden="true">{SHAPES[state]}</span>{escape(phrases[state])}'


def _update(page: _Page, update: Update, shorten: _Shortening) -> str:
    phrases = page.words
    parts: list[str] = []
    if update.since:
        parts.append(f"<p>{escape(phrases('since', page.moment(datetime.fromisoformat(update.since))))}</p>")
    text, cut = _block(page, update.text, shorten)
    parts.append(text)
    instead, cut_too = _block(page, update.alternative, shorten)
    if instead:
        parts.append(f"<p><strong>{escape(phrases['instead'])}</strong></p>{instead}")
    if cut or cut_too:
        parts.append(f'<p><a href="{history_name(page.language)}">{escape(phrases["more"])}</a></p>')
    if update.next_news:
        moment = page.moment(datetime.fromisoformat(update.next_news))
        parts.append(f"<p><strong>{escape(phrases('next', moment))}</strong></p>")
    parts.append(f'<p class="note">{escape(phrases("announced", page.moment(update.moment)))}</p>')
    return "".join(parts)


def _inline(page: _Page, texts: Mapping[str, str]) -> str:
    """A name in the language of the page, or else in French."""
    language = page.language if texts.get(page.language) else FRENCH
    text = escape(texts.get(language, ""))
    return (
        text
        if lang_attribute(language) == page.lang
        else f'<span lang="{lang_attribute(language)}">{text}</span>'
    )


def _block(page: _Page, texts: Mapping[str, str], shorten: _Shortening) -> tuple[str, bool]:
    """A text in the language of the page, or else in French, which is then said; and whether it was cut."""
    language = page.language if texts.get(page.language) else FRENCH
    text, cut = shorten(texts.get(language, "").strip())
    if not text:
        return "", cut
    note = "" if language == page.language else f'<p class="note">{escape(page.words["untranslated"])}</p>'
    return (
        f'{note}<div class="text" lang="{lang_attribute(language)}"{_direction(language)}>{escape(text)}</div>',
        cut,
    )


def _direction(language: str) -> str:
    return ' dir="rtl"' if language.partition("-")[0] in _RIGHT_TO_LEFT else ""


def _first_page_links(page: _Page) -> str:
    phrases = page.words
    command = f"openssl dgst -sha256 -verify {KEY_FILE} -signature {SIGNATURE_FILE} {STATE_FILE}"
    return (
        f'<nav class="screen" aria-label="{escape(phrases["history"])}"><ul><li><a href="{history_name(page.language)}">{escape(phrases["history"])}</a></li>'
        f'<li><a href="{FEED_FILE}">{escape(phrases["feed"])}</a></li></ul></nav>'
        f"<footer><h2>{escape(phrases['key'])}</h2><p>{escape(phrases['check'])}</p>"
        f"<p>{escape(phrases['fingerprint'])}<br><code>{fingerprint(page.key)}</code></p>"
        f'<div class="screen"><p>{escape(phrases["tool"])}</p><p><code>{escape(command)}</code></p></div></footer>'
    )


def _history(page: _Page) -> dict[str, bytes]:
    """Every update, the latest first, on as many pages as it takes."""
    names = {each.key: each.name for each in page.document.services}
    pages: list[list[str]] = [[]]
    size = 0
    for update in reversed(in_order(page.document.updates)):
        made = (
            f'<article class="{update.state}" id="a{update.id}"><h2>{_inline(page, names[update.service])}</h2>'
            f'<p class="state">{_state(page.words, update.state)}</p>{_update(page, update, _whole)}</article>'
        )
        if size + len(made.encode()) > _BUDGET - 20_000 and pages[-1]:
            pages.append([])
            size = 0
        pages[-1].append(made)
        size += len(made.encode())
    title = page.words["history"]
    files: dict[str, bytes] = {}
    for number, content in enumerate(pages, start=1):
        body = "".join(content) or f"<p>{escape(page.words['nothing'])}</p>"
        links = _history_links(page, number, len(pages))
        files[history_name(page.language, number)] = _framed(page, title, body, links)
    return files


def _history_links(page: _Page, number: int, count: int) -> str:
    phrases = page.words
    items = [f'<li><a href="{page_name(page.language)}">{escape(phrases["back"])}</a></li>']
    near = sorted({1, count, *range(max(1, number - 3), min(count, number + 3) + 1)}) if count > 1 else []
    for one in near:
        mark = ' aria-current="page"' if one == number else ""
        items.append(
            f'<li><a href="{history_name(page.language, one)}"{mark}>{escape(phrases("page", str(one)))}</a></li>'
        )
    return f'<nav class="screen" aria-label="{escape(phrases["pages"])}"><ul>{"".join(items)}</ul></nav>'


def _framed(page: _Page, title: str, body: str, links: str) -> bytes:
    document, phrases = page.document, page.words
    banners = [
        phrases[name]
        for name, applies in (
            ("exercise", document.exercise),
            ("simulated", document.territory.simulated),
            ("draft", not page.signed),
        )
        if applies
    ]
    updated = document.changed_at
    when = f"<p>{escape(phrases('updated', page.moment(updated)))}</p>" if updated else ""
    of_document = title == document.title
    heading = (
        f'<span lang="fr">{escape(title)}</span>' if of_document and page.lang != FRENCH else escape(title)
    )
    return (
        f'<!doctype html>\n<html lang="{page.lang}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}, {escape(document.territory.name)}</title>"
        f'<link rel="alternate" type="application/atom+xml" title="{escape(phrases["feed"])}" href="{FEED_FILE}">'
        f"<style>{STYLE}</style></head><body><header>"
        + "".join(f'<p class="banner">{escape(banner)}</p>' for banner in banners)
        + f'<p lang="fr">{escape(document.territory.name)}</p><h1>{heading}</h1>{when}'
        f"{_language_links(page)}</header><main>{body}</main>{links}</body></html>\n"
    ).encode()


def _language_links(page: _Page) -> str:
    if len(page.document.languages) < 2:
        return ""
    return (
        f'<nav class="screen" aria-label="{escape(page.words["languages"])}"><ul>'
        + "".join(_language_link(page, each) for each in _ordered(page.document.languages))
        + "</ul></nav>"
    )


def _language_link(page: _Page, language: str) -> str:
    attribute = lang_attribute(language)
    mark = ' aria-current="page"' if language == page.language else ""
    return (
        f'<li><a href="{page_name(language)}" lang="{attribute}" hreflang="{attribute}"{mark}>'
        f"{escape(words.name_of(language))}</a></li>"
    )


def _ordered(languages: Iterable[str]) -> list[str]:
    return sorted(languages, key=lambda each: (each != FRENCH, each != "fr-x-facile", each))
