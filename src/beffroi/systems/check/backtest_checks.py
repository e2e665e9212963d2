"""Checks on the backtest: gain over the baseline, coverage of intervals, groups, alternatives, learning curve.

In comes a backtest and its bench; out go points. Intervals that the system does not provide are Wilson's, which take the
rows for independent: a system whose rows move together provides its own, from whole blocks.
"""

import math
from collections.abc import Iterator

from beffroi.systems import readability
from beffroi.systems.check.bench import Bench, Trial
from beffroi.systems.check.report import Point, build_point, is_written, not_examined
from beffroi.systems.check.scale import COVERAGE_TOLERANCE, LEARNING_TOLERANCE
from beffroi.systems.check.without_forecast import point_without_intervals
from beffroi.systems.contract import TRAINING_SHARE, Outcome, Score, Tables
from beffroi.systems.footprint import Footprint
from beffroi.systems.manifest import Manifest
from beffroi.text import format_number

_SHARES = (0.25, 0.5)


def check_score(
    manifest: Manifest, score: Score, *, own_data: bool, outcome: Outcome | None = None
) -> Iterator[Point]:
    """`outcome`: the run on the sample, which shows whether the system forecasts at all."""
    unit = manifest.measure.unit
    yield build_point("judged", True, f"{score.rows} lignes jugées, {score.held_out}.")
    # On a town's own data, losing to the baseline is a result to publish, not a fault of the system.
    yield build_point(
        "beats",
        manifest.measure.prefers(score.value, score.baseline),
        f"{format_figure(score.value)} contre {format_figure(score.baseline)} ({unit}), {score.held_out}.",
        blocking=not own_data,
    )
    if score.gain_interval is None:
        yield build_point("sure", False, "l’épreuve ne dit pas l’intervalle du gain (« gain_interval »).")
    else:
        low, high = score.gain_interval
        yield build_point(
            "sure",
            low > 0,
            f"gain de {format_figure(low)} à {format_figure(high)} ({unit}), 95 fois sur 100.",
        )
    yield check_guards(manifest, score)
    yield _coverage(manifest, score, outcome, own_data=own_data)


def check_structure(manifest: Manifest, score: Score) -> Iterator[Point]:
    """Structure of a backtest whatever its figures: rows judged, and alternatives compared."""
    yield build_point("judged", score.rows > 0, f"{score.rows} lignes jugées, {score.held_out}.")
    yield check_options(manifest, score)


def _coverage(manifest: Manifest, score: Score, outcome: Outcome | None, *, own_data: bool) -> Point:
    if score.interval_coverage is None or score.interval_stated is None:
        return point_without_intervals("coverage", manifest, outcome)
    count = score.truths if score.truths is not None else score.rows
    low, high = score.coverage_interval or wilson_interval(score.interval_coverage, count)
    return build_point(
        "coverage",
        abs(score.interval_coverage - score.interval_stated) <= COVERAGE_TOLERANCE,
        f"l’intervalle annoncé à {score.interval_stated:.0%} contient la vérité ".replace("%", " %")
        + f"{format_share(score.interval_coverage)} du temps (de {format_share(low)} à {format_share(high)}, {count} vérités).",
        blocking=not own_data,
    )


def check_reasons(manifest: Manifest, outcome: Outcome) -> Iterator[Point]:
    """Reasons of the proposals: present, in French, readable; complete where a person is concerned."""
    readings = [
        readability.measure_readability("\n".join(proposal.reasons)) for proposal in outcome.proposals
    ]
    if manifest.level == "informs":
        yield build_point("reasons", True, "un système qui informe ne propose rien : rien à expliquer.")
    elif not readings or any(not proposal.reasons for proposal in outcome.proposals):
        yield build_point(
            "reasons", False, "une proposition au moins n’a pas de raison, ou rien n’est proposé."
        )
    else:
        worst = min(readings, key=lambda reading: reading.score)
        foreign = [reading for reading in readings if reading.french < readability.FRENCH_SHARE]
        yield build_point(
            "reasons",
            worst.plain and not foreign,
            "des raisons ne sont pas écrites en français."
            if foreign
            else f"{len(readings)} proposition(s) expliquée(s) ; la moins lisible : {format_figure(worst.score)} sur 100 ({worst.level}).",
        )
    if manifest.level != "prepares_individual_decision":
        yield build_point("individual", True, "ne prépare aucune décision sur une personne.")
        return
    mute = [
        proposal.subject
        for proposal in outcome.proposals
        if proposal.explanation is None
        or not all(
            (
                proposal.explanation.contribution.strip(),
                proposal.explanation.data,
                proposal.explanation.parameters,
                proposal.explanation.operations,
            )
        )
    ]
    yield build_point(
        "individual",
        bool(outcome.proposals) and not mute,
        f"sans l’explication de l’article R311-3-1-2 du CRPA : {mute[0]}."
        if mute
        else f"{len(outcome.proposals)} explication(s) complète(s).",
    )


def check_groups(manifest: Manifest, score: Score) -> Point:
    if len(score.groups) >= 2:
        message = ", ".join(f"{name} {format_figure(value)}" for name, value in score.groups.items())
        return build_point("groups", True, f"{message} ({manifest.measure.unit}).")
    reason = manifest.bias_why_not
    return build_point(
        "groups", is_written(reason), reason or "ni mesure par groupe, ni raison (« bias_why_not »)."
    )


def check_groups_of_persons(manifest: Manifest, score: Score) -> Point:
    """Where persons are concerned: the figure by group is measured, and the gap accepted is written."""
    if not (manifest.legal.personal_data or manifest.legal.individual_decision):
        return build_point("persons", True, "ni donnée personnelle, ni décision sur une personne.")
    missing = [
        *(["l’épreuve ne mesure pas deux groupes au moins"] if len(score.groups) < 2 else []),
        *(["le manifeste ne dit pas l’écart accepté (« bias_gap »)"] if manifest.bias_gap is None else []),
    ]
    return build_point(
        "persons",
        not missing,
        f"{' ; '.join(missing)}."
        if missing
        else f"{len(score.groups)} groupes mesurés, écart accepté écrit.",
    )


def check_options(manifest: Manifest, score: Score) -> Point:
    others = score.without_ai | score.ablations
    ways = {"ce système": score.value, "sans IA": score.baseline} | others | score.bounds
    message = ", ".join(f"{name} {format_figure(value)}" for name, value in ways.items())
    return build_point("options", bool(others), f"{message} ({manifest.measure.unit}).")


def check_guards(manifest: Manifest, score: Score) -> Point:
    """Each declared guard is measured beside the way without AI, and holds."""
    if not manifest.guards:
        return build_point("guards", True, "rien d’autre à préserver n’est annoncé.")
    missing = [guard.label for guard in manifest.guards if guard.key not in score.guards]
    if missing:
        return build_point("guards", False, f"l’épreuve ne mesure pas : {', '.join(missing)}.")
    broken = describe_guards(manifest, score, broken=True)
    if broken:
        return build_point("guards", False, f"moins bien que sans IA : {', '.join(broken)}.")
    return build_point("guards", True, f"{', '.join(describe_guards(manifest, score))}.")


def describe_guards(manifest: Manifest, score: Score, *, broken: bool = False) -> list[str]:
    """Each measured guard in words, or only those that do not hold."""
    found = [(guard, score.guards[guard.key]) for guard in manifest.guards if guard.key in score.guards]
    return [
        f"{guard.label} {format_figure(result.value)} contre {format_figure(result.reference)} ({guard.unit})"
        for guard, result in found
        if not (broken and guard.is_respected(result.value, result.reference))
    ]


def check_learning(
    bench: Bench, tables: Tables, score: Score
) -> tuple[Point, tuple[tuple[float, float], ...]]:
    """Learning curve and its conclusion: would less data be enough (minimisation)?"""
    manifest = bench.manifest
    if score.learning:
        most = max(rows for rows, _ in score.learning)
        curve = tuple((rows / most, value) for rows, value in sorted(score.learning))
        return build_point("learning", len(curve) >= 2, _verdict(manifest, score, dict(curve), [])), curve
    if not manifest.learning_curve:
        reason = manifest.learning_why_not
        message = reason or "ni courbe (« learning_curve »), ni raison (« learning_why_not »)."
        return build_point("learning", is_written(reason), message), ()
    values: dict[float, float] = {}
    refused: list[float] = []
    for share in _SHARES:
        answer = bench.backtest(tables, {TRAINING_SHARE: share})
        if answer.score is not None:
            values[share] = answer.score.value
        elif answer.refused:
            refused.append(share)
        else:
            return not_examined("learning", str(answer.failure)), ()
    values[1.0] = score.value
    curve = tuple(sorted(values.items()))
    return build_point("learning", True, _verdict(manifest, score, values, refused)), curve


def _verdict(manifest: Manifest, score: Score, values: dict[float, float], refused: list[float]) -> str:
    parts = [
        f"{format_share(share)} de l’historique : {format_figure(value)}"
        for share, value in sorted(values.items())
    ]
    parts += [f"{format_share(share)} : refusé, trop court" for share in refused]
    least = min(
        (share for share, value in values.items() if _loses_little(manifest, score, value)),
        default=1.0,
    )
    verdict = (
        f"avec {format_share(least)} de l’historique le résultat serait presque le même : gardez-en moins"
        if least < 1
        else "avec moins d’historique le résultat serait moins bon : il est nécessaire"
    )
    return f"{' ; '.join(parts)} ({manifest.measure.unit}). {verdict[0].upper()}{verdict[1:]}."


def _loses_little(manifest: Manifest, score: Score, value: float) -> bool:
    loss = value - score.value if manifest.measure.better == "lower" else score.value - value
    return loss <= LEARNING_TOLERANCE * abs(score.value)


def check_footprint_lines(footprint: Footprint) -> Point:
    """No line of the footprint is silently zero."""
    figures = footprint.to_dict()
    faults = [
        name
        for name, figure in figures.items()
        if not figure["source"]
        or (figure["how"] == "estimé" and (figure["low"] is None or figure["high"] is None))
        or (figure["value"] == 0 and name not in {"transfer"})
    ]
    unknown = [name for name, figure in figures.items() if figure["how"] == "inconnu"]
    message = f"{len(figures)} lignes" + (
        f", dont {len(unknown)} « inconnu »" if unknown else ", toutes connues"
    )
    return build_point(
        "lines",
        not faults,
        f"sans source, sans bornes ou nulle : {', '.join(faults)}." if faults else f"{message}.",
    )


def check_cost(trial: Trial) -> Point:
    footprint = trial.footprint
    if footprint is None:
        return not_examined("cost", "aucune épreuve n’est allée au bout")
    return build_point(
        "cost",
        footprint.energy_wh > 0,
        f"{format_figure(footprint.cpu_s)} s de processeur, {format_figure(footprint.energy_wh)} Wh ({footprint.energy.how}).",
    )


def wilson_interval(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a proportion (Wilson, 1927)."""
    if count <= 0:
        return 0.0, 1.0
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return max(0.0, middle - half), min(1.0, middle + half)


def format_figure(value: float) -> str:
    """Three significant digits."""
    return format_number(value, ".3g")


def format_share(share: float) -> str:
    return format_number(100 * share, ".1f").rstrip("0").rstrip(",") + " %"
