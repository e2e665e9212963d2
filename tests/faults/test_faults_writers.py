"""Three writing processes and a reader on one lake, 300 commits: none fails, none is lost, none is seen half, on both catalogues."""

from pathlib import Path

import pytest
from benchmarks.lake_work import COMMITS, staged, together

from beffroi.lake import upkeep
from beffroi.lake.store import Lake
from lake.lakes import CATALOGUES, blank

pytestmark = pytest.mark.timeout(3600)


@pytest.mark.parametrize("catalogue", CATALOGUES)
def test_three_hundred_commits_of_three_writers_beside_a_reader(tmp_path: Path, catalogue: str) -> None:
    home = blank(tmp_path / "lasting", catalogue)
    told = together(home, staged(tmp_path / "s", 200), COMMITS)
    assert told["commits"] == 300
    assert (told["failed"], told["lost"], told["twice"], told["wrong"]) == (0, 0, 0, 0)
    assert told["reads"] > 0
    with Lake(home, read_only=True) as lake:
        counts = lake._rows(
            "SELECT DISTINCT n FROM (SELECT count(*) AS n FROM lake.main.releves GROUP BY _delivery)"
        )
        assert counts == [(200,)]
        assert lake.count("releves") == 200 * 301
    assert upkeep.clean(home) == 0
