"""Proposal for a table just read: the dataset that it joins, whether it replaces or adds, what changed, how sure it is.

In: a staged table, the plans of the same file already made. Out: a `TablePlan` with its reasons in French; a person may change it.
"""

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import QuerySet

from beffroi.lake.readers.corrections import Corrections
from beffroi.lake.tables import StagedTable
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import counted

from ..lake_access import open_lake
from ..models import Dataset, Delivery, Snapshot
from . import matching
from .drift_review import review_table
from .matching import Match, Mode, format_percent
from .table_plans import TablePlan
from .table_profiles import profile_table

NEARLY_ALL = 0.95


MOSTLY_REPEATED = 0.5  # share of the held rows found again from which a file is a newer edition, not a sequel


def mode_from(overlap: float, existing: int, arriving: int) -> tuple[Mode, str, bool]:
    """Replace or append, why, and whether it is sure. `overlap`: share of the held rows that the file has again."""
    if existing == 0:
        return "replace", "Le jeu est vide : le fichier le remplit.", True
    if overlap >= MOSTLY_REPEATED:
        reason = (
            f"Le fichier reprend {format_percent(overlap)} des lignes déjà versées : c'est une nouvelle édition, "
            "qui remplace la précédente."
        )
        if overlap >= NEARLY_ALL:
            return "replace", reason, True
        reason += " Les lignes qui n'y sont plus quittent le jeu ; annuler la livraison les ramène."
        if arriving < existing:
            reason += " Il compte moins de lignes que le jeu : vérifiez qu'il est complet."
        return "replace", reason, False
    if overlap > 0.01:
        reason = (
            f"Le fichier reprend {format_percent(overlap)} des lignes déjà versées : il est proposé de l'ajouter, "
            "mais ces lignes compteront deux fois. Choisissez « remplacer » si le fichier est complet."
        )
        return "append", reason, False
    return "append", "Le fichier ne reprend aucune ligne déjà versée : c'est la suite, qui s'ajoute.", True


def plan_table(
    delivery: Delivery,
    index: int,
    table: StagedTable,
    earlier: Sequence[TablePlan],
    corrections: Corrections,
    prefer: str,
) -> TablePlan:
    """A table read, with what is proposed for it beside the tables of the same file already seen."""
    match = propose_match(delivery.territory, table, [(plan.staged, plan.match) for plan in earlier], prefer)
    plan = TablePlan(
        index, table, match, *profile_table(table, index), corrections=corrections, prefer=prefer
    )
    return review_table(delivery.territory, plan)


def propose_match(
    territory: Territory, staged: StagedTable, earlier: list[tuple[StagedTable, Match]], prefer: str = ""
) -> Match:
    """The dataset that a table joins and how, its rows compared with those held."""
    match, dataset = matching.find(territory, staged, earlier, prefer)
    if dataset is None:
        return match
    current = dataset.current
    if current is None:
        return replace(match, why=(*match.why, "Le jeu est vide : le fichier le remplit."))
    match = replace(match, seen=current.number)
    same_file = Snapshot.objects.filter(
        dataset=dataset, state=Snapshot.State.DONE, file_sha256=staged.file_sha256
    )
    part = matching.part_of(staged.origin)
    poured = next((snapshot for snapshot in same_file if matching.part_of(snapshot.file) == part), None)
    if poured is not None and _changed_since(poured):
        reason = f"Ce fichier, à l'octet près, a déjà été versé (livraison n° {poured.number}), mais le jeu a changé depuis."
        match = replace(match, why=(*match.why, reason))
    elif poured is not None:
        reason = f"Ce fichier, à l'octet près, est déjà versé (livraison n° {poured.number}) : il n'y a rien à faire."
        return replace(match, why=(*match.why, reason), skip=True)
    if any(found.dataset == dataset.slug for _, found in earlier):
        reason = "Une autre table du même fichier alimente déjà ce jeu : celle-ci s'ajoute."
        return replace(match, mode="append", why=(*match.why, reason), certain=False)
    if dataset.key:
        labels = {column.name: column.label for column in staged.columns}
        named = ", ".join(f"« {labels.get(name, name)} »" for name in dataset.key)
        reason = f"Ce jeu est mis à jour par clé ({named}), comme la dernière fois."
        if _corrected_rows(dataset):
            reason += (
                " Des lignes y ont été corrigées dans Beffroi : là où le fichier dit autre chose, il l'emporte. La page du "
                "fichier dira combien."
            )
        return replace(match, mode="upsert", why=(*match.why, reason))
    with open_lake(dataset, read_only=True) as lake:
        overlap = lake.overlap(dataset.table, staged)
    mode, reason, sure = mode_from(overlap, current.rows_total, staged.rows_kept)
    if mode == "replace" and (noted := _noted(dataset)):
        sure = False
        reason += (
            f" {counted(noted, 'ligne')} notée{'s' if noted > 1 else ''} sur une page de Beffroi quitteront le jeu si le "
            "fichier ne les a pas : choisissez alors « ajouter », ou ajoutez-les au fichier."
        )
    return replace(match, mode=mode, why=(*match.why, reason), certain=match.certain and sure)


def _noted(dataset: Dataset) -> int:
    """How many rows noted on a page are among those in force."""
    return _since_whole(dataset).filter(delivery__noted__isnull=False, correction__isnull=True).count()


def _corrected_rows(dataset: Dataset) -> bool:
    """Whether rows corrected on a page may be among those in force."""
    return _since_whole(dataset).filter(correction__isnull=False).exists()


def _since_whole(dataset: Dataset) -> QuerySet[Snapshot]:
    """The deliveries in force since the last file that replaced all the rows, itself included."""
    done = Snapshot.objects.filter(dataset=dataset, state=Snapshot.State.DONE)
    whole = done.filter(mode="replace").order_by("-number").values_list("number", flat=True).first() or 0
    return done.filter(number__gte=whole)


def _changed_since(snapshot: Snapshot) -> bool:
    """Whether a later delivery took the place of its rows, or may have changed some."""
    later = Snapshot.objects.filter(
        dataset=snapshot.dataset_id, state=Snapshot.State.DONE, number__gt=snapshot.number
    )
    return later.filter(mode__in=("replace", "upsert")).exists()


def is_outdated(territory: Territory, match: Match) -> bool:
    """Whether the catalogue has changed since the proposal, in a way that could make it wrong."""
    if match.dataset is None:
        return Dataset.objects.of(territory).filter(title__iexact=match.title).exists()
    dataset = Dataset.objects.of(territory).filter(slug=match.dataset).first()
    current = dataset.current if dataset else None
    return dataset is None or match.seen != (current.number if current else 0)
