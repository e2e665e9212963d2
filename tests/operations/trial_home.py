"""The home of a town that has lived, and the same home earlier: for tests that harm it, or put an older copy of a file back."""

from pathlib import Path

from blank import blank, made_once
from commands import python
from reference_data import require_reference

TESTS = Path(__file__).resolve().parents[1]
MAKE = """
import shutil, sys
from datetime import timedelta
from pathlib import Path
home, *more = sys.argv[1:]
sys.path[:0] = more
from beffroi.cli.common import setup_django
from beffroi.home import Home
home = Home(Path(home))
setup_django(home)
from django.utils import timezone
from beffroi.web.platform import scope
from beffroi.web.platform.ledger import proofs
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
from beffroi.web.catalogue import lifecycle
from deliveries import FAMILIES, FEBRUARY, JANUARY, WITH_TOTAL, poured, received
from beffroi.web.operations.upgrade import prepare
prepare(home)
town = found_territory(NewTerritory(code="99T01", name="Valbruyère", kind="commune", population=1000, is_fictional=True))
person = admit(town, "agent@example.org", "Agent Zoé", ["data_officer", "administrator"], by=None, simulated=True)
readings = lambda n: "Compteur;Jour;Relevé" + chr(10) + "".join(
    f"C{(7919 * i + n) % 100000:05};{1 + n:02}/{1 + i % 12:02}/2025;{(n + 1) * (i * 37 % 99991)},25" + chr(10) for i in range(1500))
with scope.inside(town):
    first = poured(town, person, "Cantines janvier 2025.csv", JANUARY)
    poured(town, person, "Familles 2025.csv", FAMILIES)
    for n, name in enumerate(("Relevés", "Débits", "Pressions")):
        poured(town, person, f"{name} 1.csv", readings(n).replace("Relevé", name))
now = timezone.now
timezone.now = lambda: now() - timedelta(days=1)
proofs.save_all_today()
timezone.now = now
from django.db import connection
connection.close()
shutil.copytree(home.path, home.path.parent / "earlier")
with scope.inside(town):
    poured(town, person, "Cantines fevrier 2025.csv", FEBRUARY)
    poured(town, person, "Relevés 2.csv", readings(1).replace("Relevé", "Relevés"))
    poured(town, person, "Fréquentation 2024.csv", WITH_TOTAL.replace("Prix moyen", "Coût"))
    poured(town, person, "Voisins 2025.csv", FAMILIES.replace("Nom", "Nom usuel").replace("Quotient", "Rue"))
    received(town, person, "à lire.csv", JANUARY.replace("112", "113"))
proofs.save_all_today()
admit(town, "autre@example.org", "Autre", ["agent"], by=None, simulated=True)
"""


def made() -> Path:
    """A folder with `home` and `earlier`, made once a run: copy them."""
    require_reference()
    return made_once("home-for-trials", fill)


def fill(folder: Path) -> None:
    blank(folder / "home", demo=False)
    done = python(MAKE, folder / "home", TESTS, TESTS / "catalogue")
    assert done.returncode == 0, done.stderr
