"""Make the health report of a home: every check in its order, none of which stops the others.

The cheap ones are made each time. Files are looked for, at their sizes and versions, each time too while that is cheap, else
once an hour; their bytes are read again once a day.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.utils import timezone

from beffroi.home import Home
from beffroi.web.platform import scope

from .. import integrity
from ..finding import Finding
from ..machine_findings import IN_USE
from . import alerts, configuration, machine, network, report, service, stored
from .report import Check, HealthReport, State, Verdict

logger = logging.getLogger(__name__)
FILES: Final = "files"
EVERY: Final = timedelta(minutes=10)
READ_EVERY: Final = timedelta(days=1)
SEEN_EVERY: Final = timedelta(hours=1)
CHEAP: Final = 2.0
"""Seconds of CPU within which all files are looked for at each round."""


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
    _Kind("administrators", "Administrateurs", configuration.administrators, rows=True),
    _Kind("guides", "Guides ajoutés", configuration.guides),
    _Kind("encryption", "Chiffrement du disque", machine.encryption),
    _Kind("clock", "Heure", machine.clock, rows=True),
    _Kind("versions", "Versions", machine.versions, rows=True),
)


def make(home: Home, last: HealthReport | None = None, *, look: bool = False) -> HealthReport:
    """Check everything; a check that fails says so. `last`: a report whose good reading of the files counts for a day.

    `look`: look for each file now, even where that is not cheap.
    """
    now, begun = timezone.now(), time.process_time()
    files = last.check(FILES) if last is not None else None
    try:
        if last is None or last.read_at is None or files is None or now - last.read_at >= READ_EVERY:
            return of_files(home, *stored.check_files(home))
        good = files.state == State.GOOD
        recent = last.seen_at is not None and now - last.seen_at < SEEN_EVERY
        if good and recent and last.seen_cost > CHEAP and not look:
            return _with_files(home, last, files)
        found = integrity.check(home)
        if not good and not integrity.unaccepted(home, found):  # what was wrong may be a content
            return of_files(home, *stored.check_files(home))
    except Exception as error:
        return _with_files(home, HealthReport(now, (), read_at=now), _not_made(*_FILES, error))
    cost = time.process_time() - begun
    return _of_found(home, found, replace(last, seen_at=now, seen_cost=cost))


def of_files(home: Home, found: list[Finding], share: float | None) -> HealthReport:
    """The report where the files have just been checked. `share`: of their bytes that were read (see `stored.check_files`)."""
    now = timezone.now()
    made = HealthReport(now, (), 1.0 if share is None else share, read_at=now, seen_at=now)
    return _of_found(home, found, made, full=share is None)


def _of_found(home: Home, found: list[Finding], made: HealthReport, *, full: bool = False) -> HealthReport:
    verdict = stored.of_findings(home, found, made, full=full)
    files = Check(*_FILES, verdict.state, verdict.text, verdict.action)
    readable = not any(each.key in ("database", "migrations", IN_USE) for each in found)
    counts: dict[str, dict[str, int]] = {}
    for each in integrity.unaccepted(home, found):
        of_kind = counts.setdefault(each.kind, {})
        of_kind[each.territory] = of_kind.get(each.territory, 0) + 1
    return _with_files(home, replace(made, findings=counts), files, readable=readable)


def _with_files(home: Home, made: HealthReport, files: Check, *, readable: bool = True) -> HealthReport:
    """`readable`: whether the database can be asked; asking one that is missing would make it."""
    checks = (files, *(_check(home, kind) for kind in CHECKS if readable or not kind.rows))
    return replace(made, at=timezone.now(), checks=checks)


def _check(home: Home, kind: _Kind) -> Check:
    try:
        verdict = kind.make(home)
    except Exception as error:
        return _not_made(kind.key, kind.title, error)
    return Check(kind.key, kind.title, verdict.state, verdict.text, verdict.action, verdict.guide)


def _not_made(key: str, title: str, error: Exception) -> Check:
    logger.error("the health check %s failed", key, exc_info=error)
    return Check(
        key,
        title,
        State.WATCH,
        "Ce contrôle n'a pas pu être fait.",
        "Le journal dit pourquoi (« journalctl -u beffroi -n 50 »).",
    )


def check_now(*, look: bool = False) -> HealthReport:
    """Check the served home, store the report, and alert who runs it of what is new. For the periodic task and the page.

    `look`: see `make`.
    """
    home: Home = settings.HOME
    with scope.nowhere():
        made = make(home, report.stored(home), look=look)
        try:
            report.store(home, made)
        except OSError:  # a full disk must not silence the alert about it
            logger.exception("the health report could not be stored")
        alerts.announce(home, made)
    return made


def is_stale(made: HealthReport) -> bool:
    """Whether the report is too old to be believed: the clock that makes it no longer does."""
    return timezone.now() - made.at > 6 * EVERY
