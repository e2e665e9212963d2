"""The site's own settings on a home made for this run: pytest-django reads settings before any conftest."""

import atexit
import os
import tempfile

_home = tempfile.TemporaryDirectory(prefix="beffroi-tests-")
atexit.register(_home.cleanup)
os.environ["BEFFROI_HOME"] = _home.name
os.environ["BEFFROI_TESTING"] = "1"

from beffroi.web.settings import *  # noqa: E402, F403
