"""The restoration site as files, from its document: one definition for the platform and for the stick.

In: a valid document (`restoration_site.document`). Out: `index.html`, a page a language, history, Atom feed, `etat.json` and its signature.
Pure and without a clock: the same document gives the same bytes, here and in `frontend/src/offline/site-render.js`, which fills
the same templates (`restoration_site/templates_site`).
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from .mustache import render

FOLDER = Path(__file__).resolve().parent.parent / "restoration_site" / "templates_site"
STATES = ("stopped", "degraded", "works", "unknown")
MOST_ENTRIES, MOST_CHARACTERS = 60, 30_000  # of one page of the history: it stays under 100 kB
FEED_ENTRIES = 30
STATE_FILE, SIGNATURE_FILE, FEED_FILE = "etat.json", "etat.json.sig", "fil.xml"
SIGNS = {"stopped": "✕", "degraded": "◐", "works": "✓", "unknown": "?"}  # read in black and white

type Document = Mapping[str, Any]
type Update = Mapping[str, Any]
type Context = dict[str, Any]


@cache
def templates() -> dict[str, str]:
    return {file.stem: file.read_text("utf-8") for file in sorted(FOLDER.glob("*.mustache"))}


@cache
def labels() -> dict[str, dict[str, Any]]:
    """Words of the pages by language."""
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / "labels.json").read_text("utf-8"))
    return found


def canonical(document: Document) -> bytes:
    """The bytes that are signed: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def raw_signature(der: bytes) -> bytes:
    """r‖s on 64 bytes, as WebCrypto reads it, from what `cryptography` signs on P-256."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(32) + s.to_bytes(32)


def der_signature(raw: bytes) -> bytes:
    if len(raw) != 64:
        raise ValueError("a signature on P-256 has 64 bytes")
    return encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))


def build(document: Document, signature: str | None = None) -> dict[str, bytes]:
    """Every file of the site. `signature`: base64 of r‖s over `etat.json`."""
    history = _history_pages(document)
    files: dict[str, str] = {}
    for rank, language in enumerate(document["languages"]):
        name = "index" if rank == 0 else language
        files[f"{name}.html"] = render(templates(), "page", _page(document, language))
    for rank, entries in enumerate(history):
        files[_history_name(rank)] = render(
            templates(), "history", _history(document, rank, history, entries)
        )
    files[FEED_FILE] = render(templates(), "feed", _feed(document, history))
    found = {name: text.encode() for name, text in files.items()} | {STATE_FILE: canonical(document)}
    if signature is not None:
        found[SIGNATURE_FILE] = f"{signature}\n".encode()
    return found


def when(update: Update) -> tuple[float, str]:
    """What updates are sorted by."""
    return datetime.fromisoformat(update["at"]).timestamp(), update["id"]


def heads(document: Document, service: str) -> list[Update]:
    """Updates of a service that no other one follows, oldest first; two or more: a conflict."""
    own = sorted((each for each in document["updates"] if each["service"] == service), key=when)
    followed = {before for each in own for before in each["after"]}
    return [each for each in own if each["id"] not in followed] or own[-1:]


def current(document: Document, service: str) -> Update | None:
    """The update that tells the state of a service; None when nothing was said of it."""
    found = heads(document, service)
    return found[-1] if found else None


def format_moment(moment: str, words: Mapping[str, Any]) -> str:
    """As the clock showed it where it was written: « 29 novembre 2026 à 8 h 00 »."""
    year, month, day, hour, minute = (
        int(moment[a:b]) for a, b in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16))
    )
    parts = {
        "day": words["first"] if day == 1 else str(day),
        "month": words["months"][month - 1],
        "year": str(year),
        "hour": str(hour),
        "minute": f"{minute:02}",
    }
    text: str = words["moment"]
    for name, value in parts.items():
        text = text.replace("{" + name + "}", value)
    return text


def _common(document: Document, language: str) -> Context:
    known = language if language in labels() else "fr"
    words = labels()[known]
    last = max(document["updates"], key=when, default=None)
    fingerprint = document.get("signing_key", {}).get("fingerprint", "")
    return {
        **{name: value for name, value in words.items() if name.startswith("word_")},
        "lang": known,
        "dir": words["dir"],
        "document": document["document"],
        "title": document["title"],
        "title_lang": document["languages"][0],
        "territory": document["territory"]["name"],
        "simulated": document["territory"]["simulated"],
        "exercise": document.get("exercise", False),
        "fingerprint": " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4)),
        "feed_title": f"{document['title']} – {document['territory']['name']}",
        "updated": format_moment(last["at"], words) if last else words["word_never"],
        "updated_iso": last["at"] if last else "1970-01-01T00:00:00+00:00",
    }


def _page(document: Document, language: str) -> Context:
    common = _common(document, language)
    words = labels()[common["lang"]]
    by_state: dict[str, list[Context]] = {state: [] for state in STATES}
    for service in document["services"]:
        update = current(document, service["key"])
        state = update["state"] if update else "unknown"
        by_state[state].append(
            {
                "state": state,
                **_named(service, document, language),
                "updates": [_update(update, document, language, words)] if update else [],
            }
        )
    languages = [
        {
            "href": "index.html" if rank == 0 else f"{tag}.html",
            "tag": tag,
            "label": labels().get(tag, {}).get("label", tag),
            "here": tag == language,
        }
        for rank, tag in enumerate(document["languages"])
    ]
    groups = [
        {"heading": words[f"heading_{state}"], "services": found}
        for state, found in by_state.items()
        if found
    ]
    return {**common, "page_title": common["feed_title"], "languages": languages, "groups": groups}


def _named(service: Mapping[str, Any], document: Document, language: str) -> Context:
    name, spoken = _text(service["name"], document, language)
    return {"name": name, "name_lang": spoken}


def _text(texts: Mapping[str, str], document: Document, language: str) -> tuple[str, str]:
    """A text and its language: the first of the document where this one is missing."""
    spoken = language if texts.get(language) else document["languages"][0]
    return texts.get(spoken, ""), spoken


def _update(update: Update, document: Document, language: str, words: Mapping[str, Any]) -> Context:
    text, text_lang = _text(update["text"], document, language)
    alternative, alternative_lang = _text(update["alternative"], document, language)
    return {
        "state_sign": SIGNS[update["state"]],
        "state_word": words[f"state_{update['state']}"],
        "since": format_moment(update["since"], words),
        "text": _lines(text),
        "text_lang": text_lang,
        "has_alternative": bool(alternative),
        "alternative": _lines(alternative),
        "alternative_lang": alternative_lang,
        "next_news": format_moment(update["next_news"], words) if update["next_news"] else "",
    }


def _lines(text: str) -> list[Context]:
    return [{"line": line} for line in text.split("\n") if line]


def _history_name(rank: int) -> str:
    return "historique.html" if rank == 0 else f"historique-{rank + 1}.html"


def _history_pages(document: Document) -> list[list[Update]]:
    """All updates, newest first, in pages that stay light; at least one page."""
    pages: list[list[Update]] = [[]]
    filled = 0
    for update in sorted(document["updates"], key=when, reverse=True):
        size = sum(
            len(_text(update[name], document, document["languages"][0])[0])
            for name in ("text", "alternative")
        )
        if pages[-1] and (len(pages[-1]) == MOST_ENTRIES or filled + size > MOST_CHARACTERS):
            pages.append([])
            filled = 0
        pages[-1].append(update)
        filled += size
    return pages


def _entries(document: Document, updates: Iterable[Update], words: Mapping[str, Any]) -> list[Context]:
    first = document["languages"][0]
    services = {service["key"]: service for service in document["services"]}
    return [
        {
            "anchor": update["id"],
            "at": format_moment(update["at"], words),
            "at_iso": update["at"],
            "state": update["state"],
            **_named(services[update["service"]], document, first),
            "updates": [_update(update, document, first, words)],
        }
        for update in updates
    ]


def _history(document: Document, rank: int, pages: list[list[Update]], entries: list[Update]) -> Context:
    common = _common(document, document["languages"][0])
    words = labels()[common["lang"]]
    links = [
        {"href": _history_name(each), "label": f"{words['word_page']} {each + 1}", "here": each == rank}
        for each in range(len(pages))
    ]
    return {
        **common,
        "page_title": f"{words['word_history']} – {document['title']}",
        "pages": links,
        "entries": _entries(document, entries, words),
    }


def _feed(document: Document, pages: list[list[Update]]) -> Context:
    first = document["languages"][0]
    common = _common(document, first)
    words = labels()[common["lang"]]
    entries: list[Context] = []
    for rank, page in enumerate(pages):
        for update, entry in zip(page, _entries(document, page, words), strict=True):
            text, _ = _text(update["text"], document, first)
            alternative, _ = _text(update["alternative"], document, first)
            news = entry["updates"][0]["next_news"]
            told = [
                text,
                f"{words['word_alternative']} {alternative}" if alternative else "",
                f"{words['word_next_news']} {news}" if news else "",
            ]
            entry |= {
                "page": _history_name(rank),
                "entry_title": f"{entry['name']} : {entry['updates'][0]['state_word']}",
                "plain": "\n".join(line for line in told if line),
            }
            entries.append(entry)
    return {**common, "entries": entries[:FEED_ENTRIES]}
