"""Sealed content that a browser opens without network: AES-256-GCM, key from a passphrase by PBKDF2-HMAC-SHA256.

In: bytes and a generated passphrase. Out: a JSON-ready box, opened by `frontend/src/offline/passphrase-box.js` with WebCrypto.
"""

import base64
import re
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

ROUNDS = 600_000
# At the same place on AZERTY, QWERTY and QWERTZ keyboards, without those that are taken for another: 17 letters.
LETTERS = "bcdefghjknprstuvx"
GROUPS, GROUP = 5, 4  # 20 letters: 81 bits
_TYPED = re.compile(r"[a-z0-9]{20,200}")


class WrongPassphrase(ValueError):
    """The passphrase is another one, or the content was damaged: they cannot be told apart."""


def new_passphrase() -> str:
    """81 bits, in five groups of four letters: « bcde-fghj-knpr-stuv-xbcd »."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def normalized(passphrase: str) -> str:
    """As it is typed in any case, with or without spaces and hyphens. Raises ValueError for what is too short to seal with."""
    plain = re.sub(r"[\s\-.]+", "", passphrase).lower()
    if not _TYPED.fullmatch(plain):
        raise ValueError("Une phrase de passe a au moins 20 lettres sans accent ou chiffres.")
    return plain


def seal(content: bytes, passphrase: str) -> dict[str, Any]:
    """A box with all that its opening needs but the passphrase; each has its own salt and nonce."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    cipher = AESGCM(_key(passphrase, salt, ROUNDS)).encrypt(nonce, content, None)
    texts = {name: base64.b64encode(value).decode() for name, value in _parts(salt, nonce, cipher)}
    return {"format": 1, "kdf": "PBKDF2-HMAC-SHA256", "rounds": ROUNDS, **texts}


def unseal(box: Mapping[str, Any], passphrase: str) -> bytes:
    """The content; raises `WrongPassphrase`."""
    salt, nonce, cipher = (base64.b64decode(box[name], validate=True) for name in ("salt", "nonce", "cipher"))
    try:
        return AESGCM(_key(passphrase, salt, box["rounds"])).decrypt(nonce, cipher, None)
    except (InvalidTag, ValueError) as error:
        raise WrongPassphrase("Phrase de passe refusée, ou contenu abîmé.") from error


def sealed_key(private_pem: str, passphrase: str) -> dict[str, Any]:
    """The signing key of the restoration site (PKCS 8, P-256), for the editor on the stick; its public half stays readable."""
    key = load_pem_private_key(private_pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("La clé de signature n'est pas une clé P-256.")
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return {"public_key": public.decode(), "box": seal(private, passphrase)}


def _key(passphrase: str, salt: bytes, rounds: int) -> bytes:
    return PBKDF2HMAC(SHA256(), 32, salt, rounds).derive(normalized(passphrase).encode())


def _parts(salt: bytes, nonce: bytes, cipher: bytes) -> list[tuple[str, bytes]]:
    return [("salt", salt), ("nonce", nonce), ("cipher", cipher)]
