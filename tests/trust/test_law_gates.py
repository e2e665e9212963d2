"""The gates of the law: shut until answered, for good on what is forbidden, and on today's rules only."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from beffroi.guides.rule_model import Fact
from beffroi.systems import law
from beffroi.systems.law.answers import to_json
from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.legal import reading, services
from beffroi.web.trust.models import LegalAnswer
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.errors import NotAllowedToRun
from beffroi.web.workshop.life import gates
from beffroi.web.workshop.life.gates import Judgement
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from life import carry
from support.sample_systems import package_of
from workshop.tiny import installed

from .answering import POINTS, answers

pytestmark = pytest.mark.django_db


def judged(use: SystemUse, key: str, state: State = State.SANDBOX) -> Judgement:
    (found,) = [judgement for gate, judgement in gates.judged(use, state) if gate.key == key]
    return found


def kept(use: SystemUse, person: Person, given: dict[str, law.Answer], **changes: Any) -> LegalAnswer:
    """Answers of another day or of other rules, as the service wrote them then."""
    result = law.evaluate(given, timezone.localdate())
    fields = {
        "rules_version": law.load_rules().version,
        "at": timezone.now(),
        "as_of": result.as_of,
    } | changes
    return LegalAnswer.objects.create(
        territory=use.territory, use=use, answers=to_json(given), risk_class=result.risk, refused=result.refused,
        settled=result.settled, result=result.model_dump(mode="json"), person=person, signed_role="DPO", **fields,
    )  # fmt: skip


def test_both_gates_stand_before_the_states_that_the_workshop_says() -> None:
    for key, (_, before) in gates.REQUIRED.items():
        if key == "committee":
            continue
        for state in State:
            keys = [gate.key for gate in gates.guarding(state)]
            assert (key in keys) == (state in before), (key, state)


def test_nothing_is_checked_before_the_forbidden_uses_were_answered(use: SystemUse, dpo: Person) -> None:
    shut = judged(use, "prohibited", State.CHECKED)
    assert not shut.open and "Il reste à répondre" in shut.message
    assert shut.url.endswith("/transparence/droit/tiny/")
    services.answer(use, dpo, answers(only="interdits"), signed_role="DPO")
    assert not judged(use, "prohibited", State.CHECKED).open
    services.answer(use, dpo, answers(only="interdits national"), signed_role="DPO")
    opened = judged(use, "prohibited", State.CHECKED)
    assert opened.open and "Indicatif" in opened.message
    assert "legal" not in [gate.key for gate in gates.guarding(State.CHECKED)]
    assert not judged(use, "legal").open


def test_not_knowing_keeps_both_gates_shut(use: SystemUse, dpo: Person) -> None:
    services.answer(use, dpo, answers(social_scoring="unknown", talks="unknown"), signed_role="DPO")
    assert not judged(use, "prohibited").open
    assert not judged(use, "legal").open
    services.answer(use, dpo, answers(talks="unknown"), signed_role="DPO")
    assert judged(use, "prohibited").open
    shut = judged(use, "legal")
    assert not shut.open and "Parle-t-il" in shut.message


def test_answered_whole_both_gates_open_with_their_evidence_frozen(use: SystemUse, dpo: Person) -> None:
    answer = services.answer(use, dpo, answers(talks="yes"), signed_role="DPO")
    for key in ("prohibited", "legal"):
        opened = judged(use, key, State.PRODUCTION)
        assert opened.open, opened.message
        assert opened.evidence["class"] == "transparency"
        assert opened.evidence["answer"] == answer.pk
        assert opened.evidence["rules_version"] == law.load_rules().version
        assert opened.evidence["as_of"] == timezone.localdate().isoformat()


@pytest.mark.parametrize(
    "fact",
    [
        pytest.param(fact, id=fact.key)
        for fact in law.load_rules().facts
        if fact.brings in ("prohibited", "refused") and fact.key != "notice"
    ],
)
@pytest.mark.requirement("R46")
def test_each_forbidden_use_shuts_every_entrance_whatever_else_is_there(
    use: SystemUse, dpo: Person, fact: Fact
) -> None:
    reached = {condition.question: condition.equals for condition in fact.when}
    services.answer(use, dpo, answers(**reached | {fact.key: fact.strict}), signed_role="DPO")
    services.assess(use, dpo, POINTS)
    services.certify(use, dpo, text="n° 2027-114", body="Organisme", day=date(2026, 1, 5))
    use.settings = {"force": True, "legal": "minimal", "override": True}
    use.save()
    for state in (State.CHECKED, State.SANDBOX, State.PRODUCTION, State.REVIEWED):
        shut = judged(use, "prohibited", state)
        assert not shut.open
        assert "personne ne peut passer outre" in shut.message and "relevé le" in shut.message
    assert not judged(use, "legal").open


def test_a_decision_without_its_notice_is_refused(use: SystemUse, dpo: Person) -> None:
    services.answer(use, dpo, answers(individual_decision="yes", notice="no"), signed_role="DPO")
    assert not judged(use, "prohibited").open
    services.answer(use, dpo, answers(individual_decision="yes", notice="yes"), signed_role="DPO")
    assert judged(use, "prohibited").open


@pytest.mark.requirement("R47")
def test_high_risk_needs_its_impact_assessment_and_its_certificate(use: SystemUse, dpo: Person) -> None:
    services.answer(use, dpo, answers(essential_services="yes"), signed_role="DPO")
    shut = judged(use, "papers", State.PRODUCTION)
    assert not shut.open and "analyse d'impact" in shut.message and "certificat" in shut.message
    services.assess(use, dpo, POINTS)
    shut = judged(use, "papers", State.PRODUCTION)
    assert not shut.open and "analyse d'impact" not in shut.message
    services.certify(use, dpo, text="n° 2027-114", body="Organisme", day=date(2026, 1, 5))
    opened = judged(use, "papers", State.PRODUCTION)
    assert opened.open
    assert {"assessment", "certificate"} <= opened.evidence.keys()


def test_answers_of_other_rules_or_of_a_year_ago_must_be_given_again(use: SystemUse, dpo: Person) -> None:
    kept(use, dpo, answers(), rules_version="0" * 16)
    shut = judged(use, "legal")
    assert not shut.open and "répondez de nouveau" in shut.message
    kept(use, dpo, answers(), at=timezone.now() + timedelta(seconds=1))
    assert judged(use, "legal").open


def test_a_year_is_twelve_whole_months() -> None:
    assert reading.months_between(date(2025, 11, 27), date(2026, 11, 26)) == 11
    assert reading.months_between(date(2025, 11, 26), date(2026, 11, 26)) == 12


def test_only_old_answers_shut_the_gate(use: SystemUse, dpo: Person) -> None:
    kept(use, dpo, answers(), at=timezone.now() - timedelta(days=370))
    shut = judged(use, "legal")
    assert not shut.open and "12 mois" in shut.message


def test_a_purpose_that_says_a_forbidden_use_shuts_the_gate_whatever_is_answered(
    tmp_path: Path, territory: Territory, supervisor: Person, dpo: Person
) -> None:
    with installed(tmp_path / "bad"):
        manifest = package_of(tmp_path / "bad", "tiny") / "manifest.toml"
        text = manifest.read_text("utf-8")
        use = workshop.adopt(territory, supervisor, "tiny", supervisor=supervisor)
        services.answer(use, dpo, answers(), signed_role="DPO")
        assert judged(use, "prohibited").open
        purpose = "Dire combien de repas prévoir demain, en moyenne."
        manifest.write_text(text.replace(purpose, "Noter les citoyens selon leur conduite."), "utf-8")
        shut = judged(use, "prohibited")
        assert not shut.open and "la finalité déclarée le dit" in shut.message
        manifest.write_text(text.replace(purpose, "Suivre un score social des quartiers."), "utf-8")
        assert judged(use, "prohibited").open  # a word opens a question; here a person answered it « non »


def test_a_manifest_that_says_prohibited_shuts_both_gates(
    tmp_path: Path, territory: Territory, supervisor: Person, dpo: Person
) -> None:
    with installed(tmp_path / "bad"):
        manifest = package_of(tmp_path / "bad", "tiny") / "manifest.toml"
        use = workshop.adopt(territory, supervisor, "tiny", supervisor=supervisor)
        services.answer(use, dpo, answers(), signed_role="DPO")
        manifest.write_text(
            manifest.read_text("utf-8").replace('risk = "minimal"', 'risk = "prohibited"'), "utf-8"
        )
        assert not judged(use, "prohibited").open
        assert not judged(use, "legal").open


def test_a_system_no_longer_installed_passes_no_gate(
    tmp_path: Path, territory: Territory, supervisor: Person, dpo: Person
) -> None:
    with installed(tmp_path / "gone"):
        use = workshop.adopt(territory, supervisor, "tiny", supervisor=supervisor)
        services.answer(use, dpo, answers(), signed_role="DPO")
    for key in ("prohibited", "legal"):
        shut = judged(use, key)
        assert not shut.open and "plus installé" in shut.message


def test_a_use_that_becomes_forbidden_stops_proposing_and_measuring_the_same_day(
    measured: SystemUse, supervisor: Person, dpo: Person
) -> None:
    use = carry(measured, "production")
    workshop.execute(use, supervisor, "run")
    services.answer(use, dpo, answers(social_scoring="yes"), signed_role="DPO")
    for verb in ("run", "backtest"):
        with pytest.raises(NotAllowedToRun, match="personne ne peut passer outre"):
            workshop.execute(use, supervisor, verb, reason="J'y tiens.")


def test_answers_that_are_only_old_or_open_do_not_stop_what_serves(
    measured: SystemUse, supervisor: Person, dpo: Person
) -> None:
    use = carry(measured, "production")
    services.answer(use, dpo, answers(talks="unknown"), signed_role="DPO")
    assert workshop.execute(use, supervisor, "run").state == "done"
