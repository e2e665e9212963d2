"""The boards that every territory has: its communes, and what was gathered from its files.

In come the datasets of `deposits`, or of an invented town its own communes; out come drafts.
"""

from beffroi.recipes.model import Condition, Derive, Filter, Group, Measure, Order, Sort, Source, Top
from beffroi.web.catalogue.models import Dataset

from .drafts import AnalysisCandidate


def communes_drafts(
    dataset: Dataset,
    *,
    code: str,
    name: str,
    population: str,
    year: str,
    own: str | None = None,
    among: str = "communes",
) -> list[AnalysisCandidate]:
    """Population in all, on the map, and the ten largest communes.

    `own`: the column that tells the territory's own communes; `among`: what all those of the table are together.
    """
    alias = "communes"
    start = Source(source=alias)
    own_filter = (
        Filter(conditions=(Condition(column=own, op="=", value="oui" if own else ""),)) if own else None
    )
    known = Filter(conditions=(Condition(column=population, op="present"),))
    total = Group(measures=(Measure(name="habitants", operation="sum", column=population),))
    by = Group(by=(code, name), measures=(Measure(name="habitants", operation="sum", column=population),))
    labels = {code: "Code", name: "Commune", "habitants": "Habitants"}
    common = {"datasets": {alias: dataset}, "unit": "habitants", "year": year}
    return [
        AnalysisCandidate(
            title="Population du territoire",
            steps=(start, known, *([own_filter] if own_filter else []), total),
            kind="number",
            base="{lignes} communes",
            encodings={"value": "habitants"},
            **common,  # type: ignore[arg-type]
        ),
        AnalysisCandidate(
            title="Population par commune",
            steps=(start, known, by, Sort(by=(Order(column="habitants", descending=True),))),
            kind="map",
            base=f"{{lignes}} {among}",
            encodings={"place": code, "value": "habitants", "x": name, "labels": labels},
            **common,  # type: ignore[arg-type]
        ),
        AnalysisCandidate(
            title="Les dix communes les plus peuplées",
            steps=(start, known, by, Top(count=10, column="habitants")),
            kind="bar",
            base=f"{{lignes}} {among}",
            encodings={"x": name, "y": "habitants", "labels": labels},
            **common,  # type: ignore[arg-type]
        ),
    ]


def gathered_drafts(dataset: Dataset, year: str) -> list[AnalysisCandidate]:
    """Rows kept in all, by dataset, and the share set aside."""
    alias = "inventaire"
    start = Source(source=alias)
    labels = {
        "jeu_de_donnees": "Jeu de données",
        "nombre_lignes_lues": "Lignes lues",
        "nombre_lignes_gardees": "Lignes gardées",
        "nombre_lignes_ecartees": "Lignes écartées",
        "part": "Part écartée (%)",
    }
    common = {"datasets": {alias: dataset}, "base": "{lignes} jeux de données", "year": year}
    return [
        AnalysisCandidate(
            title="Lignes rassemblées et prêtes à servir",
            steps=(
                start,
                Group(measures=(Measure(name="lignes", operation="sum", column="nombre_lignes_gardees"),)),
            ),
            kind="number",
            unit="lignes",
            encodings={"value": "lignes"},
            **common,  # type: ignore[arg-type]
        ),
        AnalysisCandidate(
            title="Les jeux de données les plus longs",
            steps=(start, Top(count=12, column="nombre_lignes_gardees")),
            kind="bar",
            unit="lignes gardées",
            encodings={"x": "jeu_de_donnees", "y": "nombre_lignes_gardees", "labels": labels},
            **common,  # type: ignore[arg-type]
        ),
        AnalysisCandidate(
            title="Qualité de lecture : lignes lues, gardées, écartées",
            steps=(
                start,
                Derive(
                    name="part",
                    operation="ratio",
                    column="nombre_lignes_ecartees",
                    other="nombre_lignes_lues",
                    times=100,
                ),
                Sort(by=(Order(column="part", descending=True), Order(column="jeu_de_donnees"))),
            ),
            kind="table",
            unit="lignes, et % des lignes lues",
            encodings={
                "columns": (
                    "jeu_de_donnees",
                    "nombre_lignes_lues",
                    "nombre_lignes_gardees",
                    "nombre_lignes_ecartees",
                    "part",
                ),
                "labels": labels,
            },
            **common,  # type: ignore[arg-type]
        ),
    ]
