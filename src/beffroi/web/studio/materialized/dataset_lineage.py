"""Lineage of a dataset through analyses: the one that computes it, those that read it.

In: a dataset and its reader. Out: facts, with a link only where the reader may go.
"""

from django.urls import reverse

from beffroi.web.catalogue.lineage import Fact, Lineage
from beffroi.web.catalogue.models import Dataset
from beffroi.web.platform.models import Person
from beffroi.web.platform.rights import may
from beffroi.web.ui.formats import french_date

from ..models import MaterializedResult, StoredRecipe


def lineage_of(dataset: Dataset, person: Person) -> Lineage:
    place = dataset.territory
    reads_boards = may(person, "board.read", place)

    def analysis(stored: StoredRecipe, note: str = "") -> Fact:
        url = reverse("recipe", args=[place.slug, stored.slug]) if reads_boards else ""
        return Fact(f"l'analyse « {stored.title} »", url, note)

    recipes = [
        stored
        for stored in StoredRecipe.objects.of(place).order_by("title")
        if dataset.slug in stored.definition.get("sources", {}).values()
    ]
    made = {
        result.recipe_id: result.dataset
        for result in MaterializedResult.objects.of(place)
        .filter(recipe__in=recipes, ended_at=None)
        .select_related("dataset")
    }
    serves: list[Fact] = []
    for stored in recipes:
        serves.append(analysis(stored))
        if stored.pk in made:
            serves.append(_dataset(made[stored.pk], person, "calculé par cette analyse"))
    result = (
        MaterializedResult.objects.of(place)
        .filter(dataset=dataset)
        .select_related("recipe", "requested_by")
        .first()
    )
    if result is None:
        return Lineage(serves=tuple(serves))
    last = dataset.current
    reads = list(result.reads.filter(snapshot=last).select_related("source__dataset")) if last else []
    version = reads[0].recipe_version if reads else result.recipe.version
    comes = [analysis(result.recipe, f"version {version}")]
    comes += [
        _dataset(
            read.source.dataset,
            person,
            f"livraison n° {read.source.number} du {french_date(read.source.at, hour=False)}",
        )
        for read in reads
    ]
    if result.ended_at is not None:
        since = french_date(result.ended_at, hour=False)
        return Lineage(tuple(comes), tuple(serves), (f"Il n'est plus calculé depuis le {since}.",))
    trouble = ""
    if result.failure and result.failed_at:
        since = f"Le résultat du {french_date(last.at)} reste affiché. " if last else ""
        trouble = f"Le calcul du {french_date(result.failed_at)} n'a pas abouti. {since}{result.failure}"
    notes = [
        "Il est recalculé quand l'un de ces jeux reçoit une livraison ou quand l'analyse change.",
        "Sa fiche suit les règles les plus strictes de ce dont il vient."
        if dataset.inherits
        else "Sa fiche a été revue par une personne qui tient ce jeu : elle ne suit plus celles de ses sources.",
    ]
    may_end = may(person, "dataset.manage", dataset)
    go = reverse("result-stop", args=[place.slug, result.recipe.slug]) if may_end else ""
    return Lineage(tuple(comes), tuple(serves), tuple(notes), trouble, go)


def _dataset(dataset: Dataset, person: Person, note: str) -> Fact:
    url = (
        reverse("dataset", args=[dataset.territory.slug, dataset.slug])
        if may(person, "dataset.read", dataset)
        else ""
    )
    return Fact(f"« {dataset.title} »", url, note)
