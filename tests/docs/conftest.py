"""What the tests of the documentation share: the repository's files as git knows them, and `docs/generate.py`."""

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _listed() -> list[Path]:
    """The files that git tracks or would track; without git (an archive), every file beside what set-up made."""
    asked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode == 0:
        return [ROOT / name for name in asked.stdout.split("\0") if name]
    made = {"node_modules", "dist", "build", "__pycache__", "test-results", "demo-home"}
    ours = {".ci", ".gitignore", ".npmrc"}
    return [
        path
        for path in ROOT.rglob("*")
        if not any(p in made or (p[0] == "." and p not in ours) for p in path.relative_to(ROOT).parts)
    ]


@pytest.fixture(scope="session")
def files() -> list[Path]:
    return sorted(path for path in _listed() if path.is_file() and not path.is_symlink())


@pytest.fixture(scope="session")
def pages(files: list[Path]) -> dict[str, str]:
    """Every page of the documentation, by its path in the repository."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in files if path.suffix == ".md"
    }


@pytest.fixture(scope="session")
def generate() -> ModuleType:
    """`docs/generate.py`, which is no package."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs/generate.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
