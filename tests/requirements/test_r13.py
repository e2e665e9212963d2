"""R13. Individuals not watched: simulation, not surveillance.

Accepted when no table of predictions by person is exposed.
"""

from pathlib import Path

import pytest

from beffroi.web.decisions.models import Proposal
from beffroi.web.territories.models import Person
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.models import SystemUse
from workshop import tiny as tiny_system

pytestmark = pytest.mark.django_db


def test_r13_a_table_of_predictions_by_person_is_refused_whole(
    tried: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    """The system says that its « site » identifies a person, and gives a forecast for each."""
    manifest = tmp_path / "third-party" / "tiny_system" / "manifest.toml"
    held = manifest.read_text("utf-8")
    manifest.write_text(held.replace('name = "site"\n', 'name = "site"\nidentifies_person = true\n'), "utf-8")
    with pytest.raises(WorkshopError, match="désigne des personnes"):
        services.execute(tried, supervisor, "run")
    assert not Proposal.objects.exists()
    run = tried.runs.get(verb="run")
    assert run.state == "failed" and not run.outcome


def test_r13_under_another_name_it_is_refused_all_the_same(
    tried: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    folder = tmp_path / "third-party" / "tiny_system"
    manifest = folder / "manifest.toml"
    held = manifest.read_text("utf-8")
    manifest.write_text(held.replace('name = "site"\n', 'name = "site"\nidentifies_person = true\n'), "utf-8")
    code = tiny_system.CODE.replace('{"site": site, "date": day', '{"zone": site, "date": day')
    (folder / "__init__.py").write_text(code, "utf-8")
    with pytest.raises(WorkshopError, match="« zone » désigne des personnes"):
        services.execute(tried, supervisor, "run")


def test_r13_a_system_that_says_it_prepares_no_decision_on_people_names_no_file(
    tried: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    folder = tmp_path / "third-party" / "tiny_system"
    code = tiny_system.CODE.replace('unit="repas",', 'unit="repas", case="dossier 12", effect="favourable",')
    (folder / "__init__.py").write_text(code, "utf-8")
    with pytest.raises(WorkshopError, match="dossier d'une personne"):
        services.execute(tried, supervisor, "run")
    assert not Proposal.objects.exists()
