"""One fetch of a source: download, store like any deposit, read, pour when nothing is in doubt.

In: a `Fetch` written down before the work starts. Out: the same row, with its result. Killed anywhere, the
work resumes where it was: what is stored is not fetched again, what is poured is not poured again.
"""

import shutil
import zipfile
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from beffroi.hashing import file_sha256
from beffroi.lake import sources as connectors
from beffroi.lake.errors import LakeError, ServerLost
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may

from ..errors import CatalogueError
from ..lifecycle.file_storage import read_chunks
from ..lifecycle.pouring import pour
from ..lifecycle.receiving import ReportProgress, cancel, read_delivery, store_file
from ..models import Delivery, Fetch, Source
from ..planning.table_plans import TablePlan, load_plans
from . import connections, source_state
from .owner_mail import ALERT_AFTER, notify_owner
from .unattended_checks import Verdict, assess_delivery

FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=24)
UNEXPECTED: Final = "Une erreur inattendue a arrêté cette relève. Rien n'a été perdu : vos données sont comme avant. Elle sera tentée à nouveau."


class FetchFailed(CatalogueError):
    """This attempt brought nothing; the message is for the person. It is already written on the fetch."""


def run_fetch(fetch: Fetch, report: ReportProgress) -> Fetch:
    """Carry the attempt to its end. Raises FetchFailed once the failure is written down."""
    source = fetch.source
    if fetch.state not in (Fetch.State.RUNNING, Fetch.State.FAILED):
        return fetch
    if fetch.state == Fetch.State.FAILED:
        source_state.close(fetch, Fetch.State.RUNNING)
    try:
        source_state.settle(source)
        if fetch.delivery is None:
            _bring(fetch, report)
        if fetch.state == Fetch.State.RUNNING:
            _read_and_pour(fetch, report)
    except FetchFailed:
        raise
    except (LakeError, CatalogueError, PermissionDenied, OSError) as error:
        if isinstance(error, ServerLost) or isinstance(error.__cause__, ServerLost):
            raise  # a matter of moments: the job is taken again
        fail(fetch, _words(error))
        raise FetchFailed(_words(error)) from error
    if not fetch.by_hand:
        _went_well(source)
    return fetch


def _words(error: Exception) -> str:
    if isinstance(error, OSError) and not isinstance(error, PermissionDenied):
        return f"Le serveur n'a pas pu écrire ce qui arrivait ({error.strerror}). Rien n'a changé. Prévenez votre hébergeur."
    return str(error)


# What is there


def _bring(fetch: Fetch, report: ReportProgress) -> None:
    source = fetch.source
    owner = _owner(source)
    folder = settings.HOME.territory(source.territory.slug) / "fetching" / str(fetch.pk)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        report(2, f"« {source.title} » est appelée")
        spec = connectors.parse(source.spec)
        came = connectors.fetch(
            spec,
            connections.open_secret(source.sealed_secret),
            connections.network_for(source.territory, connections.FETCH_SECONDS),
            folder,
            since=source.cursor or None,
            on_progress=lambda words: report(10, words),
        )
        fetch.since, fetch.cursor, fetch.incremental = source.cursor, came.cursor or "", came.incremental
        fetch.rows, fetch.size, fetch.notes = came.rows, came.size, list(came.notes)
        if came.unchanged or not came.files:
            _nothing_new(fetch, "La source n'a rien de nouveau.")
            return
        file = _one_file(came.files, folder, source)
        fetch.sha256 = file_sha256(file)
        if _known(fetch):
            _nothing_new(fetch, "Le contenu est le même que la dernière fois.")
            return
        report(40, "Ce qui est arrivé est gardé")
        store_file(
            source.territory,
            owner,
            file.name,
            read_chunks(file),
            then=lambda delivery: _link(fetch, delivery),
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _owner(source: Source) -> Person:
    """In whose name it enters: the owner answers for it, as for a deposit."""
    owner = source.owner
    if owner is None or not owner.is_active:
        raise CatalogueError(
            f"« {source.title} » n'a plus de responsable : rien n'est relevé. Choisissez-en un sur la page de la source."
        )
    if not may(owner, "dataset.deposit", source):
        raise CatalogueError(
            f"{owner}, responsable de « {source.title} », ne peut plus déposer de données : rien n'est relevé. Choisissez un "
            "autre responsable sur la page de la source."
        )
    return owner


def _link(fetch: Fetch, delivery: Delivery) -> None:
    fetch.delivery = delivery
    fetch.save()


def _nothing_new(fetch: Fetch, message: str) -> None:
    """The cursor may move all the same when everything brought so far is poured."""
    source = fetch.source
    last = _last_content(fetch)
    with transaction.atomic():
        source_state.close(fetch, Fetch.State.UNCHANGED, message)
        if fetch.cursor and (last is None or last.state == Fetch.State.POURED):
            source.cursor = fetch.cursor
            source.save(update_fields=["cursor"])


def _last_content(fetch: Fetch) -> Fetch | None:
    """The last thing that this source really brought before, whatever became of it."""
    fetched = fetch.source.fetches.filter(by_hand=False).exclude(sha256="").exclude(pk=fetch.pk)
    ended = (
        Fetch.State.POURED,
        Fetch.State.WAITING,
        Fetch.State.UNDONE,
        Fetch.State.CANCELLED,
        Fetch.State.REFUSED,
    )
    last: Fetch | None = fetched.filter(state__in=ended).first()
    return last


def _known(fetch: Fetch) -> bool:
    """Whether this very content came last time. A person who asks again may have what was undone or given up."""
    last = _last_content(fetch)
    if last is None or last.sha256 != fetch.sha256:
        return False
    return fetch.requested_by_id is None or last.state in (Fetch.State.POURED, Fetch.State.WAITING)


def _one_file(files: Sequence[Path], folder: Path, source: Source) -> Path:
    """What arrives as one delivery: the file, or all of them in one archive, always the same for the same content."""
    if len(files) == 1:
        return files[0]
    archive = folder / f"{slugify(source.title)[:60] or 'source'}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        for file in sorted(files):
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix())
            with packed.open(entry, "w", force_zip64=True) as target:
                for chunk in read_chunks(file):
                    target.write(chunk)
    return archive


# What it becomes


def _read_and_pour(fetch: Fetch, report: ReportProgress) -> None:
    delivery = fetch.delivery
    if delivery is None or delivery.by is None:
        raise CatalogueError("La personne qui a déposé ce fichier n'a plus de compte. Le fichier est gardé.")
    if delivery.state == Delivery.State.DONE:
        source_state.note_poured(Delivery, delivery)
        return
    verdict = _verdict(fetch, delivery, report)
    fetch.rows = sum(plan.staged.rows_read for plan in verdict.plans)
    if verdict.refused:
        fail(fetch, delivery.reason or verdict.reason, Fetch.State.REFUSED)
        raise FetchFailed(delivery.reason or verdict.reason)
    if not verdict.choices and not verdict.doubts:
        # Deposited by hand before the source brought it: nothing to confirm, the file goes away.
        cancel(delivery, delivery.by)
        fetch.refresh_from_db()
        fetch.delivery = None
        _nothing_new(fetch, "Ces lignes sont déjà dans le jeu.")
        return
    if verdict.doubts:
        wait(fetch, verdict.doubts)
        return
    report(60, "Versement")
    try:
        pour(delivery, delivery.by, verdict.choices, lambda percent, words: report(60 + percent * 0.4, words))
    except CatalogueError as error:
        if isinstance(error.__cause__, ServerLost):
            raise
        wait(fetch, [str(error)])
        return
    fetch.refresh_from_db()


def _verdict(fetch: Fetch, delivery: Delivery, report: ReportProgress) -> Verdict:
    """What the file holds and whether anything is in doubt. Read before a death, it is not read again."""
    source = fetch.source
    plans: list[TablePlan] = load_plans(delivery)
    if delivery.state != Delivery.State.STAGED or not all(plan.at_hand for plan in plans):
        prefer = source.dataset.slug if source.dataset else ""
        delivery, plans, _ = read_delivery(
            delivery, lambda percent, words: report(percent * 0.6, words), prefer
        )
    verdict = assess_delivery(source, fetch, delivery, plans)
    if verdict.plans != plans:
        delivery.tables = [plan.to_dict() for plan in verdict.plans]
        delivery.save(update_fields=["tables"])
    return verdict


def wait(fetch: Fetch, doubts: Sequence[str]) -> None:
    """A person must confirm: the source is not read further, its owner is notified."""
    source = fetch.source
    with transaction.atomic():
        source_state.close(fetch, Fetch.State.WAITING, "\n".join(doubts))
        source_state.refresh(source)
    notify_owner(
        source,
        f"« {source.title} » : une livraison attend votre confirmation",
        "Ce qui est arrivé est gardé, et rien n'est versé.\n\n" + "\n".join(f"- {doubt}" for doubt in doubts),
    )


# How it went


def fail(fetch: Fetch, message: str, ended: str = Fetch.State.FAILED) -> None:
    """Record the failure and delay the next attempt, each time longer; the owner is notified after a few."""
    source = fetch.source
    if fetch.by_hand:
        source_state.close(fetch, ended, message)
        return
    with transaction.atomic():
        source_state.close(fetch, ended, message)
        _fell_through(fetch, message)
    if source.failures == ALERT_AFTER:
        notify_owner(
            source,
            f"« {source.title} » ne répond plus",
            f"{ALERT_AFTER} relèves de suite ont échoué. Ce que vous avez déjà est intact. Les essais continuent, de plus en plus "
            f"espacés.\n\nDernier échec : {message}",
        )


def _fell_through(fetch: Fetch, message: str) -> None:
    source = fetch.source
    source.failures, source.trouble, source.last_at = min(source.failures + 1, 1000), message, timezone.now()
    if source.state == Source.State.ACTIVE and not source.expected:
        source.next_at = source.last_at + pause_after(source.failures)
    source.save(update_fields=["failures", "trouble", "last_at", "next_at"])


def pause_after(failures: int) -> timedelta:
    """5 min after the first failure, 10 after the second… a day at most.

    >>> [str(pause_after(n)) for n in (1, 2, 3, 20)]
    ['0:05:00', '0:10:00', '0:20:00', '1 day, 0:00:00']
    """
    return min(FIRST_PAUSE * 2 ** min(failures - 1, 12), LONGEST_PAUSE)


def _went_well(source: Source) -> None:
    source.refresh_from_db()
    recovered = source.failures >= ALERT_AFTER
    now = timezone.now()
    source.failures, source.trouble, source.last_at = 0, "", now
    if source.state == Source.State.ACTIVE and not source.expected:
        source.next_at = source.schedule.next_after(now)
    source.save(update_fields=["failures", "trouble", "last_at", "next_at"])
    if recovered:
        notify_owner(source, f"« {source.title} » répond à nouveau", "La dernière relève s'est bien passée.")
