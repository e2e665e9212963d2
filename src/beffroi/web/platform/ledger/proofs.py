"""Signed roots and proofs of a chain; the root of each day, stored in files; a saved root compared with the chain.

In: a territory (None: the host's own chain). Out: the library's `SignedRoot` and proofs. A proof reads the roots of
blocks of lines, and the lines of two blocks at most: its cost hardly grows with the chain.
"""

import errno
import logging
import os
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from beffroi.home import Home
from beffroi.ledger import merkle
from beffroi.ledger.chain import GENESIS, Checkpoint, Line
from beffroi.ledger.keys import KeyChange
from beffroi.ledger.proofs import ConsistencyProof, InclusionProof
from beffroi.ledger.roots import SignedRoot, read_roots, sign

from .. import gates, scope
from ..models import LedgerBlock, LedgerLine, Territory
from . import keys, marks, replaced
from .lines import LedgerError, hashes_of, lines_of, opened
from .marks import chain_name

logger = logging.getLogger(__name__)


def signed_now(territory: Territory | None) -> SignedRoot:
    """Where the chain stands at this instant."""
    with opened(territory):
        last = lines_of(territory).last()
        if last is None:
            raise LedgerError("Ce registre n'a pas encore de ligne.")
        return _signed(territory, last)


def mark_of(territory: Territory | None, last: Line | LedgerLine | None) -> Checkpoint:
    """Where the chain stood after this line of it (None: before the first)."""
    return (
        Checkpoint(_root(territory, 0, last.seq), last.hash) if last else Checkpoint(merkle.root([]), GENESIS)
    )


def inclusion(territory: Territory | None, line: LedgerLine) -> InclusionProof:
    """The proof that this line is in the chain as it stands now."""
    with opened(territory):
        root = signed_now(territory)
        path = _roots(territory, merkle.inclusion_ranges(line.seq - 1, root.size))
        fields = (
            line.seq,
            line.at,
            line.act,
            line.actor,
            line.thing,
            line.commitment,
            line.previous,
            line.hash,
        )
        return InclusionProof(Line(*fields), path, root)


def consistency(territory: Territory | None, size: int) -> ConsistencyProof:
    """The proof that the chain only grew since it had `size` lines. Raises LedgerError when it never had as many."""
    with opened(territory):
        root = signed_now(territory)
        if not 0 < size <= root.size:
            raise LedgerError(
                f"Le registre compte {root.size} lignes : il ne peut pas être comparé à {size}."
            )
        path = _roots(territory, merkle.consistency_ranges(size, root.size))
        return ConsistencyProof(size, _root(territory, 0, size), path, root)


@dataclass(frozen=True)
class Comparison:
    """A kept root against the chain of today: `proof` when the chain begins with what was signed; else `why`, in French."""

    saved: SignedRoot
    proof: ConsistencyProof | None = None
    why: str = ""

    @property
    def since(self) -> datetime | None:
        return moment(self.saved)


def compare(territory: Territory | None, saved: SignedRoot) -> Comparison:
    """Whether what somebody kept is the beginning of today's chain. The proof was verified before it is given."""
    if saved.chain != chain_name(territory):
        return Comparison(
            saved, why=f"Cette empreinte est celle d'un autre registre ({saved.chain}). Rien n'a été comparé."
        )
    history = keys.history(territory)
    key = history.trusted.get(saved.key)
    if key is None or not saved.is_signed_by(key):
        return Comparison(
            saved,
            why="Cette empreinte n'a pas été signée par la clé de cette instance, ni par l'une de celles d'avant, ou elle a été "
            "changée depuis. Comparez la clé avec celle que vous aviez notée.",
        )
    if why := history.rejection_reason(saved):
        return Comparison(saved, why=f"{why[:1].upper()}{why[1:]}. Rien n'a été comparé.")
    restored = replaced.explain(territory, saved)
    note = _explain_restored(restored) if restored else ""
    try:
        proof = consistency(territory, saved.size)
    except LedgerError:
        return Comparison(
            saved,
            why=note
            or f"Cette empreinte compte {saved.size} lignes, et le registre n'en a plus autant : il a été coupé, ou "
            "restauré d'une sauvegarde plus ancienne. Prévenez la collectivité, et gardez votre fichier.",
        )
    if proof.earlier != saved.root or not proof.is_valid():
        return Comparison(
            saved,
            why=note
            or f"Les {saved.size} premières lignes du registre ne sont plus celles qui avaient été signées : le passé a été "
            "changé. Prévenez la collectivité, et gardez votre fichier : il le prouve.",
        )
    return Comparison(saved, proof)


def _explain_restored(restored: replaced.Restoration) -> str:
    return (
        f"Cette empreinte date d'avant une restauration : la ligne {restored.line} du registre dit que les lignes "
        f"{restored.left + 1} à {restored.replaced} ont été remplacées. L'hébergeur garde ces lignes : demandez-les-lui, votre "
        "empreinte permet de les vérifier. Si cette restauration n'a pas été annoncée, prévenez la collectivité."
    )


def moment(signed: SignedRoot | KeyChange) -> datetime | None:
    """When a root, or the exchange of a key, was signed; None when it says nothing readable."""
    try:
        return datetime.fromisoformat(signed.at)
    except ValueError:
        return None


def file_of(territory: Territory | None) -> Path:
    """Where the roots of each day of this chain are kept."""
    home: Home = settings.HOME
    return home.roots / f"{chain_name(territory)}.jsonl"


def saved_roots(territory: Territory | None) -> list[SignedRoot]:
    """The roots of each day, the oldest first. Raises LedgerError for a file that was harmed."""
    file = file_of(territory)
    if not file.is_file() or not file.stat().st_size:
        return []
    try:
        return read_roots(file.read_bytes())
    except ValueError as error:
        raise LedgerError(
            f"Le fichier {file} des empreintes de chaque jour est abîmé : {error}. Remettez celui d'une sauvegarde."
        ) from error


def save_today(territory: Territory | None) -> bool:
    """Add today's root to the chain's file, once a day; whether it was added."""
    file = file_of(territory)
    today = timezone.localdate()
    if _last_day(file) == today:
        return False
    text = signed_now(territory).as_json() + b"\n"
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Only ever added to, and a line cut by a full disk never runs into the next one.
    descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            text = b"\n" + text
        try:
            if os.write(descriptor, text) != len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size)
            raise
        marks.record_roots(territory, os.pread(descriptor, size + len(text), 0), first=not size)
    finally:
        os.close(descriptor)
    return True


def save_all_today() -> int:
    """Today's root of every chain of the instance; how many were added. The scheduler's."""
    added = 0
    with scope.nowhere():
        with scope.host():
            territories = list(Territory.objects.all())
        for territory in (None, *territories):
            try:
                added += save_today(territory)
            except (OSError, LedgerError, gates.TerritoryClosed):
                logger.exception("today's root of %s was not kept", chain_name(territory))
    return added


def _last_day(file: Path) -> date | None:
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - 4096))
            last = read_roots(stream.read().splitlines()[-1])[0]
    except (OSError, ValueError, IndexError):
        return None
    signed = moment(last)
    return timezone.localtime(signed).date() if signed else None


def _signed(territory: Territory | None, last: LedgerLine) -> SignedRoot:
    at = timezone.now().isoformat()
    return sign(keys.signing_key(), chain_name(territory), last.seq, mark_of(territory, last), at)


def _roots(territory: Territory | None, ranges: list[merkle.Range]) -> tuple[str, ...]:
    return tuple(_root(territory, low, high) for low, high in ranges)


def _root(territory: Territory | None, low: int, high: int) -> str:
    try:
        return _root_of(territory, low, high)
    except ValueError as error:
        raise LedgerError(
            "Une empreinte de ce registre est illisible : il a été modifié. Vérifiez-le, et prévenez votre responsable "
            "de la sécurité."
        ) from error


def _root_of(territory: Territory | None, low: int, high: int) -> str:
    """The root of the lines `low + 1` to `high`. A range of a block or more begins where a block does (RFC 9162's trees)."""
    tree, size = merkle.Accumulator(), LedgerBlock.SIZE
    first, beyond = low // size, high // size
    if high - low >= size:
        rows = LedgerBlock.objects.filter(territory=territory, rank__gte=first, rank__lt=beyond)
        known = dict(rows.values_list("rank", "root"))
        for rank in range(first, beyond):
            # Lines older than the blocks have none: their hashes are read.
            tree.add_subtree(LedgerBlock.LEVEL, known.get(rank) or merkle.root(hashes_of(territory, rank)))
        low = beyond * size
    rows = lines_of(territory).filter(seq__gt=low, seq__lte=high)
    tree.extend(bytes.fromhex(hash_) for hash_ in rows.values_list("hash", flat=True))
    return tree.root()
