"""Legal clocks of a crisis stop when the complaint is lodged or the notice sent, wherever that is noted; one clock, not two."""

from datetime import datetime, timedelta
from html import unescape

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from beffroi.web.continuity.crisis import home_lines, journal, legal_clocks, situation_points, wall
from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import Crisis, JournalLine
from beffroi.web.guides.models import Answer, answers_of
from beffroi.web.guides.services import responses
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.fields import MomentInput
from places import a_person, strongly

from .crisis_samples import a_crisis, an_incident

SOON = {"malicious": "yes", "insured": "yes", "personal_data": "yes", "risk": "some"}


@pytest.fixture
def known() -> datetime:
    return timezone.localtime(timezone.now() - timedelta(hours=40)).replace(second=0, microsecond=0)


@pytest.fixture
def crisis(territory: Territory, secretary: Person, known: datetime) -> Crisis:
    run = an_incident(territory, secretary, **SOON | {"known_at": known.isoformat(timespec="minutes")})
    return a_crisis(territory, secretary, run=run)


def of(crisis: Crisis, key: str) -> legal_clocks.RunningClock:
    return next(each for each in legal_clocks.clocks(crisis) if each.clock.key == key)


def test_a_complaint_noted_in_the_cell_stops_its_clock_everywhere(
    crisis: Crisis, secretary: Person, known: datetime
) -> None:
    assert {each.clock.key for each in legal_clocks.clocks(crisis)} >= {"complaint", "cnil"}
    done = legal_clocks.stop(
        crisis, secretary, "complaint", known + timedelta(hours=31), "Gendarmerie, n° 118"
    )
    assert done.is_met and not done.is_past and "31\xa0h après. Gendarmerie, n° 118" in done.words
    assert done.words.startswith("Plainte déposée le ")
    assert answers_of(crisis.run)["complaint"] == "Gendarmerie, n° 118", (
        "the incident holds it, and its papers"
    )
    assert not of(crisis, "cnil").words, "the other one runs"
    (row,) = [row for row in journal.rows_in_order(crisis) if row.text.startswith("Plainte déposée")]
    assert row.fact_at == known + timedelta(hours=31) and row.kind == JournalLine.Kind.MESSAGE
    line = ledger.lines_of(crisis.territory).filter(act="crisis.clock").last()
    assert line is not None and line.thing == f"crisis:{crisis.pk}"
    point = situation_points.make(crisis, secretary, "Tout est arrêté, la cantine tient.", None)
    assert done.words in [words for _, _, words in situation_points.context(point)["clocks"]]
    shown = [one.words for one in wall.content(crisis).clocks]
    assert shown[-1] == done.words, "what runs comes first"


def test_a_clock_stopped_in_the_incident_is_stopped_in_the_crisis(
    crisis: Crisis, secretary: Person, known: datetime
) -> None:
    late = (known + timedelta(hours=39)).isoformat(timespec="minutes")
    responses.save_answers(crisis.run, secretary, {"cnil_at": late, "cnil_number": "N-7"})
    assert "39\xa0h après. N-7" in of(crisis, "cnil").words


def test_a_mistake_is_corrected_then_reopened_by_new_lines(
    crisis: Crisis, secretary: Person, known: datetime
) -> None:
    legal_clocks.stop(crisis, secretary, "cnil", known + timedelta(hours=3), "N-1")
    legal_clocks.stop(crisis, secretary, "cnil", known + timedelta(hours=4), "N-2")
    assert "4\xa0h après. N-2" in of(crisis, "cnil").words
    running = legal_clocks.reopen(crisis, secretary, "cnil")
    assert not running.words and running.deadline is not None
    (entry,) = [each for each in journal.entries(journal.rows_in_order(crisis)) if "CNIL" in each.row.text]
    assert "N-1" in entry.row.text and len(entry.corrections) == 2
    assert "court de nouveau" in entry.corrections[-1].text
    assert Answer.objects.of(crisis.territory).filter(question="cnil_at").count() == 3, (
        "nothing is written over"
    )
    with pytest.raises(ContinuityError, match="court déjà"):
        legal_clocks.reopen(crisis, secretary, "cnil")


def test_a_reopened_clock_is_among_the_last_lines_and_lines_are_counted_one_way(
    client: Client, crisis: Crisis, secretary: Person, known: datetime
) -> None:
    strongly(client, secretary)
    legal_clocks.stop(crisis, secretary, "cnil", known + timedelta(hours=3))
    for rank in range(8):
        journal.write_line(crisis, secretary, text=f"Fait {rank}")
    legal_clocks.reopen(crisis, secretary, "cnil")
    keys = {"slug": crisis.territory.slug, "pk": crisis.pk}
    pages = [
        unescape(client.get(reverse(name, kwargs=keys)).content.decode())
        for name in ("crisis", "crisis-journal")
    ]
    assert "le délai court de nouveau" in pages[0]
    rows = journal.rows_in_order(crisis)
    words = f"{len(rows) - 1}\xa0lignes, 1\xa0correction"
    assert all(words in page for page in pages)


def test_a_notice_sent_too_late_says_so(territory: Territory, secretary: Person) -> None:
    known = timezone.now() - timedelta(hours=90)
    run = an_incident(territory, secretary, **SOON | {"known_at": known.isoformat(timespec="minutes")})
    crisis = a_crisis(territory, secretary, run=run)
    assert of(crisis, "complaint").is_past
    done = legal_clocks.stop(crisis, secretary, "complaint", timezone.now())
    assert not done.is_met and not done.is_past and "hors délai" in done.words


def test_what_cannot_be_is_refused_and_changes_nothing(
    crisis: Crisis, secretary: Person, known: datetime
) -> None:
    for moment, reason in (
        (known - timedelta(hours=1), "avant l'heure"),
        (timezone.now() + timedelta(minutes=10), "est à venir"),
    ):
        with pytest.raises(ContinuityError, match=reason) as refusal:
            legal_clocks.stop(crisis, secretary, "complaint", moment)
        assert refusal.value.field == "at"
    for key in ("nothing", "nis2_report"):
        with pytest.raises(ContinuityError, match="ne court pas"):
            legal_clocks.stop(crisis, secretary, key, timezone.now())
    with pytest.raises(PermissionDenied):
        legal_clocks.stop(crisis, a_person(crisis.territory, "agent"), "complaint", timezone.now())
    assert not of(crisis, "complaint").words
    assert not ledger.lines_of(crisis.territory).filter(act="crisis.clock").exists()


def test_the_incident_refuses_too_what_is_to_come(client: Client, crisis: Crisis, secretary: Person) -> None:
    strongly(client, secretary)
    there = reverse("guide-run-facts", kwargs={"slug": crisis.territory.slug, "pk": crisis.run_id})
    to_come = "2099-01-01T08:00"
    page = client.post(there, {"some": "complained_at", "complained_at": to_come})
    assert page.status_code == 422 and "Cette heure est à venir" in page.content.decode()
    assert "complained_at" not in answers_of(crisis.run)
    a_moment_ahead = (timezone.now() + timedelta(minutes=3)).isoformat(timespec="minutes")
    responses.save_answers(crisis.run, secretary, {"complained_at": a_moment_ahead})


def test_a_noted_moment_is_edited_in_its_picker_by_the_clocks_of_france(
    client: Client, crisis: Crisis, secretary: Person
) -> None:
    strongly(client, secretary)
    responses.save_answers(crisis.facts, secretary, {"since": "2026-11-28T17:30+00:00"})
    pages = {"crisis-facts": crisis.pk, "guide-run-facts": crisis.run_id}
    responses.save_answers(crisis.run, secretary, {"known_at": "2026-11-28T17:30+00:00"})
    for name, pk in pages.items():
        page = client.get(reverse(name, kwargs={"slug": crisis.territory.slug, "pk": pk})).content.decode()
        assert '<input type="datetime-local"' in page and 'value="2026-11-28T18:30"' in page, name
        assert "+00:00" not in page


@pytest.mark.parametrize(
    "written", ["2026-10-25T02:30+02:00", "29/11/2026 8h30", "hier soir", "9999-12-31T23:59-05:00"]
)
def test_what_the_picker_would_change_or_lose_stays_a_text(written: str) -> None:
    shown = MomentInput().render("at", written)
    assert 'type="text"' in shown and written in shown


def test_the_cell_page_notes_it_in_one_act(
    client: Client, crisis: Crisis, secretary: Person, known: datetime
) -> None:
    strongly(client, secretary)
    keys = {"slug": crisis.territory.slug, "pk": crisis.pk}
    there = reverse("crisis-clock", kwargs=keys | {"key": "complaint"})
    assert there in client.get(reverse("crisis", kwargs=keys)).content.decode()
    assert client.get(there).context["form"]["at"].value(), "now is already written"
    assert client.post(there, {"at": ""}).status_code == 422
    to_come = "2099-01-01T08:00"
    refused = client.post(there, {"at": to_come})
    assert refused.status_code == 422 and to_come in refused.content.decode()
    assert "Cette heure est à venir" in refused.content.decode()
    at = (known + timedelta(hours=31)).strftime("%Y-%m-%dT%H:%M")
    cell_page = unescape(client.post(there, {"at": at, "reference": "PV 118"}, follow=True).content.decode())
    for address in ("crisis", "crisis-wall"):
        page = unescape(client.get(reverse(address, kwargs=keys)).content.decode())
        assert "Plainte déposée le" in page and "31\xa0h après" in page
    assert "dans les temps" in cell_page and "Le délai est arrêté" in cell_page
    run = reverse("guide-run", kwargs={"slug": crisis.territory.slug, "pk": crisis.run_id})
    assert "dans les temps" in client.get(run).content.decode()
    assert f'href="{there}"' in client.get(run).content.decode(), "corrected on the short page too"
    client.post(reverse("crisis-clock-reopen", kwargs=keys | {"key": "complaint"}))
    assert not of(crisis, "complaint").words
    assert client.get(reverse("crisis-clock", kwargs=keys | {"key": "nothing"})).status_code == 404


def test_a_step_is_settled_once_its_notice_is_noted(
    client: Client, crisis: Crisis, secretary: Person, known: datetime
) -> None:
    responses.note_step(crisis.run, secretary, "tell_mayor", {}, done=True)
    strongly(client, secretary)
    there = reverse("guide-run", kwargs={"slug": crisis.territory.slug, "pk": crisis.run_id})

    def to_do() -> list[str]:
        return [row.step.key for row, _ in client.get(there).context["now"]]

    assert "complain" in to_do()
    legal_clocks.stop(crisis, secretary, "complaint", known + timedelta(hours=3))
    assert "complain" not in to_do()
    legal_clocks.reopen(crisis, secretary, "complaint")
    assert "complain" in to_do(), "to do again"


def test_a_crisis_closes_over_a_running_clock_only_knowingly_and_the_clock_stays(
    client: Client, crisis: Crisis, secretary: Person, known: datetime
) -> None:
    strongly(client, secretary)
    keys = {"slug": crisis.territory.slug, "pk": crisis.pk}
    there = reverse("crisis-close", kwargs=keys)
    urgent = legal_clocks.most_urgent(crisis)
    assert urgent.startswith("Porter plainte avant ")
    assert urgent in unescape(client.get(there).content.decode())
    refused = client.post(there)
    assert refused.status_code == 422 and "cochez la case" in refused.content.decode()
    crisis.refresh_from_db()
    assert crisis.is_open
    assert client.post(there, {"knowing": "on"}).status_code == 302
    crisis.refresh_from_db()
    assert not crisis.is_open and "Porter plainte" in journal.decisions(crisis, 1)[0].words
    note = reverse("crisis-clock", kwargs=keys | {"key": "complaint"})
    assert note in client.get(reverse("crisis", kwargs=keys)).content.decode()
    (line,) = home_lines.under_way(secretary, crisis.territory)
    assert urgent in line.text and line.badge == "délai à tenir"
    for at in (known + timedelta(hours=2), known + timedelta(hours=3)):
        home_page = client.get(reverse("territory", args=[crisis.territory.slug])).content.decode()
        assert "Délai d'une crise close" in unescape(home_page)
        key = next(each.clock.key for each in legal_clocks.running(crisis))
        legal_clocks.stop(crisis, secretary, key, at)
    home_page = client.get(reverse("territory", args=[crisis.territory.slug])).content.decode()
    assert "Délai d'une crise close" not in unescape(home_page)
    assert home_lines.under_way(secretary, crisis.territory) == []


def test_the_home_has_the_most_urgent_deadline_in_twenty_queries(
    client: Client, crisis: Crisis, secretary: Person
) -> None:
    strongly(client, secretary)
    home = reverse("territory", args=[crisis.territory.slug])
    client.get(home)
    with CaptureQueriesContext(connection) as asked:
        page = unescape(client.get(home).content.decode())
    assert page.count("Porter plainte avant ") == 1, "one card for the crisis and its incident"
    assert page.count("Porter plainte : il reste ".replace(" : ", "\xa0: ")) == 1, "and the banner"
    assert len(asked) <= 20
    legal_clocks.stop(crisis, secretary, "complaint", timezone.now())
    assert "Notifier à la CNIL avant " in unescape(client.get(home).content.decode())


def test_a_reader_sees_who_may_note_it(client: Client, crisis: Crisis) -> None:
    strongly(client, a_person(crisis.territory, "agent"))
    page = client.get(reverse("crisis", args=[crisis.territory.slug, crisis.pk])).content.decode()
    assert "le noter" not in page and "Noter une plainte" in page
