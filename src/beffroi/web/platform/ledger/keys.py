"""The key that signs the ledger's roots today, and those before it, as the lines of a chain say when each was exchanged.

In: a territory (None: the host). Out: the instance's private key, and the library's `KeyHistory`. An exchange is written by
`operations.ledger_key`; from its transaction on, the new key is the one that signs.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from beffroi.home import Home
from beffroi.ledger.chain import RENEWAL, Line
from beffroi.ledger.keys import KeyChange, KeyHistory, key_identifier, parse_key_change
from beffroi.ledger.roots import ensure_key, load_private_key

from .. import scope
from ..models import Territory
from .lines import LINE_FIELDS, LedgerError, lines_of, opened


def signing_key() -> Ed25519PrivateKey:
    """The instance's key, made once. Raises LedgerError when it is lost, or cannot be read or made."""
    home: Home = settings.HOME
    try:
        if home.next_ledger_key.is_file() and is_recorded(
            following := load_private_key(home.next_ledger_key)
        ):
            return following  # the exchange was cut short after its lines were written
        # One that was there and is lost is not made again: another would sign in its place.
        if not home.remembers(home.ledger_key.name):
            ensure_key(home.ledger_key)
        return load_private_key(home.ledger_key)
    except (OSError, ValueError) as error:
        raise LedgerError(
            f"La clé du registre ne peut pas être lue ({error}). Rien n'a été modifié."
        ) from error


def is_recorded(key: Ed25519PrivateKey) -> bool:
    """Whether the host's chain says that the roots are signed by this key from some line on."""
    with scope.nowhere(), scope.host():
        return lines_of(None).filter(act=RENEWAL, thing=key_identifier(key.public_key())).exists()


def changes_of(territory: Territory | None) -> list[KeyChange]:
    """The exchanges that the chain records, in order. Raises LedgerError for one whose statement is not readable."""
    with opened(territory):
        found = list(lines_of(territory).filter(act=RENEWAL).values_list("seq", "detail__payload"))
    changes = []
    for seq, payload in found:
        try:
            changes.append(parse_key_change(payload))
        except ValueError as error:
            raise LedgerError(f"Le remplacement de clé de la ligne {seq} est illisible : {error}.") from error
    return changes


def change_lines(territory: Territory | None) -> list[Line]:
    """The lines of these exchanges."""
    with opened(territory):
        return [Line(*row) for row in lines_of(territory).filter(act=RENEWAL).values_list(*LINE_FIELDS)]


def history(territory: Territory | None) -> KeyHistory:
    """The keys of the chain that today's vouches for. Raises LedgerError when its statements do not hold together."""
    changes = changes_of(territory)
    try:
        return KeyHistory(signing_key().public_key(), changes)
    except ValueError as error:
        raise LedgerError(
            f"Les remplacements de clé que dit ce registre ne se vérifient pas : {error}. Vérifiez-le (« beffroi ledger "
            "verify »), et prévenez votre responsable de la sécurité."
        ) from error
