"""Import layers: folders outside the environment that Python imports from (`PYTHONPATH`, `pip install --target`, lines of a
`.pth`, editable installations).

The parent process lists those that an isolated child would not know; the child shows them in its sandbox with its own, read-only,
and imports from them once it is closed. Only the standard library is used: the child imports this before.
"""

import contextlib
import os
import pwd
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any


def layers_of_this_process() -> tuple[list[str], list[str]]:
    """Entries of the import path that come from `PYTHONPATH` or hold installed distributions: those before the standard
    library, and those after it.

    The working directory and the folder of a script, which may hold anything, are none; nor is what contains a home directory.
    """
    standard_library = str(Path(os.__file__).parent)
    place = sys.path.index(standard_library) if standard_library in sys.path else 0
    named = {os.path.abspath(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry}  # noqa: PTH100
    before, after = sys.path[:place], sys.path[place:]
    return [one for one in before if _is_layer(one, named)], [one for one in after if _is_layer(one, named)]


def _is_layer(entry: str, named: set[str]) -> bool:
    folder = Path(entry)
    if not folder.is_absolute() or _contains_a_home(folder):
        return False
    return entry in named or any(folder.glob("*.dist-info"))


def visible_folders(layers: Iterable[str], bound: Iterable[str]) -> list[str]:
    """Paths to bind so that these layers and the import path of this process can be read, where `bound` is already."""
    bound = list(bound)
    entries = [*layers, *sys.path, *_redirected_folders()]
    # Of what is reached by a symbolic link, the link and what it leads to.
    paths = dict.fromkeys(path for entry in entries for path in (Path(entry), Path(entry).resolve()))
    return [
        str(path)
        for path in paths
        if path.is_absolute()
        and not any(path.is_relative_to(folder) for folder in bound)
        and not _contains_a_home(path)
    ]


def _redirected_folders() -> Iterator[str]:
    """Folders of editable installations that a finder serves, as setuptools (`MAPPING`) and editables (`_redirections`) write it."""
    for finder in sys.meta_path:
        kind: Any = finder if isinstance(finder, type) else type(finder)
        mapping = getattr(sys.modules.get(kind.__module__), "MAPPING", None)
        for found in (mapping, getattr(finder, "_redirections", None)):
            for path in found.values() if isinstance(found, dict) else ():
                # A package is its folder, a module its file alone: what stands beside it is no part of it.
                yield str(Path(path).parent if Path(path).name == "__init__.py" else path)


def _contains_a_home(folder: Path) -> bool:
    """Whether it is a home directory of the account or stands above one: in the child, that of the environment is its private folder."""
    homes = [os.environ.get("HOME") or "/"]
    with contextlib.suppress(KeyError):  # a number without an account, as in some containers
        homes.append(pwd.getpwuid(os.getuid()).pw_dir)
    return any(Path(home).is_relative_to(folder) for home in homes)
