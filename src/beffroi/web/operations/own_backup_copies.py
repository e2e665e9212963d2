"""What the board of backups is told of this instance's own: the last one whole for a territory, the last restore trial.

Fills `continuity.backups.reading.own_backups`, which cannot look up here. Where the host has several territories, what a trial
found wrong is told to its operator only: it may be another's.
"""

from datetime import datetime

from django.conf import settings

from beffroi.home import Home
from beffroi.web.continuity.backups.reading.own_backups import OwnBackups, OwnTrial, Provider, register
from beffroi.web.platform.models import Territory

from . import backup_log
from .backup_log import BackupLog
from .repository import restore_trial


def _home() -> Home:
    home: Home = settings.HOME
    return home


def read(territory: Territory) -> OwnBackups:
    log = backup_log.read(_home())
    trial = log.tried
    return OwnBackups(
        _last_whole(log, territory.slug),
        "" if log.failed is None else "La dernière sauvegarde de Beffroi a échoué. Demandez à l'exploitant.",
        trial and OwnTrial("", trial.at, _fault(trial.fault), trial.share, trial.tables, trial.seconds),
    )


def _last_whole(log: BackupLog, slug: str) -> datetime | None:
    """When everything of this territory was last saved, whatever was missing of others."""
    made = log.made
    if made is not None and (made.whole or (made.lacking and not {slug, ""} & set(made.lacking))):
        return made.at
    return log.whole.at if log.whole else None


def _fault(text: str) -> str:
    if not text or not Territory.objects.all()[1:2]:
        return text
    return (
        "L'essai de restauration de cette instance a échoué. L'exploitant a le détail (« beffroi doctor »)."
    )


def try_now() -> None:
    """Raises HomeError."""
    restore_trial.run(_home())


def fill() -> None:
    register(Provider(read, try_now))
