"""Secrets that must be given back (a client secret, a TOTP seed), kept encrypted with a key drawn from the home's `secret.key`."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

MARK = "sealed:1:"


class CannotUnseal(Exception):
    """The home's key is not the one that sealed this."""


def _box() -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"beffroi sealed secrets").derive(
        settings.SECRET_KEY.encode()
    )
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(text: str) -> str:
    return MARK + _box().encrypt(text.encode()).decode("ascii")


def unseal(sealed: str) -> str:
    """The text again. Raises CannotUnseal when `secret.key` is another one."""
    try:
        return _box().decrypt(sealed.removeprefix(MARK).encode("ascii")).decode()
    except InvalidToken:
        raise CannotUnseal from None


def is_sealed(text: str) -> bool:
    return text.startswith(MARK)
