"""The key that signs the ledger's roots exchanged for a new one, a line and a signed statement on every chain.

In: a home that does not serve and, when the key may be known to somebody, the roots that its operator trusts. Out: the
statement of each chain. The lines of all chains are one transaction, from which on the new key signs (`platform.ledger.keys`): cut
short before, nothing has changed; cut short after, the same call puts the key in its place.
"""

from collections.abc import Iterable, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.utils import timezone

from beffroi.home import Home, HomeError, write_safely
from beffroi.ledger.chain import RENEWAL
from beffroi.ledger.keys import KeyChange, key_identifier, sign_change
from beffroi.ledger.roots import SignedRoot, generate_key_pem, load_private_key
from beffroi.web.platform import ledger, scope
from beffroi.web.platform.ledger import LedgerError, bulk_insert, keys, proofs
from beffroi.web.platform.ledger.marks import chain_name
from beffroi.web.platform.models import Territory

from . import integrity
from .locks import not_serving


def renew_ledger(home: Home, *, trusted: Sequence[SignedRoot] | None = None) -> list[KeyChange]:
    """Give the ledger a new key; what each chain says of it. Raises HomeError, and then nothing was changed.

    `trusted`: the key may be known to somebody; its roots then count up to the last of these on each chain, and not at all
    on a chain that has none here.
    """
    with not_serving(home), scope.nowhere():
        try:
            if not _is_cut_short(home):
                write_safely(home.next_ledger_key, generate_key_pem())
                _record(load_private_key(home.next_ledger_key), trusted)
            new = load_private_key(home.next_ledger_key)
            changes = [_change_to(new, territory) for territory in _chains()]
        except (LedgerError, ValueError) as error:
            raise HomeError(f"La clé du registre n'est pas remplacée. {error}") from error
        if home.ledger_key.read_bytes() != home.next_ledger_key.read_bytes():
            write_safely(home.ledger_key, home.next_ledger_key.read_bytes())
        integrity.declare_key(home, home.ledger_key)
        home.next_ledger_key.unlink()
    return [change for change in changes if change]


def _is_cut_short(home: Home) -> bool:
    """Whether the lines of an exchange were written whose key has not its place yet."""
    return home.next_ledger_key.is_file() and keys.is_recorded(load_private_key(home.next_ledger_key))


def _chains() -> list[Territory | None]:
    with scope.host():
        return [None, *Territory.objects.order_by("pk")]


def _record(new: Ed25519PrivateKey, trusted: Sequence[SignedRoot] | None) -> None:
    """Write the line of the exchange on every chain, or on none."""
    former, chains = keys.signing_key(), _chains()
    upto = (
        {territory: _last_trusted(territory, trusted) for territory in chains} if trusted is not None else {}
    )
    if strangers := {root.chain for root in trusted or ()} - set(map(chain_name, chains)):
        raise LedgerError(
            f"Cette instance n'a pas de registre {min(strangers)}, dont vous donnez une empreinte. Retirez-la, puis recommencez."
        )
    with transaction.atomic():
        for territory in chains:
            with ledger.opened(territory):
                record_on(territory, former, new, stolen=trusted is not None, upto=upto.get(territory))


def record_on(
    territory: Territory | None,
    former: Ed25519PrivateKey,
    new: Ed25519PrivateKey,
    *,
    stolen: bool,
    upto: SignedRoot | None,
) -> None:
    """Write the line of the exchange on one chain, in the caller's transaction and scope."""
    owner = territory.pk if territory else None
    bulk_insert.lock_chain(owner)
    last = bulk_insert.last(owner)
    lines = ledger.lines_of(territory)
    trusted = lines.get(seq=upto.size) if upto else None if stolen else last
    change = sign_change(
        former,
        new,
        chain=chain_name(territory),
        line=last.seq + 1 if last else 1,
        size=trusted.seq if trusted else 0,
        checkpoint=proofs.mark_of(territory, trusted),
        at=timezone.now().isoformat(),
        stolen=stolen,
    )
    ledger.append(territory, RENEWAL, None, key_identifier(new.public_key()), change.to_dict())


def _last_trusted(territory: Territory | None, trusted: Iterable[SignedRoot]) -> SignedRoot | None:
    """The longest of these roots that is of the chain. Raises LedgerError when the chain is no longer the one that it signed."""
    own_roots = [root for root in trusted if root.chain == chain_name(territory)]
    latest = max(own_roots, key=lambda root: root.size, default=None)
    if latest and (why := proofs.compare(territory, latest).why):
        raise LedgerError(
            f"L'empreinte de {latest.chain} du {latest.at} ne peut pas être tenue pour sûre : {why} Donnez-en une plus ancienne, ou "
            "restaurez d'abord une sauvegarde d'avant."
        )
    return latest


def _change_to(new: Ed25519PrivateKey, territory: Territory | None) -> KeyChange | None:
    """None for a territory that was founded after the exchange."""
    key = new.public_key().public_bytes_raw().hex()
    return next((change for change in keys.changes_of(territory) if change.key == key), None)
