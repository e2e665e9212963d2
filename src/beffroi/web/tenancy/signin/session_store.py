"""Sessions in the database, whose updates may be lost while the disk is full: one who is signed in goes on reading.

Django answers 400 where a session cannot be saved, as if it had been deleted meanwhile.
"""

import logging

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from beffroi.lake.files import disk_full

logger = logging.getLogger(__name__)


class SessionStore(db.SessionStore):
    def save(self, must_create: bool = False) -> None:
        try:
            super().save(must_create)
        except UpdateError as error:
            if not disk_full(error):
                raise
            logger.warning("The disk is full: a session was not updated.")
