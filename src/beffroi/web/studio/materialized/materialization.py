"""Lifecycle of a materialized result: created, refreshed, stopped, erased with its sources. The writer of its rows.

In: an analysis and a person. Out: the snapshot of its dataset. Only what `recipes.release` releases is written, with
the strictest rights of its inputs; the requester's rights are checked at each refresh.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.lake.readers.person_rows import TRAIT
from beffroi.recipes.compile import disclosure_step
from beffroi.recipes.errors import QueryRefused, RecipeError
from beffroi.recipes.model import Recipe, Step
from beffroi.recipes.release import MAX_ROWS, floors_of
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.errors import CatalogueError, NotGranted
from beffroi.web.catalogue.grants import Shows, protected_columns
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.catalogue.publication import authorisations
from beffroi.web.catalogue.reading_purposes import bind
from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import require

from ..answers import OpenedSources, StudioError, earlier_disclosures, open_sources, read_definition
from ..models import MaterializedResult, ResultRead, StoredRecipe
from ..queries import run_recipe
from . import card_inheritance, dependencies
from .staging import stage_table

MATERIALIZATION_ERRORS = (StudioError, CatalogueError, LakeError, RecipeError, QueryRefused, PermissionDenied)
COUNTS: Final = ("count", "count_distinct")
REQUESTER_LEFT = (
    "La personne qui avait demandé ce calcul n'a plus de compte ici. Le dernier résultat reste, à sa date. Une autre "
    "personne peut demander le calcul, depuis la page de l'analyse."
)
RIGHTS_LOST = (
    "La personne qui avait demandé ce calcul, ou celle qui a changé l'analyse depuis, n'a plus les droits qu'il faut. Une "
    "autre personne peut choisir « Recalculer avec mes droits », sur la page de l'analyse."
)


@dataclass(frozen=True)
class MaterializationPlan:
    """Plan of a materialization: its analysis, its sources, what its dataset would inherit."""

    recipe: Recipe
    opened: OpenedSources
    rights: card_inheritance.InheritedCard
    people: bool
    """Whether its columns may tell of people, and not only count them."""


def active_result(stored: StoredRecipe) -> MaterializedResult | None:
    """Materialized result of this analysis, if any is active."""
    found = stored.materialized_results.filter(ended_at=None).select_related(
        "dataset__territory", "recipe", "requested_by"
    )
    return found.first()


def plan_materialization(
    person: Person, stored: StoredRecipe, author: Person | None = None
) -> MaterializationPlan:
    """Plan of the materialization. Raises PermissionDenied, NotGranted, StudioError.

    `author`: who else must be granted the sources, for having changed the analysis since it was requested; what
    either may not see is excluded.
    """
    require(person, "recipe.edit", stored.territory)
    require(person, "dataset.deposit", stored.territory)
    recipe = read_definition(stored.definition)
    # Protected rows are never stored one by one: only their groups are requested.
    opened = open_sources(person, stored.territory, recipe, stored.processing, shows=Shows.GROUPS)
    if author is not None and author != person:
        author_sources = open_sources(author, stored.territory, recipe, stored.processing, shows=Shows.GROUPS)
        opened = _intersect_grants(opened, author_sources)
    _refuse_unsavable(recipe, opened)
    datasets = list({s.dataset_id: s.dataset for s in opened.snapshots.values()}.values())
    rights = card_inheritance.inherit_card(datasets, stored.processing, stored.title)
    return MaterializationPlan(recipe, opened, rights, _may_identify_people(recipe, opened))


def materialize(stored: StoredRecipe, person: Person, title: str, act: str) -> Snapshot:
    """Store the result as a new dataset called `title`. Raises one of MATERIALIZATION_ERRORS."""
    if (done := Snapshot.objects.of(stored.territory).filter(act=act).first()) is not None:
        return done
    if (result := active_result(stored)) is not None:
        raise StudioError(f"Ce résultat est déjà gardé : c'est le jeu « {result.dataset.title} ».")
    planned = plan_materialization(person, stored)
    computed = _compute(planned, stored)

    def intended(snapshot: Snapshot) -> None:
        made = MaterializedResult.objects.create(
            territory=stored.territory,
            dataset=snapshot.dataset,
            recipe=stored,
            requested_by=person,
            requested_version=stored.version,
        )
        _record_reads(made, snapshot, planned.opened)
        if snapshot.dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
            # It came of data that this purpose opens, and is read for it.
            bind(snapshot.dataset, None, stored.processing)
        ledger.append(
            stored.territory,
            "result.keep",
            person,
            f"dataset:{snapshot.dataset_id}",
            {"recipe": stored.slug, "version": stored.version, "read": _list_reads(planned.opened)},
        )

    return catalogue.pour_computed(
        stored.territory,
        person,
        computed,
        act,
        dataset=None,
        title=title,
        personal=planned.rights.personal,
        intended=intended,
    )


def refresh(result: MaterializedResult, act: str) -> Snapshot | None:
    """Recompute a stale result. Raises one of MATERIALIZATION_ERRORS, once the reason is stored for its page.

    What must not be stored is erased even then; the last allowed state stays, with its date.
    """
    if result.ended_at is not None:
        return None
    if not dependencies.is_stale(result):
        _clear_failure(result)
        return None
    try:
        return _recompute(result, act)
    except MATERIALIZATION_ERRORS as error:
        catalogue.undo_expired(result.dataset)
        result.failure = str(error) or "Les droits qu'il faut pour le calculer ne sont plus là."
        result.failed_at = timezone.now()
        result.save(update_fields=["failure", "failed_at"])
        raise


def _recompute(result: MaterializedResult, act: str) -> Snapshot:
    stored, person = result.recipe, result.requested_by
    if person is None:
        raise StudioError(REQUESTER_LEFT)
    if (before := dependencies.stale_dependency(result)) is not None:
        raise StudioError(
            f"Il vient de « {before.dataset.title} », qui n'est pas encore recalculé. Il le sera ensuite."
        )
    changed_since = stored.version > result.requested_version
    if changed_since and stored.author is None:
        raise StudioError(RIGHTS_LOST)
    try:
        planned = plan_materialization(person, stored, stored.author if changed_since else None)
    except (PermissionDenied, NotGranted) as error:
        raise StudioError(RIGHTS_LOST) from error
    if planned.rights.personal and result.dataset.sensitivity != Dataset.Sensitivity.PERSONAL:
        raise StudioError(
            f"L'analyse lit maintenant des données personnelles, et « {result.dataset.title} » n'en contient pas. Il n'a pas "
            "changé. Ne le calculez plus, puis gardez le résultat comme un nouveau jeu."
        )
    computed = _compute(planned, stored)

    def intended(snapshot: Snapshot) -> None:
        _record_reads(result, snapshot, planned.opened)

    made = catalogue.pour_computed(
        result.territory, person, computed, act, dataset=result.dataset, intended=intended
    )
    _clear_failure(result)
    return made


def _clear_failure(result: MaterializedResult) -> None:
    result.failure, result.failed_at = "", None
    result.save(update_fields=["failure", "failed_at"])


def disclosure_controlled_by(dataset: Dataset) -> str:
    """Analysis that computed the delivery in force of this dataset, its protected groups controlled at its release.

    Empty for a dataset that no analysis computes, or whose analysis filters, groups or measures by what names a person.
    """
    found = MaterializedResult.objects.of(dataset.territory).filter(dataset=dataset, ended_at=None)
    result = found.select_related("recipe").first() if dataset.computed else None
    current = dataset.current
    if result is None or current is None:
        return ""
    sources = [
        read.source
        for read in ResultRead.objects.filter(result=result, snapshot=current).select_related("source")
    ]
    return "" if _names_people(read_definition(result.recipe.definition), sources) else current.file


def _names_people(recipe: Recipe, sources: Iterable[Snapshot]) -> bool:
    """Whether a step uses a column that names somebody (a trait describes many), other than to count."""
    named = {
        text.casefold()
        for snapshot in sources
        for column in snapshot.columns
        if column.get("personal") not in (None, TRAIT)
        for text in (column["name"], column["label"])
    }
    steps_json = json.dumps([_without_counts(step) for step in recipe.steps], ensure_ascii=False).casefold()
    return any(re.search(rf"\b{re.escape(text)}\b", steps_json) for text in named)


def _without_counts(step: Step) -> dict[str, Any]:
    fields = step.model_dump(mode="json")
    measures = [m for m in fields.get("measures") or () if m.get("operation") not in COUNTS]
    return {**fields, "measures": measures}


def take_over(result: MaterializedResult, person: Person) -> MaterializedResult:
    """Compute it from now on with this person's rights. Raises PermissionDenied, NotGranted, StudioError."""
    plan_materialization(person, result.recipe)
    with transaction.atomic():
        result.requested_by, result.requested_version = person, result.recipe.version
        result.save(update_fields=["requested_by", "requested_version"])
        ledger.append(
            result.territory,
            "result.keep",
            person,
            f"dataset:{result.dataset_id}",
            {"recipe": result.recipe.slug, "version": result.recipe.version},
        )
    return result


def stop_refreshing(result: MaterializedResult, person: Person) -> None:
    """Stop refreshing it: an ordinary dataset from now on, with its last rows."""
    require(person, "dataset.manage", result.dataset)
    with transaction.atomic():
        result.ended_at = timezone.now()
        result.save(update_fields=["ended_at"])
        result.dataset.computed = False
        result.dataset.save(update_fields=["computed"])
        if result.dataset.sensitivity == Dataset.Sensitivity.PERSONAL:
            # Files may be poured into it now: what comes next went through no disclosure control.
            authorisations.close(result.dataset, person, "Ce jeu n'est plus calculé par une analyse.")
        details = {"recipe": result.recipe.slug}
        ledger.append(result.territory, "result.let_go", person, f"dataset:{result.dataset_id}", details)


def erase_derived_snapshots(dataset: Dataset) -> list[MaterializedResult]:
    """Erase the snapshots computed from invalid deliveries of this dataset, and those computed from them in turn.

    Invalid: withdrawn, expired, or whose groups are protected otherwise today. Returns the results concerned.
    """
    found: dict[int, MaterializedResult] = {}
    reads = ResultRead.objects.filter(result__territory=dataset.territory, snapshot__cut_at=None)
    with transaction.atomic():
        waiting = [
            read
            for read in reads.filter(source__dataset=dataset).select_related(
                "snapshot", "source__dataset", "result"
            )
            if _is_invalid(read)
        ]
        while waiting:
            read = waiting.pop()
            if read.snapshot.cut_at is not None or read.snapshot.state == Snapshot.State.UNDONE:
                continue
            read.snapshot.cut_at = timezone.now()
            read.snapshot.save(update_fields=["cut_at"])
            found[read.result_id] = read.result
            ledger.append(
                dataset.territory,
                "result.erase",
                None,
                f"dataset:{read.snapshot.dataset_id}",
                {"snapshot": read.snapshot.number, "source": read.source.dataset_id},
            )
            waiting += reads.filter(source=read.snapshot).select_related(
                "snapshot", "source__dataset", "result"
            )
    return list(found.values())


def _is_invalid(read: ResultRead) -> bool:
    source = read.source
    if source.state != Snapshot.State.DONE or source.cut_at is not None:
        return True
    return (read.protects, read.unit) != (source.dataset.protects, source.dataset.unit)


def _record_reads(result: MaterializedResult, snapshot: Snapshot, opened: OpenedSources) -> None:
    ResultRead.objects.bulk_create(
        ResultRead(
            result=result,
            snapshot=snapshot,
            source=source,
            recipe_version=result.recipe.version,
            protects=source.dataset.protects,
            unit=source.dataset.unit,
        )
        for source in {s.pk: s for s in opened.snapshots.values()}.values()
    )


def _list_reads(opened: OpenedSources) -> list[list[int]]:
    return sorted([s.dataset_id, s.number] for s in opened.snapshots.values())


def _compute(planned: MaterializationPlan, stored: StoredRecipe) -> catalogue.ComputedTable:
    """The released result, whole, as a table of the lake."""
    opened, snapshots = planned.opened, list(planned.opened.snapshots.values())
    # The author's or the asker's own boards decide nothing here: what the boards showed before is counted for all.
    released = run_recipe(
        planned.recipe, opened.grants, MAX_ROWS, earlier_disclosures(_grantee(opened), stored, opened)
    )
    if released.truncated:
        raise StudioError(
            f"Ce résultat a {released.row_count} lignes : au-delà de {MAX_ROWS}, il ne se garde pas. Regroupez, ou gardez-en "
            "moins, puis recommencez."
        )
    if not released.table.num_columns:
        raise StudioError("Ce résultat n'a aucune colonne : il n'y a rien à garder.")
    table, columns = stage_table(planned.recipe, released.table, snapshots, personal=planned.people)
    return catalogue.ComputedTable(
        table=table,
        columns=columns,
        description=f"Analyse « {stored.title} », version {stored.version}",
        card=planned.rights.card,
        first_card=planned.rights.first,
    )


def _grantee(opened: OpenedSources) -> Person | None:
    key = next(iter(opened.grants.values())).person.removeprefix("person:")
    return Person.objects.filter(pk=int(key)).first() if key.isdecimal() else None


def _intersect_grants(one: OpenedSources, other: OpenedSources) -> OpenedSources:
    """What both may see."""

    def both(grant: Grant, other_grant: Grant) -> Grant:
        masks = dict(grant.masks) | {name: "hide" for name, _ in other_grant.masks}
        named = [names for names in (grant.identifying, other_grant.identifying) if names is not None]
        identifying = tuple(sorted({name for names in named for name in names})) if named else None
        return replace(grant, masks=tuple(sorted(masks.items())), identifying=identifying)

    return OpenedSources(
        {alias: both(grant, other.grants[alias]) for alias, grant in one.grants.items()}, one.snapshots
    )


def _refuse_unsavable(recipe: Recipe, opened: OpenedSources) -> None:
    if any(grant.predicate for grant in opened.grants.values()):
        raise StudioError(
            "Vous ne lisez qu'une partie des lignes d'un des jeux : ce que vous en calculez n'est pas gardé pour tous. "
            "Demandez à une personne qui lit le jeu entier de garder ce résultat."
        )
    floors = floors_of(opened.grants)
    if floors and disclosure_step(recipe, floors) is None:
        titles = [opened.snapshots[alias].dataset.title for alias in floors]
        raise StudioError(
            f"« {titles[0]} » est protégé : ses lignes une à une ne se gardent pas dans un autre jeu. Ajoutez une étape "
            "« Regrouper », puis recommencez."
        )


def _may_identify_people(recipe: Recipe, opened: OpenedSources) -> bool:
    """Whether a step names a column about people that is read unmasked: what follows may tell of them.

    Protected rows are grouped, so nothing that no step names is left of them.
    """
    steps_json = json.dumps(
        [step.model_dump(mode="json") for step in recipe.steps], ensure_ascii=False
    ).casefold()
    return any(
        name.casefold() in steps_json
        for alias, snapshot in opened.snapshots.items()
        for name in _unmasked(protected_columns(snapshot.dataset, snapshot), opened.grants[alias])
    )


def _unmasked(names: Iterable[str], grant: Grant) -> set[str]:
    return set(names) - {name for name, _ in grant.masks}
