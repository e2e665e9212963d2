"""The page of a day: ordinary lines decided at once with one reason, unusual ones one by one, measured again by the server."""

import io
from collections import Counter
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from odf.opendocument import load
from odf.table import TableRow
from odf.teletype import extractText

from beffroi.web.decisions import day_page, deadlines, decided_days, inbox, notices, proposing
from beffroi.web.decisions.models import Deadline, Decision, Proposal
from beffroi.web.decisions.services import DecisionError, decide, decide_day
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import MONDAY, a_case, an_order, proposals_of
from places import a_person, strongly
from support.clock import on

pytestmark = pytest.mark.django_db
SLOT = "?systeme=canteen&jour=2026-11-30"
# Of the tests that set the clock: after the day on which their people are admitted.
FAR = date(2031, 12, 1)  # a Monday
WHY = "Cohérent avec ce que nous savons"


def signed_in(person: Person) -> Client:
    client = Client()
    strongly(client, person)
    return client


def url(name: str, territory: Territory, query: str = "", **kwargs: Any) -> str:
    return reverse(name, kwargs={"slug": territory.slug, **kwargs}) + query


def page_of(person: Person, territory: Territory, query: str = SLOT) -> str:
    return read(signed_in(person).get(url("decisions", territory, query)))


def read(reply: Any) -> str:
    html: str = reply.content.decode()
    return html.replace("&#x27;", "'").replace("&nbsp;", " ").replace("\u00a0", " ")


def sent(*proposals: Proposal, usual: str = WHY, **fields: Any) -> dict[str, Any]:
    """The form of the ordinary lines as the page sends it, some numbers changed (`n-<pk>` in `fields`)."""
    numbers = {f"n-{proposal.pk}": f"{proposal.value:g}" for proposal in proposals}
    form = {"proposal": [proposal.pk for proposal in proposals], "usual": usual, "words": ""}
    return form | {"reason_of_changes": ""} | numbers | fields


@pytest.fixture
def lines(territory: Territory) -> list[Proposal]:
    """Three ordinary canteens and one that leaves its habit."""
    acts = [
        an_order("Anatole"),
        an_order("Berthe"),
        an_order("Césaire"),
        an_order("Zola", 200, habit=(120, 118, 121)),
    ]
    return proposals_of(territory, *acts)


def test_it_opens_on_the_next_day_and_says_its_figure_its_exceptions_and_every_line(
    territory: Territory, elected: Person
) -> None:
    with on(date(2031, 11, 28)):
        acts = [an_order("Zola", 200, habit=(120, 118, 121)), an_order("Césaire"), an_order("Anatole")]
        proposals_of(territory, *(replace(act, day=FAR) for act in acts))
        later = [an_order("Plus tard", day=date(2031, 12, 4)), an_order("Passé", day=date(2031, 11, 20))]
        proposals_of(territory, *later, run="run-2")
        html = page_of(elected, territory, "")
    for words in (
        "À valider, lundi 1er décembre",
        ">440<",
        "3 sites<span data-before-typing>, 23 % de plus que d'habitude",
        "Zola</a> : au-dessus de son habitude (118 à 121)",
        "Valider les 2 lignes ordinaires",
        "de 108 à 132",
        "jeu 4 déc",
    ):
        assert words in html, words
    table = html[html.index("<table") :]
    assert table.index(">Zola<") < table.index(">Anatole<") < table.index(">Césaire<")
    assert "Plus tard" not in html and "Passé" not in html
    assert "checked" not in html and 'value="" selected' in html  # no reason is chosen beforehand


def test_one_act_validates_every_ordinary_line_and_no_other(
    territory: Territory, lines: list[Proposal], elected: Person
) -> None:
    reply = signed_in(elected).post(url("decisions-accept", territory, SLOT), sent(*lines[:3]))
    assert reply.headers["Location"] == url("decisions", territory, SLOT)
    assert {d.proposal_id for d in Decision.objects.all()} == {line.pk for line in lines[:3]}
    assert {(d.verdict, d.reason, d.person_id) for d in Decision.objects.all()} == {
        ("accept", WHY, elected.pk)
    }
    assert [line.act for line in ledger.sealed_lines(territory)].count("decision.record") == 3
    assert list(inbox.waiting(territory)) == [lines[3]]


def test_an_unusual_line_slipped_into_the_form_is_refused_and_nothing_is_lost(
    territory: Territory, lines: list[Proposal], elected: Person
) -> None:
    fields = sent(*lines, **{f"n-{lines[0].pk}": "117"})
    reply = signed_in(elected).post(url("decisions-accept", territory, SLOT), fields)
    html = read(reply)
    assert reply.status_code == 422 and "à décider à part : Zola" in html
    assert 'value="117"' in html and f'value="{WHY}" selected' in html
    assert not Decision.objects.exists()


@pytest.mark.parametrize("change", ["a line came", "a line was decided", "a number moved"])
def test_a_page_that_changed_meanwhile_is_shown_again(
    territory: Territory, lines: list[Proposal], elected: Person, change: str
) -> None:
    if change == "a line came":
        proposals_of(territory, an_order("Denis"), run="run-2")
    elif change == "a line was decided":
        decide(lines[0], elected, "accept", reason="Seule")
    else:
        proposals_of(territory, an_order("Anatole", 121), run="run-2")
    before = Decision.objects.count()
    reply = signed_in(elected).post(url("decisions-accept", territory, SLOT), sent(*lines[:3]))
    assert reply.status_code == 422 and "La page a changé depuis" in reply.content.decode()
    assert Decision.objects.count() == before


def test_a_changed_number_is_a_decision_of_its_own_and_asks_why(
    territory: Territory, lines: list[Proposal], elected: Person
) -> None:
    client, there = signed_in(elected), url("decisions-accept", territory, SLOT)
    changed = {f"n-{lines[1].pk}": "95"}
    reply = client.post(there, sent(*lines[:3], **changed))
    assert reply.status_code == 422 and "vous avez changé un nombre" in reply.content.decode().lower()
    assert not Decision.objects.exists()
    assert (
        client.post(
            there, sent(*lines[:3], **changed, reason_of_changes="Marge de sécurité voulue", confirmed="on")
        ).status_code
        == 302
    )
    found = {d.proposal_id: (d.verdict, d.value, d.reason) for d in Decision.objects.all()}
    assert found[lines[1].pk] == ("change", 95.0, "Marge de sécurité voulue")
    assert found[lines[0].pk] == ("accept", 120.0, WHY)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("quatre", "Écrivez un nombre"),
        ("95,5", "nombre entier (repas)"),
        ("-3", "négative"),
        ("5000", "Pour la confirmer"),
        ("1100", "très loin"),
        ("nan", "Écrivez un nombre"),
    ],
)
def test_a_number_that_makes_no_sense_is_said_beside_its_line(
    territory: Territory, lines: list[Proposal], elected: Person, typed: str, words: str
) -> None:
    fields = sent(*lines[:3], reason_of_changes="Marge de sécurité voulue", **{f"n-{lines[0].pk}": typed})
    reply = signed_in(elected).post(url("decisions-accept", territory, SLOT), fields)
    html = reply.content.decode()
    assert reply.status_code == 422
    assert words in html[html.index(f'id="erreur-{lines[0].pk}"') :][:300]
    assert f'value="{typed}"' in html and not Decision.objects.exists()


@pytest.mark.parametrize(("typed", "asked"), [("107", True), ("108", False), ("132", False), ("133", True)])
def test_a_number_outside_its_interval_is_asked_once_and_never_inside(
    territory: Territory, lines: list[Proposal], elected: Person, typed: str, asked: bool
) -> None:
    client, there = signed_in(elected), url("decisions-accept", territory, SLOT)
    assert (lines[0].low, lines[0].high) == (108, 132)
    fields = sent(*lines[:3], reason_of_changes="Marge de sécurité voulue", **{f"n-{lines[0].pk}": typed})
    reply = client.post(there, fields)
    if asked:
        html = read(reply)
        assert reply.status_code == 422 and not Decision.objects.exists()
        assert f'value="{typed}"' in html and 'name="confirmed"' in html
        assert f"{typed} est hors de l'intervalle (de 108 à 132)" in html
        reply = client.post(there, fields | {"confirmed": "on"})
    assert reply.status_code == 302
    assert Decision.objects.get(proposal=lines[0]).value == float(typed)


def test_a_line_decided_alone_is_asked_once_outside_its_interval(
    territory: Territory, lines: list[Proposal], elected: Person
) -> None:
    client, one = signed_in(elected), lines[0]
    there = url("decisions-line", territory, SLOT, pk=one.pk)
    fields = {"verdict": "retain", "usual": "Une information récente manque dans les données", "value": "140"}
    html = read(client.post(there, fields))
    assert "140 est hors de l'intervalle" in html and not Decision.objects.exists()
    assert client.post(there, fields | {"confirmed": "on"}).status_code == 302
    assert Decision.objects.get(proposal=one).value == 140


def test_without_a_reason_nothing_is_recorded(
    territory: Territory, lines: list[Proposal], elected: Person
) -> None:
    reply = signed_in(elected).post(url("decisions-accept", territory, SLOT), sent(*lines[:3], usual=""))
    assert reply.status_code == 422 and "Il manque le motif" in reply.content.decode()
    with pytest.raises(DecisionError, match="Aucune ligne"):
        decide_day(territory, elected, system="canteen", day=MONDAY, values={}, reason="Vu")
    assert not Decision.objects.exists()


def test_where_the_way_without_ai_serves_its_number_is_what_is_validated(
    territory: Territory, elected: Person
) -> None:
    evidence = {"site_error": 6.0, "site_reference_error": 5.0, "reference_order": 83}
    small, large = proposals_of(territory, an_order("Petite", 80, evidence=evidence), an_order("Grande", 300))
    html = page_of(elected, territory)
    assert ">383<" in html and "(380 par le calcul ; +3 : 1 site prend la façon sans IA)" in html
    assert "sans IA : 83 (moyenne 80, marge +3)" in html and html.count("sans IA :") == 1
    assert (
        "trop petit pour prévoir" in html and 'value="83"' in html and "moyenne des quatre derniers" in html
    )
    fields = sent(small, large, **{f"n-{small.pk}": "83"})
    assert signed_in(elected).post(url("decisions-accept", territory, SLOT), fields).status_code == 302
    decision = Decision.objects.get(proposal=small)
    assert (decision.verdict, decision.value) == ("change", 83)
    assert decision.reason == f"Mal prévu ici : la façon sans IA sert. {WHY}"
    html = page_of(elected, territory)
    assert "(380 par le calcul ; +3 : 1 site prend la façon sans IA)" in html
    with on(MONDAY):
        words = str(decided_days.by_system(territory)["canteen"])
    assert "383 repas (380 par le calcul ; 1\u00a0ligne prend la façon sans IA)." in words


@pytest.mark.parametrize(
    ("fields", "verdict", "value"),
    [
        ({"value": "200", "verdict": "retain"}, "accept", 200.0),
        ({"value": "150", "verdict": "retain", "confirmed": "on"}, "change", 150.0),
        ({"value": "", "verdict": "refuse"}, "refuse", None),
    ],
)
def test_an_unusual_line_is_decided_alone_on_the_same_page(
    territory: Territory,
    lines: list[Proposal],
    elected: Person,
    fields: dict[str, str],
    verdict: str,
    value: float | None,
) -> None:
    client, there = signed_in(elected), url("decisions-line", territory, SLOT, pk=lines[3].pk)
    refused = client.post(there, fields | {"usual": "", "words": ""})
    assert refused.status_code == 422 and "Il manque le motif" in refused.content.decode()
    reply = client.post(there, fields | {"usual": "", "words": "Kermesse"})
    assert reply.headers["Location"].startswith(url("decisions", territory, SLOT))
    decision = Decision.objects.get()
    assert (decision.proposal, decision.verdict, decision.value, decision.reason) == (
        lines[3],
        verdict,
        value,
        "Kermesse",
    )


def test_what_has_no_day_is_named_by_its_act_and_follows_the_order_of_the_system(
    territory: Territory, elected: Person
) -> None:
    acts = [
        an_order(place, day=None, habit=(), subject=f"Réparer {place}", key=place)
        for place in ("Aval", "Bourg")
    ]
    proposing.propose(territory, system="leaks", system_version="1.0", run="run-1", acts=acts)
    page = day_page.read(territory, ("leaks", None), Counter(), {}, priority=("Bourg", "Aval"))
    assert [line.name for line in page.exceptions] == ["Réparer Bourg", "Réparer Aval"]
    # None of them has a habit: that is said of no line, and each is decided alone still.
    assert {line.why for line in page.exceptions} == {acts[0].reasons[0]}
    assert not page.ordinary and "inhabituel</" not in page_of(elected, territory, "?systeme=leaks")


def test_a_persons_file_is_not_decided_from_the_page(territory: Territory, elected: Person) -> None:
    (case,) = proposals_of(territory, a_case(day=MONDAY, place="Crèche"))
    html = page_of(elected, territory)
    assert "Ouvrir le dossier" in html and "aucun cas comparable connu" in html
    assert 'value="retain"' not in html and "lignes ordinaires</button>" not in html
    fields = {"value": "1", "verdict": "retain", "usual": WHY, "words": ""}
    assert (
        signed_in(elected).post(url("decisions-line", territory, SLOT, pk=case.pk), fields).status_code == 404
    )
    assert not Decision.objects.exists()


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor"])
def test_who_may_not_decide_reads_the_day_without_a_field(
    territory: Territory, lines: list[Proposal], role: str
) -> None:
    person = a_person(territory, role)
    html = page_of(person, territory)
    assert "rôle de décideur" in html and "<input" not in html[html.index("<table") :]
    client = signed_in(person)
    assert client.post(url("decisions-accept", territory, SLOT), sent(*lines[:3])).status_code == 404
    fields = {"value": "200", "verdict": "retain", "usual": WHY, "words": ""}
    assert client.post(url("decisions-line", territory, SLOT, pk=lines[3].pk), fields).status_code == 404
    with pytest.raises(PermissionDenied):
        decide_day(territory, person, system="canteen", day=MONDAY, values={lines[0].pk: 120.0}, reason="Vu")
    assert not Decision.objects.exists()


def test_the_day_costs_no_more_requests_with_forty_lines_than_with_four(
    territory: Territory, lines: list[Proposal], elected: Person
) -> None:
    client = signed_in(elected)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(url("decisions", territory, SLOT)).status_code == 200
        return len(captured)

    queries()  # what a process reads once
    few = queries()
    proposals_of(territory, *(an_order(f"site {n}") for n in range(40)), run="run-2")
    assert queries() == few <= 20


def test_forty_lines_are_written_in_as_many_requests_as_four(territory: Territory, elected: Person) -> None:
    def cost(day: date, count: int) -> int:
        made = proposals_of(
            territory, *(an_order(f"site {n}", day=day) for n in range(count)), run=f"run-{day}"
        )
        values = {proposal.pk: proposal.value for proposal in made}
        with CaptureQueriesContext(connection) as captured:
            decide_day(territory, elected, system="canteen", day=day, values=values, reason="Vus")
        return len(captured)

    assert cost(MONDAY, 40) == cost(date(2026, 12, 1), 4)


def test_the_order_leaves_as_a_file_for_the_kitchen(
    territory: Territory, lines: list[Proposal], elected: Person
) -> None:
    client = signed_in(elected)
    early = client.get(url("decisions-order", territory, SLOT))
    assert early.status_code == 302 and "jour=2026-11-30" in early.headers["Location"]
    client.post(url("decisions-accept", territory, SLOT), sent(*lines[:3]))
    reply = client.get(url("decisions-order", territory, SLOT))
    assert 'filename="commande-2026-11-30-incomplete.ods"' in reply.headers["Content-Disposition"]
    book = load(io.BytesIO(b"".join(reply.streaming_content)))
    rows = [[extractText(cell) for cell in row.childNodes] for row in book.getElementsByType(TableRow)]
    assert rows[0][:3] == ["Site", "Quantité", "Unité"]
    assert [row[:3] for row in rows[1:]] == [
        [name, "120.0", "repas"] for name in ("Anatole", "Berthe", "Césaire")
    ]
    decide(lines[3], elected, "refuse", reason="Fermé")
    text = b"".join(client.get(url("decisions-order-csv", territory, SLOT)).streaming_content).decode()
    assert "Anatole;120;repas;2026-11-30" in text and "Zola" not in text


@pytest.fixture
def supervisor(territory: Territory) -> Person:
    return a_person(territory, "supervisor", email="superviseur@example.org")


def test_the_deadline_is_set_by_who_runs_the_system_and_written_in_the_ledger(
    territory: Territory, lines: list[Proposal], elected: Person, supervisor: Person
) -> None:
    there = url("decisions-deadline", territory, system="canteen")
    assert signed_in(elected).get(there).status_code == 404
    client = signed_in(supervisor)
    assert client.post(there, {"at": "10:30", "days_before": "99"}).status_code == 422
    assert client.post(there, {"at": "10:30", "days_before": "1"}).status_code == 302
    deadline = Deadline.objects.get()
    assert (deadline.system, deadline.at, deadline.days_before) == ("canteen", time(10, 30), 1)
    with on(date(2031, 11, 29)):
        proposals_of(territory, an_order(day=FAR), run="run-2")
        assert "À valider avant : demain, 10 h 30" in page_of(
            elected, territory, "?systeme=canteen&jour=2031-12-01"
        )
    assert client.post(there, {"at": "", "days_before": "0"}).status_code == 302
    assert not Deadline.objects.exists()
    assert [line.act for line in ledger.sealed_lines(territory)].count("decision.deadline") == 2


def test_once_the_deadline_has_passed_nothing_of_that_day_is_decided(
    territory: Territory, elected: Person, supervisor: Person
) -> None:
    with on(date(2031, 11, 28)):
        meals, case = proposals_of(territory, an_order(day=FAR), a_case(day=FAR, place="Crèche"))
        old = proposals_of(territory, an_order("Essai", day=date(2031, 11, 20)), run="essai")[0]
    deadlines.set_deadline(territory, "canteen", supervisor, time(10, 30), 1)
    with on(date(2031, 11, 30)):  # noon
        html = page_of(elected, territory, "?systeme=canteen&jour=2031-12-01")
        assert "L'heure limite est passée" in html and "hier" not in html and "aujourd'hui, 10 h 30" in html
        assert "la cuisine commande comme avant" in html and "lignes ordinaires</button>" not in html
        with pytest.raises(DecisionError, match="heure limite est passée"):
            decide(meals, elected, "accept", reason="Trop tard")
        with pytest.raises(DecisionError, match="heure limite est passée"):
            decide_day(
                territory, elected, system="canteen", day=FAR, values={meals.pk: meals.value}, reason="Vu"
            )
        assert (
            decide(old, elected, "accept", reason="Essai").value == old.value
        )  # a trial on old days has no hour
        with scope.nowhere():
            assert proposing.expire_overdue_proposals() == 1
    meals.refresh_from_db()
    assert meals.state == "délai passé, sans décision"
    assert list(inbox.waiting(territory)) == [case]  # what concerns a person never goes by itself


def test_a_system_that_its_trial_advises_against_says_so_before_the_lines(
    territory: Territory, lines: list[Proposal], elected: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    advised = replace(
        notices.notice_for(territory, lines[0].system),
        find_advice=lambda: "Faites sans : 8 % de repas en trop contre 6 %.",
    )
    monkeypatch.setattr(notices, "_tellers", [lambda *_: advised])
    html = page_of(elected, territory)
    assert html.index("Faites sans") < html.index("<table") < html.index("lignes ordinaires</button>")


def test_lines_of_one_place_are_told_apart_by_their_subject_and_the_place_counts_once(
    territory: Territory, elected: Person
) -> None:
    proposals_of(
        territory,
        an_order("Bourg", subject="Fuite sur la conduite pb16", key="a"),
        an_order("Bourg", subject="Fuite sur la conduite pb21", key="b"),
        an_order("Gare"),
    )
    html = page_of(elected, territory)
    assert "Fuite sur la conduite pb16</a>" in html and "Fuite sur la conduite pb21</a>" in html
    assert ">Gare</a>" in html and ">Bourg</a>" not in html
    assert "2 site" in html and "3 site" not in html


def test_an_unknown_or_empty_page_says_so(territory: Territory, elected: Person) -> None:
    assert "Rien à valider" in page_of(elected, territory, "")
    assert "Rien n'attend pour ce jour" in page_of(elected, territory, SLOT)
    assert (
        signed_in(elected).get(url("decisions", territory, "?jour=nimporte&systeme=" + "x" * 500)).status_code
        == 200
    )
    reply = signed_in(elected).post(
        url("decisions-accept", territory), {"proposal": ["²", "9" * 30, "-1"], "usual": WHY}
    )
    assert reply.status_code == 422
