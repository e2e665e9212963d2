"""`docs/house.md` names every floor, room and package of the house, in the order of the imports, and nothing else."""

import re
import tomllib
from pathlib import Path

from support.defined_names import SOURCE, defined_names, python_files

ROOT = Path(__file__).resolve().parents[2]
HOUSE = ROOT / "src/beffroi"
NAMED = re.compile(r"^(?:\||-) `([a-z_/]+/)`", flags=re.MULTILINE)
# Folders that Django wants, with no purpose of their own to tell.
DJANGO = {"migrations", "templatetags"}


def test_every_package_is_named_in_the_page_of_the_house(pages: dict[str, str]) -> None:
    packages = {
        f"{path.parent.relative_to(HOUSE).as_posix()}/"
        for path in HOUSE.rglob("__init__.py")
        if path.parent != HOUSE and path.parent.name not in DJANGO
        # What a folder of a system holds is told in its own README.
        if not any((above / "manifest.toml").exists() for above in path.parent.parents)
    }
    assert sorted(packages - set(NAMED.findall(pages["docs/house.md"]))) == []


def test_the_page_of_the_house_names_nothing_that_does_not_exist(pages: dict[str, str]) -> None:
    named = NAMED.findall(pages["docs/house.md"])
    assert [name for name in named if not (HOUSE / name).is_dir() and not (ROOT / name).is_dir()] == []
    assert len(named) == len(set(named)), "a package is named twice"


def test_floors_and_rooms_stand_in_the_order_of_their_imports(pages: dict[str, str]) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    floors, rooms = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    named = NAMED.findall(pages["docs/house.md"])
    assert [n for n in named if n.count("/") == 1 and (HOUSE / n).is_dir()] == [
        f"{floor.removeprefix('beffroi.')}/" for floor in floors
    ]
    assert [n for n in named if re.fullmatch(r"web/[a-z_]+/", n)] == [f"web/{room}/" for room in rooms]


WALK = re.compile(r"<!-- walk: (.+?) -->\n(.*?)<!-- end of the walk -->", flags=re.DOTALL)
MESSAGE = re.compile(r"^    (\S+?)->>(\S+): (\S+)$", flags=re.MULTILINE)


def test_each_walk_is_drawn_and_shows_functions_that_exist(pages: dict[str, str]) -> None:
    """Drawn again by `python -m benchmarks.house --walks`."""
    functions = {name.path for name in defined_names(python_files(SOURCE), SOURCE) if name.kind == "function"}
    walks = dict(WALK.findall(pages["docs/house.md"]))
    assert len(walks) == 5
    for title, picture in walks.items():
        messages = MESSAGE.findall(picture)
        assert len(messages) >= 10, title
        assert [
            f"{room}.{name}" for _, room, name in messages if f"beffroi.{room}.{name}" not in functions
        ] == []


def test_every_folder_that_the_page_of_the_house_names_exists(pages: dict[str, str]) -> None:
    named = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*/)`", pages["docs/house.md"]))
    home = {"data/"}  # of an instance
    assert (
        sorted(name for name in named - home if not (HOUSE / name).is_dir() and not (ROOT / name).is_dir())
        == []
    )
