"""The search for people in the open part of the kit: values of the sealed lists, of registers' personal fields, of accounts.

In: what names somebody here, and the pages as HTML. Out: where one of them stands. Texts are compared as words without accents
nor case, numbers by their last nine digits. What Beffroi's own texts say (« maire », « secrétaire de mairie ») names nobody: a
surname that is also such a word is searched beside the first name. Days and amounts name nobody.
"""

import base64
import binascii
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from itertools import permutations
from typing import Any, Final

from beffroi.guides import Register
from beffroi.text import expand_ligatures, strip_accents
from beffroi.web.cyber.incidents import calls
from beffroi.web.guides.library import library
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.ui.help import help_pages

from .lists import ListTable

DIGITS: Final = 9
"""Digits that make a number somebody's: a telephone without its prefix; a social security or bank number has more."""
SHORTEST: Final = 4
"""Letters of a single word that is searched for."""
FUNCTIONS: Final = frozenset(
    [
        "adjoint",
        "adjointe",
        "agent",
        "agente",
        "animateur",
        "animatrice",
        "astreinte",
        "bibliothecaire",
        "bureau",
        "centre",
        "charge",
        "chargee",
        "chef",
        "cheffe",
        "comptable",
        "conseiller",
        "conseillere",
        "cuisinier",
        "cuisiniere",
        "dgs",
        "directeur",
        "directrice",
        "direction",
        "elu",
        "elue",
        "fontainier",
        "garde",
        "gestionnaire",
        "instructeur",
        "instructrice",
        "le",
        "la",
        "les",
        "un",
        "une",
        "maire",
        "mairie",
        "officier",
        "policier",
        "premier",
        "premiere",
        "president",
        "presidente",
        "prestataire",
        "redacteur",
        "referent",
        "referente",
        "regisseur",
        "responsable",
        "second",
        "seconde",
        "secretaire",
        "secretariat",
        "service",
        "standard",
        "technicien",
        "technicienne",
        "tresorier",
        "tresoriere",
        "tout",
        "vice",
    ]
)
"""First words of a function: what follows is not a name, unless it is written as one."""
_CAPITALISED = re.compile(r"[A-ZÀ-Ý][\w'’-]+(?: [A-ZÀ-Ý][\w'’-]+)+")
_QUALIFIER = re.compile(r"\s*\([^()]*\)")
_WORD = re.compile(r"[a-z0-9]+")
_NUMBER = re.compile(r"(?:\+|00)?\d+(?:[ \u00a0\u202f./-]?\d+)*")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{80,}")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_BREAKS: Final = frozenset(
    [
        "p",
        "li",
        "td",
        "th",
        "tr",
        "h1",
        "h2",
        "h3",
        "h4",
        "dt",
        "dd",
        "div",
        "section",
        "br",
        "caption",
        "option",
        "script",
        "style",
        "title",
    ]
)

type Words = tuple[str, ...]


@dataclass(frozen=True)
class PersonalValue:
    """Something that names a person, as words or as a number; `source`: where it comes from, in French, without the value."""

    words: Words
    number: str
    source: str


@dataclass(frozen=True)
class Finding:
    """A page of the open part on which somebody is named, and where that name comes from."""

    page: str
    source: str

    def __str__(self) -> str:
        return f"page « {self.page} », une valeur de {self.source}"


def words_of(text: str) -> Words:
    return tuple(_WORD.findall(strip_accents(expand_ligatures(text)).lower()))


def bare_name(name: str) -> str:
    """The name of an account without what stands in brackets behind it: « Noé Maire (membre de démonstration) »."""
    return _QUALIFIER.sub("", name)


class _Text(HTMLParser):
    """Everything of a page: texts, attributes, contents of scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.parts.append("\n")
        self.parts += [f"\n{value}\n" for _, value in attrs if value]

    def handle_endtag(self, tag: str) -> None:
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_comment(self, data: str) -> None:
        self.parts.append(f"\n{data}\n")


def text_of(html: str) -> str:
    """The text of a page, JSON unescaped; what is encoded in base 64 is decoded where it is text, left out otherwise."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), "".join(parser.parts))
    return _ENCODED.sub(lambda found: _decoded(found[0]), text)


def _padded(text: str) -> str:
    return text.translate(str.maketrans("+/", "-_")) + "=" * (-len(text) % 4)


def _decoded(text: str) -> str:
    try:
        return f"\n{base64.urlsafe_b64decode(_padded(text)).decode()}\n"
    except (binascii.Error, ValueError):
        return "\n"


class Pages:
    """The pages in which values are searched, indexed by word and by number."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        """`pages`: HTML by title."""
        self._words: dict[str, Words] = {}
        self._places: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._numbers: dict[str, set[str]] = defaultdict(set)
        for title, html in pages.items():
            text = text_of(html)
            self._words[title] = words_of(text)
            for place, word in enumerate(self._words[title]):
                self._places[word].append((title, place))
            for number in _numbers_in(text):
                self._numbers[number].add(title)

    def with_words(self, words: Words) -> set[str]:
        """Titles of the pages where these words follow one another."""
        if any(word not in self._places for word in words):
            return set()
        rarest = min(range(len(words)), key=lambda rank: len(self._places[words[rank]]))
        found = set()
        for title, place in self._places[words[rarest]]:
            start = place - rarest
            if start >= 0 and self._words[title][start : start + len(words)] == words:
                found.add(title)
        return found

    def with_value(self, value: PersonalValue) -> set[str]:
        return self._numbers.get(value.number, set()) if value.number else self.with_words(value.words)


def _numbers_in(text: str) -> Iterable[str]:
    """The last digits of each number, and of each run of groups of digits within one."""
    for found in _NUMBER.finditer(text):
        groups = re.findall(r"\d+", found.group())
        for start in range(len(groups)):
            digits = ""
            for group in groups[start : start + 12]:
                digits += group
                if len(digits) >= DIGITS:
                    yield digits[-DIGITS:]


def search(values: Iterable[PersonalValue], pages: Pages) -> list[Finding]:
    """Every page and source, once each."""
    found = {(page, value.source) for value in values for page in pages.with_value(value)}
    return [Finding(page, source) for page, source in sorted(found)]


def values_of(cells: Iterable[str], source: str) -> set[PersonalValue]:
    """What is searched of one person: each cell that names somebody, and each pair of single words, both ways."""
    found: set[Words] = set()
    numbers: set[str] = set()
    single: list[str] = []
    for cell in cells:
        words, digits = words_of(cell), re.sub(r"\D", "", cell)
        if all(word.isdigit() for word in words):
            if len(digits) >= DIGITS:
                numbers.add(digits[-DIGITS:])
        elif len(words) > 1:
            found |= {words, words[::-1]} if len(words) == 2 else {words}
        else:
            single += words
            if len(words[0]) >= SHORTEST:
                found.add(words)
    found |= set(permutations(single, 2))
    return {PersonalValue(words, "", source) for words in found if not own_texts().with_words(words)} | {
        PersonalValue((), number, source) for number in numbers
    }


def values_of_lists(tables: Iterable[ListTable]) -> set[PersonalValue]:
    found: set[PersonalValue] = set()
    for table in tables:
        source = f"la liste « {table.kit_list.title} »"
        for row in table.rows:
            found |= values_of((row[rank] for rank in table.naming), source)
    return found


def values_of_registers(territory: Territory) -> set[PersonalValue]:
    """What the personal fields of every register say."""
    personal: dict[str, list[Any]] = {
        found.id: [one for one in found.fields if one.personal]
        for found in library().guides.values()
        if isinstance(found, Register)
    }
    rows = RegisterEntry.objects.of(territory).filter(
        register__in=[key for key, fields in personal.items() if fields], removed_at=None
    )
    found: set[PersonalValue] = set()
    for row in rows:
        guide = library().guides[row.register]
        for each in personal[row.register]:
            if value := row.values.get(each.key):
                source = f"« {each.label} » du registre « {guide.title} »"
                for cell in value if isinstance(value, list) else [each.format(value)]:
                    found |= values_of(_names_in(cell), source)
    return found


def without_emergency_numbers(values: Iterable[PersonalValue], territory: Territory) -> set[PersonalValue]:
    """These, without the numbers of « Qui appeler »: the town chose to print them in the open, whoever else has them."""
    printed = {re.sub(r"\D", "", contact.phone)[-DIGITS:] for contact in calls.contacts(territory)}
    return {value for value in values if not value.number or value.number not in printed}


def _names_in(cell: str) -> list[str]:
    """The names in a field where people also write functions: « Directrice : Claire Petit »."""
    found = []
    for piece in re.split(r"[,;:()/–]", cell):
        words = words_of(piece)
        if words and words[0] not in FUNCTIONS:
            found.append(piece)
        found += [name for name in _CAPITALISED.findall(piece) if name.strip() != piece.strip()]
    return found


def values_of_accounts(territory: Territory) -> set[PersonalValue]:
    """Names and mails of the people who have an account here; of elected members, whose names are public, the mails only."""
    rows = Membership.objects.of(territory).values_list("person", "role")
    roles: dict[int, set[str]] = defaultdict(set)
    for person, role in rows:
        roles[person].add(role)
    found: set[PersonalValue] = set()
    for one in Person.objects.filter(pk__in=roles, kind=Person.Kind.HUMAN):
        cells = [one.email] if "decider" in roles[one.pk] else [one.email, bare_name(one.name)]
        found |= values_of(cells, "la liste des comptes de votre collectivité")
    return found


@cache
def own_texts() -> Pages:
    """Beffroi's own texts: its guides and its help, without what is written as a name (the people of the demonstration)."""
    texts = {key: str(found.model_dump_json()) for key, found in library().guides.items()}
    texts |= {page.slug: page.html for page in help_pages()}
    return Pages({title: _CAPITALISED.sub("\n", text) for title, text in texts.items()})
