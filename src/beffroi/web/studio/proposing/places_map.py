"""Candidate map of a list of places: a point a row, named by the column that names them.

In: a `DatasetProfile` and every column of the dataset, located ones among them. Out: one candidate, or None for a table whose
rows are not places: a series of measures repeats its places, a large file would not be readable.
"""

from beffroi.recipes.model import Choose, Source

from ..columns import ColumnUse, header_words
from ..dataset_profiles import DatasetProfile
from ..queries import MAX_ROWS
from .candidates import AnalysisCandidate
from .generic import PLACES, period_of

_LONGITUDES, _LATITUDES = {"longitude", "lon", "lng", "long"}, {"latitude", "lat"}


def places_map(profile: DatasetProfile, uses: tuple[ColumnUse, ...]) -> AnalysisCandidate | None:
    """The map of the rows of this dataset, when each is a place."""
    name = _name_of_a_place(profile)
    located = _location(profile, uses)
    if name is None or not located or not 2 <= profile.rows <= MAX_ROWS:
        return None
    return AnalysisCandidate(
        title=f"{profile.dataset.title} sur la carte",
        datasets={profile.alias: profile.dataset},
        steps=(
            Source(source=profile.alias),
            Choose(columns=tuple({name.name: None, **dict.fromkeys(located.values())})),
        ),
        kind="points",
        unit="lieux",
        base="{lignes} lignes",
        year=period_of(profile),
        encodings={"name": name.name, **located, "labels": {name.name: name.label}},
    )


def _name_of_a_place(profile: DatasetProfile) -> ColumnUse | None:
    """The text that names a row, hardly ever the same twice; the one whose header says « site » or « école » first."""
    named = [
        use
        for use in profile.with_roles("key")
        if use.type == "text" and use.counted.distinct >= 0.8 * use.counted.filled >= 0.64 * profile.rows
    ]
    return max(
        named,
        key=lambda use: (bool(PLACES & set(header_words(use.name, use.label))), -named.index(use)),
        default=None,
    )


def _location(profile: DatasetProfile, uses: tuple[ColumnUse, ...]) -> dict[str, str]:
    """The encodings that say where a row is: a geometry, else a longitude and a latitude."""
    shapes = [column["name"] for column in profile.snapshot.columns if column["type"] == "geometry"]
    if len(shapes) == 1:
        return {"place": shapes[0]}
    coordinates = [use for use in uses if use.nature == "coordinate" and use.type in ("number", "decimal")]
    x, y = (
        [use.name for use in coordinates if words & set(header_words(use.name, use.label))]
        for words in (_LONGITUDES, _LATITUDES)
    )
    return {"x": x[0], "y": y[0]} if len(x) == len(y) == 1 else {}
