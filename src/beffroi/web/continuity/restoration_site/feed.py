"""Atom feed (RFC 4287) of the restoration page: its last updates, in French. No Django here."""

from html import escape
from typing import Final

from . import words
from .document import FRENCH, Document, Update, in_order

_MOST_ENTRIES: Final = 50
_MOST_BYTES: Final = 90_000
_BEFORE_ALL: Final = "2000-01-01T00:00:00+00:00"


def atom_feed(document: Document) -> bytes:
    """The latest updates first, within 100 kB."""
    names = {each.key: each.name[FRENCH] for each in document.services}
    entries: list[str] = []
    size = 0
    for update in reversed(in_order(document.updates)):
        made = _entry(document, update, names[update.service])
        size += len(made.encode())
        if len(entries) == _MOST_ENTRIES or size > _MOST_BYTES:
            break
        entries.append(made)
    changed = document.changed_at.isoformat() if document.changed_at else _BEFORE_ALL
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr">'
        f"<id>urn:uuid:{document.document}</id><title>{escape(_marked(document, document.title))}</title>"
        f"<updated>{changed}</updated><author><name>{escape(document.territory.name)}</name></author>"
        f'<link rel="alternate" type="text/html" href="index.html"/>{"".join(entries)}</feed>\n'
    ).encode()


def _entry(document: Document, update: Update, service: str) -> str:
    phrases = words.of(FRENCH)
    title = _marked(document, f"{service} : {phrases[update.state]}")
    text = update.text.get(FRENCH, "").strip()
    instead = update.alternative.get(FRENCH, "").strip()
    content = "\n".join(filter(None, (text, f"{phrases['instead']} : {instead}" if instead else ""))) or title
    moment = update.moment.isoformat()
    return (
        f"<entry><id>urn:uuid:{update.id}</id><title>{escape(title)}</title><updated>{moment}</updated>"
        f'<link rel="alternate" type="text/html" href="historique.html#a{update.id}"/>'
        f'<content type="text">{escape(content)}</content></entry>'
    )


def _marked(document: Document, title: str) -> str:
    """The title, with what says that it is not true."""
    marks = [
        mark
        for mark, applies in (
            ("EXERCICE", document.exercise),
            ("Données simulées", document.territory.simulated),
        )
        if applies
    ]
    return " - ".join((*marks, title))
