"""What a territory answered, lists and follows, as open files, and the files that prove it; its registers, taken in elsewhere.

In: a territory and a folder. Out: JSON files by subject and `pieces/`; on the other side, the entries of the registers. What
names who answered or accepted stays as it came, beside: those people have no account there.
"""

import shutil
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from beffroi.web.guides.models import (
    ActionMove,
    Answer,
    Arbitration,
    Contribution,
    ContributionLink,
    EntryRevision,
    Evidence,
    FollowedAction,
    GuideEdition,
    Offer,
    ProgressShare,
    RegisterEntry,
    Response,
    StageAcceptance,
    StepNote,
)
from beffroi.web.platform.models import Territory

from .carrying import from_export, read
from .carrying_ai import Subjects, write_subjects

PIECES: Final = "pieces"
REGISTERS: Final = "registres.json"


def _by(row: Any) -> str | None:
    return row.by.name if row.by is not None else None


def _response(row: Any) -> int | None:
    found: int | None = row.response_id
    return found


SUBJECTS: Final[Subjects] = {
    "reponses.json": {
        "guides": (GuideEdition, {"number": lambda e: e.pk, "content": lambda e: e.read().model_dump(mode="json", by_alias=True)}),
        "remplissages": (Response, {
            "number": lambda r: r.pk, "edition": lambda r: r.edition_id, "previous": lambda r: r.previous_id, "entry": lambda r: r.entry_id,
            "opened_by": lambda r: r.opened_by.name, "closed_by": lambda r: r.closed_by.name if r.closed_by else None,
        }),
        "reponses": (Answer, {"response": _response, "by": _by}),
        "etapes": (StepNote, {"response": _response, "by": _by}),
        "arbitrages": (Arbitration, {"response": _response, "entry": lambda a: a.entry_id, "by": _by}),
    },
    REGISTERS: {
        "lignes": (RegisterEntry, {"number": lambda e: e.pk, "by": _by}),
        "revisions": (EntryRevision, {"entry": lambda r: r.entry_id, "by": _by}),
    },
    "plans.json": {
        "actions": (FollowedAction, {"number": lambda a: a.pk, "source": lambda a: a.source_id, "by": _by}),
        "suites": (ActionMove, {"action": lambda m: m.action_id, "by": _by}),
        "acceptations": (StageAcceptance, {"by": _by}),
    },
    "accompagnant.json": {
        "propositions": (Offer, {
            "proposed_by": lambda o: o.proposed_by.name,
            "answered_by": lambda o: o.answered_by.name if o.answered_by else None,
        }),
        "partages": (ProgressShare, {"by": _by}),
    },
    "tiers.json": {
        # An address opens nothing elsewhere: what recognises it stays.
        "adresses": (ContributionLink, {
            "number": lambda link: link.pk, "response": _response, "by": _by, "digest": lambda _: None,
        }),
        "envois": (Contribution, {
            "link": lambda c: c.link_id, "reviewed_by": lambda c: c.reviewed_by.name if c.reviewed_by else None,
        }),
    },
    "pieces.json": {
        "pieces": (Evidence, {
            "response": _response, "entry": lambda e: e.entry_id, "action": lambda e: e.action_id,
            "contribution": lambda e: e.contribution_id, "by": _by,
        }),
    },
}  # fmt: skip


def write_all(territory: Territory, folder: Path) -> None:
    """Every subject, and every file that proves something."""
    write_subjects(territory, folder, SUBJECTS)
    stored = settings.HOME.evidence(territory.slug)
    sums = set(Evidence.objects.of(territory).values_list("sha256", flat=True))
    for sha256 in sorted(sums):
        if (source := stored / sha256).is_file():
            (folder / PIECES).mkdir(exist_ok=True)
            shutil.copyfile(source, folder / PIECES / sha256)


def take_in(territory: Territory, folder: Path) -> None:
    """The entries of the registers as they stood; an export of before has none. Raises InvalidExport."""
    if not (folder / REGISTERS).is_file():
        return
    for record in read(folder / REGISTERS)["lignes"]:
        if record["removed_at"] is None:
            entry = from_export(RegisterEntry, record, territory=territory, by=None, revision=1)
            entry.save()
            EntryRevision.objects.create(
                territory=territory, entry=entry, revision=1, values=entry.values, by=None, at=entry.at
            )
