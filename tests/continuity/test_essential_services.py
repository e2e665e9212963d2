"""What an outage of a service costs: the grid filled in by several hands, the outage that it proposes, its validation, its files."""

import csv
import html
import io
import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from beffroi.guides import Questionnaire, Register
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.essential_services import analyses, outages, services
from beffroi.web.continuity.essential_services.impact import CELLS, DURATIONS, FAMILIES, HOURS, Grid, in_words
from beffroi.web.continuity.essential_services.outages import Outage, longest_outages
from beffroi.web.continuity.models import OutageValidation
from beffroi.web.guides.errors import FaultsError
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry, Response, answers_of
from beffroi.web.guides.services import registers
from beffroi.web.guides.services.responses import save_answers
from beffroi.web.platform.models import LedgerDetail, Person, Territory
from places import a_person


def rows(**levels: str) -> dict[str, str]:
    """The 28 cells; `levels`: four digits a family, all « 0 » where nothing is given."""
    return {
        f"{family}_{each.key}": levels.get(family, "0000")[n]
        for family in FAMILIES
        for n, each in enumerate(DURATIONS)
    }


@pytest.fixture
def payroll(territory: Territory, secretary: Person) -> RegisterEntry:
    return registers.save_entry(territory, secretary, services.register(), {"name": "Paie"})


def plain(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).replace("\u00a0", " ").split())


def test_the_grid_of_the_code_is_the_questionnaire() -> None:
    found = guide(Questionnaire, outages.ANALYSIS)
    titles = {each.key: each.title for each in found.sections}
    assert {key: titles[key] for key in FAMILIES} == FAMILIES
    assert [each.key for each in found.questions[: len(CELLS)]] == list(CELLS)
    assert len(CELLS) == 28


@pytest.mark.parametrize(
    ("levels", "proposed"),
    [
        ({"money": "0123", "people": "0112"}, 168.0),  # a month is unbearable: a week
        ({"legal": "0133"}, 24.0),
        ({"services": "3333"}, 0.0),  # not even four hours
        ({}, 720.0),  # nothing is unbearable: a month or more
    ],
)
def test_the_proposed_outage_is_the_duration_before_the_first_unbearable_one(
    levels: dict[str, str], proposed: float
) -> None:
    assert Grid(rows(**levels)).proposed_hours == proposed


def test_nothing_is_proposed_while_a_shorter_duration_is_unknown() -> None:
    partial = rows(money="0033")
    del partial["image_d1"]
    assert Grid(partial).proposed_hours is None  # a day may be unbearable for the image: nobody said
    partial["image_d1"] = "0"
    del partial["image_m1"]
    assert Grid(partial).proposed_hours == 24.0


def test_contradictions_are_reported_and_corrected_by_nobody() -> None:
    grid = Grid(rows(image="0210", money="0033") | {HOURS: 200.0})
    said = grid.contradictions()
    assert len(said) == 3
    assert said[0] == "« Image » : 1 semaine d'arrêt est dit gênant, alors que 1 jour est dit grave."
    assert "déjà insupportable pour « Finances »" in said[2]
    assert Grid(rows(money="0012")).contradictions() == []


def test_durations_and_costs_are_written_as_people_say_them() -> None:
    assert [in_words(each) for each in (None, 0, 4, 24, 48, 168, 36, 720)] == [
        "–", "aucun arrêt", "4\u00a0heures", "1\u00a0jour", "2\u00a0jours", "1\u00a0semaine", "36\u00a0heures", "1\u00a0mois",
    ]  # fmt: skip
    cost = Grid({"cost_low": 3000.0, "cost_high": 5000.0, "cost_source": "régie 2025"}).cost
    assert cost.replace("\u00a0", " ") == "estimé entre 3 000 € et 5 000 € par semaine d'arrêt (régie 2025)"
    assert Grid({}).cost == ""


def test_a_cost_without_its_source_is_refused_and_the_cells_are_stored(
    payroll: RegisterEntry, secretary: Person, mayor: Person
) -> None:
    with pytest.raises(FaultsError, match="Un coût estimé a sa source"):
        analyses.save_cells(payroll, secretary, rows() | {HOURS: "24", "cost_low": "4000"})
    assert Grid(answers_of(Response.objects.get(entry=payroll))).is_full
    with pytest.raises(ContinuityError, match="Un coût estimé a sa source"):
        analyses.validate(payroll, mayor)
    analyses.save_cells(payroll, secretary, {"cost_source": "Paie de mars"})
    assert analyses.validate(payroll, mayor).hours == 24.0


def test_two_people_fill_in_one_grid_and_lose_nothing(
    payroll: RegisterEntry, secretary: Person, mayor: Person
) -> None:
    analyses.save_cells(payroll, secretary, {"image_h4": "1"}, seen={})
    # The mayor's page was open before: its « image » cell is still blank there.
    analyses.save_cells(payroll, mayor, {"image_h4": "", "money_h4": "2"}, seen={})
    response = Response.objects.get(entry=payroll)
    assert answers_of(response) == {"image_h4": "1", "money_h4": "2"}
    analyses.save_cells(
        payroll, mayor, {"image_h4": "", "money_h4": "2"}, seen={"image_h4": "1", "money_h4": "2"}
    )
    assert answers_of(response) == {"money_h4": "2"}  # emptied by who saw it


def test_only_who_decides_validates_and_a_validated_analysis_never_changes(
    payroll: RegisterEntry, territory: Territory, secretary: Person, mayor: Person
) -> None:
    response = analyses.save_cells(payroll, secretary, rows(money="0133") | {HOURS: "24"})
    with pytest.raises(PermissionDenied):
        analyses.validate(payroll, secretary)
    assert longest_outages(territory)[payroll.pk] == Outage(24.0)
    row = analyses.validate(payroll, mayor)
    assert (row.hours, row.by, row.authority["kind"]) == (24.0, mayor, "elected")
    line = LedgerDetail.objects.get(line__territory=territory, line__act="outage.validate")
    assert line.payload["hours"] == 24.0 and "Paie" not in str(line.payload)
    with pytest.raises(ContinuityError, match="validée : rien n'a été changé"):
        analyses.save_cells(payroll, secretary, {"money_h4": "3"})
    with pytest.raises(Exception, match="closes"):
        save_answers(response, secretary, {"money_h4": "3"})
    for change in ({"hours": 1}, {"sha256": "0"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            OutageValidation.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        OutageValidation.objects.filter(pk=row.pk).delete()


def test_a_validated_outage_counts_until_the_next_one_is_validated(
    payroll: RegisterEntry, territory: Territory, secretary: Person, mayor: Person
) -> None:
    analyses.save_cells(payroll, secretary, rows() | {HOURS: "24"})
    first = analyses.validate(payroll, mayor)
    again = analyses.begin_again(payroll, secretary)
    assert again.previous_id == first.response_id and answers_of(again)[HOURS] == 24.0
    analyses.save_cells(payroll, secretary, {HOURS: "4"})
    assert longest_outages(territory)[payroll.pk].hours == 24.0
    assert outages.service_lines(territory)[0].state == ("validé, en révision", "info")
    analyses.validate(payroll, mayor)
    assert longest_outages(territory)[payroll.pk].hours == 4.0
    assert outages.without_validated_outage(territory) == []


@pytest.mark.parametrize(
    ("missing", "message"), [("image_w1", "27 cases remplies sur 28"), (HOURS, "plus longue durée")]
)
def test_an_unfinished_grid_is_not_validated(
    payroll: RegisterEntry, secretary: Person, mayor: Person, missing: str, message: str
) -> None:
    answers = rows() | {HOURS: "24"}
    del answers[missing]
    analyses.save_cells(payroll, secretary, answers)
    with pytest.raises(ContinuityError, match=message):
        analyses.validate(payroll, mayor)
    assert not OutageValidation.objects.filter(entry=payroll).exists()


def test_a_town_begins_with_sixteen_services_to_keep_or_remove(
    territory: Territory, secretary: Person, client: Client
) -> None:
    client.force_login(secretary)
    page = client.get(f"/t/{territory.slug}/continuite/consequences/").content.decode()
    assert "Prendre cette liste" in page
    client.post(f"/t/{territory.slug}/continuite/consequences/commencer/")
    page = plain(client.get(f"/t/{territory.slug}/continuite/consequences/").content.decode())
    assert "0 service validé sur 16" in page and page.count("proposé par Beffroi") == 16
    assert len(outages.without_validated_outage(territory)) == 16


def test_the_workshop_goes_from_service_to_service_without_javascript(
    territory: Territory, secretary: Person, mayor: Person, client: Client
) -> None:
    services.begin(territory, secretary)
    client.force_login(mayor)
    first, second = services.services_of(territory)[:2]
    there = f"/t/{territory.slug}/continuite/consequences/{first.pk}/"
    page = client.get(there).content.decode()
    assert page.count("<select") == 28 and "Coût d'une semaine d'arrêt, au moins (€)" in plain(page)
    assert "Valider pour de bon" in page, "one click does not validate for ever"
    assert not re.search(r"<option value=\"\d\" selected", page)  # nothing is ticked before somebody did
    assert page.count('<option value="" selected>–</option>') == 28
    client.post(f"{there}enregistrer/", rows(people="0033") | {"seen": "{}"})
    page = client.get(there).content.decode()
    assert "1 jour : 1 semaine d'arrêt est insupportable" in plain(page)
    (hours,) = re.findall(r'<input[^>]*name="longest_outage"[^>]*>', page)
    assert 'value="24"' in hours  # in its field, stored by nobody yet
    assert HOURS not in answers_of(Response.objects.get(entry=first))
    done = client.post(f"{there}valider/", rows(people="0033") | {HOURS: "24", "seen": "{}"})
    assert done.headers["Location"] == there, "one sees what was validated"
    page = client.get(there).content.decode()
    assert f"/consequences/{second.pk}/" in page and "Service suivant" in page
    page = plain(page)
    assert (
        "1 jour d'arrêt au plus" in page and "En vertu de son mandat d'élu" in page and "Recommencer" in page
    )


def test_a_refused_value_is_shown_beside_its_field(
    payroll: RegisterEntry, mayor: Person, client: Client
) -> None:
    client.force_login(mayor)
    there = f"/t/{payroll.territory.slug}/continuite/consequences/{payroll.pk}/"
    answer = client.post(f"{there}enregistrer/", rows() | {HOURS: "un jour", "seen": "pas du JSON"})
    assert answer.status_code == 422 and "écrivez un nombre en chiffres" in html.unescape(
        answer.content.decode()
    )
    answer = client.post(f"{there}valider/", {"seen": "[]"})
    assert answer.status_code == 422
    assert "28 cases" not in (saved := plain(client.get(there).content.decode())) and "en cours" in saved


def test_an_agent_fills_in_and_an_auditor_only_reads(
    payroll: RegisterEntry, territory: Territory, client: Client
) -> None:
    there = f"/t/{territory.slug}/continuite/consequences/{payroll.pk}/"
    client.force_login(a_person(territory, "auditor"))
    assert client.get(there).status_code == 200
    assert client.post(f"{there}enregistrer/", rows()).status_code == 404
    client.force_login(a_person(territory, "agent"))
    assert client.post(f"{there}enregistrer/", rows() | {"seen": "{}"}).status_code == 302
    assert client.post(f"{there}valider/", {}).status_code == 404
    assert not OutageValidation.objects.filter(entry=payroll).exists()


def test_the_whole_grid_sorts_by_the_shortest_outage_and_leaves_as_files(
    territory: Territory, secretary: Person, mayor: Person, client: Client
) -> None:
    for name, hours in (("Eau", "4"), ("Accueil", "168"), ("Cimetière", "")):
        entry = registers.save_entry(territory, secretary, services.register(), {"name": name})
        if hours:
            analyses.save_cells(entry, secretary, rows(services="0123") | {HOURS: hours})
    analyses.validate(RegisterEntry.objects.get(identity="eau"), mayor)
    client.force_login(secretary)
    there = f"/t/{territory.slug}/continuite/consequences/grille"
    page = plain(client.get(f"{there}/").content.decode())
    assert page.index("Eau 4 heures") < page.index("Accueil 1 semaine") < page.index("Cimetière –")
    assert "non validé" in page and "conforme" not in page.casefold()
    answer = client.get(f"{there}.csv")
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    if len(lines[0]) == 1:
        lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [line[0] for line in lines] == ["Service", "Eau", "Accueil", "Cimetière"]
    assert (
        lines[1][1:6] == ["4", "nul", "gênant", "grave", "insupportable"]
        and lines[1][-1] == "données simulées"
    )
    assert client.get(f"{there}.xlsx").content[:2] == b"PK"
    assert client.get(f"{there}.pdf").content[:5] == b"%PDF-"


def test_outages_of_three_hundred_services_cost_five_queries(territory: Territory, secretary: Person) -> None:
    names = [{"name": f"Service {n:03}"} for n in range(300)]
    registers.add_entries(territory, secretary, services.register(), names)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert len(longest_outages(territory)) == 300
        assert len(outages.service_lines(territory)) == 300
    assert len(asked) <= 8


def test_a_removed_service_is_counted_no_more(
    payroll: RegisterEntry, territory: Territory, secretary: Person
) -> None:
    registers.remove_entry(payroll, secretary, services.register())
    assert longest_outages(territory) == {} and outages.service_lines(territory) == []


def cyber(territory: Territory, by: Person, **values: object) -> RegisterEntry:
    return registers.save_entry(territory, by, guide(Register, "cyber_consequences"), values)


def test_what_was_said_in_the_cyber_room_is_proposed_and_not_asked_twice(
    client: Client, payroll: RegisterEntry, territory: Territory, secretary: Person
) -> None:
    client.force_login(secretary)
    there = reverse("outage-service", args=[territory.slug, payroll.pk])
    assert "Dit en cybersécurité" not in client.get(there).content.decode()
    cyber(territory, secretary, service="Compta et paie des agents", stop_hours="12")
    entry = cyber(
        territory, secretary, service="Paie des agents", stop_hours="72", without="Paie du mois d'avant"
    )
    page = html.unescape(client.get(there).content.decode())
    assert "«\u00a0Paie des agents\u00a0»" in page and "Paie du mois d" in page
    assert re.search(r'name="longest_outage"[^>]*value="72"', page)
    # The grid, once it is filled in, is what proposes.
    analyses.save_cells(payroll, secretary, rows(money="0133"))
    page = client.get(there).content.decode()
    assert re.search(r'name="longest_outage"[^>]*value="24"', page) and "Paie des agents" in page
    link = reverse("register-entry", args=[territory.slug, "cyber_consequences", entry.pk])
    assert link in page
    assert there in client.get(link).content.decode()


def test_a_proposal_that_nobody_confirmed_is_told_and_not_taken(
    client: Client, payroll: RegisterEntry, territory: Territory, secretary: Person
) -> None:
    client.force_login(secretary)
    registers.begin_with_rows(territory, secretary, guide(Register, "cyber_consequences"))
    page = client.get(reverse("outage-service", args=[territory.slug, payroll.pk])).content.decode()
    assert "que personne ici n" in page and not re.search(r'name="longest_outage"[^>]*value="72"', page)
    (town_site,) = RegisterEntry.objects.of(territory).filter(values__service="Site de la commune")
    link = reverse("register-entry", args=[territory.slug, "cyber_consequences", town_site.pk])
    assert reverse("outages", args=[territory.slug]) in client.get(link).content.decode()
