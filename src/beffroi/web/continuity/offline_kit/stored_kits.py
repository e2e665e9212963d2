"""Where the kits of a territory are: a folder beside its lakes, the last three, each written whole or not at all.

The papers that lie beside pages are kept there too: laid out once, they are the same every night until a number or a word changes.
"""

import hashlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils import timezone

from beffroi import __version__
from beffroi.home import write_safely
from beffroi.web.platform.models import Territory
from beffroi.web.ui import printing

from ..models import KitBuild

STORED: Final = 3
PAPERS: Final = "papers"
UNUSED_FOR: Final = timedelta(days=7)
"""How long a paper that no kit holds any more is kept."""


def archive_name(territory: Territory) -> str:
    """What a kit is called once it has left, and the folder that it unpacks to."""
    return f"kit-{territory.slug}{'-donnees-simulees' if territory.is_fictional else ''}"


def folder(territory: Territory) -> Path:
    return Path(settings.HOME.territory(territory.slug)) / "kits"


def path_of(build: KitBuild) -> Path:
    return folder(build.territory) / f"{build.code}.zip"


def write(territory: Territory, code: str, content: bytes) -> Path:
    path = folder(territory) / f"{code}.zip"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_safely(path, content)
    return path


def laid_out(territory: Territory, document: str) -> bytes:
    """A paper as PDF, laid out by this version of Beffroi now or a night before. Raises `printing.NoPrinter`."""
    key = hashlib.sha256(f"{__version__}\n{document}".encode()).hexdigest()
    path = folder(territory) / PAPERS / f"{key}.pdf"
    if path.is_file():
        content = path.read_bytes()
    else:
        content = printing.render_pdf(document)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_safely(path, content)
    used = timezone.now().timestamp()  # the clock that `prune` reads, not that of the disk's server
    os.utime(path, (used, used))
    return content


def prune(territory: Territory) -> None:
    """Delete all but the last whole kits, and the papers of none."""
    oldest = (timezone.now() - UNUSED_FOR).timestamp()
    for path in (folder(territory) / PAPERS).glob("*.pdf"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
    whole = KitBuild.objects.of(territory).exclude(sha256="").values_list("code", flat=True)[:STORED]
    stored = {f"{code}.zip" for code in whole}
    for path in folder(territory).glob("*.zip"):
        if path.name not in stored:
            path.unlink(missing_ok=True)


def last_whole(territory: Territory) -> KitBuild | None:
    """The last build whose file is there."""
    builds = KitBuild.objects.of(territory).exclude(sha256="")[:STORED]
    return next((build for build in builds if path_of(build).is_file()), None)
