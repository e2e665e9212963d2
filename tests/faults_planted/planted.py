"""The planted faults as they lie in this folder: `by_hand/` and `drawn/`, one patch each, and those that change nothing.

A patch begins with « Room: catalogue » (whose tests must catch it: a folder of `tests/`) and « Fault: … », then a diff.
`equivalent.toml` names the drawn ones that no test can catch, each with its reason.
"""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FLOORS = ("cli", "demonstration", "systems", "guides", "recipes", "ledger", "lake")
# The files of `web/` that stand in no room, and the one beside the floors.
BESIDE = {"web/api.py": "api", "home.py": "operations"}
_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? ", flags=re.MULTILINE)


class UnreadableFault(Exception):
    """A patch without its header, or that no longer applies."""


@dataclass(frozen=True)
class PlantedFault:
    """`lines` are those that the patch changes, as « path:line » below `src/beffroi` before the change."""

    path: Path
    room: str
    says: str
    lines: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    def apply(self, tree: Path, *, undo: bool = False) -> None:
        """Change `tree` (or change it back). Raises `UnreadableFault` where the patch does not apply."""
        arguments = ["git", "apply", *(["--reverse"] if undo else []), str(self.path)]
        done = subprocess.run(arguments, cwd=tree, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UnreadableFault(f"{self.name} no longer applies: {done.stderr.strip()}")


def room_of(source: str) -> str:
    """The room of a file of `src/beffroi`, by its path there: the folder of `tests/` that answers for it."""
    first, _, rest = source.partition("/")
    if first in FLOORS:
        return first
    return BESIDE.get(source) or (rest.partition("/")[0] if "/" in rest else "platform")


def read(path: Path) -> PlantedFault:
    text = path.read_text("utf-8")
    header = dict(re.findall(r"^(Room|Fault): (.+)$", text.partition("\ndiff ")[0], flags=re.MULTILINE))
    if header.keys() != {"Room", "Fault"}:
        raise UnreadableFault(f"{path.name} does not begin with « Room: » and « Fault: »")
    return PlantedFault(path, header["Room"], header["Fault"], frozenset(_changed(text)))


def _changed(text: str) -> Iterator[str]:
    """The lines that a diff takes away or, where it only adds, those around the addition."""
    source, line = "", 0
    added = False
    for row in text[text.index("\ndiff ") + 1 :].splitlines():
        if row.startswith("--- a/"):
            source = row.removeprefix("--- a/src/beffroi/").strip()
        elif found := _HUNK.match(row):
            line = int(found[1])
        elif row.startswith("+") and not row.startswith("+++"):
            if not added:
                yield from (f"{source}:{n}" for n in (line - 1, line))
            added = True
        elif row.startswith(("-", " ")) and not row.startswith("---"):
            added = False
            if row.startswith("-"):
                yield f"{source}:{line}"
            line += 1


def equivalents() -> dict[str, str]:
    """The faults that change nothing, each with its reason."""
    return dict(tomllib.loads((HERE / "equivalent.toml").read_text("utf-8")))


def all_faults(room: str = "") -> list[PlantedFault]:
    """Every fault that changes something, of one room if asked; raises `UnreadableFault`."""
    found = [read(path) for path in sorted(HERE.glob("*/*.patch"))]
    return [one for one in found if one.name not in equivalents() and room in ("", one.room)]
