"""A real town's canteen files, gathered then bound by the proposals alone."""

from pathlib import Path

import pytest

from beffroi.web.catalogue.lifecycle import deposit_folder
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services

pytestmark = [pytest.mark.django_db, pytest.mark.long]


def test_the_proposed_binding_of_real_files_can_be_kept_as_it_is(
    real_data: Path, territory: Territory, steward: Person, supervisor: Person, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    source = real_data / "open-data" / "nantes-canteens"
    names = (
        "raw/frequentation.csv",
        "raw/menus_tous.csv",
        "raw/cantines.csv",
        "regressions/Effectifs_ecoles.csv",
        "calculators/greves.csv",
        "calculators/jours_feries.csv",
        "calculators/vacances.csv",
        "regressions/ramadan.csv",
    )
    for name in names:
        (folder / Path(name).name).write_bytes((source / name).read_bytes())
    deposit_folder(territory, folder, steward, lambda percent, message: None)
    use = services.adopt(territory, supervisor, "canteen", supervisor=supervisor)
    proposal = services.propose_binding(use)
    assert proposal.complete
    chosen = {name: entry["dataset"] for name, entry in proposal.binding.items()}
    assert chosen == {
        "attendance": "frequentation",
        "menus": "menus-tous",
        "strikes": "greves",
        "holidays": "vacances",
        "public_holidays": "jours-feries",
        "rolls": "effectifs-ecoles",
    }
    assert proposal.binding["attendance"]["columns"] == {
        "site": "site_nom",
        "date": "date",
        "meals": "reel",
        "ordered": "prevision",
        "site_type": "site_type",
    }
    assert services.bind(use, supervisor, proposal.binding).bound
