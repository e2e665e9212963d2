"""Storage of delivered files in `incoming/`: each is written whole or not at all, under a name that no file system minds.

In: the chunks of an upload, or the file where it is already written. Out: its SHA-256 and size in bytes; where it is stored and staged.
"""

import errno
import hashlib
import json
import os
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from beffroi.hashing import file_sha256
from beffroi.home import write_safely
from beffroi.lake.files import disk_full

from ..errors import CatalogueError
from ..models import Delivery

type Content = Iterable[bytes] | Path
"""A file that arrives: its chunks, or where it is already written, on the disk of the home if need be."""


def content_of(upload: UploadedFile) -> Content:
    """What a form or the API received: a large file is written already, and is not copied."""
    written = getattr(upload, "temporary_file_path", None)
    return Path(written()) if written else upload.chunks()


def safe_name(file_name: str) -> str:
    """The name of a file without its path nor what a file system or a page could mind."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", file_name)[-1])
    name = "".join(c for c in name if c.isprintable() and c not in '<>:"|?*').strip(" .")
    stem, dot, suffix = name.rpartition(".")
    return f"{stem[:150]}{dot}{suffix[:40]}" if dot else name[:150] or "fichier"


def write_whole(target: Path, content: Content) -> tuple[str, int]:
    """Write a file whole, linked when it is already on this disk: its SHA-256 and its size."""
    if not isinstance(content, Path):
        return _write(target, content)
    if content.stat().st_size > int(settings.BEFFROI_MAX_UPLOAD):
        raise _too_large(target.name)
    try:
        os.link(content, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK):
            raise
        return _write(target, read_chunks(content))  # written on another disk
    with target.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        os.fsync(stream.fileno())
        return sha256, os.fstat(stream.fileno()).st_size


def read_chunks(file: Path) -> Iterator[bytes]:
    """The bytes of a file, a mebibyte at a time."""
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            yield chunk


def _too_large(name: str) -> CatalogueError:
    return CatalogueError(
        f"Le fichier « {name} » dépasse la taille permise ({int(settings.BEFFROI_MAX_UPLOAD) // 1_000_000} Mo). Rien n'a été "
        "gardé. Coupez-le en plusieurs fichiers, ou demandez à votre hébergeur de relever la limite."
    )


def _write(target: Path, chunks: Iterable[bytes]) -> tuple[str, int]:
    digest, size, most = hashlib.sha256(), 0, int(settings.BEFFROI_MAX_UPLOAD)
    draft = target.with_name(f".{target.name}.partial")
    with draft.open("xb") as stream:
        for chunk in chunks:
            size += len(chunk)
            if size > most:
                raise _too_large(target.name)
            digest.update(chunk)
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(target)
    return digest.hexdigest(), size


COMPANIONS = ".companions.json"
"""Beside a file that is read with others: their SHA-256, by name."""


def copy_companions(folder: Path, companions: Iterable[Path]) -> None:
    sums = {}
    for companion in companions:
        copy = folder / safe_name(companion.name)
        shutil.copyfile(companion, copy)
        sums[copy.name] = file_sha256(copy)
    if sums:
        write_safely(folder / COMPANIONS, json.dumps(sums, ensure_ascii=False).encode())


def companions_of(file: Path) -> dict[str, str]:
    """The files that a kept one is read with, and their SHA-256; none for most."""
    try:
        return dict(json.loads((file.parent / COMPANIONS).read_bytes()))
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError):
        return {COMPANIONS: ""}


def storage_error(error: BaseException, name: str) -> CatalogueError:
    if disk_full(error):
        why = "le disque est plein. Faites de la place, ou prévenez votre hébergeur"
    else:
        why = "le serveur n'a pas pu l'écrire. Prévenez votre hébergeur"
    return CatalogueError(f"Le fichier « {name} » n'a pas été gardé : {why}, puis déposez-le à nouveau.")


def stored_file(delivery: Delivery) -> Path:
    return Path(settings.HOME.incoming(delivery.territory.slug)) / delivery.stored_as


def staging_folder(delivery: Delivery) -> Path:
    return Path(settings.HOME.staging(delivery.territory.slug)) / str(delivery.pk)
