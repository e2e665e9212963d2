"""Where the kits of a territory are: a folder beside its lakes, the last three, each written whole or not at all."""

from pathlib import Path
from typing import Final

from django.conf import settings

from beffroi.home import write_safely
from beffroi.web.platform.models import Territory

from ..models import KitBuild

STORED: Final = 3


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


def prune(territory: Territory) -> None:
    """Delete all but the last whole kits."""
    whole = KitBuild.objects.of(territory).exclude(sha256="").values_list("code", flat=True)[:STORED]
    stored = {f"{code}.zip" for code in whole}
    for path in folder(territory).glob("*.zip"):
        if path.name not in stored:
            path.unlink(missing_ok=True)


def last_whole(territory: Territory) -> KitBuild | None:
    """The last build whose file is there."""
    builds = KitBuild.objects.of(territory).exclude(sha256="")[:STORED]
    return next((build for build in builds if path_of(build).is_file()), None)
