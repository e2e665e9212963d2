"""The site's own settings on a home made for this run: pytest-django reads settings before any conftest.

`BEFFROI_TEST_DATABASE=postgresql` runs the same tests on the distribution's PostgreSQL, under the role of the application.
"""

import atexit
import logging
import os
import sys
import tempfile
from typing import TextIO

_home = tempfile.TemporaryDirectory(prefix="beffroi-tests-")
atexit.register(_home.cleanup)
os.environ["BEFFROI_HOME"] = _home.name
os.environ["BEFFROI_TESTING"] = "1"
if os.environ.get("BEFFROI_TEST_DATABASE") == "postgresql":
    import postgres

    os.environ["BEFFROI_DATABASE"] = postgres.shared().url()
    os.environ["BEFFROI_DATABASE_OWNER"] = postgres.shared().url(role=postgres.OWNER)

from beffroi.web.settings import *  # noqa: E402, F403

# The real hash is slow on purpose; the one test that measures it asks for it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class CurrentStderr(logging.StreamHandler[TextIO]):
    """Standard error as it is now: the one that was captured when logging was configured may be closed since."""

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _given: TextIO) -> None:
        pass


LOGGING["handlers"]["stderr"]["class"] = "site_settings.CurrentStderr"  # noqa: F405
