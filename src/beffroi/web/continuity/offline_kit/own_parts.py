"""The pages of the kit that this noun makes: whom to call, the sheets, their lists, the letters of the law, the guides.

In: a territory, the lists as read for this build. Out: pages. « Qui appeler » is open: it says functions and numbers that the
town chose to print. Its field « Personne » goes into the sealed part only.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.text import slugify

from beffroi.guides import Paper, Register
from beffroi.text import fold_name
from beffroi.web.cyber.incidents import calls
from beffroi.web.guides import papers
from beffroi.web.guides.library import guide, library
from beffroi.web.guides.services.registers import entries_of
from beffroi.web.platform.models import Territory
from beffroi.web.ui.help import help_pages

from ..paper_forms.kit_forms import kit_forms
from ..service_sheets import sheets
from .lists import ListTable
from .parts import Page, Part, register

CALLS: Final = "qui-appeler"
LETTERS: Final = ("notice_cnil", "notice_police", "notice_insurer", "notice_cert_fr")
GUIDES: Final = {"continuite.md": "guide-continuite", "crise.md": "guide-crise"}
_LINK = re.compile(r'<a href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)
_PICTURE = re.compile(r"<img [^>]*>")


def register_parts() -> None:
    register(Part("calls", "Qui appeler", 10, call_pages))
    register(Part("sheets", "Mon service aujourd'hui", 20, sheet_pages))
    register(Part("letters", "Courriers à remplir", 70, letter_pages))
    register(Part("guides", "Guides", 90, guide_pages))
    register(Part("people-to-call", "Qui appeler, avec les noms", 11, person_pages, sealed=True))


def call_pages(territory: Territory) -> Iterator[Page]:
    """The contacts as they are; those that were not verified for 90 days are struck out."""
    context = {"contacts": calls.contacts(territory), "territory": territory, "today": timezone.localdate()}
    body = render_to_string("continuity/kit/calls.html", context)
    yield Page(CALLS, "Qui appeler", body, "call", timezone.now())


def person_pages(territory: Territory) -> Iterator[Page]:
    """Who stands behind a contact, where the register says so."""
    rows = [entry.values for entry in entries_of(territory, guide(Register, calls.REGISTER))]
    named = [(row["name"], row["person"], row.get("phone", "")) for row in rows if row.get("person")]
    if named:
        body = render_to_string("continuity/kit/people.html", {"named": named})
        yield Page("personnes-a-appeler", "Qui appeler, avec les noms", body, "call", timezone.now())


def sheet_page_name(service: str) -> str:
    return f"fiche-{slugify(fold_name(service))[:60]}"


def sheet_pages(territory: Territory) -> Iterator[Page]:
    """The list of services, folded for two persons in a small town; then a page a sheet."""
    found = sheets.sheets(territory)
    is_small = sheets.is_small_town(territory)
    groups = sheets.pair_groups(found) if is_small else [("", found)]
    links = [
        (title, [(sheet_page_name(each.service), each) for each in members]) for title, members in groups
    ]
    context = {"groups": links, "is_small": is_small, "has_begun": sheets.has_begun(territory)}
    yield Page("mon-service", "Mon service aujourd'hui", _body("services", context), "service")
    forms = [each for each in kit_forms(territory) if each.is_usable]
    for each in found:
        own = [form for form in forms if each in form.sheets]
        yield Page(sheet_page_name(each.service), each.service, _body("sheet", {"sheet": each, "forms": own}))


def list_pages(tables: Sequence[ListTable], *, sealed: bool) -> Iterator[Page]:
    """The lists of the sheets, each with its age: those about people in the sealed part only."""
    for table in tables:
        row = table.kit_list
        if row.is_personal == sealed:
            title = f"{row.entry.values['service']} : {row.title}"
            yield Page(f"liste-{row.pk}", title, _body("list", {"table": table}), as_of=table.at)


def letter_pages(territory: Territory) -> Iterator[Page]:
    """The letters that the law asks for after an attack, blank: nothing of an incident is in the kit."""
    for key in LETTERS:
        found = library().guides.get(key)
        if isinstance(found, Paper):
            document = papers.build(found, territory, blank=True)
            context: dict[str, Any] = {"document": document, "territory": territory}
            yield Page(f"courrier-{slugify(key.replace('_', '-'))}", found.title, _body("letter", context))


def guide_pages(territory: Territory) -> Iterator[Page]:
    """The guides of continuity and crisis, their links to the site taken away."""
    for found in help_pages():
        if found.file in GUIDES:
            yield Page(GUIDES[found.file], found.title, offline_html(found.html))


def offline_html(html: str) -> str:
    """Without pictures, nor links that lead to the site; those between the two guides stay."""
    addresses = {each.address: f"{GUIDES[each.file]}.html" for each in help_pages() if each.file in GUIDES}

    def replaced(found: re.Match[str]) -> str:
        target, hash_, anchor = found[1].partition("#")
        if not target and hash_:
            return found[0]
        if target in addresses:
            return f'<a href="{addresses[target]}{hash_}{anchor}">{found[2]}</a>'
        return found[2]

    return _LINK.sub(replaced, _PICTURE.sub("", html))


def _body(name: str, context: dict[str, Any]) -> str:
    return render_to_string(f"continuity/kit/{name}.html", context)
