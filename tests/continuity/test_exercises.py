"""Exercises: run by a facilitator, joined by players, observed, debriefed; nothing of them leaves or is taken for real."""

import html
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.exercises import papers, services
from beffroi.web.continuity.exercises.exercise_journal import clock_words
from beffroi.web.continuity.exercises.presenting import course, sent_by, short_title
from beffroi.web.continuity.models import ExerciseEvent
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import FollowedAction, Response
from beffroi.web.guides.services import responses
from beffroi.web.platform.models import Person, Territory

pytestmark = pytest.mark.django_db
TOWN = "exercise_ransomware_town"


@pytest.fixture
def run(territory: Territory, secretary: Person) -> Response:
    scenario = services.scenario(TOWN)
    assert scenario is not None
    return services.begin(territory, secretary, scenario, "Printemps")


def scenario_of(run: Response) -> Runbook:
    found = run.edition.read()
    assert isinstance(found, Runbook)
    return found


def page(client: Client, person: Person, name: str, run: Response, **more: Any) -> Any:
    client.force_login(person)
    return client.get(reverse(name, kwargs={"slug": run.territory.slug, "pk": run.pk, **more}))


def test_four_scenarios_have_injects_expected_reactions_and_their_documents():
    found = {each.id: each for each in services.scenarios()}
    assert {key: len(each.injects) for key, each in found.items()} == {
        TOWN: 14, "exercise_provider_down": 12, "exercise_data_published": 14, "exercise_ransomware_epci": 30,
    }  # fmt: skip
    for each in found.values():
        silent = [inject.key for inject in each.injects[:-1] if not inject.expected]
        assert silent == []


@pytest.mark.parametrize("document", list(papers.DOCUMENTS))
def test_each_document_says_exercise_and_players_read_no_inject(territory: Territory, document: str):
    scenario = services.scenario(TOWN)
    assert scenario is not None
    text = papers.page(scenario, document, territory)
    assert text.count("EXERCICE") >= 3
    shown = [inject for inject in scenario.injects if inject.title in text and inject.text in text]
    assert bool(shown) == (document in ("animateur", "chronogramme")) or document == "observateurs"
    assert ("Attendu" in text) == (document in ("animateur", "observateurs"))


def test_acts_that_do_not_fit_are_refused_and_nothing_is_written(run: Response, secretary: Person):
    for act, data in (
        ("pause", {}), ("reaction", {"text": "On appelle"}), ("speed", {"speed": "7"}), ("skip", {"inject": "m99"}),
        ("postpone", {"inject": "m05", "minutes": "-3"}), ("postpone", {"inject": "m05", "minutes": "9999"}),
    ):  # fmt: skip
        with pytest.raises(ContinuityError):
            services.record(run, secretary, act, data)
    assert not ExerciseEvent.objects.filter(run=run).exists()
    services.record(run, secretary, "start")
    for act, data in (
        ("start", {}), ("send", {"inject": "m01"}), ("reaction", {"text": "ok", "role": "roi"}),
        ("observation", {"inject": "m01", "verdict": "bof"}), ("improvise", {"medium": "mail", "title": "x", "text": ""}),
    ):  # fmt: skip
        with pytest.raises(ContinuityError):
            services.record(run, secretary, act, data)
    assert [row.act for row in ExerciseEvent.objects.filter(run=run)] == ["start"]


def test_a_reader_may_watch_and_not_act(client: Client, run: Response, territory: Territory):
    from places import a_person

    auditor = a_person(territory, "auditor")
    assert page(client, auditor, "exercise", run).status_code == 200
    answer = client.post(
        reverse("exercise-act", kwargs={"slug": territory.slug, "pk": run.pk}), {"act": "start"}
    )
    assert answer.status_code in (403, 404)
    assert not ExerciseEvent.objects.filter(run=run).exists()


@pytest.mark.requirement("R77")
def test_an_exercise_is_played_observed_and_debriefed(client: Client, run: Response, secretary: Person):
    slug = run.territory.slug
    client.force_login(secretary)
    there = reverse("exercise-act", kwargs={"slug": slug, "pk": run.pk})
    for data in (
        {"act": "speed", "speed": "60"},
        {"act": "start"},
        {"act": "send", "inject": "m05"},
        {
            "act": "improvise",
            "medium": "call",
            "title": "Le facteur",
            "text": "Il dit que le bourg est au courant.",
        },
    ):
        assert client.post(there, data).status_code == 302, data
    player = reverse("exercise-player", kwargs={"slug": slug, "pk": run.pk})
    assert client.post(player, {"inject": "m01", "text": "On débranche le réseau."}).status_code == 302
    text = client.get(player).content.decode()
    assert "Le facteur" in text and "Les repas de midi" in text and "Attendu" not in text
    observer = reverse("exercise-observer", kwargs={"slug": slug, "pk": run.pk})
    client.post(observer, {"inject": "m01", "verdict": "done", "text": "tout de suite"})
    now = course(run, scenario_of(run))
    first = next(row for row in now.rows if row.placed.inject.key == "m01")
    assert (first.verdict, first.reactions[0].text) == ("fait", "On débranche le réseau.")
    assert client.post(there, {"act": "end"}).status_code == 302
    run.refresh_from_db()
    assert run.closed_at is not None
    answer = page(client, secretary, "exercise-export", run, form="csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("EXERCICE") and len(lines) == 1 + 15
    assert "On débranche le réseau." in lines[1] and "fait" in lines[1]
    assert mail.outbox == []


def test_after_the_end_players_write_nothing_and_observers_do(
    client: Client, run: Response, secretary: Person
):
    services.record(run, secretary, "start")
    services.record(run, secretary, "end")
    run.refresh_from_db()
    with pytest.raises(ContinuityError, match="terminé"):
        services.record(run, secretary, "reaction", {"inject": "", "text": "On appelle"})
    text = page(client, secretary, "exercise-player", run).content.decode()
    assert "plus rien ne se note" in text and 'name="text"' not in text
    assert "Terminé ?" not in page(client, secretary, "exercise-debrief", run).content.decode()


def test_the_board_of_an_exercise_that_ended_leads_to_its_debrief(
    client: Client, run: Response, secretary: Person
):
    services.record(run, secretary, "start")
    assert "Ne le montrez pas" in page(client, secretary, "exercise", run).content.decode()
    services.record(run, secretary, "end")
    text = page(client, secretary, "exercise", run).content.decode()
    assert (
        "Ouvrir le bilan" in text and reverse("exercise-debrief", args=[run.territory.slug, run.pk]) in text
    )
    for words in ("Ne le montrez pas", "Message suivant", "Si la page se ferme", "Chronogramme"):
        assert words not in text


def test_the_end_is_asked_once_and_what_is_far_is_folded(client: Client, run: Response, secretary: Person):
    services.record(run, secretary, "start")
    text = page(client, secretary, "exercise", run).content.decode()
    end = text.index('value="end"')
    assert text.rfind("<details", 0, end) > text.rfind("</details>", 0, end)
    assert "<details" in text[:end] and "ne se défait pas" in text[:end]
    shown = text[text.index('id="chronogramme"') : text.index("Messages d'après")]
    assert shown.count('value="skip"') == 5


def test_a_correction_has_a_name_and_a_day_to_come(client: Client, run: Response, secretary: Person):
    client.force_login(secretary)
    there = reverse("exercise-debrief", kwargs={"slug": run.territory.slug, "pk": run.pk})
    title = {"title": "Afficher la liste d'appel"}
    today = timezone.localdate()
    for data, words in (
        (title, ("Dites qui s'en occupe", "Donnez le jour")),
        (title | {"owner": "Mme Petit", "due_on": str(today - timedelta(days=1))}, ("Ce jour est passé",)),
    ):
        answer = client.post(there, data)
        assert answer.status_code == 422
        assert all(each in html.unescape(answer.content.decode()) for each in words)
    assert not FollowedAction.objects.of(run.territory).filter(plan="continuity_plan").exists()
    assert client.post(there, title | {"owner": "Mme Petit", "due_on": str(today)}).status_code == 302
    (action,) = FollowedAction.objects.of(run.territory).filter(plan="continuity_plan")
    assert (action.owner, action.due_on) == ("Mme Petit", today)


def test_titles_senders_and_clocks_read_well(client: Client, run: Response, secretary: Person):
    assert short_title("Exercice : le prestataire ne répond plus") == "Le prestataire ne répond plus"
    said = [sent_by(each) for each in ("L'agent", "Le maire", "La CNIL", "Une élue", "Mme Petit", "Lena")]
    assert said == ["de l'agent", "du maire", "de la CNIL", "d'une élue", "de Mme Petit", "de Lena"]
    assert clock_words(61.4) == "01:01"
    client.force_login(secretary)
    listed = client.get(reverse("exercises", kwargs={"slug": run.territory.slug})).content.decode()
    assert "Exercice\u00a0:" not in listed and "Exercice :" not in listed
    text = page(client, secretary, "exercise", run).content.decode()
    assert "EXERCICE Exercice" not in text and ">Continuité</a>" in text


def test_a_closed_page_loses_nothing(client: Client, run: Response, secretary: Person):
    """The facilitator's browser is not needed: what was noted gives the same course to whoever opens the page next."""
    services.record(run, secretary, "start")
    services.record(run, secretary, "reaction", {"inject": "m01", "text": "On débranche"})
    before = course(run, scenario_of(run))
    again = course(run, scenario_of(run), before.now)
    assert [(row.placed, row.role) for row in again.rows] == [(row.placed, row.role) for row in before.rows]
    assert "On débranche" in page(client, secretary, "exercise", run).content.decode()


def test_no_event_of_an_exercise_is_written_in_a_real_run_nor_changed(
    territory: Territory, secretary: Person, run: Response
):
    real = responses.open_run(territory, secretary, guide(Runbook, "cyber_incident"))
    with pytest.raises(IntegrityError), transaction.atomic():
        ExerciseEvent.objects.create(territory=territory, run=real, act="start", by=secretary)
    services.record(run, secretary, "start")
    with pytest.raises(IntegrityError), transaction.atomic():
        ExerciseEvent.objects.filter(run=run).update(act="end")
    with pytest.raises(IntegrityError), transaction.atomic():
        ExerciseEvent.objects.filter(run=run).delete()
