"""What a program says of a repository that it cannot read, in French: what is wrong, what to do.

The words of restic and borg are stable enough to tell a server that is away from bytes that have changed.
"""

import re
from typing import Final

from beffroi.web.platform.restic_output import detail

from .readable_repository import Damaged, ReadingError, Unreachable

KEEP: Final = "N'effacez rien : gardez ce dépôt tel quel, faites une nouvelle sauvegarde ailleurs, et appelez qui s'en occupe."
_AWAY: Final = (
    "connection refused", "no such host", "could not resolve", "connection closed", "no route", "unreachable", "timed out",
    "i/o timeout", "host key verification failed", "identification has changed", "connection reset", "remote: borg: not found",
    "is borg working on the server", "temporary failure", "unable to start the sftp session", "server unexpectedly closed connection",
    "connection not allowed", "socks connect",
)  # fmt: skip
_UNREADABLE_ANSWER: Final = (
    "invalid character", "cannot unmarshal", "unexpected http response", "xml syntax error", "time format is invalid",
    "unexpected rpc data format", "unexpected packet", "packet too long", "bad message",
)  # fmt: skip
"""What a client says of an answer in which it does not find its own protocol."""
_DENIED: Final = (
    "permission denied",
    "access denied",
    "accessdenied",
    "forbidden",
    "unexpected http response (401)",
    "unexpected http response (403)",
    "invalidaccesskeyid",
    "signaturedoesnotmatch",
)
_CAUSES: Final = (
    (
        r"unexpected (pack|file) size|truncated|unexpected eof|too short|incomplete|short read|data short",
        "Un fichier du dépôt est coupé : une partie manque.",
    ),
    (
        r"ciphertext verification failed|hash (does not match|mismatch)|invalid data returned|does not match id|"
        r"checksum mismatch|id verification failed|data integrity error|integrity error|tampered|unpack|decrypting",
        "Des octets du dépôt ont changé : ce qui est relu n'est plus ce qui a été écrit.",
    ),
    (
        r"not found|does not exist|no such file|missing|not in the repository|not contained in any index|object .*not|count mismatch",
        "Un fichier du dépôt manque.",
    ),
)  # fmt: skip


def require_room(text: str) -> None:
    """Raise Unreachable where our own disk was full: nothing is written elsewhere, and the copy is not in question."""
    if any(sign in text.lower() for sign in ("no space left", "disk quota exceeded", "disk full")):
        raise Unreachable(
            "Le disque de Beffroi s'est rempli pendant l'essai. Demandez à l'exploitant d'en libérer. La copie n'est pas en cause."
        )


def explained(text: str) -> str:
    """A sentence on what damage this message tells, what to do, and the message itself."""
    own = _without_trace(text)
    lowered = own.lower()
    cause = next(
        (words for pattern, words in _CAUSES if re.search(pattern, lowered)),
        "Le programme de sauvegarde trouve ce dépôt abîmé.",
    )
    return f"{cause} {KEEP} {detail(own)}"


def _without_trace(text: str) -> str:
    """The message of a program, its own stack of calls left out."""
    own, *_ = re.split(r" github\.com/|Traceback|\bgoroutine \d", text, maxsplit=1)
    return " ".join(own.split()) or "le programme s'est arrêté sur une erreur"


def failure(text: str, *, remote: bool) -> ReadingError:
    """The exception for a command that failed for no reason that its code tells."""
    require_room(text)
    lowered = text.lower()
    if any(sign in lowered for sign in _DENIED):
        return Damaged(
            "Beffroi n'a pas, ou n'a plus, le droit de lire ce dépôt. Rendez-lui le droit de lire tous les fichiers (et "
            f"seulement de lire). {detail(text)}"
        )
    if remote and any(sign in lowered for sign in _AWAY):
        return Unreachable(
            f"Le serveur de cette copie ne répond pas. Vérifiez l'adresse et le réseau. {detail(text)}"
        )
    if remote and any(sign in lowered for sign in _UNREADABLE_ANSWER):
        return no_repository_there(text)
    return Damaged(explained(text))


def unanswered(call: str, text: str) -> ReadingError:
    """The exception for a server that a program asked again and again, to the end of its time. `call`: as restic names it."""
    found = failure(text, remote=True)
    # A list or a size that is refused is the server's own answer: nothing of the repository was read.
    return no_repository_there(text) if isinstance(found, Damaged) and call in ("List", "Stat") else found


def no_repository_there(text: str) -> Unreachable:
    return Unreachable(
        "Ce serveur ne répond pas comme un dépôt : sa réponse ne peut pas être lue. Rien n'est prouvé, pour ou contre cette copie. "
        "Vérifiez l'adresse : un autre service, ou la page d'accueil d'un réseau, répond peut-être à sa place. "
        f"{detail(_without_trace(text))}"
    )
