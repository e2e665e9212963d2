"""Help: every page has two sentences and a guide, each named section exists, guides are safe and lead nowhere outside."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.staticfiles import finders
from django.urls import URLPattern, URLResolver, get_resolver

from beffroi.web.ui import navigation
from beffroi.web.ui.help import help_of, help_pages, sections
from beffroi.web.ui.help.guide_search import search
from beffroi.web.ui.help.markdown_pages import to_html, tokens_of
from beffroi.web.ui.help.page_help import pages, places
from isolation.routes import all_routes

NOT_PAGES = ("api/v1/", "cartes/", "machines/", "sante/", "metrics", "robots.txt")
FOR_PROGRAMS = ("interface-et-jetons", "carnet", "recettes", "registre")


def routes() -> list[tuple[str, str, bool]]:
    """Route, name, and whether a visitor without account may open it, of each address that answers a page."""
    found = [(r.path, r.name, r.declares == "public") for r in all_routes()]
    account = next(p for p in get_resolver().url_patterns if str(p.pattern) == "compte/")
    found += [(path, name, True) for path, name in _walk(account)]
    return [one for one in found if not one[0].startswith(NOT_PAGES)]


def _walk(pattern: URLPattern | URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    path = f"{prefix}{pattern.pattern}"
    if isinstance(pattern, URLPattern):
        yield path, pattern.name or ""
    else:
        for inner in pattern.url_patterns:
            yield from _walk(inner, path)


def test_every_page_has_help_and_without_account_it_is_a_guide_open_to_all():
    assert len(routes()) > 200
    missing = [path for path, name, _ in routes() if help_of(path, name) is None]
    assert missing == [], "say in src/beffroi/web/ui/help/help.toml what these pages are for"
    closed = [path for path, name, is_open in routes() if is_open and not help_of(path, name).guide.is_public]
    assert closed == []


def test_every_page_that_the_help_names_exists():
    names = {name for _, name, _ in routes()}
    assert sorted(set(pages()) - names) == []
    paths = [path for path, _, _ in routes()]
    assert [prefix for prefix in places() if not any(path.startswith(prefix) for path in paths)] == []


def test_every_entry_of_the_navigation_has_more_than_the_general_help():
    general = places()["t/<slug:slug>/"]
    where = {name: path for path, name, _ in routes()}
    vague = [e.url_name for e in navigation._entries if help_of(where[e.url_name], e.url_name) is general]
    assert vague == []


def test_help_is_one_sentence_and_one_example_and_leads_to_a_section_that_exists():
    for key, found in {**pages(), **places()}.items():
        assert found.purpose.endswith(".") and found.example.endswith((".", "?")), key
        assert len(f"{found.purpose} {found.example}".split()) <= 40, key
        assert not found.section or found.section in {h.anchor for h in found.guide.headings}, key


def test_links_and_pictures_of_the_guides_lead_somewhere_on_this_site():
    anchors = {g.address: {h.anchor for h in g.headings} for g in help_pages()}
    for guide in help_pages():
        assert len(anchors[guide.address]) == len(guide.headings), guide.file
        for target in re.findall(r'href="([^"]+)"', guide.html):
            if target.startswith("https://"):
                continue
            page, _, anchor = target.partition("#")
            assert not anchor or anchor in anchors[page or guide.address], (guide.file, target)
        for picture in re.findall(r'<img src="/static/([^"]+)"', guide.html):
            assert finders.find(picture), picture


def test_guides_of_agents_hold_no_passage_for_programmers():
    for guide in help_pages():
        if guide.group == "exploitation" or guide.slug in FOR_PROGRAMS:
            continue
        found = re.findall(r"src/beffroi|docs/|pytest|\.py\b|language-sh|hors du site", guide.html)
        assert found == [] or guide.slug == "conserver", (guide.file, found)


def test_what_a_guide_could_carry_that_is_hostile_is_shown_as_text():
    html = to_html(
        tokens_of("<script>x</script> [a](javascript:alert(1)) [b](secret.md) ![c](https://dehors/x.png)")
    )
    assert "<script" not in html and "href" not in html and "<img" not in html
    assert "&lt;script&gt;" in html and ">b<" not in html and "b" in html


def test_the_sections_hold_every_heading_of_every_guide():
    found = list(sections())
    assert {one.title for one in found} == {guide.title for guide in help_pages()}
    assert sum(bool(one.section) for one in found) == sum(len(guide.headings) for guide in help_pages())
    assert all("|" not in one.text or "`" not in one.text for one in found)


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("codes secours", "/aide/connexion/#la-seconde-preuve"),
        ("DECIM", "/aide/corriger/#changer-ce-qui-semblait-sûr"),
        ("récupérer partenaire", None),
    ],
)
def test_the_search_finds_the_sections_that_hold_every_word(query, address):
    found = [one.section.address for one in search(query)]
    assert address in found if address else found == []


def test_a_visitor_finds_only_what_is_open_to_all_and_sees_the_word():
    found = search("jeton", only_public=True)
    assert all(one.section.is_public for one in found)
    assert search("jeton")[0].section.address.startswith("/aide/")
    assert {one.word.lower() for one in search("jeton") if one.word} <= {"jeton", "jetons"}
    assert search("  ") == []
