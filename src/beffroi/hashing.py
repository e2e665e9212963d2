"""SHA-256 of a file, of a text, of a JSON document, of a secret drawn at random, as 64 hexadecimal digits."""

import hashlib
import json
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any


def file_sha256(path: Path) -> str:
    """The digest of a file's bytes, read a block at a time."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_in_background(path: Path) -> Future[str]:
    """The digest of a file's bytes, computed on another core while the file is read for something else."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(file_sha256, path)
    finally:
        pool.shutdown(wait=False)


def text_sha256(text: str) -> str:
    """The digest of a text in UTF-8: what a ledger line keeps of words that are kept elsewhere."""
    return hashlib.sha256(text.encode()).hexdigest()


def json_sha256(value: Any) -> str:
    """The digest of what JSON can write, whatever the order of its keys."""
    return text_sha256(json.dumps(value, ensure_ascii=False, sort_keys=True))


def hash_secret(secret: str) -> str:
    """What is stored of a token, a link or a code: it was drawn at random, so a plain hash cannot be guessed back."""
    return text_sha256(secret)
