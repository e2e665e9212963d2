"""Prohibited uses are refused whatever a person answers; identifying people by their body is high risk."""

from pathlib import Path

import pytest

from beffroi.systems import law
from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.legal import services
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.life import gates
from beffroi.web.workshop.life.states import State
from beffroi.web.workshop.models import SystemUse
from support.sample_systems import package_of
from trust.answering import answers
from workshop.tiny import installed

pytestmark = pytest.mark.django_db
PURPOSE = "Dire combien de repas prévoir demain, en moyenne."


def shut(use: SystemUse) -> list[str]:
    """What the gate of prohibited uses says before every state, once it is shut."""
    told = []
    for state in (State.CHECKED, State.SANDBOX, State.PRODUCTION, State.REVIEWED):
        (judgement,) = [found for gate, found in gates.judged(use, state) if gate.key == "prohibited"]
        assert not judgement.open
        told.append(judgement.message)
    return told


@pytest.mark.parametrize(
    "purpose",
    [
        "Noter les citoyens selon leur conduite.",
        "Prédire qui commettra une infraction dans le quartier.",
        "Attribuer une note de comportement à chaque famille.",
    ],
)
@pytest.mark.requirement("R46")
def test_a_card_with_such_a_purpose_is_rejected_whatever_a_person_answers(
    tmp_path: Path, territory: Territory, supervisor: Person, dpo: Person, purpose: str
) -> None:
    with installed(tmp_path / "bad"):
        card = package_of(tmp_path / "bad", "tiny") / "manifest.toml"
        use = workshop.adopt(territory, supervisor, "tiny", supervisor=supervisor)
        card.write_text(card.read_text("utf-8").replace(PURPOSE, purpose), "utf-8")
        kept = services.answer(use, dpo, answers(), signed_role="DPO")
        assert kept.risk_class == "prohibited"
        assert all("la finalité déclarée le dit" in told for told in shut(use))


@pytest.mark.requirement("R46")
def test_identifying_people_by_their_body_is_high_risk_where_it_is_not_refused(
    use: SystemUse, dpo: Person
) -> None:
    kept = services.answer(use, dpo, answers(biometrics="yes"), signed_role="DPO")
    assert kept.risk_class == "high"
    assert law.evaluate(answers(biometrics="yes", profiling="yes"), kept.as_of).needs_file
