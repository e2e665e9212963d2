"""Form of the stack step: rows of other datasets appended; columns are matched by name."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from django import forms

from beffroi.recipes.french import join_words
from beffroi.recipes.model import Source, Stack, Step
from beffroi.web.catalogue.models import Dataset

from ...analysis_builder import readable_datasets, usable_columns
from ...presentation import typeset
from ..recipe_edits import new_alias
from .base import StepForm, columns_field, name_field, step_form

_ORIGIN = "Origine"


@step_form
class StackForm(StepForm):
    kind = "stack"
    title = "Empiler d'autres jeux"
    help = "Mettre dessous les lignes d'autres jeux : l'année d'avant, un autre site."

    def build(self) -> None:
        current = self._current_datasets
        first = self.position.look.recipe.steps[0]
        begun = self.position.look.recipe.sources[first.source] if isinstance(first, Source) else ""
        self.datasets = [
            d
            for d in readable_datasets(self.position.draft.territory)
            if d.slug != begun or d.slug in current.values()
        ]
        here = {column.name for column in self.position.columns}
        self.datasets.sort(key=lambda d: -len(here & self._names(d)))  # the likeliest first
        lost = sorted(set(current.values()) - {d.slug for d in self.datasets})
        no_more = (
            f" Changée, l'étape ne prendra plus {join_words(lost)}, que cette page ne lit pas."
            if lost
            else ""
        )
        self.fields["datasets"] = columns_field(
            "Jeux à mettre dessous",
            [(d.slug, self._dataset_label(d)) for d in self.datasets],
            help_text="Les colonnes se retrouvent par leur nom. Celle qui manque d'un côté y reste vide."
            + no_more,
        )
        self.fields["told"] = forms.BooleanField(
            label="Dire sur chaque ligne de quel jeu elle vient", required=False, initial=True
        )
        self.fields["origin"] = name_field(
            "Nom de la colonne qui le dit", help_text="Laissez vide : un nom sera proposé."
        )

    def initial_of(self, step: Stack) -> dict[str, Any]:
        return {
            "datasets": list(self._current_datasets.values()),
            "told": step.origin is not None,
            "origin": step.origin or "",
        }

    def check(self) -> None:
        here = {column.name for column in self.position.columns}
        for dataset in self._chosen:
            if not here & self._names(dataset):
                self.add_error(
                    "datasets",
                    typeset(
                        f"« {dataset.title} » n'a aucune colonne du même nom que celles d'ici. Donnez aux colonnes "
                        "d'ici les noms des siennes (« Choisir les colonnes »), ou choisissez un autre jeu."
                    ),
                )

    def steps(self) -> Sequence[Step]:
        here = {column.name for column in self.position.columns}
        other_names = {name for dataset in self._chosen for name in self._names(dataset)}
        origin = self.cleaned_data["origin"].strip() or self.position.free(_ORIGIN, also=other_names)
        self.notice = typeset(" ".join(self._apart(dataset, here) for dataset in self._chosen))
        aliases = tuple(self.sources())
        before = self.changed.rename if isinstance(self.changed, Stack) else {}
        return [
            Stack(
                sources=aliases,
                rename={alias: names for alias, names in before.items() if alias in aliases},
                origin=origin if self.cleaned_data["told"] else None,
            )
        ]

    def sources(self) -> dict[str, str]:
        aliases = {slug: alias for alias, slug in self._current_datasets.items()}
        taken = list(self.position.look.recipe.sources)
        found: dict[str, str] = {}
        for dataset in self._chosen:
            alias = aliases.get(dataset.slug) or new_alias(dataset.slug, [*taken, *found])
            found[alias] = dataset.slug
        return found

    @cached_property
    def _current_datasets(self) -> dict[str, str]:
        """The datasets that the step already puts there, by alias."""
        if not isinstance(self.changed, Stack):
            return {}
        return {alias: self.position.look.recipe.sources[alias] for alias in self.changed.sources}

    @property
    def _chosen(self) -> list[Dataset]:
        """The datasets ticked: those that the step has first and in its order."""
        order = {slug: n for n, slug in enumerate(self._current_datasets.values())}
        ticked = [d for d in self.datasets if d.slug in self.cleaned_data["datasets"]]
        return sorted(ticked, key=lambda d: order.get(d.slug, len(order)))

    def _names(self, dataset: Dataset) -> set[str]:
        """The names that the dataset's columns take here."""
        alias = next((alias for alias, slug in self._current_datasets.items() if slug == dataset.slug), "")
        rename = self.changed.rename.get(alias, {}) if isinstance(self.changed, Stack) else {}
        return (
            {rename.get(c.name, c.name) for c in usable_columns(dataset.current)}
            if dataset.current
            else set()
        )

    def _dataset_label(self, dataset: Dataset) -> str:
        count = len({column.name for column in self.position.columns} & self._names(dataset))
        found = "aucune colonne" if not count else f"{count} colonne{'s' if count > 1 else ''}"
        return f"{dataset.title} ({found} du même nom)"

    def _apart(self, dataset: Dataset, here: set[str]) -> str:
        """Columns that only one side has, reported once the step is saved."""
        other_names = self._names(dataset)
        labels = {c.name: c.label for c in usable_columns(dataset.current)} if dataset.current else {}
        labels |= {column.name: column.label for column in self.position.columns}
        parts = []
        for verb, apart in (("n'a pas", here - other_names), ("apporte", other_names - here)):
            if apart:
                parts.append(
                    f"{verb} {join_words(f'« {labels.get(name, name)} »' for name in sorted(apart))}"
                )
        return f"« {dataset.title} » {' et '.join(parts)}." if parts else ""
