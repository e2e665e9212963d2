"""Scanned sheets: read in a child process, filed by the number of their QR code; those without one wait for a hand.

In: an uploaded PDF or picture. Out: rows, and one grey picture a page in the territory's folder; the file itself is not stored.
"""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from beffroi.home import write_safely
from beffroi.lake.processes import environment
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require
from beffroi.web.platform.storage import disk_space
from beffroi.web.ui.formats import counted

from ..errors import ContinuityError
from ..models import NumberRange, ScannedPage
from ..paper_forms import numbers
from ..paper_forms.sheet_numbers import NumberError, parse_code, read_number
from .scan_process import LIMITS, MAX_PAGES

LARGEST: Final = 30 << 20  # bytes of one file
_LARGEST_PAGE: Final = 4 << 20
_ACT: Final = "continuity.answer"


@dataclass(frozen=True)
class Page:
    """One page that was read: its codes, its picture."""

    codes: tuple[str, ...]
    picture: bytes


def read_scan(content: bytes) -> list[Page]:
    """The pages of a file, read by another process. Raises ContinuityError."""
    try:
        child = subprocess.run(
            [sys.executable, "-m", "beffroi.web.continuity.rekeying.scan_process"],
            input=content,
            capture_output=True,
            env=environment(),
            timeout=LIMITS.wall_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ContinuityError(
            "La lecture de ce fichier demandait un temps démesuré. Numérisez moins de pages à la fois.",
            "file",
        ) from None
    pages: list[Page] = []
    ended = False
    for line in child.stdout.splitlines():
        try:
            answer = json.loads(line)
            if "refused" in answer:
                raise ContinuityError(str(answer["refused"])[:300], "file")
            ended = ended or answer.get("ended") is True
            if "picture" in answer and len(pages) < MAX_PAGES:
                picture = base64.b64decode(answer["picture"], validate=True)
                if picture[:3] == b"\xff\xd8\xff" and len(picture) <= _LARGEST_PAGE:
                    pages.append(Page(tuple(str(code)[:200] for code in answer["codes"]), picture))
        except (ValueError, TypeError, KeyError, AttributeError):
            break
    if not ended or not pages:
        raise ContinuityError(
            "Ce fichier, abîmé, a interrompu sa lecture. Rien n'a été gardé. Numérisez à nouveau.", "file"
        )
    return pages


def _read(territory: Territory, by: Person, file: UploadedFile) -> tuple[str, list[Page]]:
    """The name of a file and its pages. Raises ContinuityError."""
    name = "".join(c for c in Path(file.name or "").name if c.isprintable())[-200:].strip() or "numérisation"
    if not file.size:
        raise ContinuityError(f"« {name} » est vide. Rien n'a été gardé.", "file")
    if file.size > LARGEST:
        raise ContinuityError(f"« {name} » dépasse {LARGEST >> 20} Mo. Coupez-le en deux.", "file")
    pages = read_scan(file.read())
    disk_space.require_quota(territory, sum(len(page.picture) for page in pages))
    return name, pages


def _received(rows: list[ScannedPage]) -> str:
    filed = sum(row.range_id is not None for row in rows)
    words = counted(filed, "page rangée sous son numéro", "pages rangées sous leur numéro")
    return f"{words}, {len(rows) - filed} à classer à la main."


@act("rekeying.scan", "lecture de feuilles numérisées", right=_ACT, done=_received, prepare=_read)
def receive(
    territory: Territory, by: Person, prepared: tuple[str, list[Page]]
) -> Recorded[list[ScannedPage]]:
    """File each page of a file that was read. Raises ContinuityError."""
    name, pages = prepared
    rows: list[ScannedPage] = []
    for number, page in enumerate(pages, start=1):
        row, rank, code = _place_of(territory, page.codes)
        sha256 = hashlib.sha256(page.picture).hexdigest()
        path = folder(territory) / f"{sha256}.jpg"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_safely(path, page.picture)
        rows.append(
            ScannedPage.objects.create(
                territory=territory, range=row, rank=rank, name=name, page=number, read_code=code,
                sha256=sha256, size=len(page.picture), by=by,
            )
        )  # fmt: skip
    filed = sum(row.range_id is not None for row in rows)
    return Recorded(rows, {"pages": len(rows), "filed": filed}, f"scan:{rows[0].pk}")


def _place_of(territory: Territory, codes: Iterable[str]) -> tuple[NumberRange | None, int | None, str]:
    """The number that a page bears, where it is one of ours; two different ones are for a person to look at."""
    found: dict[tuple[int, int], tuple[NumberRange, str]] = {}
    text = ""
    for each in codes:
        text = text or each
        try:
            code = parse_code(each)
            if code.territory == territory.code:
                row = numbers.range_of(territory, code.number)
                found[row.pk, code.number.rank] = row, each
        except (NumberError, ContinuityError):
            continue
    if len(found) != 1:
        return None, None, text
    ((_, rank), (row, text)) = next(iter(found.items()))
    return row, rank, text


@act("rekeying.file", "page numérisée classée à la main", right=_ACT)
def file_by_hand(page: ScannedPage, by: Person, number: str) -> Recorded[ScannedPage]:
    """File a page under the number that a person reads on it. Raises ContinuityError."""
    try:
        found = read_number(number, territory=page.territory.code)
    except NumberError as error:
        raise ContinuityError(str(error), "number") from None
    if page.range_id is not None:
        raise ContinuityError("Cette page est déjà classée. Rien n'a été changé.")
    page.range, page.rank = numbers.range_of(page.territory, found), found.rank
    page.save(update_fields=["range", "rank"])
    return Recorded(page, {"rank": found.rank}, f"scan:{page.pk}")


def discard(page: ScannedPage, by: Person) -> None:
    """Take away the picture of a page that is no sheet; its line stays."""
    require(by, _ACT, page.territory)
    with transaction.atomic():
        _erase(page.territory, [page])
        ledger.append(page.territory, "rekeying.discard", by, f"scan:{page.pk}", {})


def erase_pages(territory: Territory, sheets: Iterable[tuple[int, int]]) -> None:
    """Take away the pictures of these sheets (range, rank), inside the caller's transaction."""
    wanted = set(sheets)
    rows = ScannedPage.objects.of(territory).filter(erased_at=None, range__in={row for row, _ in wanted})
    _erase(territory, [row for row in rows if (row.range_id, row.rank) in wanted])


def _erase(territory: Territory, pages: list[ScannedPage]) -> None:
    now = timezone.now()
    for page in pages:
        page.erased_at = now
        page.save(update_fields=["erased_at"])
    sums = {page.sha256 for page in pages}
    current = ScannedPage.objects.of(territory).filter(sha256__in=sums, erased_at=None)
    orphans = sums - set(current.values_list("sha256", flat=True))
    files = [folder(territory) / f"{one}.jpg" for one in orphans]
    transaction.on_commit(lambda: _unlink(files))


def _unlink(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def unfiled(territory: Territory) -> list[ScannedPage]:
    return list(ScannedPage.objects.of(territory).filter(range=None, erased_at=None))


def pages_of(territory: Territory, row: NumberRange, rank: int) -> list[ScannedPage]:
    """The pages of one sheet."""
    return list(ScannedPage.objects.of(territory).filter(range=row, rank=rank, erased_at=None))


def folder(territory: Territory) -> Path:
    return Path(settings.HOME.territory(territory.slug)) / "scans"


def path_of(page: ScannedPage) -> Path:
    return folder(page.territory) / f"{page.sha256}.jpg"


def filed_in(territory: Territory, ranges: Iterable[NumberRange]) -> list[ScannedPage]:
    """The pages filed under numbers of these ranges, in the order of the numbers."""
    rows = ScannedPage.objects.of(territory).filter(range__in=ranges, erased_at=None)
    return list(rows.order_by("rank", "pk"))
