"""Places outside for the tests of destinations: real servers, each with its folder on this disk; files that act when they are read."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from beffroi.web.continuity.destinations import services
from beffroi.web.continuity.models import Destination
from beffroi.web.platform.models import Person, Territory

FILES = {"index.html": b"<h1>v1</h1>", "fil.xml": b"<feed/>", "pages/cantine.html": b"x" * 50_000}
NEWER = {"index.html": b"<h1>v2</h1>", "pages/nouvelle.html": "é".encode() * 10_000}


class Acting(dict[str, bytes]):
    """Files that call `act` when the one before the last is read."""

    def __init__(self, files: dict[str, bytes], act: Callable[[], None]) -> None:
        super().__init__(files)
        self.act, self.before = act, 1

    def items(self) -> Any:
        def each() -> Iterator[tuple[str, bytes]]:
            for name in list(self):
                yield name, self[name]

        return each()

    def __getitem__(self, name: str) -> bytes:
        if self.before == 0:
            self.act()
        self.before -= 1
        return super().__getitem__(name)


def content_of(folder: Path) -> dict[str, bytes]:
    """Files of a folder, by their path."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def a_folder(territory: Territory, by: Person, path: Path, use: str = "kit", **fields: Any) -> Destination:
    return services.declare(
        territory, by, use=use, kind="folder", name="Clé du coffre", address=str(path), **fields
    )
