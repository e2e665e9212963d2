"""SHA-256 of a file, of a text, of a secret drawn at random, as 64 hexadecimal digits."""

import hashlib
from pathlib import Path


def file_sha256(path: Path) -> str:
    """The digest of a file's bytes, read a block at a time."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def text_sha256(text: str) -> str:
    """The digest of a text in UTF-8: what a ledger line keeps of words that are kept elsewhere."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_secret(secret: str) -> str:
    """What is stored of a token, a link or a code: it was drawn at random, so a plain hash cannot be guessed back."""
    return text_sha256(secret)
