"""The frozen evidence of a proposal, made readable: small tables, the chart of a dated series, plain facts.

In comes the JSON that a system gave with its proposal, whatever its keys; out go rows in French, each number in the unit
of its own key. A key that nobody describes is shown under its own name, without a unit, rather than hidden.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from beffroi.systems.manifest import COMMON_EVIDENCE, EvidenceKey
from beffroi.web.ui.formats import SPACE, french_date, number, percent

from .models import Proposal
from .notices import Notice

type Keys = Mapping[str, EvidenceKey]

DATES = {"date", "day", "jour"}


@dataclass(frozen=True)
class Table:
    """One list of the evidence. `spec` draws it when it is a dated series of one figure, in `unit`."""

    title: str
    unit: str
    headings: list[tuple[str, bool]]  # and whether the column holds figures
    rows: list[list[tuple[str, bool]]]
    spec: dict[str, Any] | None


@dataclass(frozen=True)
class Evidence:
    """What everybody reads, and apart what only serves to check the computation."""

    tables: list[Table]
    facts: list[tuple[str, str]]
    technical_tables: list[Table]
    technical_facts: list[tuple[str, str]]


def read(
    evidence: Any,
    *,
    unit: str,
    proposed: float,
    due: str | None,
    keys: Keys = MappingProxyType({}),
) -> Evidence:
    """`keys`: how the system's manifest says to read its own; `unit` is the proposal's."""
    read = Evidence([], [], [], [])
    for key, value in (evidence if isinstance(evidence, dict) else {}).items():
        described, rows = describe_key(key, keys), _rows(value)
        if rows:
            tables = read.technical_tables if described.technical else read.tables
            tables.append(_table(described, rows, keys, unit, (due, proposed) if due else None))
        elif value not in (None, "", [], {}):
            facts = read.technical_facts if described.technical else read.facts
            facts.append((described.label, _fact(value, described)))
    return read


def keys_of(proposal: Proposal, notice: Notice) -> Keys:
    """How to read the evidence: as when it was proposed; of what is older, as the manifest of today says."""
    if proposal.evidence_keys is None:
        return notice.evidence
    return {name: EvidenceKey.model_validate(key) for name, key in proposal.evidence_keys.items()}


def describe_key(key: str, keys: Keys = MappingProxyType({})) -> EvidenceKey:
    """How to read a key: as the manifest says, else as all systems use it, else under its own name and without a unit."""
    own_name = EvidenceKey(label=key.replace("_", " ").capitalize())
    return keys.get(key) or COMMON_EVIDENCE.get(key, own_name)


def _fact(value: Any, described: EvidenceKey) -> str:
    numbers = _is_number(value) or (isinstance(value, list) and all(map(_is_number, value)))
    text = format_value(value, share=described.share)
    return f"{text}{SPACE}{described.unit}" if numbers and described.unit else text


def _rows(value: Any) -> list[dict[str, Any]]:
    """A list of objects, a list of pairs or an object of dates: all are rows."""
    if isinstance(value, dict) and value:
        return [{_key(name): name, "value": item} for name, item in value.items()]
    if not isinstance(value, list) or not value:
        return []
    if all(isinstance(item, dict) for item in value):
        return value
    if all(isinstance(item, list) and len(item) == 2 for item in value):
        return [{_key(name): name, "value": item} for name, item in value]
    return []


def _key(name: Any) -> str:
    return "date" if _is_date(name) else "element"


def _table(
    described: EvidenceKey,
    rows: list[dict[str, Any]],
    keys: Keys,
    unit: str,
    proposed: tuple[str, float] | None,
) -> Table:
    """`proposed`: the day and the value of the proposal, drawn beside what is in the same unit."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    # The column that `_rows` made of values is read as the key that holds them.
    columns = [
        EvidenceKey(label=COMMON_EVIDENCE[name].label, unit=described.unit, share=described.share)
        if name == "value" and name not in keys
        else describe_key(name, keys)
        for name in names
    ]
    numeric = [all(_is_number(row.get(name)) for row in rows) for name in names]
    figure = next((place for place, is_number in enumerate(numeric) if is_number), None)
    drawn = columns[figure] if figure is not None else described
    compared = proposed if drawn.unit == unit and not drawn.share else None
    return Table(
        title=described.label,
        unit="%" if drawn.share else drawn.unit,
        headings=[
            (f"{column.label} ({column.unit})" if right and column.unit else column.label, right)
            for column, right in zip(columns, numeric, strict=True)
        ],
        rows=[
            [
                (format_value(row.get(name), share=column.share), right)
                for name, column, right in zip(names, columns, numeric, strict=True)
            ]
            for row in rows
        ],
        spec=_spec(rows, names, names[figure], drawn, compared) if figure is not None else None,
    )


def _spec(
    rows: list[dict[str, Any]],
    names: list[str],
    figure: str,
    drawn: EvidenceKey,
    proposed: tuple[str, float] | None,
) -> dict[str, Any] | None:
    dated = next((name for name in names if name in DATES), None)
    if dated is None or len(rows) < 2:
        return None
    data = [
        {
            "jour": _short(str(row.get(dated))),
            "rang": str(row.get(dated)),
            "valeur": 100 * row[figure] if drawn.share else row[figure],
            "nature": "constaté",
        }
        for row in rows
    ]
    if proposed is not None:
        due, value = proposed
        data.append({"jour": _short(due), "rang": due, "valeur": value, "nature": "proposé"})
    whole = all(isinstance(row["valeur"], int) or row["valeur"].is_integer() for row in data)
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": "Dernières valeurs comparables et valeur proposée",
        "height": 200,
        "data": {"values": sorted(data, key=lambda row: str(row["rang"]))},
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "x": {
                "field": "jour",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelAngle": 0},
            },
            "y": {
                "field": "valeur",
                "type": "quantitative",
                "title": "%" if drawn.share else drawn.unit or None,
                "axis": {"tickMinStep": 1} if whole else {},
            },
            "color": {"field": "nature", "type": "nominal", "title": None, "legend": {"orient": "top"}},
        },
    }


def format_value(value: Any, *, share: bool = False) -> str:
    """One value as a reader expects it: French numbers and dates, a dash for nothing. `share`: numbers are parts of one."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "oui" if value else "non"
    if _is_number(value):
        return percent(value) if share else number(value)
    if isinstance(value, list):
        return ", ".join(format_value(item, share=share) for item in value)
    return french_date(value) if _is_date(value) else str(value)


def _short(day: str) -> str:
    """« 23/11 » from an ISO date: under a bar there is room for no more."""
    return f"{day[8:10]}/{day[5:7]}" if _is_date(day) else day


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 10 and value[4:5] == "-" and value[7:8] == "-"
