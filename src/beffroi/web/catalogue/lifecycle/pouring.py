"""Pouring of a delivery's tables into their datasets: intent, lake commit, then one transaction that closes the act.

In: a delivery that was read, and a person's choices (none: the proposals). Out: the snapshots made. Asked twice, it
takes effect once.
"""

import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.db import transaction
from django.utils.text import slugify

from beffroi.lake.drift import IGNORE, SAME
from beffroi.lake.errors import LakeError, OutcomeUnknown
from beffroi.lake.tables import Column, Guess, Refused, StagedTable
from beffroi.text import unique_name
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import may, require
from beffroi.web.platform.storage import disk_space

from ..errors import CatalogueError
from ..lake_access import one_writer, open_lake
from ..models import Dataset, Delivery, Snapshot
from ..planning.drift_review import ReviewedTable, apply_review, review_table
from ..planning.table_plans import Choice, TablePlan, load_plans
from ..planning.table_profiles import without_values
from ..planning.table_proposals import is_outdated, propose_match
from ..publication import restrictions
from ..signals import poured
from .file_storage import staging_folder
from .lake_commits import close_pour, drop_intent, recover_interrupted
from .receiving import ReportProgress


def pour(
    delivery: Delivery,
    person: Person,
    choices: Sequence[Choice] | None = None,
    report: ReportProgress | None = None,
    *,
    failures: list[Refused] | None = None,
) -> list[Snapshot]:
    """Pour the chosen tables, one after the other. A table that fails does not stop the others; the delivery then stays to be confirmed.

    Raises CatalogueError for those that failed, unless they are collected in `failures`. Who calls has asked the right at the
    edge; it is asked again in the transaction of each table. Raises PermissionDenied.
    """
    territory = delivery.territory
    try:
        disk_space.require(territory)
    except disk_space.OutOfRoom as error:
        raise CatalogueError(
            f"« {delivery.file_name} » n'a pas été versé ; le fichier est gardé. {error}"
        ) from error
    plans = {plan.index: plan for plan in load_plans(delivery)}
    done: list[Snapshot] = []
    failed: list[Refused] = []
    opened: dict[str, Dataset] = {}  # the new datasets of this delivery, by title: its tables may share one
    with one_writer(territory):
        recover_interrupted(territory)
        plans, choices = _resolve_choices(delivery, plans, choices)
        for rank, choice in enumerate(choices):
            plan = plans[choice.table]
            if report is not None:
                report(100 * rank / len(choices), f"Versement de « {plan.staged.name} »")
            try:
                done.append(_pour_table(delivery, person, plan, choice, opened))
            except CatalogueError as error:
                failed.append(Refused(plan.staged.origin, str(error)))
        if not failed:
            # What was read is in the snapshots now; the examples of the proposal have no more use.
            for table in delivery.tables:
                table["profile"] = without_values(table["profile"])
            delivery.state = Delivery.State.DONE
            with transaction.atomic():
                delivery.save(update_fields=["state", "tables"])
                poured.send(Delivery, delivery=delivery)
    if not failed:
        shutil.rmtree(staging_folder(delivery), ignore_errors=True)
    elif failures is None:
        others = f" Les autres tables du fichier ({len(done)}) sont versées." if done else ""
        raise CatalogueError(" ".join(part.reason for part in failed) + others)
    else:
        failures.extend(failed)
    return done


def _resolve_choices(
    delivery: Delivery, plans: dict[int, TablePlan], choices: Sequence[Choice] | None
) -> tuple[dict[int, TablePlan], Sequence[Choice]]:
    """The choices, or without any the proposals; those that the catalogue has outgrown since the reading are made again."""
    if choices is None:
        fresh: dict[int, TablePlan] = {}
        for index, plan in plans.items():
            done = Snapshot.objects.filter(act=act_of(delivery, index)).exists()
            if not done and plan.at_hand and is_outdated(delivery.territory, plan.match):
                earlier = [(other.staged, other.match) for other in fresh.values()]
                match = propose_match(delivery.territory, plan.staged, earlier)
                plan = review_table(delivery.territory, replace(plan, match=match))
            fresh[index] = plan
        plans, choices = fresh, [choice for plan in fresh.values() if (choice := plan.choice) is not None]
    tables = [choice.table for choice in choices]
    if not tables or any(table not in plans for table in tables) or len(set(tables)) < len(tables):
        raise CatalogueError(
            f"Il n'y a rien à verser dans « {delivery.file_name} ». Choisissez au moins une de ses tables."
        )
    return plans, choices


def act_of(delivery: Delivery, index: int) -> str:
    """The name of the act: the same until the table is poured, another one after an undo."""
    undone = delivery.snapshots.filter(
        act__startswith=f"pour:{delivery.pk}:{index}:", state=Snapshot.State.UNDONE
    )
    return f"pour:{delivery.pk}:{index}:{undone.count()}"


def _pour_table(
    delivery: Delivery, person: Person, plan: TablePlan, choice: Choice, opened: dict[str, Dataset]
) -> Snapshot:
    act = act_of(delivery, plan.index)
    snapshot = Snapshot.objects.filter(act=act).select_related("dataset__territory").first()
    if snapshot is None:
        if not plan.at_hand:
            raise CatalogueError(
                f"Les lignes lues dans « {delivery.file_name} » ne sont plus en attente. Le fichier, lui, est gardé : "
                "relisez-le depuis la page de la livraison, puis versez."
            )
        proposed = choice.dataset is not None and choice.dataset == plan.match.dataset
        if proposed and choice.mode != "append" and is_outdated(delivery.territory, plan.match):
            # Replacing rows that the person never saw would hide someone else's delivery.
            raise CatalogueError(
                f"Le jeu « {plan.match.title} » a reçu ou perdu une livraison depuis la lecture de ce fichier. Rien n'a été "
                "versé. Relisez le fichier : la proposition tiendra compte de l'état présent."
            )
        staged = _corrected(plan.staged, choice, person, delivery)
        restrictions.close_flagged(
            delivery.territory,
            person,
            {column.name for column in staged.columns if column.personal},
            origin=staged.origin,
            chosen=choice.dataset,
        )
        dataset = _chosen_dataset(delivery.territory, choice, opened)
        review = ReviewedTable(staged, plan, choice)
        if dataset is not None and choice.dataset is not None:
            # Checked before any question on the columns; again on what will really be written.
            left_out = [key.partition(":")[2] for key, answer in choice.answers.items() if answer == IGNORE]
            _refuse_people(dataset, staged, left_out)
            review = apply_review(dataset, plan, staged, choice)
        snapshot, staged = intend(delivery, person, review, act, dataset)
        with open_lake(snapshot.dataset) as lake:
            try:
                version = lake.write(
                    snapshot.dataset.table,
                    staged,
                    delivery=delivery.pk,
                    act=act,
                    mode=snapshot.mode,
                    key=snapshot.key,
                    labels=_chosen_labels(review),
                )
            except OutcomeUnknown as error:
                # The intent stays: `recover_interrupted` will find whether the lake has it.
                raise CatalogueError(str(error)) from error
            except LakeError as error:
                drop_intent(snapshot)
                raise CatalogueError(
                    f"La table « {plan.staged.name} » n'a pas été versée. {error}"
                ) from error
            close_pour(snapshot, lake, version)
    if choice.dataset is None:
        opened[_same(choice.title)] = snapshot.dataset
    return snapshot


def _chosen_labels(review: ReviewedTable) -> dict[str, str]:
    """The labels that a person chose, by the columns of the dataset that they go into."""
    taken = {item["column"]: item["held"] for item in review.drift if item["answer"] == SAME}
    return {taken.get(name, name): label for name, label in review.plan.corrections.labels.items()}


def intend(
    delivery: Delivery, person: Person, review: ReviewedTable, act: str, dataset: Dataset | None
) -> tuple[Snapshot, StagedTable]:
    """Write down what is about to happen, and the table as it will be written. Nothing of the lake has changed yet.

    `dataset`: None for a new one. Raises PermissionDenied, CatalogueError.
    """
    plan, choice, staged = review.plan, review.choice, review.staged
    with transaction.atomic():
        require(person, "dataset.deposit", delivery)
        if dataset is None:
            people = any(column.personal for column in staged.columns)
            dataset = _new_dataset(delivery.territory, choice.title, people)
        _refuse_people(dataset, staged)
        joins = dataset.snapshots.exclude(state=Snapshot.State.UNDONE).exists()
        current = dataset.current
        if current is not None:
            staged = _still_personal(staged, current, choice)
        last = dataset.snapshots.order_by("-number").first()
        protected = dataset.sensitivity == Dataset.Sensitivity.PERSONAL
        added_to_sister = choice.dataset is None and joins
        by_key = choice.mode == "upsert"
        snapshot = Snapshot.objects.create(
            territory=delivery.territory,
            dataset=dataset,
            delivery=delivery,
            number=last.number + 1 if last else 1,
            act=act,
            mode="append" if added_to_sister else choice.mode if joins or by_key else "replace",
            key=list(choice.key) if by_key and not added_to_sister else [],
            drift=review.drift,
            file=staged.origin,
            file_sha256=staged.file_sha256,
            rows_read=staged.rows_read,
            rows_stored=staged.rows_kept,
            rows_quarantined=staged.rows_quarantined,
            columns=[column.to_dict() for column in staged.columns],
            guesses=[guess.to_dict() for guess in staged.guesses],
            corrections=plan.corrections.to_dict(),
            profile=without_values(plan.profile) if protected else plan.profile,
            by=person,
        )
    return snapshot, staged


def _chosen_dataset(territory: Territory, choice: Choice, opened: dict[str, Dataset]) -> Dataset | None:
    """The dataset chosen, or the one that another table of the delivery has just opened; None for a new one."""
    if choice.dataset is None:
        return opened.get(_same(choice.title))
    dataset = Dataset.objects.of(territory).select_related("territory").filter(slug=choice.dataset).first()
    if dataset is None:
        raise CatalogueError(
            "Le jeu de données choisi n'existe pas dans ce territoire. Rien n'a été versé. Choisissez-en un autre."
        )
    if dataset.computed:
        raise CatalogueError(
            f"« {dataset.title} » est calculé par une analyse : aucun fichier n'y est versé. Rien n'a changé. Déposez le "
            "fichier dans l'un des jeux dont il vient : il sera recalculé."
        )
    return dataset


def _refuse_people(dataset: Dataset, staged: StagedTable, left_out: Iterable[str] = ()) -> None:
    """No column about people enters a dataset that has none; `left_out`: those that will not be poured."""
    personal = [column for column in staged.columns if column.personal and column.name not in left_out]
    if personal and dataset.sensitivity != Dataset.Sensitivity.PERSONAL:
        names = ", ".join(f"« {column.label} »" for column in personal)
        raise CatalogueError(
            f"Ce fichier semble contenir des données personnelles ({names}) et le jeu « {dataset.title} » n'en contient "
            "pas. Cette table n'a pas été versée. Versez-la comme un nouveau jeu, qui sera protégé, ou demandez à un "
            "responsable de données de corriger ces colonnes."
        )


def _new_dataset(territory: Territory, title: str, personal: bool) -> Dataset:
    title = " ".join(title.split())[:200]
    if not title:
        raise CatalogueError(
            "Un nouveau jeu a besoin d'un titre. Rien n'a été versé. Donnez-lui un nom, puis versez."
        )
    base = slugify(title)[:70].strip("-") or "jeu"
    taken = set(Dataset.objects.of(territory).values_list("slug", flat=True))
    slug = unique_name(base, taken.__contains__)
    return Dataset.objects.create(
        territory=territory,
        slug=slug,
        title=title,
        table=slug.replace("-", "_"),
        sensitivity=Dataset.Sensitivity.PERSONAL if personal else Dataset.Sensitivity.ORDINARY,
        simulated=territory.is_fictional,
    )


def _same(title: str) -> str:
    return " ".join(title.split()).casefold()


def _corrected(staged: StagedTable, choice: Choice, person: Person, delivery: Delivery) -> StagedTable:
    """The table with the person's word on what is personal. Lifting a protection is a steward's act."""
    columns, guesses = [], list(staged.guesses)
    for column in staged.columns:
        wanted = choice.personal.get(column.name, bool(column.personal))
        if wanted == bool(column.personal):
            columns.append(column)
            continue
        if not wanted and not may(person, "dataset.manage", delivery):
            raise CatalogueError(
                f"Seul un responsable de données peut dire que la colonne « {column.label} » n'est pas personnelle. "
                "Rien n'a été versé. Laissez-la protégée, ou demandez-lui de verser ce fichier."
            )
        columns.append(replace(column, personal="declared" if wanted else None))
        value = "porte sur des personnes" if wanted else "ne porte pas sur des personnes"
        guesses.append(
            Guess(f"Colonne « {column.label} »", value, "Corrigé par la personne qui a versé.", True)
        )
    return replace(staged, columns=tuple(columns), guesses=tuple(guesses))


def _still_personal(staged: StagedTable, current: Snapshot, choice: Choice) -> StagedTable:
    """A column known as personal stays so, even if the new file alone would not show it."""
    known = {column["name"]: column["personal"] for column in current.columns if column.get("personal")}

    def protected(column: Column) -> Column:
        if column.personal or choice.personal.get(column.name) is False or column.name not in known:
            return column
        return replace(column, personal=known[column.name])

    return replace(staged, columns=tuple(protected(column) for column in staged.columns))
