"""A folder added to the systems of the house, in a copy of the source: every part sees it, without an edit elsewhere.

What is copied starts in processes of its own: an import of the house is of one source tree.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from commands import ROOT
from reference_data import require_reference
from systems import graded

DEMONSTRATION = """
data = "sample"
until_today = ["visits"]
problem = "personne ne sait combien de personnes viendront demain."
benefit = "un guichet de plus les jours chargés."
losers = "les lieux qui ouvrent ; ils ne sont pas prévus."
without = ["Reprendre le dernier jour connu"]
worth = "les visites sont déjà comptées."
volunteers = "l'accueil de la mairie"
stop_when = "une semaine de comptages manquants."
"""
LOOKED_AT = """
import importlib.util
import json
from pathlib import Path
import beffroi
from beffroi.demonstration.demonstrated_systems import demonstrated_systems
from beffroi.systems.registry import get, list_faults
from beffroi.systems.forkserver import ForkServer
from beffroi.systems.runner import DEFAULT_LIMITS

docs = Path(beffroi.__file__).parents[2] / "docs" / "generate.py"
spec = importlib.util.spec_from_file_location("generate", docs)
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)
server = ForkServer(get("visits"), DEFAULT_LIMITS)
sample = server.sample(0)
print(json.dumps({
    "folder": str(get("visits").folder),
    "faults": [fault.message for fault in list_faults()],
    "demonstrated": [system.id for system in demonstrated_systems()],
    "house": generate.house(),
    "dependencies": generate.dependencies(),
    "systems": generate.systems(),
    "proposals": len(server.execute("run", sample).outcome.proposals),
    "rows": server.execute("backtest", sample).score.rows,
}))
server.close()
"""
UNNEEDED = shutil.ignore_patterns(
    ".*", "node_modules", "test-results", "demo-home", "faults_planted", "static", "dist", "build"
)


def _without_site(folder: str, names: list[str]) -> set[str]:
    """Neither the site nor the communes of France, which this costs seconds to copy."""
    return {"web", "data"} & set(names) if folder.endswith(("/beffroi", "/reference")) else set()


def with_folder(tree: Path) -> Path:
    """The copied source with one more folder: a manifest that names a library, the verbs, texts and a README."""
    folder = tree / "src" / "beffroi" / "systems" / "visits"
    folder.mkdir()
    library = 'package = "pyvisits"\nwhy = "compter des visites"\nlicence = "MIT"\n[measure]'
    manifest = graded.CAREFUL_MANIFEST.format(id="visits").replace("[measure]", library, 1)
    for name, text in (
        ("manifest.toml", manifest),
        ("__init__.py", graded.CAREFUL),
        ("demonstration.toml", DEMONSTRATION),
        ("README.md", "# `visits`\n"),
    ):
        (folder / name).write_text(text, "utf-8")
    return folder


def process(tree: Path, *arguments: str | Path, **more: str) -> str:
    """What a Python of its own prints on this source."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("BEFFROI_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, *arguments],
        env=kept | {"PYTHONPATH": f"{tree / 'src'}:{tree / 'tests'}"} | more,
        cwd=tree,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_registry_contract_demonstration_and_pages_see_an_added_folder(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src" / "beffroi", tmp_path / "src" / "beffroi", ignore=_without_site)
    (tmp_path / "docs").mkdir()
    for file in (ROOT / "docs").glob("*.py"):
        shutil.copy(file, tmp_path / "docs")
    folder = with_folder(tmp_path)
    seen = json.loads(process(tmp_path, "-c", LOOKED_AT))
    assert seen["folder"] == str(folder) and seen["faults"] == []
    assert "visits" in seen["demonstrated"]
    assert "- `systems/visits/` – Visites par lieu" in seen["house"].splitlines()
    assert "| `pyvisits` | Visites par lieu (`visits`) | compter des visites | MIT |" in seen["dependencies"]
    assert "## Visites par lieu (`visits` 1.0)" in seen["systems"]
    assert "(../src/beffroi/systems/visits/README.md)" in seen["systems"]
    assert seen["proposals"] == 4 and seen["rows"] > 100


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole source with the folder, and its extra in `pyproject.toml`; the demonstration shows nothing else."""
    require_reference()
    tree = tmp_path_factory.mktemp("added") / "source"
    shutil.copytree(ROOT, tree, ignore=UNNEEDED)
    for other in (tree / "src" / "beffroi" / "systems").glob("*/demonstration.toml"):
        other.unlink()
    with_folder(tree)
    project = tree / "pyproject.toml"
    text = project.read_text("utf-8")
    project.write_text(text.replace("\nmariadb =", '\nvisits = ["pyvisits>=1"]\nmariadb =', 1), "utf-8")
    return tree


@pytest.mark.long  # processes that start from nothing, on a whole copy
def test_the_tests_of_the_house_accept_an_added_folder_once_the_pages_are_written_again(tree: Path) -> None:
    process(tree, "docs/generate.py")
    modules = [
        *(
            "docs/test_pages_of_systems.py",
            "docs/test_pages_of_the_house.py",
            "docs/test_pages_hold_together.py",
        ),
        *(
            "demonstration/test_demonstrated_systems.py",
            "systems/test_measures.py",
            "systems/test_registry.py",
        ),
        "systems/test_models_pinned.py",
    ]
    lines = process(
        tree, "-m", "pytest", "-n", "0", "-q", "--no-header", *(f"tests/{one}" for one in modules)
    )
    assert " passed" in lines
    record = (
        "docs/test_pages_of_decisions.py::test_every_dependency_has_its_line_and_no_line_lacks_its_dependency"
    )
    assert "1 passed" in process(tree, "-m", "pytest", "-n", "0", "-q", f"tests/{record}")


@pytest.mark.long
def test_the_demonstration_carries_an_added_folder_to_its_sandbox(tree: Path, tmp_path: Path) -> None:
    arguments = ("-m", "beffroi.cli.main", "demo", "--once", "--json", "--home", tmp_path / "home")
    report = json.loads(process(tree, *arguments))
    assert [system["id"] for system in report["systems"]] == ["visits"]
    assert report["systems"][0]["value"] < report["systems"][0]["baseline"]
    assert report["proposals"] == 4 and report["decisions"] == 1
    assert any("/services-ia/visits/" in page for page in report["pages"])
