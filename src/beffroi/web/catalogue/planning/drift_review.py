"""Drift of a table against the dataset that it joins: detected when it is read, confirmed by a person, applied when poured.

In: a table read and the dataset proposed or chosen. Out: its changes, the keys that may name a row, the reasons to
wait for a person; then the file as answered. Nothing is poured while a question waits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from beffroi.lake import drift, upsert_keys
from beffroi.lake.drift import Change
from beffroi.lake.drift_answers import apply_answers
from beffroi.lake.errors import LakeError
from beffroi.lake.tables import Column, StagedTable
from beffroi.lake.upsert_keys import Candidate
from beffroi.web.platform.models import Territory

from ..drift_messages import sentence
from ..errors import CatalogueError
from ..lake_access import open_lake
from ..models import Dataset, Snapshot
from . import matching
from .matching import Match
from .table_plans import Choice, TablePlan

HALF, FEW = 0.5, 0.05


def review_table(territory: Territory, plan: TablePlan) -> TablePlan:
    """The plan with what changed since the deliveries before, the keys found, and the doubts."""
    dataset = _dataset(territory, plan.match.dataset)
    current = dataset.current if dataset else None
    if dataset is None or current is None or plan.match.skip:
        return replace(plan, changes=(), keys=(), doubts=())
    staged, table = plan.staged, dataset.table
    with open_lake(dataset, read_only=True) as lake:
        target = lake.target_table(table)
        changes = drift.detect_drift(
            target,
            staged,
            empty=_shares(current.last_file.profile, current.last_file.rows_stored),
            empty_now=_shares(plan.profile, staged.rows_kept),
        )
        found = upsert_keys.propose_keys(
            target, staged, lambda key: lake.effect(table, staged, key), dataset.key
        )
    if days := _other_series(plan, current, found):
        match = Match(
            None,
            matching.free_title(territory, staged.origin),
            "replace",
            (
                f"Le jeu « {dataset.title} » a les mêmes colonnes et les mêmes {days}, avec d'autres valeurs, et le fichier porte un autre "
                "numéro : c'est une autre série. Un nouveau jeu est proposé, pour ne pas mêler les deux.",
            ),
        )
        return replace(plan, match=match, changes=(), keys=(), doubts=())
    found = tuple(_renamed_too(candidate, changes) for candidate in found)
    match = plan.match
    if drift.awaiting_answer(changes):
        match = replace(match, certain=False)
    if not dataset.key and match.mode == "append" and any(c.effect and c.effect.changed for c in found):
        why = (
            "Des lignes du fichier ont la même clé que des lignes déjà là, avec d'autres valeurs : "
            "les ajouter les ferait compter deux fois, les mettre à jour par clé les corrige."
        )
        # In place of the reason to add, which comes last.
        match = replace(match, certain=False, why=(*match.why[:-1], why))
    doubts = tuple(_doubts(plan, current.last_file))
    return replace(plan, match=match, changes=changes, keys=found, doubts=doubts)


def _other_series(plan: TablePlan, current: Snapshot, keys: Iterable[Candidate]) -> str:
    """The dates that the file has in common with a dataset of another place, whose values are others; nothing when it continues it.

    Days are those of everybody: shared identifiers would tell that the rows are about the same things.
    """
    match = plan.match
    if match.mode != "append" or match.dataset == plan.prefer:
        return ""
    if not matching.differ_by_a_number(current.last_file.file, plan.staged.origin):
        return ""
    columns = {column.name: column for column in plan.staged.columns}
    for candidate in keys:
        parts, effect = [columns[name] for name in candidate.columns if name in columns], candidate.effect
        dated = bool(parts) and all(column.type in upsert_keys.DATED for column in parts)
        if (
            dated
            and effect
            and effect.unchanged < FEW * effect.changed
            and effect.changed >= HALF * plan.staged.rows_kept
        ):
            return f"« {parts[0].label} »"
    return ""


def _dataset(territory: Territory, slug: str | None) -> Dataset | None:
    return Dataset.objects.of(territory).select_related("territory").filter(slug=slug or "").first()


def _renamed_too(candidate: Candidate, changes: Iterable[Change]) -> Candidate:
    """A key whose column may bear another name now: the question on that column comes first."""
    names = {change.held: change for change in changes if drift.SAME in change.choices}
    moved = [names[name] for name in candidate.columns if name in names]
    if not candidate.trouble or not moved:
        return candidate
    labels = ", ".join(f"« {change.label} »" for change in moved)
    return Candidate(
        tuple(names[name].column if name in names else name for name in candidate.columns),
        trouble=f"Une colonne de la clé semble avoir changé de nom : {labels}. Répondez d'abord à la question sur elle.",
    )


def _shares(profile: Mapping[str, Any], rows: int) -> dict[str, float]:
    return {name: column.get("missing", 0) / rows for name, column in profile.items()} if rows else {}


def unaccepted_guesses(staged: StagedTable, current: Snapshot) -> list[str]:
    """Unsure guesses never accepted before, and new personal data, in French."""
    accepted = {(guess["what"], guess["value"]) for guess in current.guesses}
    doubts = [
        f"{guess.what} : {guess.value}, à confirmer. {guess.why}"
        for guess in staged.guesses
        if not guess.certain
        and (guess.what, guess.value) not in accepted
        and not guess.what.startswith("Donnée personnelle")
    ]
    personal = [c.label for c in staged.columns if c.personal and c.name not in current.personal_columns]
    if personal:
        named = ", ".join(f"« {label} »" for label in personal)
        doubts.append(f"De nouvelles données personnelles semblent être dans le fichier : {named}.")
    return doubts


def _doubts(plan: TablePlan, current: Snapshot) -> list[str]:
    """Reasons beyond the columns: what is unsettled, a file cut in half."""
    doubts = unaccepted_guesses(plan.staged, current)
    if plan.match.mode != "upsert" and plan.staged.rows_kept < HALF * current.rows_stored:
        doubts.append(
            f"Le fichier compte {plan.staged.rows_kept} lignes ; la livraison d'avant en comptait {current.rows_stored}. "
            "Vérifiez qu'il est complet."
        )
    return doubts


def needs_confirmation(plan: TablePlan) -> list[str]:
    """Why a person must look before this table is poured, in French; empty when nothing is left to choose."""
    match = plan.match
    if match.skip:
        return []
    reasons = []
    if match.dataset is None:
        reasons.append(f"« {plan.staged.name} » ne rejoint aucun jeu connu.")
    questions = drift.awaiting_answer(plan.changes)
    if not match.certain and not (questions and match.dataset):
        reasons.append(" ".join(match.why))
    reasons += [sentence(change) for change in questions]
    if match.mode == "upsert":
        reasons += [candidate.trouble for candidate in plan.keys[:1] if candidate.trouble]
    return [*reasons, *plan.doubts, *plan.notes]


def changes_against(dataset: Dataset | None, plan: TablePlan) -> tuple[Change, ...]:
    """The changes against a dataset: those found when the file was read, or for another one what the columns show."""
    if dataset is None or dataset.slug == plan.match.dataset:
        return plan.changes if dataset else ()
    current = dataset.current
    if current is None:
        return ()
    return drift.column_changes([Column.from_dict(column) for column in current.columns], plan.staged.columns)


@dataclass(frozen=True)
class ReviewedTable:
    """A table as it will be poured: its rows, what was answered, and its names once columns took back their own."""

    staged: StagedTable
    plan: TablePlan
    choice: Choice
    drift: list[dict[str, str]] = field(default_factory=list)


def apply_review(dataset: Dataset, plan: TablePlan, staged: StagedTable, choice: Choice) -> ReviewedTable:
    """The table as answered for the dataset that it joins. Raises CatalogueError while a question waits."""
    current = dataset.current
    if current is None:
        return ReviewedTable(staged, plan, choice)
    if dataset.slug == plan.match.dataset and current.number != plan.match.seen:
        # Read beside another state of the dataset: what changed is found again.
        plan = review_table(dataset.territory, plan)
    changes = changes_against(dataset, plan)
    if not changes:
        return ReviewedTable(staged, plan, choice)
    with open_lake(dataset, read_only=True) as lake:
        try:
            done = apply_answers(
                lake.target_table(dataset.table),
                staged,
                changes,
                choice.answers,
                replacing=choice.mode == "replace",
            )
        except LakeError as error:
            raise CatalogueError(f"« {plan.staged.name} » : {error}") from error
    back = {c.column: c.held for c in changes if choice.answers.get(c.key) == drift.SAME}
    key = tuple(back.get(name, name) for name in choice.key)
    profile = {back.get(name, name): column for name, column in plan.profile.items()}
    answers = [{**change.to_dict(), "answer": choice.answers.get(change.key, "")} for change in changes]
    return ReviewedTable(done, replace(plan, profile=profile), replace(choice, key=key), answers)
