"""`beffroi recipe`: a written recipe is told or refused with its places, and an analysis leaves as one that can be read."""

from pathlib import Path

import pytest

from beffroi.recipes import serialization
from blank import blank
from commands import beffroi, python

RECIPE = """version: 1
title: Repas
sources: {repas: cantines}
steps:
- {step: source, source: repas}
- step: ranking
  value: repas
"""
MAKE = """
import sys
from pathlib import Path
from beffroi.cli.common import setup_django
from beffroi.home import Home
home = Home(Path(sys.argv[1]))
setup_django(home)
from django.utils import timezone
from beffroi.recipes.serialization import load_recipe
from beffroi.web.studio.models import StoredRecipe
from beffroi.web.studio.purposes import steering
from beffroi.web.platform import scope
from beffroi.web.tenancy.services import NewTerritory, found_territory
town = found_territory(NewTerritory(code="99T01", name="Ville", kind="CA", population=None, is_fictional=True))
with scope.inside(town):
    definition = load_recipe(sys.argv[2]).model_dump(mode="json")
    StoredRecipe.objects.create(
        territory=town, slug="repas", title="Repas", definition=definition, processing=steering(town), version=1,
        updated_at=timezone.now(),
    )
"""


def test_a_recipe_is_told_in_sentences(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE, "utf-8-sig")
    done = beffroi("recipe", "check", tmp_path / "r.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "1. Prendre les données de « cantines »."
    assert done.stdout.splitlines()[1].startswith("2. Classer selon « repas », du plus grand au plus petit")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (RECIPE.replace("value", "valeur").encode(), "steps[1].valeur (ligne 7)"),
        (RECIPE.replace("Repas", "Goûter").encode("latin-1"), "n'est pas en UTF-8"),
        (b"[" * 200_000, "elle n'est pas lue"),
    ],
    ids=["an unknown field", "another encoding", "nested without end"],
)
def test_a_recipe_that_is_wrong_is_refused_in_french(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "r.yaml").write_bytes(content)
    done = beffroi("recipe", "check", tmp_path / "r.yaml")
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_an_analysis_is_written_as_a_recipe_that_can_be_read(tmp_path: Path) -> None:
    blank(tmp_path / "instance", demo=True)
    made = python(MAKE, tmp_path / "instance", RECIPE)
    assert made.returncode == 0, made.stderr
    for option in ((), ("--json",)):
        done = beffroi("recipe", "show", "repas", *option, "--home", tmp_path / "instance")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("{" if option else "version: 1")
        assert serialization.load_recipe(done.stdout) == serialization.load_recipe(RECIPE)
    unknown = beffroi("recipe", "show", "repos", "--home", tmp_path / "instance")
    assert unknown.returncode == 1
    assert "Analyses de Ville : repas" in unknown.stderr


def test_a_recipe_becomes_a_python_script(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(RECIPE, "utf-8-sig")
    done = beffroi("recipe", "python", tmp_path / "r.yaml")
    assert done.returncode == 0, done.stderr
    assert "from beffroi.recipes.notebook import run" in done.stdout
    compile(done.stdout, "script", "exec")
