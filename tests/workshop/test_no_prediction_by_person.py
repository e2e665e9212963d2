"""Individuals are not watched: no table, note, figure or file of predictions names a person."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from django.test import Client

from beffroi.web.decisions.models import Proposal
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.models import SystemUse
from decisions import replier
from places import strongly
from support.sample_systems import package_of
from workshop import tiny as tiny_system

pytestmark = pytest.mark.django_db


@pytest.mark.requirement("R13")
def test_a_table_of_predictions_by_person_is_refused_whole(
    tried: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    """The system says that its « site » identifies a person, and gives a forecast for each."""
    manifest = package_of(tmp_path / "third-party", "tiny") / "manifest.toml"
    held = manifest.read_text("utf-8")
    manifest.write_text(held.replace('name = "site"\n', 'name = "site"\nidentifies_person = true\n'), "utf-8")
    with pytest.raises(WorkshopError, match="désigne des personnes"):
        services.execute(tried, supervisor, "run")
    assert not Proposal.objects.exists()
    run = tried.runs.get(verb="run")
    assert run.state == "failed" and not run.outcome


@pytest.mark.requirement("R13")
def test_under_another_name_it_is_refused_all_the_same(
    tried: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    folder = package_of(tmp_path / "third-party", "tiny")
    manifest = folder / "manifest.toml"
    held = manifest.read_text("utf-8")
    manifest.write_text(held.replace('name = "site"\n', 'name = "site"\nidentifies_person = true\n'), "utf-8")
    code = tiny_system.CODE.replace('{"place": site, "date": day', '{"zone": site, "date": day')
    (folder / "__init__.py").write_text(code, "utf-8")
    with pytest.raises(WorkshopError, match="« zone » désigne des personnes"):
        services.execute(tried, supervisor, "run")


@pytest.mark.requirement("R13")
def test_a_system_that_says_it_prepares_no_decision_on_people_names_no_file(
    tried: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    folder = package_of(tmp_path / "third-party", "tiny")
    code = tiny_system.CODE.replace('unit="repas",', 'unit="repas", case="dossier 12", effect="favourable",')
    (folder / "__init__.py").write_text(code, "utf-8")
    with pytest.raises(WorkshopError, match="dossier d'une personne"):
        services.execute(tried, supervisor, "run")
    assert not Proposal.objects.exists()


@pytest.mark.requirement("R34")
def test_the_workshop_keeps_no_table_of_supposed_offences(
    tried: SystemUse, supervisor: Person, tmp_path: Path
) -> None:
    code = tiny_system.CODE.replace('unit="repas",', 'unit="repas", offence=True,')
    (package_of(tmp_path / "third-party", "tiny") / "__init__.py").write_text(code, "utf-8")
    run = services.execute(tried, supervisor, "run")
    assert run.outcome["rows"] == []
    client = strongly(Client(), supervisor)
    slug = tried.territory.slug
    html = client.get(f"/t/{slug}/services-ia/tiny/executions/{run.pk}/").content.decode()
    assert "Jean-Moulin" not in html and "Valider les propositions" not in html


@pytest.fixture
def answering(
    tmp_path: Path, territory: Territory, steward: Person, supervisor: Person
) -> Iterator[SystemUse]:
    """A system given the names of « Dubreuil 114 », « Petit » and of « 102 »."""
    with replier.installed(tmp_path / "replier"):
        yield replier.in_its_sandbox(territory, steward, supervisor)


@pytest.mark.requirement("R13")
def test_the_words_of_a_note_or_of_a_figure_name_nobody_either(
    answering: SystemUse, supervisor: Person
) -> None:
    named = ["Une absence : dubreuil-114.", "Sans M. Petit", "Sans PETIT"]
    for where, words in product(("note", "figure"), named):
        with pytest.raises(WorkshopError, match="dont les mots désignent une personne"):
            replier.answered(answering, supervisor, f"{where}:{words}")
    assert [run.outcome for run in answering.runs.filter(verb="run")] == [{}] * 6


@pytest.mark.requirement("R13")
def test_a_word_or_a_count_that_is_also_a_name_stops_nothing(
    answering: SystemUse, supervisor: Person
) -> None:
    for where in ("note", "figure"):
        run = replier.answered(answering, supervisor, f"{where}:102 questions, un petit nombre")
        assert "102 questions, un petit nombre" in str(run.outcome)
