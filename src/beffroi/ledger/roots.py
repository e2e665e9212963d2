"""Signed tree heads: what an instance commits itself to, small enough to be archived elsewhere and compared years later.

In: a chain's state and the instance's Ed25519 key (RFC 8032). Out: a `SignedRoot`, written as JSON. Against a host who
would rewrite everything, only the roots that others archived count: docs/registre.md says how anyone checks them.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from beffroi.ledger.chain import Checkpoint, canonical

FORMAT = "beffroi root 1"
"""Prefix of every signed text: a signature made for another purpose never counts as one of a root."""
_MAX_BYTES = 1 << 16  # bytes: a root takes some 500


@dataclass(frozen=True)
class SignedRoot:
    """Signed state of a chain: `size` lines, their Merkle `root`, the `last` one's hash, `at` (ISO 8601, UTC).

    `key` is the SHA-256 of the 32 bytes of the public key; `signature` is of `signed_text`, both in hexadecimal.
    """

    chain: str
    size: int
    root: str
    last: str
    at: str
    key: str
    signature: str

    @property
    def signed_text(self) -> bytes:
        """Canonical JSON of the list of the format's name and of the six fields before the signature."""
        return canonical([FORMAT, self.chain, self.size, self.root, self.last, self.at, self.key])

    def is_signed_by(self, public: Ed25519PublicKey) -> bool:
        if fingerprint(public) != self.key:
            return False
        try:
            public.verify(bytes.fromhex(self.signature), self.signed_text)
        except InvalidSignature:
            return False
        return True

    def as_json(self) -> bytes:
        """One line of JSON, without its end of line."""
        return json.dumps(asdict(self), ensure_ascii=False).encode()


def sign(key: Ed25519PrivateKey, chain: str, size: int, checkpoint: Checkpoint, at: str) -> SignedRoot:
    """Signed root of a chain of `size` lines in the state `checkpoint`."""
    unsigned = SignedRoot(
        chain, size, checkpoint.root, checkpoint.last, at, fingerprint(key.public_key()), ""
    )
    return replace(unsigned, signature=key.sign(unsigned.signed_text).hex())


def parse_signed_root(content: Any) -> SignedRoot:
    """Signed root of a JSON object. Raises ValueError, in French; the signature is not verified."""
    names = {each.name: int if each.type is int else str for each in fields(SignedRoot)}
    if not isinstance(content, dict) or content.keys() != names.keys():
        raise ValueError("ce n'est pas une empreinte signée de Beffroi")
    for name, kind in names.items():
        if type(content[name]) is not kind:
            raise ValueError(f"le champ « {name} » de l'empreinte n'a pas la forme attendue")
    digits = {"root": 64, "last": 64, "key": 64, "signature": 128}
    for name, length in digits.items():
        if not is_hex(content[name], length):
            raise ValueError(f"le champ « {name} » de l'empreinte n'a pas la forme attendue")
    if not 0 <= content["size"] < 1 << 53:
        raise ValueError("le champ « size » de l'empreinte n'a pas la forme attendue")
    return SignedRoot(**content)


def is_hex(value: Any, length: int) -> bool:
    """Whether the value is a text of so many lower-case hexadecimal digits."""
    return isinstance(value, str) and len(value) == length and set(value) <= set("0123456789abcdef")


def read_roots(text: bytes) -> list[SignedRoot]:
    """Signed roots of a file: a single one, or one a line. Raises ValueError, in French."""
    return [parse_signed_root(content) for content in parse_json_documents(text)]


def read_root(text: bytes) -> SignedRoot:
    """Signed root of a file that contains exactly one. Raises ValueError, in French."""
    if len(text) > _MAX_BYTES:
        raise ValueError("ce fichier est trop grand pour une empreinte signée")
    found = read_roots(text)
    if len(found) != 1:
        raise ValueError("ce fichier ne contient pas une empreinte signée, et une seule")
    return found[0]


def parse_json_documents(text: bytes) -> Iterator[Any]:
    """JSON documents of a file: a single one, or one a line. Raises ValueError, in French."""
    try:
        decoded = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("ce n'est pas un fichier de texte (UTF-8)") from None
    if not decoded.strip():
        raise ValueError("ce fichier est vide")
    try:
        yield json.loads(decoded)
        return
    except (ValueError, RecursionError):
        pass
    for line in decoded.splitlines():
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError("ce n'est pas du JSON : le fichier est abîmé, ou ce n'est pas le bon") from None
        yield content


def fingerprint(public: Ed25519PublicKey) -> str:
    """Fingerprint of a public key: SHA-256 of its 32 bytes, in hexadecimal."""
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return sha256(raw).hexdigest()


def public_pem(public: Ed25519PublicKey) -> bytes:
    """Public key in PEM."""
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def read_public_key(text: bytes) -> Ed25519PublicKey:
    """Public key of a PEM file. Raises ValueError, in French."""
    if b"PRIVATE KEY" in text:
        raise ValueError("c'est une clé privée : donnez la clé publique, et ne transmettez jamais celle-ci")
    try:
        key = serialization.load_pem_public_key(text)
    except Exception:  # whatever the library raises for a file that is no key
        raise ValueError("ce n'est pas une clé publique au format PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("cette clé publique n'est pas une clé Ed25519")
    return key


def generate_key_pem() -> bytes:
    """Random private key, in PEM as an instance stores it."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def ensure_key(path: Path) -> None:
    """Create the instance's key once, readable by its owner only; a concurrent second call leaves the first key in place."""
    if path.exists():
        return
    pem = generate_key_pem()
    # mkstemp's files are 0600; a link, unlike a renaming, never takes another key's place.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(pem)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        Path(draft).unlink()


def load_private_key(path: Path) -> Ed25519PrivateKey:
    """Private key of the instance. Raises ValueError for a file that is no such key, OSError when there is none."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(
            f"La clé {path} du registre est illisible. Remettez celle d'une sauvegarde ; rien n'a été modifié."
        )
    return key
