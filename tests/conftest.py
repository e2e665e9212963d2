"""What every test may ask for: the real files where present, and a home of its own for the site's settings."""

import os
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# Django reads its settings at import: the tests' home must be named before that.
_home = tempfile.TemporaryDirectory(prefix="beffroi-tests-")
os.environ["BEFFROI_HOME"] = _home.name
os.environ.setdefault("BEFFROI_TESTING", "1")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real files, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("BEFFROI_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real files absent: {folder} (set BEFFROI_REAL_DATA)")
    return folder
