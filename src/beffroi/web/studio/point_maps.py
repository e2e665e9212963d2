"""Point map: a circle for each row of a result, sized or coloured by a figure, and the remarks under it.

In: an answer whose figure is of this kind. Out: what the map island draws and the remarks. Rows of protected data are
refused before, by `release.refuse_points`.
"""

from typing import Any

from beffroi.recipes.figures import Figure, format_figure_value
from beffroi.recipes.french import humanize_number
from beffroi.recipes.map_classes import Classes, class_labels, classify, describe_method
from beffroi.recipes.map_points import MapPoint, locate_points

from .answers import Answer
from .map_tiles import borders, borders_source
from .maps import SHORT_UNIT, legend_lines
from .queries import MAX_ROWS


def drawing(answer: Answer) -> dict[str, Any]:
    """Points, the largest first so that none hides a smaller one, with their words and their classes. Raises FigureError."""
    figure = answer.figure
    found = locate_points(figure, answer.released.table).points
    values = [spot.value for spot in found if spot.value is not None]
    classes = classify(values, figure.classes)
    unit = figure.unit if len(figure.unit) <= SHORT_UNIT else ""
    ordered = sorted(enumerate(found, 1), key=lambda one: -(one[1].size or 0))
    sizes = [spot.size for spot in found if spot.size is not None and spot.size > 0]
    return {
        "type": "FeatureCollection",
        "points": True,
        "features": [_feature(rank, spot, figure, classes) for rank, spot in ordered],
        "legend": legend_lines(
            classes, class_labels(classes, unit, decimals=figure.look.decimals), len(found)
        ),
        "cut": describe_method(classes, figure.classes),
        "sizes": [
            [size, _format_measure(figure, figure.encodings.size, size)]
            for size in ((max(sizes), max(sizes) / 4) if sizes else ())
        ],
        "layers": borders(),
        "beffroi": {"value": "words", "label": "name", "unit": "", "title": figure.title},
    }


def remarks(answer: Answer) -> list[str]:
    """What a reader would otherwise not know: the rows that stand nowhere, those beyond the limit. Raises FigureError."""
    released = answer.released
    found = locate_points(answer.figure, released.table)
    lines = []
    if not found.points:
        return ["Aucune ligne ne dit où elle se trouve : les chiffres sont dans le tableau."]
    if released.truncated:
        lines.append(
            f"La carte ne montre que {humanize_number(released.table.num_rows)} lignes sur {humanize_number(released.row_count)} : "
            f"au-delà de {humanize_number(MAX_ROWS)}, des points ne se lisent plus. Filtrez, ou regroupez par zone "
            "(étape « Dans quelle zone »)."
        )
    if found.unlocated:
        one = found.unlocated == 1
        lines.append(
            f"{humanize_number(found.unlocated)} ligne{'' if one else 's'} sans point : dans le tableau, pas sur la carte."
        )
    if any(spot.size is not None and spot.size <= 0 for spot in found.points):
        lines.append("Une valeur nulle ou négative a le plus petit cercle.")
    if ground := borders_source():
        lines.append(ground)
    return lines


def _feature(rank: int, spot: MapPoint, figure: Figure, classes: Classes) -> dict[str, Any]:
    e = figure.encodings
    measures = {
        name: value for name, value in ((e.value, spot.value), (e.size, spot.size)) if name is not None
    }
    properties: dict[str, Any] = {
        "code": str(rank),
        "name": spot.name or f"Point {rank}",
        "words": " · ".join(_format_measure(figure, name, value) for name, value in measures.items()),
    }
    if spot.value is not None:
        properties["class"] = classes.of(spot.value)
    if spot.size is not None:
        properties["size"] = spot.size
    place = [round(spot.longitude, 6), round(spot.latitude, 6)]
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": place}, "properties": properties}


def _format_measure(figure: Figure, name: str | None, value: float | None) -> str:
    """« 12 tonnes »; with two figures, the column's own name: the unit is that of the colours."""
    e = figure.encodings
    text = "non renseigné" if value is None else format_figure_value(figure, value)
    if name == e.size and e.value is not None and e.value != e.size:
        return f"{e.labels.get(name or '', name)}\N{NO-BREAK SPACE}: {text}"
    return text if value is None else f"{text}\N{NO-BREAK SPACE}{figure.unit}"
