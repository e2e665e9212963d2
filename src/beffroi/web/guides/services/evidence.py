"""Files attached to an answer, a step, an entry or an action, or brought by a third party: each once under its SHA-256.

In: an uploaded file. Out: its row. The file is never opened here: it is served as a download only.
"""

import hashlib
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from beffroi.guides import Guide
from beffroi.home import write_safely
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.storage import disk_space

from ..errors import GuideError
from ..models import Contribution, Evidence, FollowedAction, RegisterEntry, Response
from .access import require_answer

LARGEST = 20 << 20  # bytes
LARGEST_OUTSIDE = 10 << 20  # bytes, from a third party
MOST = 50
"""Files of one thing."""


def attach(
    target: Response | RegisterEntry | FollowedAction,
    by: Person,
    guide: Guide,
    file: UploadedFile,
    place: str = "",
) -> Evidence:
    """Keep a file as evidence. Raises GuideError for one that is empty or too large."""
    require_answer(by, guide, target.territory)
    with transaction.atomic():
        return _record(target, by, guide, place, **_store(target.territory, file, LARGEST))


def receive(contribution: Contribution, guide: Guide, file: UploadedFile, place: str = "") -> Evidence:
    """Keep a file that a third party brought. Raises GuideError."""
    stored = _store(contribution.territory, file, LARGEST_OUTSIDE)
    return _record(contribution, None, guide, place, **stored)


def hand_over(
    contribution: Contribution, target: Response | FollowedAction, by: Person, guide: Guide
) -> None:
    """Make what a third party brought evidence of this thing, under the name of who took it."""
    for piece in contribution.evidence.all():
        _record(target, by, guide, piece.place, name=piece.name, sha256=piece.sha256, size=piece.size)


def _store(territory: Territory, file: UploadedFile, largest: int) -> dict[str, Any]:
    """Write the file under its hash; its name, hash and size."""
    name = Path(file.name or "").name
    name = "".join(c for c in name if c.isprintable())[-200:].strip() or "pièce"
    if not file.size:
        raise GuideError(
            f"Le fichier « {name} » est vide. Rien n'a été gardé. Choisissez-en un autre.", "file"
        )
    if file.size > largest:
        raise GuideError(
            f"Le fichier « {name} » dépasse {largest >> 20} Mo. Rien n'a été gardé. Réduisez-le.", "file"
        )
    disk_space.require_quota(territory, file.size)
    content = file.read()
    sha256 = hashlib.sha256(content).hexdigest()
    path = settings.HOME.evidence(territory.slug) / sha256
    if not path.is_file():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_safely(path, content)
    return {"name": name, "sha256": sha256, "size": len(content)}


def _record(
    target: Response | RegisterEntry | FollowedAction | Contribution,
    by: Person | None,
    guide: Guide,
    place: str,
    **stored: Any,
) -> Evidence:
    link = _LINKS[type(target)]
    if Evidence.objects.of(target.territory).filter(**{link: target}).count() >= MOST:
        raise GuideError(f"Il y a déjà {MOST} pièces ici. Joignez un document qui les rassemble.", "file")
    row: Evidence = Evidence.objects.create(
        territory=target.territory, place=place[:120], by=by, **{link: target}, **stored
    )
    ledger.append(
        target.territory,
        "guide.evidence",
        by,
        f"{link}:{target.pk}",
        {"guide": guide.id, "place": place, "sha256": row.sha256},
    )
    return row


_LINKS: Final = {
    Response: "response",
    RegisterEntry: "entry",
    FollowedAction: "action",
    Contribution: "contribution",
}


def path_of(evidence: Evidence) -> Path:
    """Where its file is."""
    return Path(settings.HOME.evidence(evidence.territory.slug)) / evidence.sha256
