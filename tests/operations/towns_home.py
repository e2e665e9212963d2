"""A home of two towns that have lived, its backup of the night, and a day of work in each of them since."""

from pathlib import Path

from blank import blank, made_once
from commands import beffroi, python
from reference_data import require_reference

TESTS = Path(__file__).resolve().parents[1]
TOWNS = ("valbruyere", "saint-mure")
_OPEN = """
import sys
from pathlib import Path
home, *more = sys.argv[1:]
sys.path[:0] = more
from beffroi.cli.common import setup_django
from beffroi.home import Home
home = Home(Path(home))
setup_django(home)
from datetime import timedelta
from django.utils import timezone
from beffroi.web.operations.upgrade import prepare
from beffroi.web.platform import scope, sealing
from beffroi.web.platform.ledger import proofs
from beffroi.web.platform.models import *
from beffroi.web.tenancy.services import NewTerritory, admit, found_territory
from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.models import *
from deliveries import FAMILIES, FEBRUARY, JANUARY, poured, received
from beffroi.web.tenancy.models import IdentityProvider
prepare(home)
now = timezone.now
def earlier(days, work):
    timezone.now = lambda: now() - timedelta(days=days)
    work()
    timezone.now = now
"""
FILL = (
    _OPEN
    + """
def live():
    for code, name in (("99T01", "Valbruyère"), ("99T02", "Saint-Mure")):
        town = found_territory(NewTerritory(code=code, name=name, kind="commune", population=1000, is_fictional=True))
        mail = f"agent@{town.slug}.example.org"
        person = admit(town, mail, f"Agent de {name}", ["data_officer", "administrator"], by=None, simulated=True)
        admit(town, f"autre@{town.slug}.example.org", f"Autre de {name}", ["agent"], by=None, simulated=True)
        with scope.inside(town):
            poured(town, person, "Cantines janvier 2025.csv", JANUARY)
            if town.slug == "saint-mure":
                poured(town, person, "Familles 2025.csv", FAMILIES)
            provider = {"issuer": "https://idp.example.org", "client_id": "x", "form_origin": "https://idp.example.org"}
            sealed = sealing.seal(f"secret de {name}")
            IdentityProvider.objects.create(territory=town, public_id=town.slug, name="SSO", sealed_secret=sealed, **provider)
earlier(3, live)
earlier(2, proofs.save_all_today)
"""
)
DAY = (
    _OPEN
    + """
def work():
    for town in Territory.objects.order_by("pk"):
        with scope.inside(town):
            members = Membership.objects.of(town).select_related("person").order_by("pk")
            person = next(m.person for m in members if m.role == "data_officer")
            other = next(m for m in members if m.role == "agent")
            if town.slug == "saint-mure":
                poured(town, person, "Cantines fevrier 2025.csv", FEBRUARY)
            received(town, person, "à lire.csv", JANUARY.replace("112", "113"))
            dataset = Dataset.objects.of(town).order_by("pk").first()
            lifecycle.edit_card(dataset, person, title="Titre d'un autre jour")
            Membership.objects.of(town).filter(pk=other.pk).update(until=timezone.now())
        admit(town, f"neuf@{town.slug}.example.org", f"Arrivée de {town.name}", ["agent"], by=None, simulated=True)
work()
proofs.save_all_today()
"""
)


def made() -> Path:
    """A folder with `home` and `night.tar.gz`, made once a run: copy them."""
    require_reference()
    return made_once("home-of-two-towns", fill)


def fill(folder: Path) -> None:
    blank(folder / "home", demo=False)
    run(FILL, folder / "home")
    saved = beffroi("backup", folder / "night.tar.gz", "--home", folder / "home")
    assert saved.returncode == 0, saved.stderr
    run(DAY, folder / "home")


def run(code: str, home: Path, **more: str) -> None:
    """Run FILL or DAY on a home. `more`: of the environment."""
    done = python(code, home, TESTS, TESTS / "catalogue", **more)
    assert done.returncode == 0, done.stderr[-3000:]
