"""What the tests of operations share: a home of its own, without a served instance."""

import pytest

from beffroi.home import Home


@pytest.fixture
def home(settings, tmp_path) -> Home:
    """A new home in the test's folder, which the settings name."""
    created = Home(tmp_path / "instance")
    created.create(demo=False)
    settings.HOME = created
    return created
