"""Settings tried at their bounds: at the least, at the most, at each choice, and beyond.

In comes the bench; out goes the point « Réglages à leurs bornes ». Within the bounds, a result or a refusal in French; beyond, a
refusal in French, of the run or of the backtest, which may each read other settings.
"""

from collections.abc import Iterator
from typing import Any, Literal

from beffroi.systems.check.bench import Bench
from beffroi.systems.check.report import Point, build_point
from beffroi.systems.contract import Tables
from beffroi.systems.manifest import Manifest


def check_settings(bench: Bench, tables: Tables) -> Point:
    """`tables`: a cut of the sample on which the system runs."""
    faults: list[str] = []
    for words, settings in within_bounds(bench.manifest):
        answers = [bench.attempt("run", tables, settings), bench.backtest(tables, settings)]
        faults += [
            f"{words} : panne ({answer.failure.kind})"
            for answer in answers
            if answer.failure and not answer.civil
        ]
    tried = 0
    for words, settings in beyond_bounds(bench.manifest):
        tried += 1
        if (
            not bench.attempt("run", tables, settings).refused
            and not bench.backtest(tables, settings).refused
        ):
            faults.append(f"{words} : accepté, ou panne")
    return build_point(
        "settings",
        not faults,
        f"{' ; '.join(faults)}."
        if faults
        else f"du moins au plus de {len(bench.manifest.settings)} réglage(s) ; {tried} valeur(s) au-delà, refusée(s).",
    )


def within_bounds(manifest: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    """All settings at their least, then at their most, then at each rank of their choices."""
    for side, words in (("low", "au moins"), ("high", "au plus")):
        settings = dict(_ends(manifest, side))  # type: ignore[arg-type]
        if settings:
            yield words, settings
    choices = {name: list(one.choices) for name, one in manifest.settings_help.items() if one.choices}
    for rank in range(max(map(len, choices.values()), default=0)):
        yield (
            f"choix n° {rank + 1}",
            {name: values[min(rank, len(values) - 1)] for name, values in choices.items()},
        )


def beyond_bounds(manifest: Manifest) -> Iterator[tuple[str, dict[str, Any]]]:
    """One setting at a time, one under its least or one over its most."""
    for side, step in (("low", -1), ("high", 1)):
        for name, end in _ends(manifest, side):  # type: ignore[arg-type]
            yield f"« {name} » = {end + step:g}", {name: end + step}


def _ends(manifest: Manifest, side: Literal["low", "high"]) -> Iterator[tuple[str, float]]:
    for name, one in manifest.settings_help.items():
        end = one.low if side == "low" else one.high
        if end is not None and name in manifest.settings:
            yield name, int(end) if manifest.is_whole(name) else end
