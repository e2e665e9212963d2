"""What people do with sheets: approve one as it stands, note a trial. The only writers; each act is one line of the ledger."""

from datetime import date

from django.db import transaction
from django.utils import timezone

from beffroi.lake.invisible_characters import strip_invisible
from beffroi.text import fold_name
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.platform import ledger
from beffroi.web.platform.ledger import bulk_insert
from beffroi.web.platform.models import Membership, Person, Territory
from beffroi.web.platform.rights import active_roles, require
from beffroi.web.platform.rights.mandates import frozen

from ..errors import ContinuityError
from ..models import SheetApproval, SheetTrial
from ..offline_kit.personal_values import bare_name
from ..offline_kit.sheet_names import named_in
from .sheets import REGISTER, content_sha256


def approve(entry: RegisterEntry, by: Person, role: str, expected: str) -> SheetApproval:
    """Approve the sheet as it was read. `expected`: hash of the content that the person read. Raises ContinuityError."""
    require(by, "continuity.approve", entry.territory)
    role = strip_invisible(role).strip()[:120]
    if not role:
        raise ContinuityError(
            "Écrivez en qualité de quoi vous approuvez : « responsable de la cantine ».", "role"
        )
    if names_an_account(entry.territory, role):
        raise ContinuityError(
            "Écrivez la fonction, sans nom de personne : elle est imprimée dans la partie ouverte du kit. Exemple : « secrétaire de mairie ».",
            "role",
        )
    with transaction.atomic():
        sha256 = _current(entry)
        if sha256 != expected:
            raise ContinuityError(
                "La fiche a changé pendant que vous la lisiez. Rien n'a été approuvé. Relisez-la, puis approuvez."
            )
        named = named_in(entry.territory, {**entry.values, "role": role})
        if "role" in named:
            raise ContinuityError(named["role"], "role")
        if named:
            raise ContinuityError(
                "La fiche nomme quelqu'un, et le kit la montre à qui l'ouvre. Rien n'a été approuvé. Modifiez-la : le nom est "
                "signalé dans son champ."
            )
        mandate = active_roles.authority(by, entry.territory)
        row: SheetApproval = SheetApproval.objects.create(
            territory=entry.territory,
            entry=entry,
            sha256=sha256,
            role=role,
            by=by,
            authority=frozen(mandate) if mandate is not None else None,
        )
        ledger.append(entry.territory, "sheet.approve", by, f"entry:{entry.pk}", {"sha256": sha256})
    return row


def names_an_account(territory: Territory, text: str) -> bool:
    """Whether a text holds the whole name, first name first or last, of somebody who has an account here, elected members included."""
    words = f" {fold_name(text)} "
    people = Person.objects.filter(
        pk__in=Membership.objects.of(territory).values("person"), kind=Person.Kind.HUMAN
    )
    for name in people.values_list("name", flat=True):
        parts = fold_name(bare_name(name)).split()
        if len(parts) > 1 and any(f" {' '.join(order)} " in words for order in (parts, parts[::-1])):
            return True
    return False


def note_trial(entry: RegisterEntry, by: Person, on: date, who: str, went_wrong: str = "") -> SheetTrial:
    """Note that the sheet was tried on a day. `who`: functions, not names. Raises ContinuityError."""
    require(by, "continuity.answer", entry.territory)
    if on > timezone.localdate():
        raise ContinuityError("L'essai ne peut pas dater d'un jour à venir.", "on")
    who = strip_invisible(who).strip()[:300]
    if not who:
        raise ContinuityError("Dites quelles fonctions ont essayé la fiche.", "who")
    if names_an_account(entry.territory, who):
        raise ContinuityError("Écrivez des fonctions, sans nom de personne : « cuisinier ».", "who")
    with transaction.atomic():
        sha256 = _current(entry)
        row: SheetTrial = SheetTrial.objects.create(
            territory=entry.territory,
            entry=entry,
            sha256=sha256,
            on=on,
            who=who,
            went_wrong=strip_invisible(went_wrong).strip()[:1000],
            by=by,
        )
        about = {"sha256": sha256, "on": on.isoformat(), "went_well": not row.went_wrong}
        ledger.append(entry.territory, "sheet.trial", by, f"entry:{entry.pk}", about)
    return row


def _current(entry: RegisterEntry) -> str:
    """Hash of the content as it stands, locked. Raises ContinuityError for a sheet that was removed."""
    bulk_insert.lock_chain(entry.territory_id)
    entry.refresh_from_db()
    if entry.register != REGISTER or entry.removed_at is not None:
        raise ContinuityError("Cette fiche a été retirée. Rien n'a été écrit.")
    return content_sha256(entry.values)
