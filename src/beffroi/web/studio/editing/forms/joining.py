"""Form of the join step: common columns are found by their content and measured before anything is joined.

A dataset in which one row would find several partners is refused, with what to do: totals would be too large.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from django import forms

from beffroi.recipes.draft_previews import first_steps
from beffroi.recipes.french import humanize_number
from beffroi.recipes.model import Join, Source, Step
from beffroi.recipes.release import floors_of
from beffroi.web.catalogue.models import Dataset
from beffroi.web.ui.fields import VisibleCharField

from ... import join_keys
from ...analysis_builder import readable_datasets, usable_columns
from ...dataset_profiles import ANALYSIS_ERRORS
from ...presentation import typeset
from ..recipe_edits import new_alias
from .base import StepForm, columns_field, step_form

MAX_PAIRS = 3
BY_HAND = "main"
NOT_OFFERED = (
    "Ce jeu n'est pas au catalogue, ou il porte sur des personnes : cette page ne le lit pas. Rien n'a été lu. "
    "Choisissez-en un autre dans la liste."
)


@step_form
class JoinForm(StepForm):
    kind = "join"
    title = "Rapprocher d'un autre jeu"
    help = "Apporter les colonnes d'un autre jeu : la population des communes, l'adresse des sites."
    template = "studio/editing/forms/join.html"
    max_rows = MAX_PAIRS
    more_label = "Comparer une colonne de plus"
    more_in_foot = False

    avec = forms.CharField(required=False, widget=forms.HiddenInput)
    keep = forms.ChoiceField(
        label="Les lignes sans partenaire",
        choices=[
            ("all", "restent, sans rien dans les colonnes apportées"),
            ("matched", "ne sont pas gardées"),
        ],
        initial="all",
        widget=forms.RadioSelect,
    )

    def build(self) -> None:
        self.datasets = readable_datasets(self.position.draft.territory)
        slug = self.hint("avec")
        self.other: Dataset | None = next((d for d in self.datasets if d.slug == slug), None)
        self.refused = NOT_OFFERED if slug and self.other is None else ""
        if self.other is None:
            del self.fields["keep"]
            return
        other_columns = (
            [(c.name, c.label) for c in usable_columns(self.other.current)] if self.other.current else []
        )
        if not self.changed:
            self.fields["pair"] = VisibleCharField(
                label="Colonnes qui disent la même chose, mesurées sur vos données",
                widget=forms.RadioSelect(choices=self._pairs),
                initial=lambda: self._pairs()[0][
                    0
                ],  # the best match, measured only when the page is rendered
            )
        for n in range(self.row_count):
            also = "" if n == 0 else f" (n° {n + 1})"
            left_field = forms.ChoiceField(
                label=f"Colonne de l'analyse{also}",
                choices=[("", "Choisir…"), *self.position.choices()],
                required=False,
            )
            self.fields[f"left_{n}"] = left_field
            self.fields[f"right_{n}"] = forms.ChoiceField(
                label=f"Colonne de « {self.other.title} »{also}",
                choices=[("", "Choisir…"), *other_columns],
                required=False,
            )
        self.fields["fold"] = forms.BooleanField(
            label="Sans tenir compte des majuscules, des accents, des traits d'union, des espaces ni des zéros de tête",
            required=False,
        )
        self.fields["bring"] = columns_field(
            f"Colonnes à apporter de « {self.other.title} »", other_columns, required=False
        )
        self.fields["bring"].initial = [name for name, _ in other_columns]

    def initial_of(self, step: Join) -> dict[str, Any]:
        begun: dict[str, Any] = {
            "avec": self.position.look.recipe.sources[step.source],
            "keep": step.keep,
            "fold": step.fold,
            "rows": len(step.on),
        }
        if step.columns is not None:
            begun["bring"] = list(step.columns)
        for n, key in enumerate(step.on):
            begun |= {f"left_{n}": key.left, f"right_{n}": key.right}
        return begun

    @cached_property
    def proposed(self) -> list[join_keys.KeyMatch]:
        """The columns in common that the data themselves show, measured at this place."""
        first = self.position.look.recipe.steps[0]
        source = self.position.look.recipe.sources[first.source] if isinstance(first, Source) else ""
        dataset = Dataset.objects.of(self.position.draft.territory).filter(slug=source).first()
        if dataset is None or self.other is None or dataset == self.other:
            return []
        look = self.position.look
        found: list[join_keys.KeyMatch] = []
        try:
            for match in join_keys.propose_matches(
                join_keys.DatasetPair(look.person, look.processing, dataset, self.other)
            ):
                if all(map(self.position.column, match.pair.lefts)):
                    here = self._measured(match.pair)
                    same = (here.rows, here.matched) == (match.rows, match.matched)
                    found.append(replace(here, examples=match.examples) if same else here)
        except ANALYSIS_ERRORS:
            return []
        return [match for match in found if match.matched]

    @property
    def unsound(self) -> list[dict[str, Any]]:
        """For the page: what would be in common, if a row did not find several partners."""
        return [
            {"sentence": self._named(match), "added": match.added}
            for match in self.proposed
            if not match.sound
        ]

    def pair_fields(self) -> list[tuple[Any, Any]]:
        """For the page: the columns chosen by hand, two by two."""
        return [(self[f"left_{n}"], self[f"right_{n}"]) for n in range(self.row_count)]

    def check(self) -> None:
        if self.other is None:
            self.add_error(None, self.refused or "Choisissez d'abord le jeu de données à rapprocher.")
            return
        self.chosen = self._chosen()
        if self.chosen is None:
            self.add_error("left_0", "Choisissez une colonne de chaque côté, ou l'une des paires proposées.")
            return
        try:
            if floors_of(self._with_join(self.chosen).opened.grants):
                return
            found = self._measured(self.chosen)
        except ANALYSIS_ERRORS as error:
            self.add_error(None, str(error))
            return
        self.notice = typeset(f"Rapprochement mesuré : {found.sentence}")
        if not found.matched:
            self.add_error(
                None,
                f"Rien n'est rapproché : {found.sentence} Choisissez d'autres colonnes, ou un autre jeu.",
            )
        elif found.added:
            self.add_error(None, self._explosion(found))

    def steps(self) -> Sequence[Step]:
        return [self._join(self.chosen, tuple(self.cleaned_data["bring"]))] if self.chosen else []

    def sources(self) -> dict[str, str]:
        return {self._alias: self.other.slug} if self.other else {}

    def _pairs(self) -> list[tuple[str, str]]:
        sound = [(match.pair.text, self._named(match)) for match in self.proposed if match.sound]
        return [*sound, (BY_HAND, "Choisir moi-même les colonnes, ci-dessous")]

    def _named(self, match: join_keys.KeyMatch) -> str:
        labels = (
            {c.name: c.label for c in usable_columns(self.other.current)}
            if self.other and self.other.current
            else {}
        )
        here = {name: found.label for name in match.pair.lefts if (found := self.position.column(name))}
        return typeset(f"{match.pair.words(here, labels)} : {match.sentence}")

    def _chosen(self) -> join_keys.KeyPair | None:
        data = self.cleaned_data
        proposed = join_keys.KeyPair.read(data.get("pair") or "")
        if proposed is not None:
            return proposed
        pairs = [(data.get(f"left_{n}"), data.get(f"right_{n}")) for n in range(self.row_count)]
        (first, *more) = [(left, right) for left, right in pairs if left and right] or [None]
        return join_keys.KeyPair(*first, data["fold"], tuple(more)) if first else None

    @cached_property
    def _alias(self) -> str:
        taken = self.position.look.recipe.sources
        if self.other is None:
            return ""
        if isinstance(self.changed, Join) and taken.get(self.changed.source) == self.other.slug:
            return self.changed.source
        return new_alias(self.other.slug, tuple(taken))

    def _join(self, pair: join_keys.KeyPair, columns: tuple[str, ...] = ()) -> Join:
        return Join(
            source=self._alias,
            on=pair.keys,
            keep=self.cleaned_data["keep"]
            if hasattr(self, "cleaned_data") and "keep" in self.cleaned_data
            else "all",
            columns=columns,
            fold=pair.fold,
        )

    def _with_join(self, pair: join_keys.KeyPair) -> Any:
        recipe = first_steps(self.position.look.recipe, self.position.count)
        sources = {**recipe.sources, **self.sources()}
        steps = (*recipe.steps, self._join(pair))
        return self.position.look.with_recipe(recipe.model_copy(update={"sources": sources, "steps": steps}))

    def _measured(self, pair: join_keys.KeyPair) -> join_keys.KeyMatch:
        match: join_keys.KeyMatch = self._with_join(pair).measure_last_join(pair)
        return match

    def _explosion(self, found: join_keys.KeyMatch) -> str:
        title = self.other.title if self.other else ""
        return typeset(
            f"Rien n'est rapproché : des lignes trouvent plusieurs partenaires dans « {title} ». {humanize_number(found.added)} "
            f"{'ligne' if found.added == 1 else 'lignes'} s'ajouteraient et les totaux seraient faux. Comparez une colonne de "
            "plus (une année, un code plus précis), ou prenez un jeu où chaque valeur n'a qu'une ligne."
        )
