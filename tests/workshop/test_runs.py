"""A run reads through grants, computes in a closed child, and what it proposes waits for a person."""

import math

import pytest

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.platform import jobs, ledger
from beffroi.web.platform.models import Job, Membership, Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import NotAllowedToRun, RunFailed, WorkshopError
from beffroi.web.workshop.models import Run, SystemUse
from life import carry
from places import a_person

from .conftest import deposit, meals
from .tiny import installed

pytestmark = pytest.mark.django_db


def acts(territory: Territory) -> list[str]:
    return [line.act for line in ledger.lines_of(territory)]


def test_a_backtest_keeps_its_score_its_cost_and_what_it_read(bound: SystemUse, supervisor: Person) -> None:
    said: list[tuple[float, str]] = []
    run = services.execute(bound, supervisor, "backtest", progress=lambda p, m: said.append((p, m)))
    assert run.state == Run.State.DONE
    assert (run.score["value"], run.score["baseline"], run.score["metric"]) == (3.0, 6.0, "mae")
    assert run.score["rows"] == 40
    assert run.snapshots["attendance"]["number"] == 1
    assert run.footprint["energy"]["value"] > 0
    assert run.footprint["energy"]["how"] in {"mesuré", "estimé"}
    assert run.isolation
    assert [p for p, _ in said] == sorted(p for p, _ in said)
    assert services.latest_score(bound.territory, "tiny") == run
    assert acts(bound.territory)[-1] == "system.backtest"


def test_a_forecast_hands_its_proposals_to_the_inbox_and_decides_nothing(
    tried: SystemUse, supervisor: Person, territory: Territory
) -> None:
    run = services.execute(tried, supervisor, "run", settings={"margin": 5.0})
    assert run.outcome["columns"] == ["place", "date", "value"]
    assert run.outcome["notes"] == ["Note du système."]
    assert run.settings == {"mode": "good", "margin": 5.0, "service": "midi", "since": ""}
    proposals = Proposal.objects.of(territory).order_by("place")
    assert [(p.place, p.value, p.due.isoformat()) for p in proposals] == [
        ("Jean-Moulin", 107.0, "2026-09-21"),
        ("Émile-Zola", 67.0, "2026-09-21"),
    ]
    assert not Decision.objects.exists()
    assert ledger.verify(territory).ok


def test_the_system_is_given_the_declared_columns_only(tried: SystemUse, supervisor: Person) -> None:
    services.execute(tried, supervisor, "run")
    proposal = Proposal.objects.first()
    assert proposal is not None
    assert proposal.evidence["columns"] == ["date", "meals", "site"]


def test_the_same_key_takes_effect_once(tried: SystemUse, supervisor: Person, territory: Territory) -> None:
    first = services.execute(tried, supervisor, "run", key="k1")
    again = services.execute(tried, supervisor, "run", key="k1")
    assert first.pk == again.pk
    assert Proposal.objects.count() == 2
    assert acts(territory).count("system.run") == 1


def test_a_run_left_by_a_dead_worker_is_taken_again_on_what_it_had_begun_to_read(
    tried: SystemUse, supervisor: Person, steward: Person, territory: Territory
) -> None:
    job = services.start(tried, supervisor, "run", key="k2")
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    # What the dead worker had time to write: its run, and nothing of its result.
    left = Run.objects.create(
        territory=territory,
        use=tried,
        key="k2",
        verb="run",
        version="1.0.0",
        seed=0,
        settings=tried.runs.get().settings,
        binding=tried.binding,
        snapshots=tried.runs.get().snapshots,
        by=supervisor,
    )
    deposit(territory, steward, "repas servis octobre.csv", meals(30))
    # The clock gives it back to the queue.
    Job.objects.filter(pk=job.pk).update(state=Job.State.WAITING)
    job = jobs.run(Job.objects.get(pk=job.pk))
    assert job.state == Job.State.DONE, job.message
    left.refresh_from_db()
    assert left.state == Run.State.DONE
    assert job.location.endswith(f"/executions/{left.pk}/")
    assert Proposal.objects.count() == 2
    assert {p.due.isoformat() for p in Proposal.objects.all()} == {"2026-09-21"}  # of the first delivery
    again = jobs.run(job)
    assert again.state == Job.State.DONE
    assert Proposal.objects.count() == 2


def test_a_newer_forecast_replaces_what_nobody_decided_and_leaves_what_was(
    tried: SystemUse, supervisor: Person, territory: Territory
) -> None:
    services.execute(tried, supervisor, "run")
    decided, waiting = Proposal.objects.of(territory).order_by("place")
    decide(decided, a_person(territory, "decider"), "accept", reason="Bon")
    services.execute(tried, supervisor, "run", settings={"margin": 20.0})
    waiting.refresh_from_db()
    decided.refresh_from_db()
    assert waiting.superseded_at is not None
    assert decided.superseded_at is None
    assert decided.decision.verdict == "accept"


def test_a_long_silent_run_keeps_giving_signs_of_life(
    tried: SystemUse, supervisor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beffroi.systems.child_process._HEARTBEAT", 1.1)
    said: list[tuple[float, str]] = []
    settings = {"mode": "slow", "margin": 4.0}
    services.execute(tried, supervisor, "run", settings=settings, progress=lambda p, m: said.append((p, m)))
    assert said.count((50.0, "À mi-chemin")) >= 2


# The gates


def reasons(use: SystemUse, person: Person, verb: str = "run", **more: str) -> str:
    with pytest.raises(NotAllowedToRun) as refused:
        services.execute(use, person, verb, **more)
    return str(refused.value)


def test_nothing_runs_before_it_is_bound(use: SystemUse, supervisor: Person) -> None:
    assert "relié à vos données" in reasons(use, supervisor, "backtest")
    assert not Run.objects.exists()


def test_nothing_forecasts_before_it_was_measured_on_these_data(bound: SystemUse, supervisor: Person) -> None:
    assert "Éprouver sur le passé" in reasons(bound, supervisor)


def test_nothing_forecasts_without_a_named_supervisor(
    measured: SystemUse, steward: Person, supervisor: Person
) -> None:
    SystemUse.objects.filter(pk=measured.pk).update(supervisor=None)
    measured.refresh_from_db()
    assert "superviser" in reasons(measured, steward)


def test_a_supervisor_who_lost_the_role_no_longer_answers_for_it(
    measured: SystemUse, steward: Person, supervisor: Person
) -> None:
    Membership.objects.filter(person=supervisor).delete()
    assert "superviser" in reasons(measured, steward)


def test_a_binding_that_changed_must_be_measured_again(
    measured: SystemUse, supervisor: Person, steward: Person, territory: Territory
) -> None:
    other = deposit(territory, steward, "autre liste.csv", meals(25).replace("Repas servis", "Repas"))
    columns = {"site": "ecole", "date": "jour", "meals": "repas"}
    services.bind(measured, supervisor, {"attendance": {"dataset": other.slug, "columns": columns}})
    assert "éprouvé sur vos données" in reasons(measured, supervisor)


def test_a_new_version_must_be_measured_again(measured: SystemUse, supervisor: Person, tmp_path) -> None:
    with installed(tmp_path / "third-party", version="2.0.0"):
        assert "dans cette version" in reasons(measured, supervisor)


def test_data_withdrawn_since_close_the_gate(
    measured: SystemUse, supervisor: Person, steward: Person
) -> None:
    from beffroi.web.catalogue.models import Snapshot

    catalogue.undo(Snapshot.objects.get(), steward)
    assert "livraison en vigueur" in reasons(measured, supervisor)


def test_against_the_measured_advice_only_the_supervisor_passes_with_a_reason_that_is_kept(
    bound: SystemUse, supervisor: Person, steward: Person, territory: Territory
) -> None:
    run = services.execute(bound, supervisor, "backtest", settings={"mode": "loses"})
    assert run.score["recommended"] is False
    carry(bound, "sandbox")  # a trial is allowed: it is production that asks for a benefit
    assert "recommande de ne pas utiliser" in reasons(bound, supervisor)
    assert "Seule la personne qui le supervise" in reasons(bound, steward, reason="J'y tiens")
    assert not Proposal.objects.exists()
    forced = services.execute(bound, supervisor, "run", reason="Essai d'une semaine, surveillé")
    assert forced.against_advice == "Essai d'une semaine, surveillé"
    line = ledger.lines_of(territory).filter(act="system.run").get()
    assert "against_advice_sha256" in line.detail.payload


# What goes wrong


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("bad data", "Il manque des jours"),
        ("crash", "erreur de programmation"),
        ("decide", "refusé"),
    ],
)
def test_a_failing_system_proposes_nothing_and_its_run_says_why(
    tried: SystemUse, supervisor: Person, mode: str, words: str
) -> None:
    with pytest.raises(RunFailed, match=words):
        services.execute(tried, supervisor, "run", settings={"mode": mode})
    run = tried.runs.get(verb="run")
    assert run.state == Run.State.FAILED
    assert words in run.message
    assert not Proposal.objects.exists()
    assert not Decision.objects.exists()


def test_a_value_that_is_not_a_number_stops_at_the_door(tried: SystemUse, supervisor: Person) -> None:
    with pytest.raises(RunFailed):
        services.execute(tried, supervisor, "run", settings={"mode": "nan"})
    assert not Proposal.objects.exists()
    assert all(math.isfinite(p.value) for p in Proposal.objects.all())


def test_an_unknown_setting_is_refused(tried: SystemUse, supervisor: Person) -> None:
    with pytest.raises(RunFailed, match="réglage"):
        services.execute(tried, supervisor, "run", settings={"colour": "red"})


def test_a_failed_job_says_why_to_the_person(tried: SystemUse, supervisor: Person) -> None:
    job = services.start(tried, supervisor, "run", settings={"mode": "bad data"})
    job = jobs.run(job)
    assert job.state == Job.State.FAILED
    assert "Il manque des jours" in job.message


def test_asking_twice_with_one_key_starts_one_job(tried: SystemUse, supervisor: Person) -> None:
    first = services.start(tried, supervisor, "run", key="form-1")
    assert services.start(tried, supervisor, "run", key="form-1").pk == first.pk


def test_a_system_without_dial_says_so(tried: SystemUse, supervisor: Person) -> None:
    with pytest.raises(WorkshopError, match="n'a pas de réglage"):
        services.turn(tried, supervisor, 1.0)
