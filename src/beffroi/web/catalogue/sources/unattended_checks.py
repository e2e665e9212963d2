"""Checks before an unattended pour: same dataset, same columns, nothing uncertain that was not accepted before.

In: a delivery as read. Out: the tables with what the source itself decides (its dataset, its mode), and the doubts in French;
one doubt is enough for a person to be asked.
"""

from dataclasses import dataclass, replace
from typing import Any, cast

from beffroi.lake.drift import awaiting_answer
from beffroi.lake.tables import StagedTable

from ..drift_messages import sentence
from ..models import Dataset, Delivery, Fetch, Snapshot, Source
from ..planning.drift_review import unaccepted_guesses
from ..planning.matching import Mode, part_of
from ..planning.table_plans import Choice, TablePlan

SHRUNK = 0.5  # of the rows held: a full edition with fewer is looked at first


@dataclass(frozen=True)
class Verdict:
    """What to pour, or why not."""

    plans: list[TablePlan]
    choices: list[Choice]
    doubts: list[str]
    refused: bool = False
    reason: str = ""


def assess_delivery(source: Source, fetch: Fetch, delivery: Delivery, plans: list[TablePlan]) -> Verdict:
    if not plans:
        return Verdict(
            plans, [], [], refused=True, reason="Aucune table n'a été trouvée dans ce qui est arrivé."
        )
    doubts = [f"Une partie n'a pas été lue. {line}" for line in delivery.reason.splitlines()]
    decided: list[TablePlan] = []
    choices: list[Choice] = []
    excluded = _previously_excluded(source)
    joined: set[int] = set()
    for plan in plans:
        if plan.match.skip and source.dataset is not None and plan.match.dataset == source.dataset.slug:
            decided.append(plan)
            continue
        plan, found = _decided(source, fetch, plan, len(plans), joined)
        decided.append(plan)
        if found and part_of(plan.staged.origin) in excluded:
            continue
        doubts += found
        if plan.choice is not None:
            choices.append(_choice(source, plan))
    return Verdict(decided, choices, doubts)


def _previously_excluded(source: Source) -> set[str]:
    """The parts of the last file (a sheet, a member) that a person did not pour: they are excluded again."""
    last = source.fetches.filter(state=Fetch.State.POURED).select_related("delivery").first()
    if last is None or last.delivery is None:
        return set()
    poured = {part_of(s.file) for s in last.delivery.snapshots.filter(state=Snapshot.State.DONE)}
    return {part_of(table["staged"]["origin"]) for table in last.delivery.tables} - poured - {""}


def _choice(source: Source, plan: TablePlan) -> Choice:
    by_key: dict[str, Any] = {"key": key_of(source, plan.staged)} if plan.match.mode == "upsert" else {}
    return Choice(plan.index, plan.match.dataset, plan.match.title, plan.match.mode, **by_key)


def key_of(source: Source, staged: StagedTable) -> tuple[str, ...]:
    """The columns that name a row, whether their names or their labels were given; those that are not there are left out."""
    known = {
        word.casefold(): column.name for column in staged.columns for word in (column.label, column.name)
    }
    return tuple(known[word.casefold()] for word in source.key if word.casefold() in known)


def _decided(
    source: Source, fetch: Fetch, plan: TablePlan, tables: int, joined: set[int]
) -> tuple[TablePlan, list[str]]:
    """The table with what the source decides of it, and what is in doubt."""
    name, staged = plan.staged.name, plan.staged
    dataset = Dataset.objects.of(source.territory).filter(slug=plan.match.dataset or "").first()
    if source.dataset is None:
        return _first(source, plan, tables)
    if dataset is None or (dataset.pk != source.dataset_id and not plan.match.certain):
        why = " ".join(plan.match.why)
        return plan, [f"« {name} » ne ressemble pas au jeu « {source.dataset.title} ». {why}"]
    current = dataset.current
    doubts = [*plan.notes]
    if current is not None:
        doubts += [*map(sentence, awaiting_answer(plan.changes)), *unaccepted_guesses(staged, current)]
    if staged.rows_kept == 0:
        doubts.append(f"« {name} » n'apporte aucune ligne lisible.")
    if dataset.pk != source.dataset_id:
        return plan, doubts
    mode = "append" if source.mode == Source.Mode.REPLACE and dataset.pk in joined else source.mode
    if current is not None and dataset.pk not in joined:
        doubts += _would_be_wrong(source, fetch, plan)
    joined.add(dataset.pk)
    if mode == Source.Mode.UPSERT and len(key_of(source, staged)) < len(source.key):
        doubts.append(f"La clé ({', '.join(source.key)}) n'est pas toute dans les colonnes de « {name} ».")
    if mode == "replace" and current is not None and staged.rows_kept < SHRUNK * current.rows_total:
        doubts.append(
            f"« {name} » compte {staged.rows_kept} lignes et remplacerait les {current.rows_total} du jeu : moins de la moitié."
        )
    why = f"La source « {source.title} » alimente ce jeu : ce qui arrive {Source.Mode(mode).label}."
    match = replace(plan.match, mode=cast("Mode", str(mode)), why=(why, *doubts), certain=not doubts)
    return replace(plan, match=match), doubts


def _would_be_wrong(source: Source, fetch: Fetch, plan: TablePlan) -> list[str]:
    """Rows that would count twice, or be lost, because the source's mode does not suit what came."""
    if source.mode == Source.Mode.APPEND and (plan.match.mode != "append" or not plan.match.certain):
        return [plan.match.why[-1]]
    if source.mode == Source.Mode.REPLACE and fetch.incremental and fetch.since:
        return [
            "Seules les lignes nouvelles sont arrivées, et cette source remplace tout : les autres seraient perdues. "
            "Changez ce que fait la source à chaque arrivée."
        ]
    return []


def _first(source: Source, plan: TablePlan, tables: int) -> tuple[TablePlan, list[str]]:
    """The first arrival opens the dataset, unless something should be seen by a person before."""
    staged = plan.staged
    title = source.dataset_title
    doubts = [
        f"{guess.what} : {guess.value}, à confirmer. {guess.why}"
        for guess in staged.guesses
        if not guess.certain
    ]
    people = [column.label for column in staged.columns if column.personal]
    if people:
        doubts.append(f"Des colonnes semblent porter sur des personnes : {', '.join(people)}.")
    if tables > 1:
        doubts.append(f"Plusieurs tables sont arrivées : dites lesquelles verser, et où (« {staged.name} »).")
    if plan.match.dataset is not None:
        doubts.append(f"« {staged.name} » ressemble au jeu « {plan.match.title} », déjà au catalogue.")
    elif Dataset.objects.of(source.territory).filter(title__iexact=title).exists():
        doubts.append(f"Un jeu s'appelle déjà « {title} ».")
    if staged.rows_kept == 0:
        doubts.append(f"« {staged.name} » n'apporte aucune ligne lisible.")
    if doubts:
        return plan, doubts
    why = f"Première arrivée de la source « {source.title} » : elle ouvre ce jeu."
    return replace(plan, match=replace(plan.match, title=title, why=(why,), certain=True)), []
