"""A kit, made from every registered part: open pages and binder, sealed page, sums, in one ZIP; refused if its open part names somebody.

In: a territory. Out: a `KitBuild` whose file is whole. A part that fails is left out and said; a build that fails leaves the last
whole kit where it is.
"""

import hashlib
import io
import logging
import secrets
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.storage import disk_space
from beffroi.web.ui import printing

from ..errors import ContinuityError
from ..models import KitBuild
from . import (
    kit_documents,
    lists,
    own_parts,
    paper_pages,
    passphrase,
    personal_values,
    stored_kits,
)
from .kit_documents import Cover, Section
from .lists import ListTable
from .parts import Page, Part, WholePage, all_parts

logger = logging.getLogger(__name__)
SIGNS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
CODE_LENGTH: Final = 6
MOST_FINDINGS: Final = 5
UNEXPECTED: Final = "Une erreur inattendue a arrêté la fabrication. Le dernier kit entier est toujours là. Signalez-la à votre administrateur."

type Report = Callable[[float, str], None]


def build(territory: Territory, by: Person | None = None, report: Report | None = None) -> KitBuild:
    """Make the kit now. Raises ContinuityError once the reason is recorded."""
    started, at = time.process_time(), timezone.now()
    try:
        return _build(territory, by, report or _silent, started, at)
    except (ContinuityError, disk_space.OutOfRoom) as error:
        _record_failure(territory, by, str(error), started, at)
        raise
    except Exception:
        _record_failure(territory, by, UNEXPECTED, started, at)
        raise


def _silent(percent: float, message: str) -> None:
    """Nobody watches."""


def _build(territory: Territory, by: Person | None, report: Report, started: float, at: datetime) -> KitBuild:
    report(5, "Les listes sont lues.")
    tables = [lists.refresh(row) for row in lists.lists_of(territory)]
    missing = [f"Liste « {t.kit_list.title} » : {t.failure}" for t in tables if t.failure]
    report(30, "Les pages sont faites.")
    sections = kit_documents.named(_sections(territory, tables, missing, sealed=False))
    sealed = kit_documents.named(_sections(territory, tables, missing, sealed=True))
    report(50, "La partie ouverte est relue : aucun nom ne doit s'y trouver.")
    require_nobody(territory, open_texts(sections) | {"première page": "\n".join(missing)}, tables)
    cover = Cover(territory, at, _new_code(territory))
    report(60, "Le classeur est mis en page.")
    content = _files(sections, sealed, cover, missing)
    report(90, "Le kit est écrit.")
    archive = _zip(territory, content)
    disk_space.require_quota(territory, len(archive))
    stored_kits.write(territory, cover.code, archive)
    with transaction.atomic():
        row: KitBuild = KitBuild.objects.create(
            territory=territory,
            code=cover.code,
            sha256=hashlib.sha256(archive).hexdigest(),
            size=len(archive),
            pages=sum(name.endswith(".html") and name != kit_documents.SEALED for name in content),
            is_sealed=kit_documents.SEALED in content,
            missing=missing,
            cpu_seconds=round(time.process_time() - started, 2),
            by=by,
            at=at,
        )
        about = {"sha256": row.sha256, "pages": row.pages, "sealed": row.is_sealed, "missing": len(missing)}
        ledger.append(territory, "kit.build", by, f"kit:{row.pk}", about)
    stored_kits.prune(territory)
    return row


def _files(
    sections: Sequence[Section], sealed: Sequence[Section], cover: Cover, missing: list[str]
) -> dict[str, bytes]:
    """The files of the kit by name, their sums included; `missing` gets what could not be made."""
    content: dict[str, bytes] = {}
    if sealed:
        try:
            title = f"Listes avec des noms · {cover.territory.name}"
            page = passphrase.sealed_page(cover.territory, title, kit_documents.sealed_body(sealed, cover))
            content[kit_documents.SEALED] = page.encode()
        except ContinuityError as error:
            missing.append(str(error))
    try:
        content |= kit_documents.pdf_files(cover.territory, sections)
        content[kit_documents.BINDER] = kit_documents.binder(sections, cover)
    except printing.NoPrinter as error:
        missing.append(str(error))
    cover = replace(
        cover,
        missing=tuple(missing),
        has_sealed=kit_documents.SEALED in content,
        has_binder=kit_documents.BINDER in content,
        paper=str(paper_pages.paper_pages(content)),
    )
    content |= {name: text.encode() for name, text in kit_documents.page_files(sections, cover).items()}
    return content | {kit_documents.SUMS: kit_documents.sums(content)}


def _sections(
    territory: Territory, tables: Sequence[ListTable], missing: list[str], *, sealed: bool
) -> list[Section]:
    """What each part gives, the lists after the sheets; a part that fails is left out, and said."""
    found = []
    for part in all_parts():
        if part.sealed == sealed:
            found.append((part.order, Section(part.title, _pages_of(part, territory, missing))))
    title = "Listes avec des noms" if sealed else "Listes"
    found.append((30, Section(title, tuple(own_parts.list_pages(tables, sealed=sealed)))))
    found.sort(key=lambda each: each[0])
    return [section for _, section in found if section.pages]


def _pages_of(part: Part, territory: Territory, missing: list[str]) -> tuple[Page | WholePage, ...]:
    try:
        with transaction.atomic():
            return tuple(part.pages(territory))
    except ContinuityError as error:
        missing.append(f"« {part.title} » : {error}")
    except Exception:
        logger.exception("the part %s of the kit failed", part.key)
        missing.append(f"« {part.title} » n'a pas pu être fait. Signalez-le à votre administrateur.")
    return ()


def open_texts(sections: Sequence[Section]) -> dict[str, str]:
    """HTML of the open part by title of page, in which nobody may be named."""
    return {
        f"{page.title} ({section.title})": page.title
        + "\n"
        + (page.document if isinstance(page, WholePage) else page.body)
        for section in sections
        for page in section.pages
    }


def require_nobody(territory: Territory, texts: Mapping[str, str], tables: Sequence[ListTable]) -> None:
    """Refuse an open part in which somebody is named. Raises ContinuityError, which says where and never who."""
    values = personal_values.values_of_lists(table for table in tables if table.kit_list.is_personal)
    values |= personal_values.values_of_registers(territory) | personal_values.values_of_accounts(territory)
    values = personal_values.without_emergency_numbers(values, territory)
    found = personal_values.search(values, personal_values.Pages(texts))
    if found:
        where = " ; ".join(map(str, found[:MOST_FINDINGS]))
        more = f" ; et {len(found) - MOST_FINDINGS} autres" if len(found) > MOST_FINDINGS else ""
        raise ContinuityError(
            f"La partie ouverte nommerait quelqu'un : {where}{more}. Le kit n'a pas été fait, le dernier kit entier reste. "
            "Remplacez le nom ou le numéro par une fonction, puis recommencez."
        )


def _new_code(territory: Territory) -> str:
    taken = set(KitBuild.objects.of(territory).values_list("code", flat=True))
    while (code := "".join(secrets.choice(SIGNS) for _ in range(CODE_LENGTH))) in taken:
        pass
    return code


def _zip(territory: Territory, content: dict[str, bytes]) -> bytes:
    """One folder, so that unpacking spills nothing; what opens it first."""
    name = stored_kits.archive_name(territory)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(content, key=lambda each: (each != kit_documents.FIRST, each)):
            archive.writestr(f"{name}/{path}", content[path])
    return out.getvalue()


def _record_failure(
    territory: Territory, by: Person | None, reason: str, started: float, at: datetime
) -> None:
    with transaction.atomic():
        cpu = round(time.process_time() - started, 2)
        row = KitBuild.objects.create(
            territory=territory, failure=reason[:1000], cpu_seconds=cpu, by=by, at=at
        )
        ledger.append(territory, "kit.build", by, f"kit:{row.pk}", {"failed": True})
