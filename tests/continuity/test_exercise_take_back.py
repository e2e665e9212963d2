"""An exercise that was played without the platform is taken back once, whole, and marked; what is not one is refused, and says why."""

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from beffroi.guides import Runbook
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.exercises import exercise_file, papers, services
from beffroi.web.continuity.exercises.presenting import course
from beffroi.web.continuity.exercises.take_back import take_back
from beffroi.web.continuity.models import ExerciseEvent, ExerciseImport
from beffroi.web.continuity.offline_pages import journal_lines
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response
from beffroi.web.guides.services import responses
from beffroi.web.platform.ledger.lines import lines_of
from beffroi.web.platform.models import Person, Territory
from support.offline_pages import journal_seed, run_script
from support.played_exercises import ANY_TOWN, BEGAN, event, moment, page, played, raw

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)


def scenario_of(run: Response) -> Runbook:
    found = run.edition.read()
    assert isinstance(found, Runbook)
    return found


def test_its_record_is_as_if_it_had_been_played_here_and_says_that_it_was_not(
    client: Client, territory: Territory, secretary: Person
):
    content = played(territory)
    taken = take_back(territory, secretary, raw(content), NOW)
    run = taken.run
    assert (run.is_exercise, run.label) == (True, "Mairie, automne") and run.closed_at is not None
    assert (taken.began_at, taken.ended_at) == (BEGAN, BEGAN + timedelta(minutes=65))
    now = course(run, scenario_of(run))
    first = next(row for row in now.rows if row.placed.inject.key == "m01")
    assert (first.verdict, first.minutes_to_react) == ("fait", 2.0)
    assert first.reactions[0].author == "Secrétariat de mairie", "whoever gave the file is not who wrote"
    own = next(row for row in now.rows if row.placed.improvised)
    assert (own.placed.inject.title, own.reactions[0].author) == ("Le facteur", "les joueurs")
    late = next(row for row in now.rows if row.placed.inject.minute > 20)
    assert late.placed.at == BEGAN + timedelta(minutes=late.placed.inject.minute + 5), "the pause counts"
    (action,) = services.corrections(run)
    assert (action.owner, str(action.due_on)) == ("Mme Petit", "2026-12-15")
    detail = lines_of(territory).get(act="exercise.import").detail
    assert detail.payload["events"] == 9 and "Mme Petit" not in json.dumps(detail.payload)
    client.force_login(secretary)
    place = {"slug": territory.slug, "pk": run.pk}
    text = client.get(reverse("exercise-debrief", kwargs=place)).content.decode()
    assert "joué sans la plateforme" in text and "On débranche le réseau." in text
    assert "00:02 (09:32), Secrétariat de mairie" in text, "who reacted, and when"
    assert (
        "joué sans la plateforme" in client.get(reverse("exercises", args=[territory.slug])).content.decode()
    )


def test_its_journal_comes_with_it(client: Client, territory: Territory, secretary: Person):
    run = take_back(territory, secretary, raw(played(territory)), NOW).run
    now = course(run, scenario_of(run))
    assert [(line.clock, line.act, line.about, line.author, line.words) for line in now.journal] == [
        ("00:00", "début", "", "l'animateur", ""),
        ("00:02", "réaction des joueurs", "Un écran inhabituel", "Secrétariat de mairie", "On débranche le réseau."),
        ("00:03", "observation", "Un écran inhabituel", "l'observateur", "fait, tout de suite"),
        ("00:10", "message improvisé", "Le facteur", "l'animateur", "Il dit que le bourg est au courant."),
        ("00:11", "réaction des joueurs", "Le facteur", "les joueurs", "Le maire parlera à midi."),
        ("00:20", "pause", "", "l'animateur", ""),
        ("00:20", "reprise", "", "l'animateur", ""),
        ("01:00", "fin", "", "l'animateur", ""),
        ("01:00", "observation", "Les repas de midi", "l'observateur", "en partie"),
    ]  # fmt: skip
    client.force_login(secretary)
    place = {"slug": territory.slug, "pk": run.pk}
    text = client.get(reverse("exercise-debrief", kwargs=place)).content.decode()
    assert "message improvisé" in text and "10:35:00" in text
    lines = client.get(reverse("exercise-export", kwargs=place | {"form": "journal-csv"})).content.decode()
    assert len(lines.splitlines()) == 1 + 9 and "27/11/2026 09:50:00" in lines
    whole = json.loads(client.get(reverse("exercise-export", kwargs=place | {"form": "json"})).content)
    assert len(whole["journal"]) == 9 and len(whole["injects"]) == 15
    assert client.get(reverse("exercise-export", kwargs=place | {"form": "notes-csv"})).status_code == 404


@pytest.mark.long
def test_its_printed_debrief_says_who_reacted_and_has_its_journal(territory: Territory, secretary: Person):
    run = take_back(territory, secretary, raw(played(territory)), NOW).run
    sheets = pypdfium2.PdfDocument(papers.debrief_pdf(course(run, scenario_of(run)), []))
    text = " ".join(" ".join(sheet.get_textpage().get_text_range().split()) for sheet in sheets)
    assert "00:02 (09:32), Secrétariat de mairie" in text
    assert "message improvisé" in text and "10:35:00" in text


def test_it_is_given_on_its_page_once(client: Client, territory: Territory, secretary: Person):
    client.force_login(secretary)
    there = reverse("exercise-take-back", args=[territory.slug])
    content = raw(played(territory))
    answer = client.post(there, {"file": SimpleUploadedFile("EXERCICE-x.json", content)})
    taken = ExerciseImport.objects.get()
    assert answer.headers["Location"].endswith(f"/{taken.run_id}/bilan/")
    again = client.post(there, {"file": SimpleUploadedFile("EXERCICE-y.json", content)})
    assert again.status_code == 422 and "déjà été repris" in again.content.decode()
    empty = client.post(there, {})
    assert empty.status_code == 422 and "Choisissez le fichier" in empty.content.decode()
    assert ExerciseImport.objects.count() == 1 and Response.objects.count() == 1


def test_a_reader_may_carry_the_page_away_and_not_take_a_file_back(client: Client, territory: Territory):
    from places import a_person

    client.force_login(a_person(territory, "auditor"))
    answer = client.get(reverse("exercise-page", args=[territory.slug, "exercise_ransomware_town"]))
    assert "EXERCICE-rancongiciel" in answer.headers["Content-Disposition"]
    assert b"<title>EXERCICE" in answer.content
    there = reverse("exercise-take-back", args=[territory.slug])
    assert client.post(there, {"file": SimpleUploadedFile("x.json", b"{}")}).status_code in (403, 404)


def changed(**changes: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda content: raw(content | changes)


def with_event(*events: dict[str, Any]) -> Callable[[dict[str, Any]], bytes]:
    return lambda content: raw(content | {"events": [*content["events"][:1], *events, content["events"][-2]]})


def with_scenario(change: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], bytes]:
    def altered(content: dict[str, Any]) -> bytes:
        change(content["scenario"])
        return raw(content)

    return altered


JOURNAL = journal_lines.dump(
    journal_lines.Journal("0" * 8 + "-0000-4000-8000-" + "0" * 12, True, "abcdef01", ())
)
REFUSED: dict[str, tuple[Callable[[dict[str, Any]], bytes], str]] = {
    "no json": (lambda _: b"PK\x03\x04", "abîmé"),
    "deep": (lambda _: b"[" * 100_000, "abîmé"),
    "half a character": (lambda content: raw(content).replace(b"Mairie", b"\\ud800"), "abîmé"),
    "too long": (lambda _: b" " * (exercise_file.MOST_BYTES + 1), "2 Mo"),
    "a crisis journal": (lambda _: JOURNAL, "journal de crise"),
    "something else": (lambda _: b'{"format": 1}', "ne vient pas de la page"),
    "a real thing": (changed(nature="CRISE"), "ne vient pas de la page"),
    "another version": (changed(format=2), "autre version"),
    "another town": (changed(territory={"code": "1", "name": "Ailleurs"}), "celui de Ailleurs"),
    "no town": (changed(territory=None), "autre collectivité"),
    "no exercise": (changed(exercise="1"), "de quel exercice"),
    "no scenario": (changed(scenario={}), "scénario"),
    "unknown scenario": (with_scenario(lambda held: held.update(id="exercise_of_others")), "ne connaît pas"),
    "scenario without end": (with_scenario(lambda held: held["injects"][-1].update(minute=1e300)), "scénario"),
    "scenario that is none": (with_scenario(lambda held: held.update(injects=[])), "scénario"),
    "too many lines": (changed(events=[event(0, "start")] * 2_001), "2000 lignes"),
    "not over": (changed(events=[event(0, "start")]), "pas terminé"),
    "not begun": (changed(events=[event(0, "end")]), "pas terminé"),
    "unknown act": (with_event(event(1, "publish")), "Ligne 2"),
    "a field too many": (with_event(event(1, "pause") | {"by": 1}), "Ligne 2"),
    "begun twice": (with_event(event(1, "start")), "Ligne 2"),
    "no such message": (with_event(event(1, "send", inject="m99")), "Ligne 2"),
    "no such role": (with_event(event(1, "reaction", inject="", role="roi", text="On rit")), "rôle"),
    "a speed of our own": (with_event(event(1, "speed", speed=10**9)), "vitesse"),
    "before the one before": (with_event(event(-1, "pause")), "précédente"),
    "no hour": (with_event(event(1, "pause") | {"at": "2026-13-45T99:99:99.999Z"}), "heure"),
    "saved before its end": (changed(saved_at=moment(1)), "avant la fin"),
    "correction of nobody": (changed(corrections=[{"title": "Afficher", "owner": " ", "due_on": "2026-12-01"}]), "Correction 1"),
    "correction without day": (changed(corrections=[{"title": "Afficher", "owner": "A", "due_on": None}]), "jour"),
    "corrections without end": (changed(corrections=[{}] * 21), "20 corrections"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_played_exercise_is_refused_whole(case: str, territory: Territory, secretary: Person):
    make, words = REFUSED[case]
    with pytest.raises(ContinuityError, match=re.escape(words)) as refused:
        take_back(territory, secretary, make(played(territory)), NOW)
    assert "Rien n'a été repris" in str(refused.value)
    assert not Response.objects.exists() and not ExerciseEvent.objects.exists()


def test_an_edition_that_is_no_longer_ours_is_taken_back_as_it_was_played(
    territory: Territory, secretary: Person
):
    content = played(territory)
    content["scenario"]["injects"][0]["title"] = "Un écran noir"
    run = take_back(territory, secretary, raw(content), NOW).run
    assert scenario_of(run).injects[0].title == "Un écran noir"


def test_a_laptop_whose_clock_was_wrong_loses_nothing(territory: Territory, secretary: Person):
    far = json.loads(json.dumps(played(territory)).replace("2026-11-27T", "1999-01-01T"))
    taken = take_back(territory, secretary, raw(far), NOW)
    assert taken.clock_was_wrong and taken.ended_at == NOW - timedelta(minutes=5)
    assert taken.ended_at - taken.began_at == timedelta(minutes=65)


def test_neither_reads_the_files_of_the_other(territory: Territory):
    """An exercise is no journal of a crisis, on the platform and on the pages of the stick."""
    content = raw(played(ANY_TOWN))
    for exercise in (True, False, None):
        with pytest.raises(journal_lines.JournalFileError, match="n'est pas un journal de crise"):
            journal_lines.parse(content, exercise=exercise)
    seed = json.loads(re.search(r'id="seed">(.*?)</script>', page()).group(1))  # type: ignore[union-attr]
    said = run_script(
        """import { parse } from "./journal-lines.js";
        import { parseExercise } from "./exercise-file.js";
        const bytes = (value) => new TextEncoder().encode(value);
        const refusal = (act) => { try { return act() && ""; } catch (error) { return error.message; } };
        answer([refusal(() => parse(bytes(given.exercise), given.crisis)), refusal(() => parseExercise(bytes(given.journal), given.seed)),
                parseExercise(bytes(given.exercise), given.seed).events.length]);""",
        {"exercise": content.decode(), "journal": JOURNAL.decode(), "crisis": journal_seed(), "seed": seed},
    )
    assert "n'est pas un journal de crise" in said[0] and "journal de crise" in said[1] and said[2] == 9


def test_what_was_taken_back_is_an_exercise_and_does_not_change(territory: Territory, secretary: Person):
    real = responses.open_run(territory, secretary, guide(Runbook, "cyber_incident"))
    taken = take_back(territory, secretary, raw(played(territory)), NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        ExerciseImport.objects.filter(pk=taken.pk).update(exercise="00000000-0000-4000-8000-000000000000")
    fields = {
        "territory": territory,
        "sha256": "",
        "began_at": NOW,
        "ended_at": NOW,
        "clock_was_wrong": False,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        ExerciseImport.objects.create(run=real, exercise=uuid.uuid4(), by=secretary, **fields)


def test_a_laptop_a_little_ahead_has_its_whole_course_at_once(territory: Territory, secretary: Person):
    moment_of_return = BEGAN + timedelta(minutes=30)
    taken = take_back(territory, secretary, raw(played(territory)), moment_of_return)
    now = course(taken.run, scenario_of(taken.run), moment_of_return)
    received = [row.placed.inject.minute for row in now.rows if row.placed.state == "delivered"]
    assert not taken.clock_was_wrong and max(received) == 60
