"""Signed grant files for notebooks: signed by the instance, verified by `open_lake`.

The Ed25519 signature detects an altered or forged file. It protects nothing from a person who has the lake's folder, hence the
data. The key pair is at the root of the home, generated on first use.
"""

import base64
import json
import os
import warnings
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant

FORMAT: Final = 1
SECRET, PUBLIC = "grants.key", "grants.pub"


class GrantForged(LakeError):
    """The file was not signed by this instance, or was altered since."""


def sign_grant(grant: Grant, home: Path) -> str:
    """Signed text of a grant. The lake's folder is left out: `open_lake` receives its path."""
    content = {"format": FORMAT, "grant": {**grant.to_dict(), "lake": Path(grant.lake).name}}
    signature = _own_key(home).sign(_bytes(content))
    return json.dumps(
        content | {"signature": base64.b64encode(signature).decode()}, ensure_ascii=False, indent=1
    )


def read_grant_file(file: Path | str, place: Path) -> Grant:
    """Grant of a file, its signature verified, on the lake at `place` (a home, or a lake's folder).

    Raises GrantForged for a file that the instance did not sign, LakeError for one that is no grant or whose lake is
    missing. Warns when the instance's public key is not available next to the lake: the file is then trusted.
    """
    try:
        content = json.loads(Path(file).read_text("utf-8"))
        signature = base64.b64decode(content.pop("signature"), validate=True)
        grant = Grant.from_dict(content["grant"])
        known = content["format"] == FORMAT and set(content) == {"format", "grant"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise LakeError(
            f"« {Path(file).name} » n'est pas un accès à un jeu de données. Reprenez le fichier remis par la page "
            "« Ouvrir dans un carnet », ou par « beffroi grant »."
        ) from error
    if not known:
        raise LakeError(
            f"« {Path(file).name} » vient d'une autre version de Beffroi. Demandez un nouvel accès avec celle-ci."
        )
    folder = _lake_of(grant, place)
    # Two folders above the territory's lakes.
    public = public_key(folder.parents[2]) if len(folder.parents) > 2 else None
    if public is None:
        warnings.warn(
            f"La clé publique de l'instance ({PUBLIC}) n'est pas à côté de ces données : "
            "rien ne dit que cet accès n'a pas été modifié.",
            stacklevel=3,
        )
    else:
        try:
            public.verify(signature, _bytes(content))
        except InvalidSignature:
            raise GrantForged(
                f"« {Path(file).name} » n'a pas été remis par cette instance, ou il a été modifié depuis. Rien n'a été lu. "
                "Demandez un nouvel accès sur la page du jeu de données."
            ) from None
    return Grant.from_dict({**content["grant"], "lake": str(folder)})


def _bytes(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def _lake_of(grant: Grant, place: Path) -> Path:
    """Folder of the lake: `place` itself, or its path in a home. Names of the file never lead out of `place`."""
    place = place.resolve()
    if (place.name, place.parent.name) == (grant.lake, grant.territory):
        return place
    folder = (place / "territories" / grant.territory / grant.lake).resolve()
    if folder.is_relative_to(place / "territories") and folder.is_dir():
        return folder
    raise LakeError(
        f"Les données de « {grant.territory} » que cet accès ouvre ne sont pas dans « {place} ». "
        "Indiquez le dossier de l'instance, ou celui des données de ce territoire."
    )


def public_key(home: Path) -> Ed25519PublicKey | None:
    """Public key at the root of the home, used to verify grants; None when there is none."""
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex((home / PUBLIC).read_text("ascii")))
    except OSError:
        return None


def _own_key(home: Path) -> Ed25519PrivateKey:
    """Private key of the instance, generated on first use; two processes that start at once end with the same one."""
    secret, public = home / SECRET, home / PUBLIC
    if not secret.is_file():
        _draw(secret)
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret.read_text("ascii")))
    raw = key.public_key().public_bytes_raw().hex()
    # Other than the key's own when an exchange was cut short between the two.
    if not public.is_file() or public.read_text("ascii") != raw:
        public.write_text(raw, "ascii")
    return key


def renew_key(home: Path) -> None:
    """Generate a new key: grants signed by the previous one are refused from now on."""
    (home / SECRET).unlink(missing_ok=True)
    _own_key(home)


def _draw(secret: Path) -> None:
    draft = secret.with_name(f".{SECRET}.{os.getpid()}.tmp")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(Ed25519PrivateKey.generate().private_bytes_raw().hex())
    try:
        os.link(draft, secret)  # whole, and only for the first
    except FileExistsError:
        pass
    finally:
        draft.unlink()
