"""Candidate analysis: its steps and figure, and whether its result is informative.

In: the choices of a proposer. Out: a recipe.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from django.utils.text import slugify

from beffroi.hashing import text_sha256
from beffroi.recipes.charts.look import Comparison
from beffroi.recipes.figures import Encodings, Figure
from beffroi.recipes.french import join_words
from beffroi.recipes.model import Recipe, Step
from beffroi.text import split_identifiers
from beffroi.web.catalogue.models import Dataset

MIN_MARKS = 2  # a chart of one bar is less informative than a number


@dataclass(frozen=True)
class AnalysisCandidate:
    """A recipe to try. `datasets`: alias → dataset, the first being the one that the figure is about."""

    title: str
    datasets: dict[str, Dataset]
    steps: Sequence[Step]
    kind: str
    unit: str
    base: str
    year: str
    encodings: dict[str, Any]
    estimated: bool = False
    comparison: Comparison | None = None

    @property
    def slug(self) -> str:
        """Readable, the same each time, and never that of another draft whose title begins alike."""
        slugs = [dataset.slug for dataset in self.datasets.values()]
        mark = text_sha256("/".join([*slugs, self.title]))[:6]
        return f"{slugify(f'{slugs[0][:28]} {self.title}')[:70].strip('-')}-{mark}"

    def recipe(self) -> Recipe:
        title = split_identifiers(self.title)
        return Recipe(
            title=title[:200],
            sources={alias: dataset.slug for alias, dataset in self.datasets.items()},
            steps=tuple(self.steps),
            figure=Figure(
                kind=self.kind,  # type: ignore[arg-type]
                title=title,
                unit=self.unit,
                base=self.base,
                year=self.year,
                source=source_text(list(self.datasets.values())),
                encodings=Encodings(**self.encodings),
                comparison=self.comparison,
                estimated=self.estimated,
                simulated=any(dataset.simulated for dataset in self.datasets.values()),
            ),
        )

    def is_informative(self, table: pa.Table) -> bool:
        """Whether there is something to read: marks enough, values that are not all missing, all nought, all alike."""
        minimum = MIN_MARKS if self.kind in ("bar", "line") else 1
        measured = self.encodings.get("y") or self.encodings.get("value")
        if table.num_rows < minimum or measured is None:
            return bool(table.num_rows >= minimum)
        values = [float(value) for value in table[measured].to_pylist() if value is not None]
        if len(values) < minimum:
            return False
        if self.unit == "lignes" and self.kind in ("bar", "line"):
            return max(values) > 1.1 * min(values)  # as many rows everywhere: not informative
        return self.kind == "number" or any(value != 0 for value in values)


def source_text(datasets: list[Dataset]) -> str:
    """« Fréquentation et Écoles (Ville de Nantes) »: the datasets and who made them, when it is known."""
    producers = {d.producer for d in datasets}
    if len(producers) == 1 and (producer := producers.pop()):
        return f"{join_words(d.title for d in datasets)} ({producer})"
    return join_words(f"{d.title} ({d.producer})" if d.producer else d.title for d in datasets)
