"""One instance in service for all the browser walks of the studio: each walk has a town of its own there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from benchmarks.load import come_in
from benchmarks.served import Instance

from blank import with_towns

TOWNS = 9  # one a walk, two for the six actions, one to spare
_STEWARD = "steward0@example.org"


@dataclass
class Town:
    """A town of the house, its address and its steward."""

    house: Instance
    rank: int
    _cookies: list[Any] = field(default_factory=list)

    @property
    def slug(self) -> str:
        return self.house.towns[self.rank]

    @property
    def url(self) -> str:
        return f"{self.house.url}/t/{self.slug}/"

    @property
    def cookies(self) -> list[Any]:
        """Those of its steward, who came in once."""
        if not self._cookies:
            link = self.house.link(_STEWARD.replace("0", str(self.rank)))
            self._cookies = come_in(link).for_browser()
        return self._cookies

    def fill(self, code: str, *arguments: str) -> str:
        """What a little code prints, run beside the house; it is given the town's slug and writes `steward0` for its steward."""
        return self.house.run(
            code.replace(_STEWARD, _STEWARD.replace("0", str(self.rank))), self.slug, *arguments
        )


@pytest.fixture(scope="session")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Iterator[Town]]:
    """The towns that no walk has taken yet."""
    house = with_towns(tmp_path_factory.mktemp("studio") / "home", towns=TOWNS)
    house.start("--workers", "1")
    yield (Town(house, rank) for rank in range(TOWNS))
    house.stop()
