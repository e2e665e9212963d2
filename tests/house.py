"""Instances in service that browser walks share: invented towns, one a walk, over contours of four communes; one real town.

`tests/conftest.py` names this module as a plugin: its fixtures `towns` and `nantes` are everywhere. Tests that ask for them
are of the groups `house` and `nantes`, so that one worker serves each.
"""

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from blank import blank, founded, with_towns
from commands import beffroi, free_address, python, serving
from endings import when_group_ends
from reference_data import require_reference
from support.load import come_in
from support.served import Instance

TOWNS = 24  # one a walk, five for the pairs, three for the six actions, some to spare
COMMUNE_CODES = ("44109", "44162", "44020", "44143")
_STEWARD = "steward0@example.org"
_LINKS = """
import sys
from pathlib import Path
from beffroi.home import Home
from beffroi.cli.common import setup_django
setup_django(Home(Path(sys.argv[1])), base_url=sys.argv[2])
from beffroi.web.platform.models import Person
from beffroi.web.tenancy.signin import make_link
for person in Person.objects.filter(email__startswith="steward"):
    print(person.email, make_link(person, "signin"))
"""


@dataclass
class Town:
    """A town of the house, its address and the session cookies of its steward."""

    house: Instance
    rank: int
    cookies: list[Any]

    @property
    def slug(self) -> str:
        return self.house.towns[self.rank]

    @property
    def url(self) -> str:
        return f"{self.house.url}/t/{self.slug}/"

    def journal(self) -> str:
        """The end of what the house wrote: why it refused."""
        return Path(self.house.log.name).read_text()[-3000:]

    def fill(self, code: str, *arguments: str) -> str:
        """What a little code prints, run beside the house; it is given the town's slug and writes `steward0` for its steward."""
        return self.house.run(
            code.replace(_STEWARD, _STEWARD.replace("0", str(self.rank))), self.slug, *arguments
        )


def badges(links: dict[str, str]) -> dict[str, list[Any]]:
    """Session cookies of each person, who came in by a link: by the name of the person."""
    return {name: come_in(link).for_browser() for name, link in links.items()}


@dataclass(frozen=True)
class SeededHome:
    """A demonstration home that a little code filled, in service; session cookies of each person, by their name."""

    home: Path
    url: str
    badges: dict[str, list[Any]]


@contextmanager
def seeded(home: Path, code: str, *names: str) -> Iterator[SeededHome]:
    """`code` is given the home and its address; it prints a link to come in for each of the names."""
    url = free_address()
    blank(home, demo=True)
    done = python(code, home, url)
    assert done.returncode == 0, done.stderr
    with serving(home, url):
        yield SeededHome(home, url, badges(dict(zip(names, done.stdout.split(), strict=True))))


def _contours(folder: Path) -> Path:
    """Four squares, two by two."""
    features = []
    for rank, code in enumerate(COMMUNE_CODES):
        x, y = -1.7 + 0.1 * (rank % 2), 47.1 + 0.1 * (rank // 2)
        ring = [[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y + 0.1], [x, y]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"insee": code}, "geometry": geometry})
    file = folder / "contours-2026.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Town]]:
    """The towns that no walk has taken yet."""
    require_reference()
    folder = tmp_path_factory.mktemp("house")
    house = with_towns(folder / "home", towns=TOWNS)
    done = house.command("contours", str(_contours(folder)))
    assert done.returncode == 0, done.stderr
    house.log = (folder / "journal").open("w")
    house.start("--workers", "1")
    # All come in at once: a link serves for a quarter of an hour.
    links = dict(line.split() for line in house.run(_LINKS, house.url).splitlines())
    stewards = badges(links)
    end = when_group_ends("house", house.stop)
    yield (Town(house, rank, stewards[_STEWARD.replace("0", str(rank))]) for rank in range(TOWNS))
    end()


@dataclass(frozen=True)
class RealTown:
    """Nantes as `beffroi init` founds it, in service; the invitations that nobody has used yet, by the name of who was invited."""

    url: str
    invitations: dict[str, str]


_INVITED = {"drift": "administrator", "corrections": "agent"}


@pytest.fixture(scope="session")
def nantes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealTown]:
    """One for the walks of a real town; each comes in by an invitation of its own (`founder` is the first administrator's)."""
    require_reference()
    home = tmp_path_factory.mktemp("nantes") / "home"
    url = free_address()
    place = ("--territory", "Nantes", "--email", "chef@example.org", "--name", "Dominique Chef")
    invitations = {"founder": founded(home, *place, url=url).strip()}
    for name, role in _INVITED.items():
        invited = beffroi("invite", f"{name}@example.org", "--role", role, "--home", home, BEFFROI_URL=url)
        assert invited.returncode == 0, invited.stderr
        invitations[name] = invited.stdout.strip().split()[-1]
    with contextlib.ExitStack() as served:
        served.enter_context(serving(home, url))
        when_group_ends("nantes", served.close)
        yield RealTown(url, invitations)
