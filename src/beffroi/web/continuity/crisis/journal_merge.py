"""Journals kept off line, brought back: what a file would add is read first, then written once, each line marked with its device.

In: the bytes of `journal-*.json`, hostile until read. Out: a preview, then rows. A line is never changed, dropped or reordered
within its device; the same file brought twice adds nothing.
"""

import hashlib
from dataclasses import dataclass

from django.utils import timezone

from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from ..errors import ContinuityError
from ..models import Crisis, JournalLine, JournalMerge
from ..offline_pages.journal_lines import (
    ChainFault,
    Journal,
    JournalFileError,
    Line,
    chain_faults,
    dump,
    ordered,
    parse,
)
from .journal import ANSWER, columns, stored_lines

CLOCK = 10 * 60  # seconds ahead of the platform from which a device's clock is said to be wrong


@dataclass(frozen=True)
class MergePreview:
    """What a file would add. `disputed`: lines whose identifier has another content; `clocks`: devices whose clock is ahead."""

    device: str
    sha256: str
    new: list[Line]
    known: int
    disputed: list[Line]
    chain: list[ChainFault]
    clocks: list[str]

    @property
    def messages(self) -> list[str]:
        """What was noticed, in French."""
        found = [f"Appareil {fault.device} : {fault.message}" for fault in self.chain]
        found += [
            f"Appareil {line.device}, ligne {line.n} : un autre texte porte déjà cet identifiant."
            for line in self.disputed
        ]
        found += [
            f"Appareil {device} : son horloge avance. Les deux heures de chaque ligne sont gardées."
            for device in self.clocks
        ]
        return found


def read_file(crisis: Crisis, raw: bytes) -> Journal:
    """The journal of a file, which must be of this crisis. Raises ContinuityError."""
    try:
        return parse(raw, crisis=str(crisis.uuid), exercise=crisis.is_exercise)
    except JournalFileError as error:
        raise ContinuityError(str(error), "file") from error


def preview(crisis: Crisis, by: Person, raw: bytes) -> MergePreview:
    """What merging this file would do; nothing is written."""
    require(by, ANSWER, crisis.territory)
    journal = read_file(crisis, raw)
    stored = {line.id: line for line in stored_lines(crisis)}
    seen: dict[str, Line] = {}
    disputed: list[Line] = []
    known = 0
    for line in journal.lines:
        first = stored.get(line.id) or seen.get(line.id)
        if first is None:
            seen[line.id] = line
        elif first.as_dict() == line.as_dict():
            known += 1
        else:
            disputed.append(line)
    new = ordered(seen.values())
    devices = {line.device for line in new}
    after = [line for line in (*stored.values(), *new) if line.device in devices]
    now = timezone.now()
    clocks = sorted({line.device for line in new if (line.entered_moment - now).total_seconds() > CLOCK})
    return MergePreview(
        journal.device, hashlib.sha256(raw).hexdigest(), new, known, disputed, chain_faults(after), clocks
    )


@act("crisis.merge", "journal tenu hors ligne repris dans le journal de crise", right=ANSWER)
def merge(crisis: Crisis, by: Person, raw: bytes, expected: str) -> Recorded[JournalMerge]:
    """Write the new lines of a file whose preview was read. `expected`: the digest of that file. Raises ContinuityError."""
    found = preview(crisis, by, raw)
    if found.sha256 != expected:
        raise ContinuityError("Ce n'est pas le fichier que vous avez relu. Rien n'a été repris.", "file")
    row: JournalMerge = JournalMerge.objects.create(
        territory=crisis.territory,
        crisis=crisis,
        device=found.device,
        sha256=found.sha256,
        added=len(found.new),
        known=found.known,
        refused=[line.as_dict() for line in found.disputed],
        faults=found.messages,
        by=by,
    )
    JournalLine.objects.bulk_create(JournalLine(**columns(crisis, line), merge=row) for line in found.new)
    counts = {"added": row.added, "known": row.known, "disputed": len(found.disputed)}
    return Recorded(row, {"sha256": found.sha256, **counts})


def export(crisis: Crisis) -> bytes:
    """The whole journal in the format of the stick, where it goes on off line."""
    lines = tuple(stored_lines(crisis))
    return dump(Journal(str(crisis.uuid), crisis.is_exercise, crisis.device, lines))
