"""The restoration site as files, from its document: one definition for the platform and for the stick.

In: a valid document (`restoration_site.document`) as plain JSON data. Out: states and history in each language, Atom feed, `etat.json`, its
signature and its key. Without a clock: the same document gives the same bytes, here and in `frontend/src/offline/site-render.js`, which
fills the same templates (`restoration_site/templates_site`) with the same words (`restoration_site/words.toml`). No page passes 100 kB.
"""

import base64
import hashlib
import json
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ..restoration_site.document_signing import fingerprint
from .mustache import render

FOLDER = Path(__file__).resolve().parent.parent / "restoration_site"
SHAPES = {"stopped": "■", "degraded": "▲", "works": "●"}  # read in black and white
MOST_PAGE_BYTES = 100_000
MOST_HISTORY_BYTES, MOST_FEED_BYTES, MOST_FEED_ENTRIES = 72_000, 90_000, 50
EXCERPT = 160
STATE_FILE, SIGNATURE_FILE, KEY_FILE, FEED_FILE = "etat.json", "etat.json.sig", "cle.pem", "fil.xml"
RIGHT_TO_LEFT = {"ar", "fa", "he", "ps", "ur"}
BLANK = " \t\r\n"

type Document = Mapping[str, Any]
type Update = Mapping[str, Any]
type Context = dict[str, Any]


@cache
def templates() -> dict[str, str]:
    files = sorted((FOLDER / "templates_site").glob("*.mustache"))
    return {file.stem: file.read_text("utf-8") for file in files}


@cache
def words() -> dict[str, dict[str, Any]]:
    """Fixed words by language; `names`: what other languages call themselves."""
    return tomllib.loads((FOLDER / "words.toml").read_text("utf-8"))


def kit(public_key: str) -> dict[str, Any]:
    """What the page of the stick builds with, as we do. `public_key`: PEM, "" when there is none."""
    style = hashlib.sha256(templates()["style"].encode()).digest()
    return {
        "templates": templates(),
        "words": words(),
        "style_hash": base64.b64encode(style).decode(),
        "public_key": public_key,
        "fingerprint": fingerprint(public_key) if public_key else "",
    }


def canonical(document: Document) -> bytes:
    """The bytes that are signed: sorted keys, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def build(document: Document, *, public_key: str = "", signature: bytes | None = None) -> dict[str, bytes]:
    """Every file of the site. `signature`: DER, of `canonical(document)`; without it each page says that it is a draft."""
    made = _Maker(document, kit(public_key), signed=signature is not None)
    files = {name: text.encode() for name, text in made.files().items()}
    files[STATE_FILE] = canonical(document)
    if public_key:
        files[KEY_FILE] = public_key.encode()
    if signature is not None:
        files[SIGNATURE_FILE] = signature
    return files


def states_html(document: Document, language: str = "fr") -> str:
    """The states of the services alone, for a page of another frame."""
    made = _Maker(document, kit(""), signed=True)
    return made.render("states", made.states(language, None))


def when(update: Update) -> tuple[int, str]:
    """What updates are sorted by: the millisecond, then the identifier."""
    instant = datetime.fromisoformat(update["at"]) - datetime(1970, 1, 1, tzinfo=UTC)
    return instant // timedelta(milliseconds=1), update["id"]


def heads(document: Document, service: str) -> list[Update]:
    """Updates of a service that no other one follows, oldest first; two or more: a conflict."""
    own = sorted((each for each in document["updates"] if each["service"] == service), key=when)
    followed = {before for each in own for before in each["after"]}
    return [each for each in own if each["id"] not in followed] or own[-1:]


def current(document: Document, service: str) -> Update | None:
    """The update that tells the state of a service; None when nothing was said of it."""
    found = heads(document, service)
    return found[-1] if found else None


def first_language(document: Document) -> str:
    return "fr" if "fr" in document["languages"] else str(document["languages"][0])


def page_name(document: Document, language: str) -> str:
    """File of the states in this language; the first language has the first page."""
    if language == first_language(document):
        return "index.html"
    return {"fr-x-facile": "facile.html"}.get(language, f"{language.lower()}.html")


def history_name(document: Document, language: str, number: int = 1) -> str:
    start = "" if language == first_language(document) else f"{page_name(document, language)[:-5]}-"
    return f"{start}historique.html" if number == 1 else f"{start}historique-{number}.html"


def language_name(language: str) -> str:
    return str(words().get(language, {}).get("name") or words()["names"].get(language, language))


def known_languages() -> dict[str, str]:
    """Languages that have a name here, those with fixed words first."""
    tags = [*(each for each in words() if each != "names"), *words()["names"]]
    return {tag: language_name(tag) for tag in tags}


def format_moment(moment: str, labels: Mapping[str, Any]) -> str:
    """As the clock showed it where it was written: « 29 novembre 2026 à 08:00 »."""
    day = str(int(moment[8:10]))
    parts = {
        "day": labels.get("first_day", day) if day == "1" else day,
        "month": labels["months"][int(moment[5:7]) - 1],
        "year": moment[:4],
        "hour": moment[11:16],
    }
    text: str = labels["moment"]
    for name, value in parts.items():
        text = text.replace("{" + name + "}", value)
    return text


def _attribute(language: str) -> str:
    """Value of `lang`: easy French is French."""
    return language.partition("-x-")[0]


def _plain(name: str) -> list[int]:
    """Without accents nor capitals, by code points: what names are sorted by, the same in every engine."""
    bare = (
        sign for sign in unicodedata.normalize("NFD", name) if not unicodedata.category(sign).startswith("M")
    )
    return [ord(sign) for sign in "".join(bare).lower()]


class _Maker:
    """Contexts of one document's pages; `frontend/src/offline/site-render.js` has the same methods in the same order."""

    def __init__(self, document: Document, kit: Mapping[str, Any], *, signed: bool) -> None:
        self.document = document
        self.kit = kit
        self.signed = signed
        self.first = first_language(document)
        self.services = {service["key"]: service for service in document["services"]}
        self.newest = sorted(document["updates"], key=when, reverse=True)

    def files(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for language in self.document["languages"]:
            found[page_name(self.document, language)] = self.index(language)
            pages = self.history_pages(language)
            for number, entries in enumerate(pages, 1):
                name = history_name(self.document, language, number)
                found[name] = self.history(language, number, len(pages), entries)
            if language == self.first:
                found[FEED_FILE] = self.feed(pages)
        return found

    def render(self, template: str, context: Context) -> str:
        return render(self.kit["templates"], template, context)

    def labels(self, language: str) -> dict[str, Any]:
        known: dict[str, dict[str, Any]] = self.kit["words"]
        return known[language] if language in known and language != "names" else known["fr"]

    def lang(self, language: str) -> str:
        """Language of the fixed words."""
        return _attribute(language) if self.labels(language) is self.kit["words"].get(language) else "fr"

    def common(self, language: str, heading: str) -> Context:
        document, labels, lang = self.document, self.labels(language), self.lang(language)
        banners = {
            "exercise": document.get("exercise", False),
            "simulated": document["territory"]["simulated"],
            "draft": not self.signed,
        }
        links = [
            {
                "href": page_name(document, each),
                "tag": _attribute(each),
                "label": language_name(each),
                "here": each == language,
            }
            for each in sorted(
                document["languages"], key=lambda each: (each != self.first, each != "fr-x-facile", each)
            )
        ]
        typed = heading == document["title"]
        return {
            **{f"word_{name}": text for name, text in labels.items() if name != "months"},
            "lang": lang,
            "style_hash": self.kit["style_hash"],
            "fingerprint": self.kit["fingerprint"],
            "territory": document["territory"]["name"],
            "heading": heading,
            "heading_lang": _attribute(self.first) if typed and lang != _attribute(self.first) else "",
            "updated": self.sentence(labels, "updated", self.newest[0]["at"]) if self.newest else "",
            "banners": [{"banner": labels[name]} for name, applies in banners.items() if applies],
            "languages": {"each": links} if len(links) > 1 else False,
            "history": history_name(document, language),
            "first_page": page_name(document, language),
            "empty": not self.newest,
        }

    def sentence(self, labels: Mapping[str, Any], name: str, moment: str) -> str:
        return str(labels[name]).replace("{moment}", format_moment(moment, labels))

    def index(self, language: str) -> str:
        """With whole texts, or their beginnings, or none: the first that is light enough."""
        made = ""
        for most in (None, EXCERPT, 0):
            made = self.render("index", self.states(language, most))
            if len(made.encode()) <= MOST_PAGE_BYTES:
                break
        return made

    def states(self, language: str, most: int | None) -> Context:
        labels = self.labels(language)
        groups: dict[str, list[Context]] = {state: [] for state in SHAPES}
        silent: list[Context] = []
        in_order = sorted(
            self.document["services"], key=lambda each: (_plain(each["name"][self.first]), each["key"])
        )
        for service in in_order:
            found = heads(self.document, service["key"])
            if not found:
                silent.append(self.name(service, language))
                continue
            update = found[-1]
            several = {"several": len(found) > 1}
            groups[update["state"]].append(
                self.name(service, language) | several | self.update(update, language, most)
            )
        return {
            **self.common(language, self.document["title"]),
            "groups": [
                {
                    "state": state,
                    "shape": SHAPES[state],
                    "state_word": labels[state],
                    "count": len(found),
                    "services": found,
                }
                for state, found in groups.items()
                if found
            ],
            "silent": {"each": silent} if silent else False,
            "empty": not self.document["services"],
        }

    def text(self, texts: Mapping[str, str], language: str) -> tuple[str, str]:
        """A text and its language: the first of the document where this one is missing."""
        spoken = language if texts.get(language) else self.first
        return texts.get(spoken, "").strip(BLANK), spoken

    def name(self, service: Mapping[str, Any], language: str) -> Context:
        name, spoken = self.text(service["name"], language)
        same = _attribute(spoken) == self.lang(language)
        return {"name": name, "name_lang": "" if same else _attribute(spoken)}

    def update(self, update: Update, language: str, most: int | None = None) -> Context:
        labels = self.labels(language)
        text, text_cut = self.block(update["text"], language, most)
        instead, instead_cut = self.block(update["alternative"], language, most)
        return {
            "id": update["id"],
            "state": update["state"],
            "shape": SHAPES[update["state"]],
            "state_word": labels[update["state"]],
            "since": self.sentence(labels, "since", update["since"]) if update["since"] else "",
            "text": text,
            "instead": instead,
            "cut": text_cut or instead_cut,
            "next": self.sentence(labels, "next", update["next_news"]) if update["next_news"] else "",
            "announced": self.sentence(labels, "announced", update["at"]),
        }

    def block(self, texts: Mapping[str, str], language: str, most: int | None) -> tuple[Context | bool, bool]:
        """A text, `most` signs of it; and whether it was cut."""
        text, spoken = self.text(texts, language)
        cut = most is not None and len(text) > most
        if cut:
            text = f"{text[:most].rstrip(BLANK)}…" if most else ""
        if not text:
            return False, cut
        return {
            "block": text,
            "block_lang": _attribute(spoken),
            "rtl": spoken.partition("-")[0] in RIGHT_TO_LEFT,
            "untranslated": spoken != language,
        }, cut

    def history_pages(self, language: str) -> list[list[Update]]:
        """Every update, the latest first, on as many pages as it takes."""
        pages: list[list[Update]] = [[]]
        filled = 0
        common = self.common(language, "")
        for update in self.newest:
            size = len(self.render("entry", {**common, **self.entry(update, language)}).encode())
            if pages[-1] and filled + size > MOST_HISTORY_BYTES:
                pages.append([])
                filled = 0
            pages[-1].append(update)
            filled += size
        return pages

    def entry(self, update: Update, language: str) -> Context:
        return self.name(self.services[update["service"]], language) | self.update(update, language)

    def history(self, language: str, number: int, count: int, updates: Iterable[Update]) -> str:
        labels = self.labels(language)
        near = {1, count, *range(max(1, number - 3), min(count, number + 3) + 1)} if count > 1 else set()
        pages = [
            {
                "href": history_name(self.document, language, each),
                "label": labels["page"].replace("{number}", str(each)),
                "here": each == number,
            }
            for each in sorted(near)
        ]
        entries = [self.entry(update, language) for update in updates]
        return self.render(
            "history", {**self.common(language, labels["history"]), "pages": pages, "entries": entries}
        )

    def feed(self, pages: list[list[Update]]) -> str:
        """The latest updates, in the first language."""
        labels = self.labels(self.first)
        entries: list[Context] = []
        filled = 0
        for number, page in enumerate(pages, 1):
            for update in page:
                entry = self.news(update, labels) | {"page": history_name(self.document, self.first, number)}
                filled += len(self.render("news", entry).encode())
                if len(entries) < MOST_FEED_ENTRIES and filled <= MOST_FEED_BYTES:
                    entries.append(entry)
        context = {
            "document": self.document["document"],
            "title": self.marked(self.document["title"]),
            "at": self.newest[0]["at"] if self.newest else "2000-01-01T00:00:00+00:00",
            "territory": self.document["territory"]["name"],
            "entries": entries,
        }
        return self.render("feed", context)

    def news(self, update: Update, labels: Mapping[str, Any]) -> Context:
        name, _ = self.text(self.services[update["service"]]["name"], self.first)
        title = self.marked(f"{name} : {labels[update['state']]}")
        text, _ = self.text(update["text"], self.first)
        instead, _ = self.text(update["alternative"], self.first)
        lines = [text, f"{labels['instead']} : {instead}" if instead else ""]
        content = "\n".join(line for line in lines if line) or title
        return {"id": update["id"], "title": title, "at": update["at"], "content": content}

    def marked(self, title: str) -> str:
        """The title, with what says that it is not true."""
        marks = {
            "EXERCICE": self.document.get("exercise", False),
            "Données simulées": self.document["territory"]["simulated"],
        }
        return " - ".join([*(mark for mark, applies in marks.items() if applies), title])
