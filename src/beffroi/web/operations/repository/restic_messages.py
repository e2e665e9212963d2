"""What restic says, in French and with what to do; the settings that the answers name."""

from pathlib import Path
from typing import Final

from beffroi.web.platform.restic_output import LOCKED, NO_REPOSITORY, WRONG_KEY, detail

REPOSITORY: Final = "BEFFROI_BACKUP_REPOSITORY"
KEY_FILE: Final = "BEFFROI_BACKUP_KEY_FILE"
SSH_CONFIG: Final = "BEFFROI_BACKUP_SSH_CONFIG"
S3_KEY: Final = "BEFFROI_BACKUP_S3_KEY"
S3_SECRET_FILE: Final = "BEFFROI_BACKUP_S3_SECRET_FILE"  # noqa: S105  the name of a variable
_CAUSES: Final = (
    (
        ("identification has changed", "has changed and you have requested"),
        f"La clé du serveur de {{address}} a changé : il est refusé. L'instance n'a pas été modifiée. Demandez à qui le tient si c'est "
        f"voulu, puis corrigez known_hosts ({SSH_CONFIG}).",
    ),
    (
        ("host key verification failed", "host key is known"),
        "Ce serveur n'est pas dans known_hosts : il est refusé. L'instance n'a pas été modifiée. Ajoutez-y sa clé, celle que donne qui "
        f"tient ce serveur ({SSH_CONFIG}).",
    ),
    (
        ("bucket does not exist", "nosuchbucket"),
        "Il n'y a pas de dépôt de sauvegarde à {address} : ce compartiment n'existe pas. Rien n'a été modifié.",
    ),
    (
        ("no space left", "disk quota exceeded"),
        "Le disque du dépôt {address}, ou celui où l'on restaure, est plein. L'instance n'a pas été modifiée. Libérez de la place.",
    ),
    (
        ("access denied", "accessdenied", "forbidden", "invalidaccesskeyid", "signaturedoesnotmatch", "permission denied"),
        f"Le dépôt {{address}} refuse l'accès. L'instance n'a pas été modifiée. Vérifiez les droits, et {S3_KEY} ou {SSH_CONFIG}.",
    ),
    (
        ("sftp session", "connection refused", "no such host", "timeout", "context canceled", "connection closed", "host key", "no route", "unreachable"),
        f"Le dépôt {{address}} ne répond pas. L'instance n'a pas été modifiée. Vérifiez l'adresse, le réseau, et {SSH_CONFIG}.",
    ),
)  # fmt: skip


def explain(code: int, text: str, address: str, key_file: Path) -> str:
    """What a failure of restic means, and what to do. `code`, `text`: its exit code and what it said last."""
    if code == NO_REPOSITORY:
        return (
            f"Il n'y a pas de dépôt de sauvegarde à {address}. Rien n'a été modifié. Vérifiez {REPOSITORY} et que le "
            "disque est monté ; pour un dépôt neuf : « beffroi repository init »."
        )
    if code == WRONG_KEY:
        return (
            f"La clé de {key_file} n'ouvre pas le dépôt {address}. Rien n'a été modifié. Remettez celle que vous "
            "avez mise au coffre."
        )
    if code == LOCKED:
        return (
            f"Une autre opération est en cours dans le dépôt {address}. Rien n'a été modifié. Recommencez quand elle "
            "sera finie ; un verrou abandonné par une autre machine tombe de lui-même en une demi-heure."
        )
    for signs, message in _CAUSES:
        if any(sign in text.lower() for sign in signs):
            return f"{message.format(address=address)} {detail(text)}"
    return (
        f"Le dépôt {address} n'a pas pu faire ce qui était demandé. L'instance n'a pas été modifiée. "
        f"{detail(text)}"
    )


def explain_stop(reason: str, refused: str, text: str, address: str, key_file: Path) -> str:
    """What it means that restic was not started, or was ended: the reason of `Stopped`, its detail, what restic said last."""
    unchanged = "L'instance n'a pas été modifiée."
    if reason == "absent":
        package = "openssh-client" if refused == "ssh" else refused
        return f"Le programme {refused} manque. Rien n'a été modifié. Sur Debian : apt install {package}."
    if reason == "time":
        return explain(1, text or "timeout", address, key_file)
    if reason == "address":
        return (
            f"Le dépôt {address} a voulu mener ailleurs que chez lui. {refused} {unchanged} Si c'est voulu, ajoutez cet hôte à "
            "BEFFROI_ALLOWED_HOSTS_OUT ; sinon demandez à qui tient ce serveur ce qui a changé."
        )
    if reason == "memory":
        return (
            f"restic a demandé plus de mémoire que permis pour le dépôt {address}. {unchanged} Relevez BEFFROI_BACKUP_MEMORY "
            "(en mégaoctets), ou ajoutez de la mémoire à cette machine."
        )
    if reason == "disk":
        return f"Le disque des fichiers temporaires est plein. {unchanged} Libérez de la place, puis recommencez."
    return f"restic s'est arrêté sans finir dans le dépôt {address}. {unchanged} Recommencez. {detail(text or reason)}"
