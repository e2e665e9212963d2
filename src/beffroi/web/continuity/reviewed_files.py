"""A file that one page reads and the next one writes: the page carries it, or it is chosen again where it is too long."""

import base64
from typing import Final

from django.core.files.uploadedfile import UploadedFile

from .errors import ContinuityError

MOST_CARRIED: Final = 1_500_000  # bytes


def read_upload(file: UploadedFile, most: int) -> bytes:
    """Its bytes, `most` at most. Raises ContinuityError."""
    if (file.size or 0) > most:
        raise ContinuityError(f"Ce fichier dépasse {most // 1_000_000} Mo : rien n'a été repris.", "file")
    return bytes(file.read())


def carry(content: bytes) -> str:
    """What a hidden field holds of it; "" where it is too long to be carried."""
    return base64.b64encode(content).decode() if len(content) <= MOST_CARRIED else ""


def carried(text: str) -> bytes:
    """The file that a hidden field held. Raises ContinuityError."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise ContinuityError(
            "Le fichier n'est pas arrivé entier. Choisissez-le de nouveau.", "file"
        ) from None
