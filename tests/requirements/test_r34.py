"""AI offence detection is confirmed by an authorised agent only; what is not confirmed expires, evidence first."""

import pytest
from django.core.exceptions import PermissionDenied

from beffroi.web.decisions import offences, proposing
from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.territories import scope
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import RIGHTS
from decisions.conftest import a_case, proposals_of
from places import a_person

pytestmark = pytest.mark.django_db


def test_r34_only_the_role_of_authorised_agent_confirms(territory: Territory, elected: Person) -> None:
    assert [role for role, acts in RIGHTS.items() if "offence.confirm" in acts] == ["authorised_agent"]
    first, second = proposals_of(
        territory, a_case(case="", subject="A", offence=True), a_case(case="", subject="B", offence=True)
    )
    with pytest.raises(PermissionDenied):
        decide(first, elected, "accept", reason="Vu")
    sworn = a_person(territory, "authorised_agent")
    assert decide(second, sworn, "accept", reason="Constaté").person == sworn


def test_r34_unconfirmed_evidence_expires(territory: Territory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposing, "OFFENCE_DAYS", -1)
    proposals_of(territory, a_case(case="", offence=True, evidence={"picture": "x"}))
    with scope.nowhere():
        assert offences.expire() == 1
    assert Proposal.objects.get().evidence == {}
