"""A whole chain read back: its lines and details, then the root of each day that was signed and kept.

In: a territory (None: the host). Out: the verdict, what is wrong and what is only worth a remark, in French.
"""

from dataclasses import dataclass

from beffroi.ledger.chain import Mark, Verification, remarks_on
from beffroi.ledger.roots import SignedRoot

from . import ledger, ledger_proofs
from .ledger import LedgerError
from .models import Territory


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
    faults = []
    try:
        roots = ledger_proofs.kept_roots(territory)
    except LedgerError as error:
        faults.append(str(error))
    found = ledger.verify(territory, marks={each.size for each in roots})
    if found.ok and roots:
        try:
            faults += _of_roots(territory, found, roots)
        except LedgerError as error:
            faults.append(str(error))
    return Audit(found, tuple(faults), tuple(remarks_on(found)))


def _of_roots(territory: Territory | None, found: Verification, roots: list[SignedRoot]) -> list[str]:
    for each in roots:
        if found.marks.get(each.size) != Mark(each.root, each.last):
            return [f"le registre n'est plus celui qui avait été signé le {each.at}"]
    key = ledger_proofs.signing_key().public_key()
    # A key that was changed on purpose signed the roots before it: the last one is by the key of today.
    if not roots[-1].is_signed_by(key):
        return ["sa dernière empreinte n'est pas signée par la clé de cette instance"]
    return []
