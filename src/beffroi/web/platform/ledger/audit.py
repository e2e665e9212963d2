"""Audit of a whole chain: its lines and details, then the signed root of each day.

In: a territory (None: the host). Out: the verdict, what is wrong and what is only worth a remark, in French.
"""

from dataclasses import dataclass

from beffroi.ledger.chain import Checkpoint, Verification, clock_warnings
from beffroi.ledger.keys import KeyHistory
from beffroi.ledger.roots import SignedRoot
from beffroi.web.ui.formats import french_date

from ..models import Territory
from . import keys, lines, proofs
from .lines import LedgerError


@dataclass(frozen=True)
class Audit:
    """`of_roots`: why it is not the chain whose roots were signed. `remarks`: what a person should know of, and proves nothing."""

    verification: Verification
    of_roots: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Each reason why the chain is not the one that was written, in French."""
        if self.verification.ok:
            return self.of_roots
        return (
            f"le registre a été modifié à partir de la ligne {self.verification.first_bad}",
            *self.of_roots,
        )


def audit(territory: Territory | None) -> Audit:
    """Read every line of the chain and every root that was kept of it."""
    roots: list[SignedRoot] = []
    history: KeyHistory | None = None
    faults, remarks = [], []
    try:
        roots = proofs.saved_roots(territory)
    except LedgerError as error:
        faults.append(str(error))
    try:
        if roots or keys.changes_of(territory):
            history = keys.history(territory)
    except LedgerError as error:
        faults.append(str(error))
    sizes = {root.size for root in roots} | {change.size for change in (history.changes if history else ())}
    found = lines.verify(territory, checkpoint_sizes=sizes)
    if found.ok and history:
        faults += _of_changes(territory, found, history) or _of_roots(found, roots, history)
        remarks = _of_a_stolen_key(roots, history)
    return Audit(found, tuple(faults), (*clock_warnings(found), *remarks))


def _of_changes(territory: Territory | None, found: Verification, history: KeyHistory) -> list[str]:
    why = history.find_mismatch(keys.change_lines(territory), found.checkpoints)
    return [why] if why else []


def _of_roots(found: Verification, roots: list[SignedRoot], history: KeyHistory) -> list[str]:
    for each in roots:
        if found.checkpoints.get(each.size) != Checkpoint(each.root, each.last):
            return [f"le registre n'est plus celui qui avait été signé le {each.at}"]
    # The first ones may be of a key that was lost and made again: nobody vouches for it.
    known = next((rank for rank, each in enumerate(roots) if each.key in history.trusted), len(roots))
    if roots and known == len(roots):
        return ["sa dernière empreinte n'est pas signée par la clé de cette instance"]
    for each in roots[known:]:
        if (why := history.rejection_reason(each)) and not history.is_doubtful(each):
            return [f"son empreinte du {each.at} ne compte pas : {why}"]
    return []


def _of_a_stolen_key(roots: list[SignedRoot], history: KeyHistory) -> list[str]:
    doubtful = [each for each in roots if history.is_doubtful(each)]
    if not doubtful:
        return []
    since = french_date(doubtful[0].at)
    if len(doubtful) == 1:
        return [
            f"1 empreinte, gardée le {since}, est signée par une clé déclarée volée ensuite : elle ne prouve rien à elle seule, "
            "mais dit bien ce registre"
        ]
    return [
        f"{len(doubtful)} empreintes, gardées depuis le {since}, sont signées par une clé déclarée volée ensuite : elles ne "
        "prouvent rien à elles seules, mais disent bien ce registre"
    ]
