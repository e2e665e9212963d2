"""Systems that forecast nothing: whether one that says so (`forecast_why_not`) is taken at its word.

In come its manifest and its run on the sample; out go points that then do not apply. Bounds, an interval, a value beside what
was measured, or a value by day learned from dated figures are a forecast: such a system measures its intervals like any other.
"""

from beffroi.systems.check.bench import NUMERIC, Bench
from beffroi.systems.check.report import Point, build_point, is_written, not_examined
from beffroi.systems.contract import Outcome
from beffroi.systems.input_schema import InputSchema
from beffroi.systems.manifest import Manifest, OutputTable

_ROLES = {
    "low": "une borne basse",
    "high": "une borne haute",
    "actual": "une valeur à comparer à ce qui fut mesuré",
}


def point_without_intervals(key: str, manifest: Manifest, outcome: Outcome | None) -> Point:
    """A point on intervals, of a system whose backtest measures none: « sans objet » where it forecasts nothing."""
    if not is_written(manifest.forecast_why_not):
        words = "l’épreuve ne mesure pas ses intervalles, et rien ne dit pourquoi (« forecast_why_not »)."
        return build_point(key, False, words, blocking=False)
    if signs := forecast_signs(manifest, outcome):
        return build_point(key, False, f"le système dit ne rien prévoir, et rend {signs[0]}.")
    return build_point(key, True, f"sans objet : {manifest.forecast_why_not}")


def point_without_future(bench: Bench) -> Point:
    """No future seen, of a system with no execution that could show it."""
    reason = bench.manifest.forecast_why_not
    if is_written(reason) and not forecast_signs(bench.manifest, None):
        return build_point("future", True, f"sans objet : {reason}")
    return not_examined(
        "future", "ni jour du calcul (« uses_today ») ni épreuve qui dépende de valeurs datées"
    )


def has_dated_figures(schema: InputSchema) -> bool:
    """Whether each row of a table has a day and a number: a history, of which one may foresee what follows."""
    types = {need.type for need in schema.columns if need.required}
    return bool(types & {"date", "datetime"} and types & set(NUMERIC))


def forecast_signs(manifest: Manifest, outcome: Outcome | None) -> list[str]:
    """What the outputs hold of a forecast, in French, each with its name. `outcome`: None where no run is at hand."""
    dated = has_dated_figures(manifest.main_input)
    found = [sign for output in manifest.outputs for sign in _signs_of_table(output, dated=dated)]
    if outcome is not None:
        found += [f"un intervalle : « {act.subject} »" for act in outcome.proposals if act.low < act.high]
        found += [
            f"un intervalle : « {figure.label} »"
            for figure in outcome.figures
            if figure.low is not None or figure.high is not None
        ]
    return found


def _signs_of_table(output: OutputTable, *, dated: bool) -> list[str]:
    found = [
        f"{_ROLES[column.role]} : « {column.label} »" for column in output.columns if column.role in _ROLES
    ]
    value = output.of_role("value")
    if dated and value is not None and output.of_role("day") is not None:
        found.append(f"une valeur par jour, apprise de valeurs datées : « {value.label} »")
    return found
