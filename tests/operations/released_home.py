"""Homes of released versions, which every later version opens: one archive a release in `released_homes`.

`python tests/operations/released_home.py VERSION`, run once in the tree of a release, makes its archive: an invented town that has
poured, undone, computed, published and decided, and a second one that has everything that exists (`isolation.world`, whose own tests
ask it for each new thing). Its keys sign nothing else.
"""

import hashlib
import json
import sys
import tarfile
import tempfile
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ARCHIVES = Path(__file__).parent / "released_homes"
ADMINISTRATOR, STEWARD, SUPERVISOR, DECIDER = "administrator", "data_officer", "supervisor", "decider"
MEALS_BY_SITE = "repas-par-site"


def archive_of(version: str) -> Path:
    return ARCHIVES / f"{version}.tar.xz"


def extract(version: str, folder: Path) -> Path:
    """The home of this release, unpacked in `folder`."""
    with tarfile.open(archive_of(version)) as archive:
        archive.extractall(folder, filter="data")
    (folder / "home").chmod(0o700)  # as docs/installer.md has it made
    return folder / "home"


def migrations() -> dict[str, str]:
    """The SHA-256 of each migration of the tree, by « room/file »."""
    files = (TESTS.parent / "src/beffroi/web").glob("*/migrations/0*.py")
    return {
        f"{file.parts[-3]}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(files)
    }


def pack(home: Path, version: str) -> None:
    ARCHIVES.mkdir(exist_ok=True)
    (ARCHIVES / f"{version}.migrations.json").write_text(json.dumps(migrations(), indent=1) + "\n", "utf-8")
    with tarfile.open(archive_of(version), "w:xz", preset=9) as archive:
        archive.add(home, "home")


def make(path: Path) -> None:
    """A home that has lived, by the services of this version."""
    from beffroi.cli.common import setup_django
    from beffroi.home import Home

    home = Home(path)
    home.create(demo=True)  # where members of a demonstration may decide
    setup_django(home)
    from beffroi.web.operations.upgrade import prepare
    from beffroi.web.platform import scope
    from places import a_person, a_territory

    prepare(home)
    town = a_territory("Valbruyère")
    people = {role: a_person(town, role) for role in (ADMINISTRATOR, STEWARD, SUPERVISOR, DECIDER)}
    with scope.inside(town):
        _fill(town, people)
    with scope.nowhere():
        _everything()
    from beffroi.web.platform.ledger import proofs

    proofs.save_all_today()
    from django.db import connections

    connections.close_all()  # what its journal still holds joins the database


def _fill(town, people) -> None:  # type: ignore[no-untyped-def]
    from beffroi.web.catalogue import lifecycle
    from beffroi.web.decisions.models import Proposal
    from beffroi.web.decisions.services import decide
    from beffroi.web.studio import services as studio
    from beffroi.web.workshop import services as workshop
    from catalogue.deliveries import FEBRUARY, JANUARY
    from life import carry
    from places import poured
    from studio.canteens import FAMILIES, MEALS, MORE_MEALS, published, replaced, saved, served_by_site
    from workshop.conftest import meals
    from workshop.tiny import installed

    steward = people[STEWARD]
    poured(town, steward, "Cantines janvier 2025.csv", JANUARY)
    poured(town, steward, "Cantines février 2025.csv", FEBRUARY)
    poured(town, steward, "Familles 2025.csv", FAMILIES)
    canteens = poured(town, steward, "Sites.csv", MEALS).dataset
    lifecycle.undo(replaced(canteens, steward, MORE_MEALS), steward)
    published(canteens, steward)
    saved(town, steward, served_by_site(canteens), MEALS_BY_SITE)
    studio.save_board(town, steward, "cantines", "Cantines", "Qui mange où ?", [MEALS_BY_SITE], public=True)
    served = poured(town, steward, "repas servis.csv", meals()).dataset
    with tempfile.TemporaryDirectory() as folder, installed(Path(folder)):
        supervisor = people[SUPERVISOR]
        use = workshop.adopt(town, supervisor, "tiny", supervisor=supervisor)
        columns = {"site": "ecole", "date": "jour", "meals": "repas_servis"}
        workshop.bind(use, supervisor, {"attendance": {"dataset": served.slug, "columns": columns}})
        workshop.execute(use, supervisor, "backtest")
        carry(use, "sandbox")
        workshop.execute(use, supervisor, "run")
    for verdict, proposal in zip(("accept", "refuse"), Proposal.objects.of(town), strict=False):
        decide(proposal, people[DECIDER], verdict, reason="Décision d'essai : la cuisine le confirme.")


def _everything() -> None:
    """A town with one of each thing of every room: what came since the last release is here without being asked."""
    from isolation.helping import csirt
    from isolation.world import THERE, furnish
    from workshop.tiny import installed

    with tempfile.TemporaryDirectory() as folder, installed(Path(folder)):
        csirt()
        furnish(THERE)


if __name__ == "__main__":
    sys.path.insert(0, str(TESTS))
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "home")
        pack(Path(folder) / "home", sys.argv[1])
