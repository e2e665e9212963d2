"""Sheets of the degraded mode: models to begin with, approved as they were read, tried, folded for two persons."""

import re
from html import unescape
from typing import Any

import pypdfium2
import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.guides.register import read_entry
from beffroi.web.continuity.crisis import kit_pages, roles
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import SheetApproval
from beffroi.web.continuity.offline_kit import own_parts
from beffroi.web.continuity.service_sheets import home_lines, services, sheets
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.services import registers
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.formats import joined
from places import a_person, strongly

MODELS = {
    "État civil", "Plan communal de sauvegarde", "Eau potable", "Cantine", "Accueil périscolaire et de loisirs",
    "Aide sociale et CCAS", "Petite enfance", "Police municipale", "Accueil de la mairie", "Paie des agents",
    "Mandats et titres", "Cimetière et funéraire", "Élections", "Urbanisme", "Actes et préfecture", "Conseil municipal", "Courrier",
}  # fmt: skip


@pytest.fixture
def begun(territory: Territory, secretary: Person) -> Territory:
    registers.begin_with_rows(territory, secretary, sheets.register())
    return territory


def entry_of(territory: Territory, service: str) -> RegisterEntry:
    return next(each.entry for each in sheets.sheets(territory) if each.service == service and each.entry)


def test_every_model_says_what_to_serve_how_by_whom_its_limits_its_law_and_how_to_start_again():
    register = sheets.register()
    rows = [read_entry(register, row, timezone.localdate()) for row in register.rows]
    assert {row["service"] for row in rows} == MODELS
    needed = ("holds", "minimum", "steps", "who", "deputy", "pair", "forms", "lists", "supplies", "contacts", "limits", "law")  # fmt: skip
    assert [(row["service"], key) for row in rows for key in (*needed, "restart") if not row.get(key)] == []


UNREAD = " (à relire par un juriste)"
ARTICLE = re.compile(r"(?:[LRD]\. )?\b\d[\d-]*\b")


def without_source(line: str, read: list[str]) -> list[str]:
    """The articles of the line that no source read at its text names, after the name of the code or the act."""
    act, _, articles = line.partition(" | ")[2].partition(", article")
    known = {
        number
        for title in read
        if act.lower() in title.lower()
        for number in ARTICLE.findall(title[title.lower().index(act.lower()) + len(act) :])
    }
    return sorted(set(ARTICLE.findall(articles)) - known) if articles else [act]


def test_an_article_without_the_mark_is_named_by_a_source_read_at_its_text(begun: Territory):
    read = [source.title for source in sheets.register().sources if source.origin == "text"]
    found = [line for each in sheets.sheets(begun) for line in each.values["law"]]
    unread = [line for line in found if line.endswith(UNREAD)]
    assert {
        line: missing for line in set(found) - set(unread) if (missing := without_source(line, read))
    } == {}
    assert without_source("Règle | Code civil, articles 40 et 79", read) == ["79"]
    assert 0 < len(unread) < len(found) / 2


def test_an_article_that_nobody_read_at_its_source_says_so_in_the_kit(begun: Territory):
    canteen = next(
        unescape(page.body) for page in own_parts.sheet_pages(begun) if page.title == "Cantine"
    ).replace("\xa0", " ")
    assert (
        "Information sur les allergènes – Règlement (UE) n° 1169/2011, article 44 (à relire par un juriste)"
        in canteen
    )


def test_civil_status_is_numbered_by_the_officer_in_the_paper_register_kept_in_duplicate(begun: Territory):
    sheet = next(each for each in sheets.sheets(begun) if each.service == "État civil")
    text = " ".join(line for _, lines, _ in sheet.facts for line in lines)
    assert "double exemplaire" in text
    assert "décret n° 2017-890 du 6 mai 2017" in text.lower()
    assert "Aucun registre d'état civil sur la clé" in text


def test_a_town_that_has_not_begun_reads_models_that_nobody_approved(territory: Territory):
    found = sheets.sheets(territory)
    assert len(found) == len(MODELS)
    assert {each.state[0] for each in found} == {"proposée par Beffroi"}


@pytest.mark.requirement("R76")
def test_an_approval_counts_while_the_content_is_the_same(begun: Territory, secretary: Person):
    entry = entry_of(begun, "Cantine")
    sheet = sheets.sheet_of(entry)
    services.approve(entry, secretary, "responsable de la cantine", sheet.sha256)
    assert sheets.sheet_of(entry).state == (f"approuvée le {_today()}", "good")
    changed = {**entry.values, "holds": "Trois jours"}
    registers.save_entry(begun, secretary, sheets.register(), changed, entry=entry)
    assert sheets.sheet_of(entry).state[0] == "modifiée, à approuver"
    registers.save_entry(begun, secretary, sheets.register(), {**changed, "holds": sheet.values["holds"], "order": 9}, entry=entry)  # fmt: skip
    assert sheets.sheet_of(entry).approval is not None


def _today() -> str:
    from beffroi.web.ui.formats import french_date

    return french_date(timezone.localdate())


@pytest.mark.parametrize("behind", ["", " (membre de démonstration)"])
def test_a_function_that_holds_the_name_of_an_account_is_refused(
    begun: Territory, secretary: Person, behind: str
):
    """Elected members too: the role is printed in the open part of the kit."""
    entry = entry_of(begun, "Cantine")
    mayor = a_person(begun, "decider")
    Person.objects.filter(pk=mayor.pk).update(name=f"Noé Le Maire{behind}")
    Person.objects.filter(pk=secretary.pk).update(name=f"Anne Kervadec{behind}")
    sha256 = sheets.sheet_of(entry).sha256
    for role in ("Secrétaire de mairie, Noé LE MAIRE", "KERVADEC Anne, cuisine"):
        with pytest.raises(ContinuityError, match="sans nom de personne"):
            services.approve(entry, secretary, role, sha256)
        with pytest.raises(ContinuityError, match="sans nom de personne"):
            services.note_trial(entry, secretary, timezone.localdate(), role)
    assert services.approve(entry, secretary, "secrétaire de mairie, le maire", sha256).role


def test_a_sheet_that_names_somebody_is_saved_says_so_beside_its_field_and_is_not_approved(
    begun: Territory, secretary: Person
):
    a_person(begun, "agent", email="y.legoff@exemple.org")
    Person.objects.filter(email="y.legoff@exemple.org").update(name="Yuna Le Goff")
    services_register = _library()["essential_services"]
    registers.save_entry(begun, secretary, services_register, {"name": "Eau", "head": "Loïc Kermarrec"})
    client, entry = strongly(Client(), secretary), entry_of(begun, "Cantine")
    sheet, edit, approve = (
        reverse(name, args=[begun.slug, entry.pk]) for name in ("sheet", "sheet-edit", "sheet-approve")
    )
    saved = client.post(edit, posted(client, edit, contacts="Yuna LE GOFF, cuisine\n<b>", who="Cuisinier"))
    assert saved.headers["Location"] == edit
    entry.refresh_from_db()
    assert entry.values["contacts"] == ["Yuna LE GOFF, cuisine", "<b>"], "nothing is lost"
    page = unescape(client.get(edit).content.decode()).replace("\xa0", " ")
    assert "C'est enregistré, mais la fiche nomme quelqu'un" in page
    says = "Ce nom vient de la liste des comptes de votre collectivité : écrivez la fonction."
    assert page.count(says) == 1
    assert page.index('name="supplies"') < page.index(says) < page.index('name="contacts"')
    asked = {"sha256": sheets.sheet_of(entry).sha256, "role": "responsable"}
    refused = client.post(approve, asked)
    assert refused.status_code == 422 and "Rien n'a été approuvé" in unescape(refused.content.decode())
    assert client.post(edit, posted(client, edit, contacts="Chef de cuisine")).headers["Location"] == sheet
    asked["sha256"] = sheets.sheet_of(entry_of(begun, "Cantine")).sha256
    named = unescape(client.post(approve, asked | {"role": "chef, Loïc Kermarrec"}).content.decode())
    named = named.replace("\xa0", " ")
    assert "Ce nom vient de « " in named and "du registre" in named
    assert not SheetApproval.objects.of(begun).exists()
    assert client.post(approve, asked).status_code == 302


def test_the_home_proposes_to_begin_then_counts_what_is_to_be_approved(
    territory: Territory, secretary: Person
):
    texts = lambda: [line.title for line in home_lines.to_approve(secretary, territory)]  # noqa: E731
    assert texts() == ["Commencer les fiches du mode dégradé"]
    registers.begin_with_rows(territory, secretary, sheets.register(), [3, 4])
    assert texts() == ["Approuver 2\xa0fiches"]
    for each in sheets.sheets(territory):
        assert each.entry is not None
        services.approve(each.entry, secretary, "responsable", each.sha256)
    assert texts() == []


def test_what_changed_after_it_was_read_is_not_approved(begun: Territory, secretary: Person):
    entry = entry_of(begun, "Cantine")
    read = sheets.sheet_of(entry).sha256
    registers.save_entry(
        begun, secretary, sheets.register(), {**entry.values, "holds": "Un jour"}, entry=entry
    )
    with pytest.raises(ContinuityError, match="a changé pendant que vous la lisiez"):
        services.approve(entry, secretary, "responsable", read)
    assert not SheetApproval.objects.of(begun).exists()


def test_an_agent_notes_a_trial_and_approves_nothing(begun: Territory):
    agent, entry = a_person(begun, "agent"), entry_of(begun, "Eau potable")
    with pytest.raises(PermissionDenied):
        services.approve(entry, agent, "fontainier", sheets.sheet_of(entry).sha256)
    services.note_trial(entry, agent, timezone.localdate(), "fontainier", "la liste des vannes manquait")
    sheet = sheets.sheet_of(entry)
    assert sheet.trial_state == (f"essayée le {_today()}", "good")
    line = ledger.lines_of(begun).last()
    assert line is not None
    assert (line.act, line.detail.payload["went_well"]) == ("sheet.trial", False)
    assert "vannes" not in str(line.detail.payload)


def test_a_trial_to_come_is_refused(begun: Territory, secretary: Person):
    later = timezone.localdate() + timezone.timedelta(days=1)
    with pytest.raises(ContinuityError, match="jour à venir"):
        services.note_trial(entry_of(begun, "Cantine"), secretary, later, "cuisinier")


def test_the_database_keeps_approvals_as_they_were_written(begun: Territory, secretary: Person):
    entry = entry_of(begun, "Cantine")
    row = services.approve(entry, secretary, "responsable", sheets.sheet_of(entry).sha256)
    row.role = "maire"
    with pytest.raises(DatabaseError), transaction.atomic():
        row.save()


def test_in_a_small_town_one_list_serves_two_persons(begun: Territory, secretary: Person, mayor: Person):
    assert sheets.is_small_town(begun)
    groups = dict(sheets.pair_groups(sheets.sheets(begun)))
    assert list(groups) == ["Maire", "Secrétaire de mairie", "Les deux ensemble"]
    assert sum(map(len, groups.values())) == len(MODELS)
    for person in (secretary, mayor):
        assert len(sheets.own_sheets(person, begun)) == len(MODELS)
    Territory.objects.filter(pk=begun.pk).update(kind="communauté d'agglomération")
    begun.refresh_from_db()
    assert not sheets.is_small_town(begun), "two accounts at first are not two persons who hold everything"
    Territory.objects.filter(pk=begun.pk).update(kind="commune")
    begun.refresh_from_db()
    a_person(begun, "agent")
    assert not sheets.is_small_town(begun)


def test_the_kit_of_a_small_town_has_one_list_of_services_and_of_roles_for_two_persons(
    begun: Territory, secretary: Person, mayor: Person
):
    titles = ["Maire", "Secrétaire de mairie"]
    listed = next(iter(own_parts.sheet_pages(begun))).body
    assert re.findall("<h2>(.*?)</h2>", listed) == [*titles, "Les deux ensemble"]
    assert all(
        line in unescape(listed)
        for line in ("Ouvrir un lieu d'accueil.", "Servir un repas à chaque enfant présent.")
    )
    (cell,) = kit_pages.functions(begun)
    assert re.findall("<h2>(.*?)</h2>", cell.body) == titles
    assert cell.body.count('<th scope="row">') == len(roles.role_titles())
    assert "Qui (à la main)" not in cell.body
    a_person(begun, "agent")
    assert "<h2>" not in next(iter(own_parts.sheet_pages(begun))).body
    (cell,) = kit_pages.functions(begun)
    assert "<h2>" not in cell.body and "Qui (à la main)" in cell.body


def test_a_head_of_service_reads_the_sheets_of_that_service(
    begun: Territory, secretary: Person, mayor: Person
):
    head = a_person(begun, "agent")
    services_register = next(each for key, each in _library().items() if key == "essential_services")
    registers.save_entry(begun, secretary, services_register, {"name": "Cantine", "head": str(head)})
    assert [each.service for each in sheets.own_sheets(head, begun)] == ["Cantine"]
    assert sheets.own_sheets(mayor, begun) == []


def _library():
    from beffroi.web.guides.library import library

    return library().guides


def test_the_pages_approve_and_print_a_sheet(begun: Territory, secretary: Person):
    client, entry = strongly(Client(), secretary), entry_of(begun, "Cantine")
    listed = client.get(reverse("sheets", args=[begun.slug])).content.decode()
    assert "proposée par Beffroi" in listed
    page = client.get(reverse("sheet", args=[begun.slug, entry.pk])).content.decode()
    assert sheets.sheet_of(entry).sha256 in page
    posted = {"sha256": sheets.sheet_of(entry).sha256, "role": ""}
    refused = client.post(reverse("sheet-approve", args=[begun.slug, entry.pk]), posted)
    assert refused.status_code == 422
    approved = client.post(
        reverse("sheet-approve", args=[begun.slug, entry.pk]), posted | {"role": "responsable"}
    )
    assert approved.status_code == 302
    changed = {**entry.values, "holds": "Trois jours"}
    registers.save_entry(begun, secretary, sheets.register(), changed, entry=entry)
    page = client.get(reverse("sheet", args=[begun.slug, entry.pk]))
    assert page.context["approve_form"]["role"].value() == "responsable", "as the last time"
    asked = {"sha256": sheets.sheet_of(entry_of(begun, "Cantine")).sha256, "role": "responsable"}
    client.post(reverse("sheet-approve", args=[begun.slug, entry.pk]), asked)
    assert "approuvée le" in client.get(reverse("own-service", args=[begun.slug])).content.decode()
    pdf = client.get(reverse("sheet-pdf", args=[begun.slug, entry.pk])).content
    assert pdf.startswith(b"%PDF")
    assert b"/MarkInfo" in pdf or pypdfium2.PdfDocument(pdf).is_tagged()


def posted(page: Client, address: str, **changed: Any) -> dict[str, Any]:
    """What a browser would send of the form on this page, some fields changed."""
    form = page.get(address).context["form"]
    values = {each.html_name: each.value() or "" for each in form}
    return values | {"revision": page.get(address).context["entry"].revision} | changed


def test_a_head_of_service_changes_the_sheet_on_its_own_page_and_comes_back_to_it(
    begun: Territory, secretary: Person
):
    client, entry = strongly(Client(), secretary), entry_of(begun, "Cantine")
    services.approve(entry, secretary, "responsable", sheets.sheet_of(entry).sha256)
    sheet, edit = (reverse(name, args=[begun.slug, entry.pk]) for name in ("sheet", "sheet-edit"))
    assert f'href="{edit}"' in client.get(sheet).content.decode()
    saved = client.post(edit, posted(client, edit))
    assert (saved.status_code, saved.headers["Location"]) == (302, sheet)
    assert sheets.sheet_of(entry).approval is not None, "nothing changed by itself"
    client.post(edit, posted(client, edit, printed=["presence a la cantine", "releve d eau"], forms="Carnet de la cuisine", contacts="Cuisine : 01 99 00 00 01"))  # fmt: skip
    entry.refresh_from_db()
    assert entry.values["forms"] == [
        "Présence à la cantine", "Relevé d'eau", "Carnet de la cuisine",
    ]  # fmt: skip
    assert entry.values["contacts"] == ["Cuisine : 01 99 00 00 01"]
    assert sheets.sheet_of(entry).state[0] == "modifiée, à approuver"
    refused = client.post(edit, posted(client, edit, service=" "))
    assert refused.status_code == 422 and "01 99 00 00 01" in refused.content.decode()


def test_two_people_who_write_one_sheet_both_read_what_the_other_wrote(begun: Territory, secretary: Person):
    client, entry = strongly(Client(), secretary), entry_of(begun, "Cantine")
    edit = reverse("sheet-edit", args=[begun.slug, entry.pk])
    mine = posted(client, edit, holds="Trois jours")
    registers.save_entry(begun, secretary, sheets.register(), {**entry.values, "holds": "Un jour"}, entry=entry)  # fmt: skip
    refused = client.post(edit, mine)
    page = refused.content.decode()
    assert refused.status_code == 409 and "Trois jours" in page and "Un jour" in page
    assert client.post(edit, posted(client, edit, holds="Trois jours")).status_code == 302
    entry.refresh_from_db()
    assert entry.values["holds"] == "Trois jours"


def test_a_sheet_of_the_town_is_added_on_a_page_of_its_own(begun: Territory, secretary: Person):
    client = strongly(Client(), secretary)
    address = reverse("sheet-add", args=[begun.slug])
    assert f'href="{address}"' in client.get(reverse("sheets", args=[begun.slug])).content.decode()
    added = client.post(address, {"service": "Médiathèque", "minimum": "Ouvrir.\nPrêter."})
    entry = entry_of(begun, "Médiathèque")
    assert added.headers["Location"] == reverse("sheet", args=[begun.slug, entry.pk])
    assert entry.values["minimum"] == ["Ouvrir.", "Prêter."]
    assert client.post(address, {"service": "Médiathèque", "minimum": "Ouvrir."}).status_code == 422


def test_models_taken_lead_to_the_list_where_they_are_approved_and_the_register_leads_back(
    territory: Territory, secretary: Person, client: Client
) -> None:
    client.force_login(secretary)
    listed, register = (
        reverse("sheets", args=[territory.slug]),
        reverse("register", args=[territory.slug, "service_sheets"]),
    )
    answer = client.post(reverse("register-begin", args=[territory.slug, "service_sheets"]))
    assert answer.status_code == 302 and answer.headers["Location"] == listed
    assert f'href="{listed}">Fiches du mode dégradé</a>' in client.get(register).content.decode()
    backups = reverse("register", args=[territory.slug, "backed_up_systems"])
    board = reverse("backups", args=[territory.slug])
    client.force_login(a_person(territory, "agent"))
    assert f'href="{board}">Sauvegardes</a>' not in client.get(backups).content.decode(), (
        "they may not read it"
    )
    client.force_login(a_person(territory, "security_officer"))
    assert f'href="{board}">Sauvegardes</a>' in client.get(backups).content.decode()


def test_sentences_in_one_cell_end_once(begun: Territory) -> None:
    assert joined(["Ouvrir.", "Servir."]) == "Ouvrir ; Servir."
    field = next(each for each in sheets.register().fields if each.key == "minimum")
    assert field.format(["Ouvrir.", "Servir."]) == "Ouvrir ; Servir."
