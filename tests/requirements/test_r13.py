"""R13. Individuals not watched: simulation, not surveillance.

Accepted when no table of predictions by person is exposed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from beffroi.web.decisions.models import Proposal
from beffroi.web.territories.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.models import SystemUse
from decisions import replier
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


@pytest.fixture
def answering(
    tmp_path: Path, territory: Territory, steward: Person, supervisor: Person
) -> Iterator[SystemUse]:
    """A system given the names of « Dubreuil 114 », « Petit » and of « 102 »."""
    with replier.installed(tmp_path / "replier"):
        yield replier.in_its_sandbox(territory, steward, supervisor)


@pytest.mark.parametrize("where", ["note", "figure"])
@pytest.mark.parametrize("words", ["Une absence : dubreuil-114.", "Sans M. Petit", "Sans PETIT"])
def test_r13_the_words_of_a_note_or_of_a_figure_name_nobody_either(
    answering: SystemUse, supervisor: Person, where: str, words: str
) -> None:
    with pytest.raises(WorkshopError, match="dont les mots désignent une personne"):
        replier.answered(answering, supervisor, f"{where}:{words}")
    assert answering.runs.get(verb="run").outcome == {}


@pytest.mark.parametrize("where", ["note", "figure"])
def test_r13_a_word_or_a_count_that_is_also_a_name_stops_nothing(
    answering: SystemUse, supervisor: Person, where: str
) -> None:
    run = replier.answered(answering, supervisor, f"{where}:102 questions, un petit nombre")
    assert "102 questions, un petit nombre" in str(run.outcome)
