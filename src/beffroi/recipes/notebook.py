"""Recipe run from a notebook, through the access files of its reader, with the same disclosure control as on the site.

In: the text of a recipe, the folder of the data, an access by source. Out: the released result (`Released`).
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from beffroi.lake import grant_files
from beffroi.lake.grants import Grant
from beffroi.lake.protections import rule_of
from beffroi.recipes import serialization
from beffroi.recipes.engine import Limits, answer
from beffroi.recipes.release import MAX_ROWS, Released
from beffroi.recipes.requests import Request


def run(
    text: str,
    folder: Path | str,
    *,
    access: Mapping[str, Grant | Path | str],
    counted: Mapping[str, tuple[str, str]] | None = None,
    today: date | None = None,
    limits: Limits | None = None,
) -> Released:
    """The result of the recipe `text` (YAML or JSON): `table` is an Arrow table of at most 100,000 rows.

    `access`: by source, the file given by « Ouvrir dans un carnet » or by `beffroi grant`, or a Grant made in this
    program, on `folder` as for `open_lake`. `counted`: by source, whom its groups count (`lake.protections`) and the
    column that tells them apart, "" for rows; small groups are then left out as on the site.
    Raises RecipeError, QueryRefused, LakeError.

    >>> run(text, "/var/lib/beffroi", access={"repas": "repas.acces.json"}).table  # doctest: +SKIP
    """
    recipe = serialization.load_recipe(text)
    day = today or date.today()
    grants = {}
    for alias, source in access.items():
        grant = (
            replace(source, lake=str(folder))
            if isinstance(source, Grant)
            else grant_files.read_grant_file(source, Path(folder))
        )
        protects, unit = (counted or {}).get(alias, ("", ""))
        grants[alias] = _counted(grant, protects, unit, day)
    return answer(Request(recipe=recipe, grants=grants, limit=MAX_ROWS, today=today), limits)


def _counted(grant: Grant, protects: str, unit: str, day: date) -> Grant:
    """Same access with disclosure rules: it is only ever made narrower."""
    if not protects:
        return grant
    rule = rule_of(protects, day)
    return replace(
        grant,
        floor=max(rule.floor, grant.floor),
        dominance=min(rule.dominance or 1, grant.dominance or 1)
        if rule.dominance or grant.dominance
        else None,
        unit=grant.unit or unit or None,
        protects=grant.protects or protects,
    )
