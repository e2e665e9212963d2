"""AI offence detection is confirmed by an authorised agent only; what is not confirmed expires, evidence first."""

from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from beffroi.web.decisions import offences, proposing
from beffroi.web.decisions.models import Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.territories import scope
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import RIGHTS
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.models import SystemUse
from decisions.conftest import a_case, proposals_of
from places import a_person, strongly
from workshop import tiny as tiny_system

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


def test_r34_the_workshop_keeps_no_table_of_supposed_offences(
    tried: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    code = tiny_system.CODE.replace('unit="repas",', 'unit="repas", offence=True,')
    (tmp_path / "third-party" / "tiny_system" / "__init__.py").write_text(code, "utf-8")
    run = workshop.execute(tried, supervisor, "run")
    assert run.outcome["rows"] == []
    client = strongly(Client(), supervisor)
    slug = tried.territory.slug
    html = client.get(f"/t/{slug}/services-ia/tiny/executions/{run.pk}/").content.decode()
    assert "Jean-Moulin" not in html and "Valider les propositions" not in html
