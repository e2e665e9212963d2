"""Three writing processes and a reader on one lake: none of their commits fails, is lost or is seen half.

30 commits on SQLite in the quick ring; 300, on both catalogues, in the long one.
"""

from pathlib import Path

import pytest

import rings
from beffroi.lake import maintenance
from beffroi.lake.store import Lake
from lake.lakes import CATALOGUES, blank
from support.lake_writers import COMMITS, staged, together

pytestmark = pytest.mark.timeout(3600)
NUMBER = COMMITS if rings.LONG else 30


@pytest.mark.parametrize("catalogue", rings.representatives(CATALOGUES, ["sqlite"]))
def test_commits_of_three_writers_beside_a_reader_are_whole(tmp_path: Path, catalogue: str) -> None:
    home = blank(tmp_path / "lasting", catalogue)
    told = together(home, staged(tmp_path / "s", 200), NUMBER)
    assert told["commits"] == NUMBER
    assert (told["failed"], told["lost"], told["twice"], told["wrong"]) == (0, 0, 0, 0)
    assert told["reads"] > 0
    with Lake(home, read_only=True) as lake:
        counts = lake.query_rows(
            "SELECT DISTINCT n FROM (SELECT count(*) AS n FROM lake.main.releves GROUP BY _delivery)"
        )
        assert counts == [(200,)]
        assert lake.count("releves") == 200 * (NUMBER + 1)
    assert maintenance.remove_orphans(home) == 0
