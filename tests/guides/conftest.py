"""A territory for the guides that people fill in; the kit's own tests need none."""

import pytest

from beffroi.web.platform.models import Territory
from places import a_territory


@pytest.fixture
def territory(db: None) -> Territory:
    return a_territory()
