"""A confirmed error teaches the system: rules and true values apply at the next run, the case must hold, past cases are listed."""

import pytest
from django.test import Client

from beffroi.web.decisions import contesting, teaching
from beffroi.web.decisions.models import Contestation, Proposal, Replay
from beffroi.web.decisions.services import propose
from beffroi.web.platform import jobs
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop.errors import NotAllowedToRun
from beffroi.web.workshop.models import Regression, Run, SystemUse
from decisions.conftest import ANSWER, a_case, a_contestation
from life import executed
from places import strongly
from workshop.tiny import installed

pytestmark = pytest.mark.django_db


@pytest.fixture
def forecast(tried: SystemUse, supervisor: Person) -> Run:
    return executed(tried, supervisor, "run")


@pytest.fixture
def confirmed(forecast: Run, territory: Territory, supervisor: Person) -> Contestation:
    """A parent contested the meals of Jean-Moulin; a person found the error."""
    proposal = Proposal.objects.of(territory).get(run=forecast.key, place="Jean-Moulin")
    row = a_contestation(territory)
    contesting.tie(row, supervisor, proposal)
    contesting.answer(row, supervisor, "confirmed", ANSWER, "La sortie de la classe manquait.")
    return Contestation.objects.get()


def value(run: Run, place: str = "Jean-Moulin") -> float:
    return float(Proposal.objects.of(run.territory).get(run=run.key, place=place).value)


def test_a_true_value_is_given_to_the_system_from_the_next_run_on(
    confirmed: Contestation, tried: SystemUse, supervisor: Person, forecast: Run
) -> None:
    teaching.add_label(
        confirmed, supervisor, input="attendance", keys={"site": "Jean-Moulin", "date": "2026-09-20"},
        column="meals", value=300, reason="Le relevé disait 104 par erreur.",
    )  # fmt: skip
    again = executed(tried, supervisor, "run")
    assert value(again) == pytest.approx(value(forecast) + (300 - 104) / 20)
    assert again.corrections == [1]
    assert again.erasure["tables"][0]["rows"] == 40


def test_a_rule_bounds_what_is_proposed_and_says_so(
    confirmed: Contestation, tried: SystemUse, supervisor: Person
) -> None:
    teaching.add_rule(
        confirmed,
        supervisor,
        where={"place": "Jean-Moulin"},
        action="at_most",
        value=90.0,
        reason="Une classe est partie.",
    )
    again = executed(tried, supervisor, "run")
    proposal = Proposal.objects.of(tried.territory).get(run=again.key, place="Jean-Moulin")
    assert proposal.value == 90.0
    assert "Règle n° 1, ajoutée après une contestation" in proposal.reasons[-1]
    assert any("Règle n° 1" in note for note in again.outcome["notes"])


@pytest.mark.requirement("R114")
def test_a_contested_case_that_still_comes_out_wrong_stops_every_forecast(
    confirmed: Contestation, tried: SystemUse, supervisor: Person, forecast: Run
) -> None:
    teaching.add_regression(confirmed, supervisor, low=80, high=95)
    held = Proposal.objects.count()
    with pytest.raises(NotAllowedToRun, match="ressort faux"):
        executed(tried, supervisor, "run")
    assert Proposal.objects.count() == held
    assert not Regression.objects.get().passed
    teaching.add_rule(
        confirmed,
        supervisor,
        where={"place": "Jean-Moulin"},
        action="at_most",
        value=90.0,
        reason="Une classe est partie.",
    )
    executed(tried, supervisor, "run")
    assert [r.passed for r in Regression.objects.order_by("pk")] == [False, True]
    executed(tried, supervisor, "run")
    assert Regression.objects.count() == 2  # nothing changed since: not computed again


def test_withdrawing_the_rule_brings_the_wrong_case_back_and_stops_the_forecast(
    confirmed: Contestation, tried: SystemUse, supervisor: Person
) -> None:
    teaching.add_regression(confirmed, supervisor, low=80, high=95)
    rule = teaching.add_rule(
        confirmed,
        supervisor,
        where={"place": "Jean-Moulin"},
        action="set",
        value=90.0,
        reason="Une classe est partie.",
    )
    executed(tried, supervisor, "run")
    teaching.withdraw(rule, supervisor, "Elle est revenue.")
    with pytest.raises(NotAllowedToRun, match="ressort faux"):
        executed(tried, supervisor, "run")


def test_a_new_version_is_held_to_the_old_cases(
    confirmed: Contestation, tried: SystemUse, supervisor: Person, tmp_path
) -> None:
    teaching.add_regression(confirmed, supervisor, low=100, high=120)
    executed(tried, supervisor, "run")
    with installed(tmp_path / "third-party", version="2.0.0"):
        executed(tried, supervisor, "backtest")
        executed(tried, supervisor, "run")
    assert [r.version for r in Regression.objects.order_by("pk")] == ["1.0.0", "2.0.0"]


@pytest.mark.requirement("R40")
def test_past_cases_are_computed_again_and_listed_once(
    confirmed: Contestation, tried: SystemUse, supervisor: Person, forecast: Run
) -> None:
    teaching.add_rule(
        confirmed,
        supervisor,
        where={"place": "Jean-Moulin"},
        action="at_most",
        value=90.0,
        reason="Une classe est partie.",
    )
    job = jobs.run(teaching.start_replay(confirmed, supervisor))
    assert job.state == "done", job.message
    (kept,) = Replay.objects.of(tried.territory)
    proposal = Proposal.objects.get(run=forecast.key, place="Jean-Moulin")
    assert kept.affected == [
        {"proposal": proposal.pk, "was": proposal.value, "would_be": 90.0, "decided": False}
    ]
    assert not Run.objects.filter(use=tried).exclude(pk=forecast.pk).filter(verb="run").exists()


def test_past_offences_are_never_listed(
    confirmed: Contestation, tried: SystemUse, supervisor: Person, forecast: Run
) -> None:
    supposed = a_case(case="", effect="none", offence=True, subject="Dépôt sauvage, rue des Lilas")
    propose(tried.territory, system="tiny", system_version="1.0.0", run=forecast.key, acts=[supposed])
    assert jobs.run(teaching.start_replay(confirmed, supervisor)).state == "done"
    assert Replay.objects.of(tried.territory).get().affected == []


def test_what_waits_is_counted_as_the_inbox_counts_it(
    forecast: Run, tried: SystemUse, supervisor: Person
) -> None:
    """A proposal older than supposed offences says nothing of them: it is not one."""
    before = Proposal.objects.of(tried.territory).get(run=forecast.key, place="Jean-Moulin")
    older = {f.attname: getattr(before, f.attname) for f in Proposal._meta.fields if f.name != "id"}
    Proposal.objects.create(**(older | {"subject": "Repas d'avant", "key": None, "offence": None}))
    page = strongly(Client(), supervisor).get(f"/t/{tried.territory.slug}/services-ia/tiny/")
    assert page.context["waiting"] == 3


def test_a_case_whose_deliveries_are_gone_is_told_and_does_not_block(
    confirmed: Contestation, tried: SystemUse, supervisor: Person, forecast: Run
) -> None:
    case = teaching.add_regression(confirmed, supervisor, low=0, high=1)
    assert case.run_context["snapshots"]["attendance"]["number"] == 1
    Run.objects.filter(pk=forecast.pk).update(
        snapshots={"attendance": forecast.snapshots["attendance"] | {"number": 99}}
    )
    executed(tried, supervisor, "run")
    assert Regression.objects.get().cases[0]["came"] == "non rejouable"
    page = strongly(Client(), supervisor).get(f"/t/{tried.territory.slug}/services-ia/tiny/qualite/")
    assert "Des cas ne sont plus essayés" in page.content.decode()
    assert "tous tenus" not in page.content.decode()


def test_a_wrong_case_is_withdrawn_and_forecasts_go_on(
    confirmed: Contestation, tried: SystemUse, supervisor: Person
) -> None:
    case = teaching.add_regression(confirmed, supervisor, low=0, high=1)
    with pytest.raises(NotAllowedToRun, match=f"n° {case.pk}") as refused:
        executed(tried, supervisor, "run")
    assert case.subject not in str(refused.value)
    page = strongly(Client(), supervisor).get(f"/t/{tried.territory.slug}/services-ia/tiny/qualite/")
    assert f"Cas n° {case.pk}" in page.content.decode() and case.subject not in page.content.decode()
    teaching.withdraw_case(case, supervisor, "Les bornes étaient fausses.")
    executed(tried, supervisor, "run")
