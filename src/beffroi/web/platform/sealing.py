"""Encryption of stored secrets (a client secret, a TOTP seed) with a key derived from `secret.key` of the home."""

import base64
from collections.abc import Iterable

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

MARK = "sealed:1:"


class CannotUnseal(Exception):
    """The home's key is not the one that sealed this."""


def _box(key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"beffroi sealed secrets").derive(
        key.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(text: str, key: str | None = None) -> str:
    """Sealed with `key`, the home's own unless another is given."""
    return MARK + _box(settings.SECRET_KEY if key is None else key).encrypt(text.encode()).decode("ascii")


def unseal(sealed: str, keys: Iterable[str] | None = None) -> str:
    """The text again, by the first of `keys` that opens it (the home's own). Raises CannotUnseal when none does."""
    token = sealed.removeprefix(MARK).encode()
    for key in (settings.SECRET_KEY,) if keys is None else keys:
        try:
            return _box(key).decrypt(token).decode()
        except InvalidToken:
            continue
    raise CannotUnseal


def is_sealed(text: str) -> bool:
    return text.startswith(MARK)
