"""Signature of the page's document: ECDSA on P-256 with SHA-256, which WebCrypto, OpenSSL and `cryptography` all know.

A signature is DER, as OpenSSL writes it; the 64 bytes of WebCrypto are read too, and either in base 64. The fingerprint is the SHA-256 of the public
key (SubjectPublicKeyInfo, DER). No Django here.
"""

import base64
import hashlib
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_RAW: Final = 64
_HASH: Final = ec.ECDSA(hashes.SHA256())


def new_key() -> tuple[str, str]:
    """A new pair: private (PKCS 8) and public key, in PEM."""
    private = ec.generate_private_key(ec.SECP256R1())
    return (
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii"),
        private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii"),
    )


def sign(content: bytes, private_pem: str) -> bytes:
    key = load_pem_private_key(private_pem.encode("ascii"), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("not a key of P-256")
    return key.sign(content, _HASH)


def verify(content: bytes, signature: bytes, public_pem: str) -> bool:
    """Whether this key signed these bytes; what is no key signed nothing."""
    try:
        key = load_pem_public_key(public_pem.encode("ascii"))
        if not isinstance(key, ec.EllipticCurvePublicKey):
            return False
        key.verify(der_of(signature), content, _HASH)
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def der_of(signature: bytes) -> bytes:
    """The signature in DER, whichever way it is written."""
    signature = _bytes_of(signature)
    if len(signature) != _RAW:
        return signature
    half = _RAW // 2
    return encode_dss_signature(
        int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    )


def _bytes_of(signature: bytes) -> bytes:
    """The signature out of base 64, where it is written so."""
    try:
        return base64.b64decode(signature.strip(), validate=True)
    except ValueError:
        return signature


def fingerprint(public_pem: str) -> str:
    """SHA-256 of the public key, in groups of four signs that two people can compare aloud."""
    key = load_pem_public_key(public_pem.encode("ascii"))
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    return " ".join(digest[at : at + 4].upper() for at in range(0, len(digest), 4))
