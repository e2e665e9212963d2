"""Python scripts of recipes: each example of the documentation, run separately, gives the engine's result."""

import builtins
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.ipc
import pytest

from beffroi.lake import grant_files
from beffroi.lake.engine import connect
from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake
from beffroi.recipes import serialization
from beffroi.recipes.compile import compile
from beffroi.recipes.model import Recipe
from beffroi.recipes.python_script import build_script
from beffroi.recipes.spatial_joins import extensions_for
from docs.test_pages_of_recipes import TABLES, examples
from lake.lakes import staged

# Runs each script as it is, then writes the rows that it found beside it.
DRIVER = """
import os, runpy, sys
import pyarrow as pa
os.chdir(sys.argv[1])
for name in sys.argv[2:]:
    found = runpy.run_path(name)
    with pa.ipc.new_file(name + ".arrow", found["tableau"].schema) as file:
        file.write_table(found["tableau"])
"""


@pytest.fixture
def accesses(tmp_path: Path) -> Path:
    """A home with the tables of the documentation, and an access to each."""
    home = tmp_path / "home"
    folder = home / "territories" / "ville" / "lasting"
    recipe = serialization.load_recipe(examples({"docs/recettes.md": PAGE.read_text("utf-8")})[1][0])
    with Lake(folder) as lake:
        versions = {}
        for alias, table in TABLES.items():
            columns = {name: table[name] for name in table.column_names}
            versions[alias] = lake.write(
                alias, staged(tmp_path / "s", columns), delivery=1, act=alias, mode="replace"
            )
    for alias, slug in recipe.sources.items():
        opened = Grant(
            person="p1",
            territory="ville",
            dataset=slug,
            lake=str(folder),
            table=alias,
            version=versions[alias],
            columns=tuple(TABLES[alias].column_names),
            purpose="Essai",
            processing=1,
            expires=datetime.now(UTC) + timedelta(hours=1),
        )
        (tmp_path / f"{slug}.acces.json").write_text(grant_files.sign_grant(opened, home), "utf-8")
    return tmp_path


PAGE = Path(__file__).resolve().parents[2] / "docs/recettes.md"


def placed(text: str, folder: Path) -> str:
    """The script as its reader makes it theirs: the folder is that of their instance."""
    assert text.count("'/var/lib/beffroi'") == 1
    return text.replace("'/var/lib/beffroi'", repr(str(folder / "home")))


def test_each_example_gives_the_same_rows_as_a_script(accesses: Path) -> None:
    found = [text for text, _ in examples({"docs/recettes.md": PAGE.read_text("utf-8")})]
    names = []
    for number, text in enumerate(found):
        # A recipe that reads one table is handed the access to that one: its script asks for no other.
        names.append(f"analyse_{number}.py")
        made = placed(build_script(serialization.load_recipe(text)), accesses)
        (accesses / names[-1]).write_text(made, "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, str(accesses), *names], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    tables = {alias: ibis.memtable(table) for alias, table in TABLES.items()}
    for number, text in enumerate(found):
        with pa.ipc.open_file(accesses / f"analyse_{number}.py.arrow") as file:
            rows = file.read_all().to_pylist()
        recipe = serialization.load_recipe(text)
        engine = ibis.duckdb.from_connection(connect(extensions=extensions_for(recipe)))
        expected = engine.to_pyarrow(compile(recipe, tables)).to_pylist()
        key = repr if "sort" not in text and "ranking" not in text else (lambda _: 0)
        assert sorted(rows, key=key) == sorted(expected, key=key), text


def test_small_groups_are_hidden_in_the_notebook_too(accesses: Path) -> None:
    text = examples({"docs/recettes.md": PAGE.read_text("utf-8")})[0][0]
    recipe = serialization.load_recipe(text)
    made = build_script(recipe, counted={"tonnages": ("households", "code")})
    (accesses / "a.py").write_text(placed(made, accesses), "utf-8")
    done = subprocess.run([sys.executable, "a.py"], cwd=accesses, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "moins de 11 ménages" in done.stdout
    assert "Valbruyère" not in done.stdout


@pytest.mark.parametrize(
    "text",
    [
        'x\nimport os; os.abort()\n"',
        '"""; raise SystemExit(3)\n',
        "\\",
        "a\r\x0c\x85\u2028b",
        "'''\"",
    ],
)
def test_no_text_becomes_code(text: str) -> None:
    data: dict[str, Any] = {
        "title": text,
        "sources": {"t": text},
        "steps": [{"step": "source", "source": "t"}, {"step": "filter", "conditions": []}],
    }
    data["steps"][1]["conditions"] = [{"column": "v", "op": "=", "value": text}]
    recipe = Recipe.model_validate(data)
    made = build_script(recipe, step_sentences=[text], purpose=text, origin=text)
    recorded: dict[str, Any] = {}

    def run(*args: Any, **more: Any) -> Any:
        recorded["args"], recorded["access"] = args, more["access"]
        raise StopIteration

    code = made.replace("from beffroi.recipes.notebook import run\n", "")
    with pytest.raises(StopIteration):
        exec(builtins.compile(code, "script", "exec"), {"run": run})
    assert serialization.load_recipe(recorded["args"][0]) == recipe
    assert recorded["access"] == {"t": f"{text}.acces.json"}
