"""The search of `language.search`: what a few words of French find, in what order, and how it is shown."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beffroi.language.search import Document, Match, MemoryIndex, correct, highlight, parse, snippet, synonyms

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossaire.md"
DOCUMENTS = [
    Document(1, "dataset", "meals", "Fréquentation cantines", card=("Convives par jour et par école",),
             columns=("date", "nbRepas", "école"), values=("Jean-Moulin", "Les Tilleuls")),
    Document(1, "dataset", "waste", "Collecte des déchets", card=("Tonnages collectés chaque mois",)),
    Document(1, "dataset", "grants", "Subventions versées", card=("Aux clubs et aux comités",)),
    Document(1, "dataset", "works", "Données du cœur de ville", card=("Travaux et réseaux",)),
    Document(1, "board", "leaks", "Fuites du réseau d'eau", public=True),
    Document(2, "dataset", "theirs", "Repas de l'autre ville"),
]  # fmt: skip


@pytest.fixture(scope="module")
def index() -> MemoryIndex:
    return MemoryIndex(DOCUMENTS)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("frequentation", ["meals"]),  # accents
        ("CANTINE", ["meals"]),  # capitals, plural
        ("collectees", ["waste"]),  # inflexion, typed without accents
        ("coeur", ["works"]),  # ligature
        ("œuvre", []),
        ("donnees", ["works"]),
        ("don", ["works"]),  # as a beginning, still being typed
        ("dons ", []),  # never by a stem of three letters
        ("l'école", ["meals"]),  # elision
        ("fréq", ["meals"]),  # being typed
        ("fréq ", []),  # finished
        ("repas", ["meals"]),  # inside a name of column
        ("restauration scolaire", ["meals"]),  # a phrase of the field
        ("ordures", ["waste"]),
        ("associations", ["grants"]),
        ("eau", ["leaks"]),
        ("tilleuls", ["meals"]),  # a value
        ("fuites d'eau", ["leaks"]),
        ("la", []),
        ("", []),
        ('" OR NEAR(*) AND -', []),
    ],
)
def test_words_find_what_a_reader_expects(index: MemoryIndex, typed: str, found: list[str]):
    assert [hit.key for hit in index.search(typed, 1)] == found


def test_a_theme_finds_what_belongs_to_it_and_not_the_other_way_round():
    index = MemoryIndex(
        [Document(1, "dataset", "pool", "Eau de la piscine"), Document(1, "dataset", "leaks", "Fuites")]
    )
    assert [hit.key for hit in index.search("eau ", 1)] == ["pool", "leaks"]
    assert [hit.key for hit in index.search("fuite ", 1)] == ["leaks"]


def test_titles_come_first_and_the_words_themselves_before_their_synonyms():
    index = MemoryIndex([
        Document(1, "dataset", "value", "Mesures", values=("repas",)),
        Document(1, "dataset", "column", "Mesures", columns=("repas",)),
        Document(1, "dataset", "card", "Mesures", card=("repas",)),
        Document(1, "dataset", "title", "Repas"),
        Document(1, "dataset", "synonym", "Cantines"),
    ])  # fmt: skip
    hits = index.search("repas", 1)
    assert [hit.key for hit in hits] == ["title", "synonym", "card", "column", "value"]
    assert [hit.match for hit in hits] == [Match.TITLE, Match.TITLE_BY_SYNONYMS, *[Match.WORDS] * 3]


def test_where_nothing_has_all_the_words_some_are_enough_and_it_says_so(index: MemoryIndex):
    (hit,) = index.search("combien de déchets sur la lune", 1)
    assert (hit.key, hit.match) == ("waste", Match.SOME_WORDS)
    assert index.search("déchets lune", 1, some_words=False) == []


def test_only_its_scope_its_kinds_and_what_is_public_are_found(index: MemoryIndex):
    assert [hit.key for hit in index.search("repas", 2)] == ["theirs"]
    assert index.search("repas", 3) == []
    assert index.search("repas", 1, kinds=["board"]) == []
    assert index.search("cantines", 1, public_only=True) == []
    assert [hit.key for hit in index.search("fuites", 1, public_only=True)] == ["leaks"]


def test_a_document_written_again_is_found_by_its_new_words_only():
    index = MemoryIndex([Document(1, "dataset", "a", "Piscine")])
    index.add(Document(1, "dataset", "a", "Patinoire"))
    assert index.search("piscine", 1) == []
    assert [hit.key for hit in index.search("patinoire", 1)] == ["a"]
    index.remove(1, "dataset", "a")
    assert index.search("patinoire", 1) == []


@given(st.text(max_size=60))
def test_whatever_is_typed_the_engine_understands_it(index: MemoryIndex, typed: str):
    assert all(hit.key != "theirs" for hit in index.search(typed, 1))
    assert correct(parse(typed), ["Cantines"]) is not None


def test_the_words_found_are_marked_and_the_text_is_whole():
    text = "Le repas de nos cantines, chaque année scolaire."  # « scolaire » is half of a synonym
    marked = highlight(parse("repas"), text)
    assert "".join(fragment.text for fragment in marked) == text
    assert [fragment.text for fragment in marked if fragment.marked] == ["repas", "cantines"]
    long = snippet(parse("lundi"), "avant " * 100 + "le lundi matin " + "après " * 100, 60)
    assert [fragment.text for fragment in long if fragment.marked] == ["lundi"]
    assert len("".join(fragment.text for fragment in long)) <= 70
    assert [fragment.text for fragment in snippet(parse("absent"), "Un texte court.")] == ["Un texte court."]


@pytest.mark.parametrize(
    ("typed", "proposed"),
    [
        ("cantinne", "cantine"),
        ("subvensions", "subventions"),
        ("fréquentation", ""),
        ("xyzxyz", ""),
        ("bus", ""),
    ],
)
def test_a_spelling_is_corrected_by_the_titles_and_the_words_of_the_field(typed: str, proposed: str):
    assert correct(parse(typed), [document.title for document in DOCUMENTS]) == proposed


def test_each_acronym_of_the_glossary_has_its_meaning_in_the_search():
    entries = re.findall(r"^- \*\*(.+?)\*\*", GLOSSARY.read_text("utf-8"), re.MULTILINE)
    acronyms = {word for entry in entries for word in re.findall(r"\b[A-Z]{3,}\b", entry)}
    known = tomllib.loads(synonyms.FILE.read_text("utf-8"))["acronyms"]
    assert acronyms >= {"EPCI", "RGPD"}
    assert acronyms <= set(known), "add them to language/search/synonyms.toml"
