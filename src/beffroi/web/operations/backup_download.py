"""Download of the last backup: a file that holds everything, for who runs the machine, and for nobody else.

In: the territory of a page, and who asks; never a name or a path. Out: the file, open and checked, with a line in the ledger.
Refused where the instance, or the backup itself, holds another territory: there, backups are copied on the machine.
"""

import os
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied

from beffroi.home import HomeError
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import marks
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may_host

from . import archives, backup_jobs, backup_log

SEVERAL: Final = (
    "Elle contient aussi les données d'autres collectivités : elle ne se télécharge pas. La personne qui exploite le "
    "serveur la copie depuis celui-ci."
)


def obstacle(territory: Territory, person: Person) -> str:
    """Why this person may not download the last backup, in French; empty where they may."""
    if person.simulated:
        return "Un membre de démonstration ne la télécharge pas : elle contient les clés du serveur."
    if not may_host(person, "host.backup"):
        return (
            "Seule la personne qui exploite le serveur la télécharge : elle contient les clés, et des données que vos "
            "rôles ne vous ouvrent pas."
        )
    if Territory.objects.exclude(pk=territory.pk).exists():
        return SEVERAL
    if not size_of_last():
        return "Elle n'est plus dans le dossier des sauvegardes du serveur."
    return ""


def open_last(territory: Territory, person: Person) -> IO[bytes]:
    """The last backup, open at its beginning. Raises PermissionDenied; HomeError when it cannot be read."""
    backup_jobs.require_own(territory, person)
    if found := obstacle(territory, person):
        raise PermissionDenied(found)
    try:
        # One descriptor from the check to the last byte: what is sent is what was checked.
        file = open(str(_last()), "rb", opener=_open_no_link)  # noqa: SIM115  the caller closes it
    except OSError as error:
        raise HomeError(
            f"La sauvegarde ne s'ouvre pas : {error.strerror}. Faites-en une nouvelle."
        ) from error
    try:
        manifest = archives.read(file)
        if manifest is None:
            raise HomeError("La sauvegarde est illisible : rien n'a été envoyé. Faites-en une nouvelle.")
        if not _contains_only(territory, manifest):
            raise PermissionDenied(SEVERAL)
        file.seek(0)
        details = {"bytes": os.fstat(file.fileno()).st_size, "made_at": manifest["made_at"]}
        ledger.append(territory, "backup.download", person, "backup", details)
    except BaseException:
        file.close()
        raise
    return file


def size_of_last() -> int:
    """Bytes of the last backup; 0 where it is not in the folder."""
    file = _last()
    return file.stat().st_size if file is not None and file.is_file() else 0


def _open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW)


def _last() -> Path | None:
    """The last backup, in the home's own folder of backups: one that a command wrote elsewhere is not reached from a page."""
    made = backup_log.read(settings.HOME).made
    if made is None or made.snapshot:
        return None
    return settings.HOME.backups / Path(made.file).name


def _contains_only(territory: Territory, manifest: dict[str, Any]) -> bool:
    """Whether a backup has the ledger and the folders of this territory alone. One that does not say has more."""
    chains = manifest.get("holdings", {}).get("chains", {})
    paths = [PurePosixPath(name).parts for name in manifest["files"]]
    folders = {parts[1] for parts in paths if parts[0] == "territories" and len(parts) > 1}
    return set(chains) == {marks.HOST_CHAIN, marks.chain_name(territory)} and folders <= {territory.slug}
