"""Each place of the code that starts a program or a process stands in a table of `docs/security.md`, with what holds it in."""

import re
from collections import Counter
from pathlib import Path

import pytest
from program_starts import places_below, places_in

ROOT = Path(__file__).resolve().parents[2]
RUNNER = "lake/sandboxed_programs/"
ROW = re.compile(r"^\| `([a-z0-9_/]+\.py)`: (`[^|]+`) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def rows() -> list[tuple[str, list[str], str, str]]:
    page = (ROOT / "docs/security.md").read_text("utf-8")
    section = page.partition("## What starts a program")[2].partition("\n## ")[0]
    return [
        (path, re.findall(r"`([^`]+)`", places), what.strip(), why.strip())
        for path, places, what, why in ROW.findall(section)
    ]


def test_the_table_names_every_place_that_starts_a_program_and_no_other():
    named = Counter((path, place) for path, places, _, _ in rows() for place in places)
    found = Counter(places_below(ROOT / "src/beffroi"))
    assert found - named == Counter(), "go through `program_runner.run`, or write why not in docs/security.md"
    assert named - found == Counter(), "named in docs/security.md, and gone from the code"


def test_each_of_these_places_has_what_it_starts_and_what_holds_it_in():
    for path, places, what, why in rows():
        assert what and len(why.split()) >= 5, (path, places)
    assert [path for path, *_ in rows()].count(f"{RUNNER}program_runner.py") == 1


@pytest.mark.parametrize(
    "line",
    [
        "import subprocess\ndef f(): subprocess.run(['a'])",
        "import subprocess as s\ndef f(): return s.Popen(['a'])",
        "from subprocess import check_output as c\ndef f(): c(['a'])",
        "import os\ndef f(): os.execve('a', [], {})",
        "import os\ndef f(): start = os.posix_spawn",
        "from os import spawnlp\ndef f(): spawnlp(0, 'a')",
        "def f():\n    import os\n    os.system('a')",
        "import asyncio\nasync def f(): await asyncio.create_subprocess_exec('a')",
        "import asyncio\nasync def f(): await asyncio.get_running_loop().subprocess_exec(None, 'a')",
        "import multiprocessing\ndef f(): multiprocessing.get_context('fork').Process()",
        "from concurrent import futures\ndef f(): futures.ProcessPoolExecutor()",
        "from concurrent.futures.process import ProcessPoolExecutor\ndef f(): ProcessPoolExecutor()",
        "import pty\ndef f(): pty.spawn('a')",
    ],
)
def test_a_start_is_seen_by_whatever_name_it_is_called(line: str):
    assert places_in(line) == ["f"]


@pytest.mark.parametrize(
    "line",
    [
        "import subprocess\ndef f(child: subprocess.Popen) -> subprocess.Popen: ...",
        "import subprocess\nPIPE = subprocess.PIPE",
        "import os\ndef f(): os.path.join('a')",
        "def f(run): run(['a'])",
    ],
)
def test_what_starts_nothing_is_not_taken_for_a_start(line: str):
    assert places_in(line) == []
