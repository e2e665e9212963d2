"""A live server for the components' guide: the site's own settings and policy, the guide's addresses."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.fixture
def site(settings, live_server):
    """The address of a server that shows the guide under the site's own content policy."""
    settings.ROOT_URLCONF = "ui.guide"
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**engine, "DIRS": [HERE / "templates"]}]
    return live_server.url
