"""From a confirmed error to a rule, a label, a case of test and the past cases: people only, append-only, on a page."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client

from beffroi.web.decisions import contesting, corrections, teaching
from beffroi.web.decisions.corrections import Affected
from beffroi.web.decisions.errors import DecisionError
from beffroi.web.decisions.models import Contestation, Correction, Proposal, RegressionCase, Replay
from beffroi.web.decisions.services import machine_at_work
from beffroi.web.decisions.system_forms import LabelForm, RuleForm
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.models import Person, Territory
from decisions.conftest import ANSWER, a_contestation, an_act
from places import a_person, strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(territory: Territory) -> Person:
    return a_person(territory, "data_officer")


@pytest.fixture
def confirmed(territory: Territory, proposal: Proposal, agent: Person) -> Contestation:
    """A contestation on the canteen's proposal, whose error is confirmed."""
    row = a_contestation(territory)
    contesting.tie(row, agent, proposal)
    contesting.answer(row, agent, "confirmed", ANSWER, "Ce lundi est férié à l'école.")
    return Contestation.objects.get(pk=row.pk)


def a_rule(row: Contestation, person: Person, **changes: Any) -> Correction:
    told = {
        "where": {"place": "Jean-Moulin"},
        "action": "at_most",
        "value": 100.0,
        "reason": "Classe absente",
    }
    return teaching.add_rule(row, person, **(told | changes))


def test_a_rule_and_a_label_are_numbered_and_stand(
    confirmed: Contestation, agent: Person, territory: Territory
) -> None:
    a_rule(confirmed, agent)
    teaching.add_label(
        confirmed,
        agent,
        input="attendance",
        keys={"site": "07"},
        column="meals",
        value=92,
        reason="Saisie inversée",
    )
    labels, rules = corrections.active(territory, "canteen")
    assert [(r.number, r.action, r.contested) for r in rules] == [(1, "at_most", True)]
    assert [(one.number, one.value) for one in labels] == [(2, 92)]
    assert "Jean-Moulin" not in str(
        [row.detail.payload for row in ledger.lines_of(territory).filter(act="system.correct")]
    )
    assert ledger.verify(territory).ok


def test_withdrawn_by_a_further_row_it_applies_no_more(
    confirmed: Contestation, agent: Person, territory: Territory
) -> None:
    rule = a_rule(confirmed, agent)
    away = teaching.withdraw(rule, agent, "La classe est revenue")
    assert (away.number, away.withdraws) == (2, rule)
    assert corrections.active(territory, "canteen") == ([], [])
    for again in (rule, away):
        with pytest.raises(DecisionError, match="déjà retirée"):
            teaching.withdraw(again, agent, "Encore")
    assert Correction.objects.count() == 2


def test_nothing_is_taught_before_an_error_is_confirmed(
    territory: Territory, proposal: Proposal, agent: Person
) -> None:
    row = a_contestation(territory)
    contesting.tie(row, agent, proposal)
    for _ in range(2):
        with pytest.raises(DecisionError, match="pas confirmée"):
            a_rule(row, agent)
        if Contestation.objects.get().open:
            contesting.answer(row, agent, "not", ANSWER)
    assert not Correction.objects.exists()


@pytest.mark.parametrize(
    "changes",
    [{"where": {}}, {"action": "double"}, {"value": None}, {"action": "never_propose"}, {"reason": "  "}],
)
def test_a_rule_without_sense_is_refused(
    confirmed: Contestation, agent: Person, changes: dict[str, Any]
) -> None:
    with pytest.raises(DecisionError):
        a_rule(confirmed, agent, **changes)


def test_no_machine_and_no_stranger_teaches(
    confirmed: Contestation, agent: Person, territory: Territory
) -> None:
    with machine_at_work(), pytest.raises(DecisionError, match="ne se corrige pas"):
        a_rule(confirmed, agent)
    with pytest.raises(PermissionDenied):
        a_rule(confirmed, a_person(territory, "agent"))
    with pytest.raises(DatabaseError, match="person teaches"), transaction.atomic():
        from beffroi.web.tenancy import tokens

        keeper = a_person(territory, "administrator")
        robot = tokens.create_service(territory, "Robot", "Apprendre", by=keeper).person
        Correction.objects.create(
            territory=territory, system="canteen", number=9, kind="rule", content={}, reason="x", by=robot
        )


def test_corrections_cases_and_replays_are_append_only(confirmed: Contestation, agent: Person) -> None:
    a_rule(confirmed, agent)
    teaching.add_regression(confirmed, agent, low=90, high=100)
    for table in ("correction", "regressioncase"):
        for sql in (f"UPDATE decisions_{table} SET system = 'x'", f"DELETE FROM decisions_{table}"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                connection.cursor().execute(sql)


@pytest.mark.parametrize(("low", "high"), [(None, 1.0), (2.0, None), (3.0, 1.0)])
def test_a_case_of_test_has_two_bounds_or_none(
    confirmed: Contestation, agent: Person, low: float | None, high: float | None
) -> None:
    with pytest.raises(DecisionError, match="bornes"):
        teaching.add_regression(confirmed, agent, low=low, high=high)
    assert teaching.add_regression(confirmed, agent).expected == {"kind": "not_proposed"}
    assert RegressionCase.objects.get().run_context == {"run": "run-1"}


def test_a_case_of_test_is_withdrawn_by_a_further_row(
    confirmed: Contestation, agent: Person, territory: Territory
) -> None:
    case, other = (teaching.add_regression(confirmed, agent, low=low, high=200) for low in (90, 100))
    with pytest.raises(PermissionDenied):
        teaching.withdraw_case(case, a_person(territory, "agent"), "Faux")
    with machine_at_work(), pytest.raises(DecisionError, match="ne se corrige pas"):
        teaching.withdraw_case(case, agent, "Faux")
    with pytest.raises(DecisionError, match="pourquoi"):
        teaching.withdraw_case(case, agent, " ")
    away = teaching.withdraw_case(case, agent, "Les bornes étaient inversées")
    assert corrections.regression_cases(territory, "canteen") == [other]
    for again in (case, away):
        with pytest.raises(DecisionError, match="déjà retiré"):
            teaching.withdraw_case(again, agent, "Encore")
    line = ledger.lines_of(territory).get(act="system.uncase")
    assert "inversées" not in str(line.detail.payload)
    assert ledger.verify(territory).ok


def test_the_database_withdraws_a_case_of_the_same_system_once_and_with_a_reason(
    confirmed: Contestation, agent: Person, territory: Territory
) -> None:
    case = teaching.add_regression(confirmed, agent)
    away = teaching.withdraw_case(case, agent, "Faux")
    second = teaching.add_regression(confirmed, agent)
    told = {"territory": territory, "system": "canteen", "subject": "x", "by": agent, "reason": "Faux"}
    for changes in (
        {"withdraws": away},
        {"withdraws": case},
        {"withdraws": second, "system": "other"},
        {"withdraws": second, "reason": " "},
        {"withdraws": second, "reason": None},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            RegressionCase.objects.create(**(told | changes))
    RegressionCase.objects.create(**(told | {"withdraws": second}))


@pytest.fixture
def replayer(proposal: Proposal) -> Iterator[list[str]]:
    """Someone above who computes past runs again: as the workshop will."""
    asked: list[str] = []

    def replay(system: str, territory: Territory) -> list[Affected]:
        asked.append(system)
        return [Affected(proposal.pk, proposal.value, 100.0, False), Affected(999_999, 1.0, None, True)]

    kept = list(corrections._replayers)
    corrections.register_replayer(replay, lambda territory, run: {"seed": 0, "snapshots": {"attendance": 4}})
    yield asked
    corrections._replayers[:] = kept


def test_past_cases_are_computed_again_kept_listed_and_exported(
    confirmed: Contestation, agent: Person, replayer: list[str], territory: Territory
) -> None:
    a_rule(confirmed, agent)
    client = strongly(Client(), agent)
    here = f"/t/{territory.slug}/decisions/contestations/{confirmed.pk}/"
    assert client.post(f"{here}systeme/apprendre/", {"acte": "recalcul"}).status_code == 302
    from beffroi.web.platform.models import Job

    job = Job.objects.get()
    assert jobs.run(job).state == "done"
    assert teaching.keep_replay(confirmed, agent, job.key) == Replay.objects.get(), "once for one key"
    assert replayer == ["canteen"]
    page = client.get(f"{here}systeme/").content.decode()
    assert "Cas passés à réexaminer" in page and "100 repas" in page
    export = client.get(f"{here}reexaminer.csv").content.decode()
    assert "120,0;100,0" in export and "999999" not in export
    assert teaching.add_regression(confirmed, agent).run_context == {
        "run": "run-1",
        "seed": 0,
        "snapshots": {"attendance": 4},
    }


def test_without_a_replayer_the_page_says_so(
    confirmed: Contestation, agent: Person, monkeypatch: pytest.MonkeyPatch, territory: Territory
) -> None:
    monkeypatch.setattr(corrections, "_replayers", [])
    page = strongly(Client(), agent).get(
        f"/t/{territory.slug}/decisions/contestations/{confirmed.pk}/systeme/"
    )
    assert "Recalcul non disponible" in page.content.decode()
    with pytest.raises(DecisionError, match="non disponible"):
        teaching.start_replay(confirmed, agent)


def a_label_form(column: str, value: str, key: str = "site", key_value: str = "07") -> LabelForm:
    return LabelForm(
        {
            "column": f"attendance.{column}", "value": value, "key": f"attendance.{key}", "key_value": key_value,
            "reason": "Chiffres inversés",
        },
        system="canteen",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "typed"),
    [
        ("date", "05/10/2026", "2026-10-05"),
        ("date", " 2026-10-05 ", "2026-10-05"),
        ("meals", "1 092", 1092),
        ("meals", "9007199254740993", 9007199254740993),
        ("site", "07", "07"),
    ],
)
def test_a_true_value_is_typed_as_its_column(column: str, value: str, typed: Any) -> None:
    form = a_label_form(column, value)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["typed"] == typed


def test_a_day_that_names_rows_is_typed_too() -> None:
    form = a_label_form("meals", "92", "date", "05/10/2026")
    assert form.is_valid() and form.cleaned_data["keys"] == {"date": "2026-10-05"}


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("date", "5 octobre", "date"),
        ("date", "31/02/2026", "date"),
        ("meals", "7,9", "entier"),
        ("meals", "inf", "nombre"),
        ("meals", "nan", "nombre"),
        ("meals", "1e30", "trop grand"),
        ("meals", "beaucoup", "nombre"),
    ],
)
def test_a_true_value_that_does_not_fit_its_column_is_refused_in_words(
    column: str, value: str, told: str
) -> None:
    form = a_label_form(column, value)
    assert not form.is_valid()
    assert told in str(form.errors["value"])


@pytest.mark.parametrize("value", ["inf", "nan", "-Infinity"])
def test_a_rule_compares_finite_numbers_only(proposal: Proposal, value: str) -> None:
    proposal.evidence["rank"] = 7
    form = RuleForm(
        {"where_key": "rank", "where_value": value, "action": "at_most", "value": "1", "reason": "x"},
        proposal=proposal,
    )
    assert "nombre" in str(form.errors["where_value"])


def test_a_rule_names_what_it_looks_at_in_the_words_of_the_manifest(proposal: Proposal) -> None:
    proposal.evidence = {"forecast": 118.0, "rank_today": 7}
    choices = dict(RuleForm(proposal=proposal).fields["where_key"].choices)
    assert [choices[key] for key in ("place", "forecast", "rank_today")] == [
        "Site (ici : Jean-Moulin)",
        "Prévision (ici : 118.0)",
        "Rank today (ici : 7)",
    ]


def test_rules_labels_cases_and_withdrawals_are_given_on_the_page(
    confirmed: Contestation, agent: Person, territory: Territory
) -> None:
    client = strongly(Client(), agent)
    here = f"/t/{territory.slug}/decisions/contestations/{confirmed.pk}/systeme/"
    rule = {
        "acte": "regle",
        "where_key": "place",
        "where_value": "Jean-Moulin",
        "action": "at_most",
        "reason": "Absente",
    }
    assert client.post(f"{here}apprendre/", rule | {"value": ""}).status_code == 422
    assert client.post(f"{here}apprendre/", rule | {"value": "99,5"}).status_code == 302
    label = {
        "acte": "valeur", "column": "attendance.meals", "value": "92", "key": "attendance.site", "key_value": "07",
        "other": "attendance.date", "other_value": "2026-10-05", "reason": "Chiffres inversés",
    }  # fmt: skip
    assert client.post(f"{here}apprendre/", label | {"value": "beaucoup"}).status_code == 422
    assert client.post(f"{here}apprendre/", label).status_code == 302
    assert client.post(f"{here}apprendre/", {"acte": "essai", "low": "90", "high": "100"}).status_code == 302
    labels, rules = corrections.active(territory, "canteen")
    assert (rules[0].where, rules[0].value) == ({"place": "Jean-Moulin"}, 99.5)
    assert (labels[0].keys, labels[0].value) == ({"site": "07", "date": "2026-10-05"}, 92)
    essay = {"acte": "retrait-essai", "case": RegressionCase.objects.get().pk}
    assert client.post(f"{here}apprendre/", essay | {"reason": ""}).status_code == 422
    assert client.post(f"{here}apprendre/", essay | {"case": 987654, "reason": "x"}).status_code == 404
    assert client.post(f"{here}apprendre/", essay | {"reason": "Bornes inversées"}).status_code == 302
    assert "Bornes inversées" in client.get(here).content.decode()
    first = Correction.objects.get(number=1)
    assert (
        client.post(
            f"{here}apprendre/", {"acte": "retrait", "correction": first.pk, "reason": ""}
        ).status_code
        == 422
    )
    assert (
        client.post(
            f"{here}apprendre/", {"acte": "retrait", "correction": first.pk, "reason": "Revenue"}
        ).status_code
        == 302
    )
    page = client.get(here).content.decode()
    assert "Retrait du n° 1" in page and "au plus 99,5" in page and "Chiffres inversés" in page
    auditor = strongly(Client(), a_person(territory, "auditor"))
    assert auditor.get(here).status_code == 200
    assert auditor.post(f"{here}apprendre/", rule | {"value": "1"}).status_code == 404


@pytest.mark.requirement("R114")
def test_a_validated_error_becomes_a_rule_that_changes_what_is_proposed(
    proposal: Proposal, agent: Person
) -> None:
    row = a_contestation(proposal.territory)
    contesting.tie(row, agent, proposal)
    contesting.answer(row, agent, "confirmed", ANSWER, "La classe de mer n'était pas dans les données.")
    row = Contestation.objects.get()
    teaching.add_rule(
        row, agent, where={"subject": proposal.subject}, action="at_most", value=95.0, reason="Classe de mer"
    )
    case = teaching.add_regression(row, agent, low=80, high=95)
    _, rules = corrections.active(proposal.territory, "canteen")
    before = [an_act()]
    assert not corrections.is_met(case.expected, before, case.subject)
    after, _ = corrections.apply_rules(before, rules)
    assert corrections.is_met(case.expected, after, case.subject)
    assert "ajoutée après une contestation" in after[0].reasons[-1]
