"""Signed roots: what an instance commits itself to, small enough to keep elsewhere and to compare years later.

In come a chain's state and the instance's Ed25519 key (RFC 8032); out comes a `SignedRoot`, written as JSON. Against a
host who would rewrite everything, only the roots that others kept speak: docs/registre.md says how anyone checks them.
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

from beffroi.ledger.chain import Mark, canonical

FORMAT = "beffroi root 1"
"""What every signed text begins with: a signature made for something else is never one of a root."""
_MOST = 1 << 16  # bytes: a root takes some 500


@dataclass(frozen=True)
class SignedRoot:
    """Where a chain stood: `size` lines, their Merkle `root`, the `last` one's hash, `at` (ISO 8601, UTC).

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


def sign(key: Ed25519PrivateKey, chain: str, size: int, mark: Mark, at: str) -> SignedRoot:
    """The root of a chain of `size` lines that stands at `mark`."""
    unsigned = SignedRoot(chain, size, mark.root, mark.last, at, fingerprint(key.public_key()), "")
    return replace(unsigned, signature=key.sign(unsigned.signed_text).hex())


def from_json(content: Any) -> SignedRoot:
    """The root that this JSON holds. Raises ValueError, in French; the signature is not looked at."""
    names = {each.name: int if each.type is int else str for each in fields(SignedRoot)}
    if not isinstance(content, dict) or content.keys() != names.keys():
        raise ValueError("ce n'est pas une empreinte signée de Beffroi")
    for name, kind in names.items():
        if type(content[name]) is not kind:
            raise ValueError(f"le champ « {name} » de l'empreinte n'a pas la forme attendue")
    digits = {"root": 64, "last": 64, "key": 64, "signature": 128}
    for name, length in digits.items():
        value = content[name]
        if len(value) != length or not set(value) <= set("0123456789abcdef"):
            raise ValueError(f"le champ « {name} » de l'empreinte n'a pas la forme attendue")
    if not 0 <= content["size"] < 1 << 53:
        raise ValueError("le champ « size » de l'empreinte n'a pas la forme attendue")
    return SignedRoot(**content)


def read_roots(text: bytes) -> list[SignedRoot]:
    """The roots of a file: one alone, or one a line as an instance keeps them. Raises ValueError, in French."""
    return [from_json(content) for content in read_contents(text)]


def read_root(text: bytes) -> SignedRoot:
    """The root of a file that holds one. Raises ValueError, in French."""
    if len(text) > _MOST:
        raise ValueError("ce fichier est trop grand pour une empreinte signée")
    found = read_roots(text)
    if len(found) != 1:
        raise ValueError("ce fichier ne contient pas une empreinte signée, et une seule")
    return found[0]


def read_contents(text: bytes) -> Iterator[Any]:
    """The JSON of a file that holds one alone, or one a line. Raises ValueError, in French."""
    try:
        whole = text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("ce n'est pas un fichier de texte (UTF-8)") from None
    if not whole.strip():
        raise ValueError("ce fichier est vide")
    try:
        yield json.loads(whole)
        return
    except (ValueError, RecursionError):
        pass
    for line in whole.splitlines():
        try:
            content = json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError("ce n'est pas du JSON : le fichier est abîmé, ou ce n'est pas le bon") from None
        yield content


def fingerprint(public: Ed25519PublicKey) -> str:
    """How a key is named: the SHA-256 of its 32 bytes."""
    raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return sha256(raw).hexdigest()


def public_pem(public: Ed25519PublicKey) -> bytes:
    """The public key as every tool reads it."""
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def read_public_key(text: bytes) -> Ed25519PublicKey:
    """The public key of a PEM file. Raises ValueError, in French."""
    if b"PRIVATE KEY" in text:
        raise ValueError("c'est une clé privée : donnez la clé publique, et ne transmettez jamais celle-ci")
    try:
        key = serialization.load_pem_public_key(text)
    except Exception:  # whatever the library raises for a file that is no key
        raise ValueError("ce n'est pas une clé publique au format PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("cette clé publique n'est pas une clé Ed25519")
    return key


def new_key() -> bytes:
    """A private key, drawn at random, as the file of an instance holds it (PEM)."""
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def ensure_key(path: Path) -> None:
    """Make the instance's key once, readable by its owner only; whoever comes second keeps the first one's."""
    if path.exists():
        return
    pem = new_key()
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


def read_key(path: Path) -> Ed25519PrivateKey:
    """The instance's key. Raises ValueError for a file that is no such key, OSError when there is none."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(
            f"La clé {path} du registre est illisible. Remettez celle d'une sauvegarde ; rien n'a été modifié."
        )
    return key
