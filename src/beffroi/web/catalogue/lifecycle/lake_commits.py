"""Commit protocol between the database and the lake: the end of a pour or of an undo, and the recovery of one cut short.

An act is: its intent in the database, one commit of the lake that carries the act's name, one transaction that closes
it with its ledger line. Between any two of them the machine may stop; `recover_interrupted` then finishes the act or drops it.
"""

from django.db import transaction
from django.db.models import QuerySet

from beffroi.lake import maintenance
from beffroi.lake.errors import LakeError
from beffroi.lake.store import Lake
from beffroi.lake.upserts import Effect
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory

from ..lake_access import open_lake
from ..models import Dataset, Delivery, Snapshot, last_file_before
from ..planning.saved_corrections import save_corrections
from ..planning.table_profiles import with_former_values
from ..publication import authorisations
from ..signals import arrived, withdrawn

CLOSED_FIELDS = (
    "state", "lake_version", "rows_total", "columns", "rows_changed", "rows_added", "profile", "corrections_overwritten",
)  # fmt: skip
NOTHING = Effect(0, 0, 0)  # an update that found nothing to change makes no version of the lake


def recover_interrupted(territory: Territory) -> int:
    """Finish or drop every act that was cut short. The caller is the one writer."""
    cut_short = Snapshot.objects.of(territory).filter(
        state__in=[Snapshot.State.INTENDED, Snapshot.State.UNDOING]
    )
    count = 0
    for snapshot in cut_short.select_related("dataset__territory", "by").order_by("pk"):
        with open_lake(snapshot.dataset) as lake:
            if snapshot.state == Snapshot.State.UNDOING:
                undo_in_lake(snapshot, lake)
                close_undo(snapshot, snapshot.by)
            elif (version := lake.version_of_act(snapshot.act)) is not None:
                close_pour(snapshot, lake, version)
            else:
                drop_intent(snapshot)
        count += 1
    return count


def close_pour(snapshot: Snapshot, lake: Lake, version: int) -> None:
    """The lake holds the rows: mark the snapshot done and write the ledger's line, together."""
    dataset = snapshot.dataset
    total = lake.count(dataset.table, version)
    columns = [column.to_dict() for column in lake.tables()[dataset.table]]
    by_key = snapshot.mode == "upsert"
    effect = (lake.effect_of_act(snapshot.act) or NOTHING) if by_key else None
    overwritten = _overwritten_corrections(snapshot, lake, version)
    with transaction.atomic():
        snapshot.state, snapshot.lake_version = Snapshot.State.DONE, version
        snapshot.rows_total, snapshot.columns = total, columns
        if effect is not None:
            snapshot.rows_changed, snapshot.rows_added = effect.changed, effect.added
        snapshot.corrections_overwritten = overwritten
        _take_values(snapshot)
        snapshot.save(update_fields=CLOSED_FIELDS)
        if snapshot.correction is not None and snapshot.delivery is not None:
            snapshot.delivery.state = Delivery.State.DONE
            snapshot.delivery.save(update_fields=["state"])
        save_corrections(snapshot)
        if by_key and dataset.key != snapshot.key:
            dataset.key = snapshot.key  # saved for the next file
            dataset.save(update_fields=["key"])
        if snapshot.drift:
            _record_drift(snapshot)
        ledger.append(
            snapshot.territory,
            "dataset.pour" if snapshot.correction is None else "dataset.correct_row",
            snapshot.by,
            f"dataset:{dataset.pk}",
            {
                "snapshot": snapshot.number,
                "delivery": snapshot.delivery_id,
                "mode": snapshot.mode,
                "sha256": snapshot.file_sha256,
                "rows_read": snapshot.rows_read,
                "rows_kept": snapshot.rows_stored,
                "rows_quarantined": snapshot.rows_quarantined,
                "rows_total": total,
                "lake_version": version,
                **({"rows_changed": effect.changed, "rows_added": effect.added} if effect else {}),
                **({"corrections_overwritten": overwritten} if overwritten else {}),
            },
        )
        authorisations.close_uncovered(dataset)
        arrived.send(Dataset, snapshot=snapshot)


def _overwritten_corrections(snapshot: Snapshot, lake: Lake, version: int) -> int | None:
    """How many corrected rows the file just poured has replaced by its own, or no longer has; None when it is not known."""
    if snapshot.correction is not None or snapshot.mode == "append":
        return None
    corrected = corrections_in_force(snapshot.dataset).filter(number__lt=snapshot.number)
    deliveries = [number for one in corrected if (number := one.number_in_lake) is not None]
    previous = previous_snapshot(snapshot)
    if not deliveries or previous is None or previous.lake_version is None:
        return None
    try:
        return lake.count_lost_rows(snapshot.dataset.table, deliveries, previous.lake_version, version)
    except LakeError:  # the state before is no longer kept: the rows are poured all the same
        return None


def corrections_in_force(dataset: Dataset) -> QuerySet[Snapshot]:
    """The corrections of single rows that are not undone."""
    return dataset.snapshots.filter(state=Snapshot.State.DONE, correction__isnull=False)


def _take_values(snapshot: Snapshot) -> None:
    """The values that the search finds are those of the last file in force: it takes those of the one before, or drops them."""
    if snapshot.correction is not None:
        return
    previous = last_file_before(snapshot)
    if previous is None or not any(column.get("values") for column in previous.profile.values()):
        return
    if snapshot.mode != "replace" and snapshot.dataset.sensitivity == Dataset.Sensitivity.ORDINARY:
        snapshot.profile = with_former_values(snapshot.profile, previous.profile)
    for column in previous.profile.values():
        column.pop("values", None)
    previous.save(update_fields=["profile"])


def _record_drift(snapshot: Snapshot) -> None:
    """What a person answered about the columns that changed."""
    ledger.append(
        snapshot.territory,
        "dataset.drift",
        snapshot.by,
        f"dataset:{snapshot.dataset_id}",
        {
            "snapshot": snapshot.number,
            "answers": {
                f"{change['kind']}:{change['column']}": change["answer"] for change in snapshot.drift
            },
        },
    )


def drop_intent(snapshot: Snapshot) -> None:
    """The lake holds nothing of it: the intent goes away, and with it the dataset that it was about to open."""
    dataset = snapshot.dataset
    with transaction.atomic():
        snapshot.delete()
        if not dataset.snapshots.exists():
            dataset.delete()


def previous_snapshot(snapshot: Snapshot) -> Snapshot | None:
    """The delivery in force before this one."""
    done = snapshot.dataset.snapshots.filter(state=Snapshot.State.DONE, number__lt=snapshot.number)
    return done.order_by("-number").first()


def _forget_key(dataset: Dataset) -> None:
    """The key is that of the last update still in force: one that was a mistake goes away with its delivery."""
    updates = dataset.snapshots.filter(state=Snapshot.State.DONE, mode="upsert").order_by("-number")
    last = updates.first()
    key = last.key if last else []
    if dataset.key != key:
        dataset.key = key
        dataset.save(update_fields=["key"])


def undo_in_lake(snapshot: Snapshot, lake: Lake) -> None:
    """Put the table back as it was before the delivery; asked twice, it is done once."""
    previous = previous_snapshot(snapshot)
    table = snapshot.dataset.table
    act = f"undo:{snapshot.act}"
    if lake.version_of_act(act) is not None:
        return
    version = previous.lake_version if previous else None
    if version is not None and version not in maintenance.version_dates(lake):
        raise LakeError("Sa durée de conservation est passée.")
    lake.restore(table, version, act=act)


def close_undo(snapshot: Snapshot, person: Person | None) -> None:
    dataset, delivery = snapshot.dataset, snapshot.delivery
    with transaction.atomic():
        snapshot.state = Snapshot.State.UNDONE
        snapshot.save(update_fields=["state"])
        emptied = dataset.current is None
        _forget_key(dataset)
        if emptied:
            authorisations.close(dataset, person, "Le jeu est vide.")
        if delivery is not None and snapshot.correction is not None:
            delivery.state = Delivery.State.CANCELLED  # a row is corrected again on its page, not from a file
            delivery.save(update_fields=["state"])
        elif delivery is not None:
            # Read again, the tables of the file that are still poured will be seen to be.
            delivery.state = Delivery.State.RECEIVED
            delivery.save(update_fields=["state"])
        ledger.append(
            snapshot.territory,
            "dataset.undo",
            person,
            f"dataset:{dataset.pk}",
            {"snapshot": snapshot.number, "delivery": snapshot.delivery_id, "empties_the_dataset": emptied},
        )
    withdrawn.send(Dataset, dataset=dataset)
