"""Files attached to an answer, a step, an entry or an action: written whole, each once under its SHA-256.

In: an uploaded file. Out: its row. The file is never opened here: it is served as a download only.
"""

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from beffroi.guides import Guide
from beffroi.home import write_safely
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.platform.storage import disk_space

from ..errors import GuideError
from ..models import Evidence, FollowedAction, RegisterEntry, Response
from .access import require_answer

LARGEST = 20 << 20  # bytes
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
    territory = target.territory
    require_answer(by, guide, territory)
    name = Path(file.name or "").name
    name = "".join(c for c in name if c.isprintable())[-200:].strip() or "pièce"
    if not file.size:
        raise GuideError(
            f"Le fichier « {name} » est vide. Rien n'a été gardé. Choisissez-en un autre.", "file"
        )
    if file.size > LARGEST:
        raise GuideError(f"Le fichier « {name} » dépasse 20 Mo. Rien n'a été gardé. Réduisez-le.", "file")
    disk_space.require_quota(territory, file.size)
    content = file.read()
    sha256 = hashlib.sha256(content).hexdigest()
    link = {Response: "response", RegisterEntry: "entry", FollowedAction: "action"}[type(target)]
    path = settings.HOME.evidence(territory.slug) / sha256
    with transaction.atomic():
        if Evidence.objects.of(territory).filter(**{link: target}).count() >= MOST:
            raise GuideError(f"Il y a déjà {MOST} pièces ici. Joignez un document qui les rassemble.", "file")
        if not path.is_file():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_safely(path, content)
        row: Evidence = Evidence.objects.create(
            territory=territory,
            place=place[:120],
            name=name,
            sha256=sha256,
            size=len(content),
            by=by,
            **{link: target},
        )
        ledger.append(
            territory,
            "guide.evidence",
            by,
            f"{link}:{target.pk}",
            {"guide": guide.id, "place": place, "sha256": sha256},
        )
    return row


def path_of(evidence: Evidence) -> Path:
    """Where its file is."""
    return Path(settings.HOME.evidence(evidence.territory.slug)) / evidence.sha256
