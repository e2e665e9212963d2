"""The suite about itself: `docs/testing.md` names its marks, parts leave nothing out, planted faults apply and say what they are."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import settings

import rings
from faults_planted import draw, planted
from selection import part_of
from support import chance

ROOT = Path(__file__).resolve().parents[2]
FAULTS = sorted(planted.HERE.glob("*/*.patch"))


def test_the_page_of_the_tests_names_every_mark_that_says_where_a_test_runs(pages: dict[str, str]) -> None:
    marks = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"][
        "markers"
    ]
    names = {mark.partition(":")[0].partition("(")[0] for mark in marks}
    assert names == {"browser", "long", "requirement", "room"}
    assert [name for name in names - {"browser"} if f"mark.{name}" not in pages["docs/testing.md"]] == []


@pytest.mark.parametrize(
    ("line", "refused"),
    [
        ("import random\nrandom.shuffle(x)", "random.shuffle"),
        ("from random import choice", "from random import choice"),
        ("from random import Random\nRandom()", "Random()"),
        ("import random\nrandom.SystemRandom()", "random.SystemRandom"),
        ("import numpy as np\nnp.random.default_rng()", "default_rng()"),
        ("import numpy as np\nnp.random.normal()", "np.random.normal"),
        (
            "from hypothesis import settings\n@settings(max_examples=3)\ndef f(): ...",
            "settings(max_examples=3)",
        ),
        ("from hypothesis import seed", "from hypothesis import seed"),
        ("import random\nrandom.Random(3).shuffle(x)", ""),
        ("import numpy as np\nnp.random.default_rng(3).normal()", ""),
        ("def f(random):\n    random.shuffle(x)", ""),
        ("from hypothesis import settings\n@settings(rings.costly, phases=[])\ndef f(): ...", ""),
    ],
)
def test_a_draw_without_a_seed_is_seen(line: str, refused: str) -> None:
    assert list(chance.draws_without_seed(ast.parse(line))) == ([refused] if refused else [])


def test_no_test_draws_without_a_seed_nor_chooses_how_its_properties_draw() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {one}"
        for path in (ROOT / "tests").rglob("*.py")
        if path.name != "rings.py" and re.search("random|hypothesis", text := path.read_text("utf-8"))
        for one in chance.draws_without_seed(ast.parse(text))
    }
    # The instants of its kills, which the long ring alone draws at random, are printed, to be drawn again.
    assert found == {"tests/faults/test_faults_gathering.py: random.SystemRandom"}
    assert settings.default is not None and settings.default.derandomize is not rings.LONG


def test_parts_are_all_of_the_tests_each_once(request: pytest.FixtureRequest) -> None:
    items = request.session.items
    parts = [part_of(items, f"{n}/6") for n in range(1, 7)]
    assert sum(map(len, parts)) == len(set().union(*parts)) == len(part_of(items, "1/1"))


@pytest.mark.parametrize("asked", ["0/6", "7/6", "3", "a/b", ""])
def test_a_part_that_does_not_exist_is_refused(asked: str) -> None:
    with pytest.raises(pytest.UsageError, match="3/6"):
        part_of([], asked)


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.stem)
def test_a_planted_fault_applies_to_the_tree_of_today_and_names_a_room(path: Path) -> None:
    fault = planted.read(path)
    done = subprocess.run(
        ["git", "apply", "--check", str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (ROOT / "tests" / fault.room).is_dir()
    assert fault.lines
    assert all((ROOT / "src/beffroi" / line.rpartition(":")[0]).is_file() for line in fault.lines)


@pytest.mark.parametrize("folder", ["by_hand", "drawn"])
def test_every_room_has_faults_written_by_hand_and_drawn(folder: str) -> None:
    rooms = {path.name for path in (ROOT / "src/beffroi/web").iterdir() if (path / "__init__.py").is_file()}
    planted_in = {planted.read(path).room for path in FAULTS if path.parent.name == folder}
    assert sorted(({*planted.FLOORS, *rooms}) - planted_in) == []


def test_what_changes_nothing_is_a_fault_that_was_drawn() -> None:
    names = {f"{path.parent.name}/{path.stem}" for path in FAULTS}
    assert [name for name in planted.equivalents() if name not in names] == []


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("def f(a, b):\n    return a < b\n", "    return a <= b\n"),
        ("def f(a):\n    if a:\n        pass\n", "    if not (a):\n"),
        ("def f():\n    return True\n", "    return False\n"),
        ("def f():\n    return [x for x in y]\n", "    return []\n"),
    ],
)
def test_a_drawn_fault_changes_one_comparison_condition_or_value(
    text: str, changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw, "SOURCE", tmp_path)
    (tmp_path / "web/catalogue").mkdir(parents=True)
    (tmp_path / "web/catalogue/f.py").write_text(text, "utf-8")
    source = "web/catalogue/f.py"
    patches = [draw.patch(one) for one in draw.candidates(source)]
    assert any(f"\n+{changed}" in one for one in patches)
    assert all(one.startswith("Room: catalogue\nFault: ") for one in patches)


def test_the_draw_is_the_same_each_time() -> None:
    lines = {f"ledger/chain.py:{n}" for n in range(1, 200)}
    first, again = (list(map(draw.patch, draw.draw(lines, 5))) for _ in range(2))
    assert first == again != []
