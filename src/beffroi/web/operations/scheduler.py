"""The house's clock: takes again the work that a dead worker left, removes what has expired, keeps each day's
signed roots of the ledger. Never twice at once.
"""

import logging
import time
from datetime import timedelta

from django.db import close_old_connections
from django.utils import timezone

from beffroi.home import Home
from beffroi.web.territories import jobs, ledger_proofs, measuring
from beffroi.web.territories.models import EntryLink

from .locks import exclusive

logger = logging.getLogger(__name__)
EVERY = 20.0  # seconds


def tick() -> None:
    """One turn of the clock."""
    jobs.take_again_stale()
    measuring.measure_stale()
    EntryLink.objects.filter(expires_at__lt=timezone.now() - timedelta(days=7)).delete()
    ledger_proofs.keep_all_today()


def run_for_ever(home: Home) -> None:
    with exclusive(home, "scheduler", "L'horloge de cette instance tourne déjà."):
        while True:
            try:
                tick()
            except Exception:
                logger.exception("a turn of the clock failed")
            close_old_connections()
            time.sleep(EVERY)
