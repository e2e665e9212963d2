"""What every test may ask for: the real files where present, a browser."""

import os
from pathlib import Path

import pytest

# One browser a process, whichever folder asks: Playwright refuses a second one.
pytest_plugins = ["browser"]

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real files, or a skip that says where it was looked for."""
    folder = Path(os.environ.get("BEFFROI_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real files absent: {folder} (set BEFFROI_REAL_DATA)")
    return folder
