"""The annual report: every system of the year, good and bad, whoever reads it; published once, corrected by a new version."""

import hashlib
import io
import json
from dataclasses import asdict
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from beffroi.web.decisions import contesting
from beffroi.web.decisions.models import Proposal
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.errors import TrustError
from beffroi.web.trust.models import Publication
from beffroi.web.trust.report import build, paper, presenting, publishing
from beffroi.web.trust.report.period import Period
from beffroi.web.ui import printing
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import Run, SystemUse
from beffroi.web.workshop.presenting import amount
from decisions.conftest import ANSWER, GIVEN, UNTIED, a_contestation
from decisions.test_contestations import LEARNED
from decisions.test_usage import decided, heard
from life import carry, law, step
from places import a_person, strongly
from support.clock import on

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(territory: Territory) -> Person:
    return a_person(territory, "data_officer")


@pytest.fixture
def reachable(territory: Territory) -> Territory:
    Territory.objects.filter(pk=territory.pk).update(contact="Mairie, 01 00 00 00 00")
    territory.refresh_from_db()
    return territory


def this_year() -> int:
    return timezone.localdate().year


def test_every_system_is_in_it_whatever_its_state(use: SystemUse, territory: Territory) -> None:
    workshop.adopt(territory, a_person(territory, "administrator"), "canteen", supervisor=None)
    step(use, State.STOPPED)
    report = build(territory, this_year())
    told = {system.id: system for system in report.systems}
    assert told.keys() == {"tiny", "canteen"}
    assert told["tiny"].state == "arrêté" and told["tiny"].stopped_in_year
    assert [(one.start, one.state) for one in told["tiny"].steps] == [("idée", "arrêté")]
    assert told["canteen"].state == "idée" and not told["canteen"].serving


def test_a_system_kept_off_the_public_site_is_in_the_report_too(use: SystemUse, territory: Territory) -> None:
    SystemUse.objects.filter(pk=use.pk).update(public=False)
    (system,) = build(territory, this_year()).systems
    assert not system.shown


def test_the_last_result_is_told_with_its_base_and_its_source(
    measured: SystemUse, territory: Territory, supervisor: Person
) -> None:
    workshop.execute(measured, supervisor, "backtest", settings={"mode": "loses"})
    (system,) = build(territory, this_year()).systems
    assert system.result is not None
    assert system.result.recommended is False
    assert system.result.count == 2 and system.result.first is not None
    assert system.result.base and system.result.rows
    assert any("livraison n°" in text for text in system.result.source)
    text = paper.html(presenting.plain(build(territory, this_year())))
    assert "ne fait pas mieux que la façon sans IA" in text


def test_what_no_execution_measured_is_unknown_never_zero(
    tried: SystemUse, territory: Territory, supervisor: Person
) -> None:
    workshop.execute(tried, supervisor, "run")
    Run.objects.filter(use=tried, verb="run").update(footprint={})
    report = build(territory, this_year())
    energy = next(line for line in report.footprint if line.label == "Énergie")
    assert energy.value and energy.unknown == 1
    Run.objects.filter(use=tried).update(footprint={})
    lines = build(territory, this_year()).footprint
    assert lines and all(line.value is None and line.unknown == line.executions == 2 for line in lines)
    assert all("inconnu pour 2 des 2 exécutions" in presenting.how(asdict(line)) for line in lines)
    assert {amount(line.value, line.unit) for line in lines} == {"inconnu"}


def test_the_use_is_counted_and_overrides_say_why_they_are_not(
    tried: SystemUse, territory: Territory, supervisor: Person
) -> None:
    workshop.execute(tried, supervisor, "run")
    (system,) = build(territory, this_year()).systems
    assert (system.usage.runs, system.usage.proposals, system.usage.decided) == (1, 2, 0)
    assert "consulté" in system.usage.overrides


def test_overrides_are_shares_of_a_whole_year_once_staff_was_heard(territory: Territory) -> None:
    keeper, year = a_person(territory, "administrator"), this_year()
    decided(territory, 20, 3, "aacr")
    workshop.adopt(territory, keeper, Proposal.objects.of(territory)[0].system, supervisor=None)
    assert "consulté" in build(territory, year).systems[0].usage.overrides
    heard(territory, keeper)
    with on(date(year + 1, 1, 1)):
        (system,) = build(territory, year).systems
    told = system.usage.overrides.replace("\u202f", " ").replace("\xa0", " ")
    assert told == "50 % acceptées telles quelles, 25 % changées, 25 % refusées, sur 20 décisions."


def test_a_year_that_runs_tells_nothing_of_overrides(territory: Territory) -> None:
    keeper = a_person(territory, "administrator")
    heard(territory, keeper)
    decided(territory, 20, 3, "aacr")
    workshop.adopt(territory, keeper, Proposal.objects.of(territory)[0].system, supervisor=None)
    told = build(territory, this_year()).systems[0].usage.overrides
    assert "une fois l'année finie" in told and "%" not in told


def test_the_law_is_as_of_the_last_day_counted_and_indicative(
    measured: SystemUse, territory: Territory
) -> None:
    assert build(territory, this_year()).systems[0].law.label == "pas encore déterminée"
    carry(measured, "checked")
    (system,) = build(territory, this_year()).systems
    assert system.law.day == timezone.localdate().isoformat()
    assert system.law.label == "risque minimal" and system.law.told.startswith("Indicatif")


def test_the_sources_of_the_law_are_escaped_once(measured: SystemUse, territory: Territory) -> None:
    carry(measured, "checked")
    law(measured, talks="yes")
    text = paper.html(presenting.plain(build(territory, this_year())))
    assert "Classe au" in text and "Sources" in text
    assert "&amp;#x27;" not in text and "&amp;amp;" not in text


def test_no_person_and_no_private_words_are_in_it(measured: SystemUse, territory: Territory) -> None:
    carry(measured, "checked", mark="mot-secret")
    text = publishing.written(build(territory, this_year()))
    assert "mot-secret" not in text
    for person in Person.objects.all():
        assert person.email not in text and f'"{person.name}"' not in text


def test_a_year_not_begun_has_no_report_and_a_running_one_says_so(territory: Territory) -> None:
    with pytest.raises(ValueError, match="Il n'y a pas de rapport"):
        build(territory, this_year() + 1)
    report = build(territory, this_year())
    assert report.complete is (report.until == f"{this_year()}-12-31")
    past = Period.of(2020, timezone.localdate())
    assert past.complete and past.until - past.since == timedelta(days=366)


def test_contestations_are_counted_and_no_case_is_told(territory: Territory) -> None:
    (before,) = build(territory, this_year()).sections
    a_contestation(territory)
    (after,) = build(territory, this_year()).sections
    assert before.key == after.key == "contestations"
    counted = dict(after.figures).items() - dict(before.figures).items()
    assert counted == {("Reçues dans la période", "1"), ("Sans réponse à la fin de la période", "1")}
    assert GIVEN.about not in publishing.written(build(territory, this_year()))


def test_errors_confirmed_in_whole_or_in_part_are_counted(territory: Territory) -> None:
    agent = a_person(territory, "data_officer")
    for outcome in ("confirmed", "partly", "not"):
        contesting.answer(a_contestation(territory), agent, outcome, ANSWER, LEARNED, untied_reason=UNTIED)
    (told,) = build(territory, this_year()).sections
    assert {
        "Répondues dans la période": "3, dont 0 après la date promise",
        "Répondues par une personne qui avait pris part à la décision, faute d'une autre": "0",
        "Répondues sans décision rapprochée": "3",
        "Erreurs confirmées, en tout ou en partie": "2",
        "Sans réponse à la fin de la période": "0",
    }.items() <= dict(told.figures).items()


# --- Publishing ---------------------------------------------------------------------------------------------------


def test_only_who_may_publishes(reachable: Territory) -> None:
    with pytest.raises(PermissionDenied):
        publishing.publish(reachable, a_person(reachable, "agent"), this_year())


def test_a_report_without_somebody_to_talk_to_is_not_published(territory: Territory, officer: Person) -> None:
    with pytest.raises(TrustError, match="contact"):
        publishing.publish(territory, officer, this_year())


def test_what_is_published_is_frozen_and_a_correction_is_a_new_version(
    use: SystemUse, reachable: Territory, officer: Person
) -> None:
    first = publishing.publish(reachable, officer, this_year())
    assert first.version == 1 and first.intact
    assert hashlib.sha256(first.content.encode()).hexdigest() == first.sha256
    step(use, State.STOPPED)
    assert publishing.last(reachable, this_year()).report["systems"][0]["state"] == "idée"
    with pytest.raises(TrustError, match="déjà public"):
        publishing.publish(reachable, officer, this_year())
    second = publishing.publish(reachable, officer, this_year(), corrects="Un service a été arrêté.")
    assert second.version == 2 and second.report["systems"][0]["state"] == "arrêté"
    line = ledger.lines_of(reachable).last()
    assert line.act == "report.publish" and line.detail.payload["sha256"] == second.sha256


def test_nobody_rewrites_what_was_published(reachable: Territory, officer: Person) -> None:
    kept = publishing.publish(reachable, officer, this_year())
    attempts: list[Any] = [
        lambda: Publication.objects.filter(pk=kept.pk).update(content="{}"),
        lambda: Publication.objects.filter(pk=kept.pk).delete(),
        lambda: Publication.objects.create(
            territory=reachable,
            year=kept.year,
            version=3,
            corrects="une version sautée",
            content="{}",
            sha256="",
            person=officer,
        ),
    ]
    for attempt in attempts:
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            attempt()
    kept.refresh_from_db()
    assert kept.intact


# --- On paper -----------------------------------------------------------------------------------------------------


def test_the_pdf_is_tagged_in_french_and_reads_as_the_page(measured: SystemUse, territory: Territory) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    made = paper.pdf(presenting.plain(build(territory, this_year())))
    document = pdfium.PdfDocument(io.BytesIO(made))
    text = "\n".join(page.get_textpage().get_text_bounded() for page in document)
    assert b"/MarkInfo" in made or document.is_tagged()
    assert document.get_metadata_dict()["Title"].startswith("Rapport annuel")
    for words in ("Sommaire", "En bref", "Moyenne des repas", "comité d'éthique", "inconnu"):
        assert words.lower() in text.lower(), words
    assert len(document) >= 3


@pytest.mark.parametrize(
    "address",
    ["https://example.org/x.png", "file:///etc/passwd", "data:image/png;base64,AAAA", "beffroi:../x"],
)
def test_a_paper_reads_nothing_that_is_not_packaged(address: str) -> None:
    with pytest.raises(printing.NotPackaged):
        printing.packaged(address)
    with pytest.raises(printing.NotPackaged, match="n'est pas un fichier livré"):
        printing.render_pdf(
            f'<html lang="fr"><title>x</title><body><img alt="x" src="{address}"></body></html>'
        )


# --- Pages --------------------------------------------------------------------------------------------------------


def test_the_pages_show_preview_publish_and_correct(
    measured: SystemUse, reachable: Territory, officer: Person, client: Client
) -> None:
    strongly(client, officer)
    base, year = f"/t/{reachable.slug}/transparence/rapport", this_year()
    assert str(year) in client.get(f"{base}/").text
    page = client.get(f"{base}/{year}/")
    assert "Ce qui manque avant de publier" in page.text and "Publier ce rapport" in page.text
    assert "Ce que cette version corrige" not in page.text
    assert client.get(f"{base}/{year + 1}/").status_code == 404
    assert client.get(f"{base}/{year}.pdf").content.startswith(b"%PDF")
    assert json.loads(client.get(f"{base}/{year}.json").content)["year"] == year
    assert client.post(f"{base}/{year}/publier/").status_code == 302
    refused = client.post(f"{base}/{year}/publier/")
    assert refused.status_code == 422 and "déjà public" in refused.text
    assert "Ce que cette version corrige</label>" in client.get(f"{base}/{year}/").text


def test_an_agent_reads_the_preview_without_the_button(
    use: SystemUse, reachable: Territory, client: Client
) -> None:
    strongly(client, a_person(reachable, "agent"))
    page = client.get(f"/t/{reachable.slug}/transparence/rapport/{this_year()}/")
    assert page.status_code == 200 and "Publier ce rapport" not in page.text
    assert client.post(f"/t/{reachable.slug}/transparence/rapport/{this_year()}/publier/").status_code == 404


def test_the_simulated_town_says_so_on_every_form(
    use: SystemUse, territory: Territory, settings: SimpleNamespace
) -> None:
    Territory.objects.filter(pk=territory.pk).update(is_fictional=True)
    territory.refresh_from_db()
    report = build(territory, this_year())
    assert report.simulated
    assert "données simulées" in paper.html(presenting.plain(report))
