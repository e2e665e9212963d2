"""Make the health report of a home: every check in its order, none of which stops the others.

The cheap ones are made each time; files are read again once a day, or when asked.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.utils import timezone

from beffroi.home import Home
from beffroi.web.platform import scope

from ..findings import Finding
from . import alerts, configuration, machine, network, report, service, stored
from .report import Check, HealthReport, State, Verdict

logger = logging.getLogger(__name__)
FILES: Final = "files"
EVERY: Final = timedelta(minutes=10)
FILES_EVERY: Final = timedelta(days=1)


class _Kind(NamedTuple):
    """`rows`: it asks the database, which must be there and of this version."""

    key: str
    title: str
    make: Callable[[Home], Verdict]
    rows: bool = False


_FILES: Final = (FILES, "Données, registre et clés")
CHECKS: Final = (
    _Kind("backups", "Sauvegardes", stored.backups),
    _Kind("trial", "Essai de restauration", stored.trial),
    _Kind("processes", "Processus", service.processes),
    _Kind("queue", "Travaux", service.queue, rows=True),
    _Kind("scheduler", "Tâches de fond", service.scheduler, rows=True),
    _Kind("disk", "Disque", machine.disk),
    _Kind("memory", "Mémoire", machine.memory),
    _Kind("certificate", "Certificat", network.certificate),
    _Kind("mail", "Messagerie", network.mail),
    _Kind("settings", "Réglages", configuration.contradictions, rows=True),
    _Kind("encryption", "Chiffrement du disque", machine.encryption),
    _Kind("clock", "Heure", machine.clock, rows=True),
    _Kind("versions", "Versions", machine.versions, rows=True),
)


def make(home: Home, last: HealthReport | None = None) -> HealthReport:
    """Check everything; a check that fails says so. `last`: a report whose reading of the files counts for a day."""
    now = timezone.now()
    if last is not None and last.read_at is not None and now - last.read_at < FILES_EVERY:
        files = last.check(FILES)
        if files is not None and files.state == State.GOOD:
            return _with_files(home, files, last.share, last.read_at)
    try:
        found, share = stored.check_files(home)
    except Exception as error:
        return _with_files(home, _not_made(*_FILES, error), 0.0, now)
    return of_files(home, found, share)


def of_files(home: Home, found: list[Finding], share: float | None) -> HealthReport:
    """The report where the files have just been checked. `share`: of their bytes that were read (see `stored.check_files`)."""
    verdict = stored.of_findings(home, found, share)
    files = Check(*_FILES, verdict.state, verdict.text, verdict.action)
    readable = not any(each.key in ("database", "migrations") for each in found)
    return _with_files(home, files, 1.0 if share is None else share, timezone.now(), readable=readable)


def _with_files(
    home: Home, files: Check, share: float, read_at: datetime, *, readable: bool = True
) -> HealthReport:
    """`readable`: whether the database can be asked; asking one that is missing would make it."""
    checks = (files, *(_check(home, kind) for kind in CHECKS if readable or not kind.rows))
    return HealthReport(timezone.now(), checks, share, read_at)


def _check(home: Home, kind: _Kind) -> Check:
    try:
        verdict = kind.make(home)
    except Exception as error:
        return _not_made(kind.key, kind.title, error)
    return Check(kind.key, kind.title, verdict.state, verdict.text, verdict.action)


def _not_made(key: str, title: str, error: Exception) -> Check:
    logger.error("the health check %s failed", key, exc_info=error)
    return Check(
        key,
        title,
        State.WATCH,
        "Ce contrôle n'a pas pu être fait.",
        "Le journal dit pourquoi (« journalctl -u beffroi -n 50 »).",
    )


def check_now() -> HealthReport:
    """Check the served home, store the report, and alert who runs it of what is new. For the periodic task and the page."""
    home: Home = settings.HOME
    with scope.nowhere():
        made = make(home, report.stored(home))
        try:
            report.store(home, made)
        except OSError:  # a full disk must not silence the alert about it
            logger.exception("the health report could not be stored")
        alerts.announce(home, made)
    return made


def is_stale(made: HealthReport) -> bool:
    """Whether the report is too old to be believed: the clock that makes it no longer does."""
    return timezone.now() - made.at > 6 * EVERY
