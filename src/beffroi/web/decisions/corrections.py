"""What a person's correction does to a system: pure functions on its inputs and on its acts, and who computes past runs again.

`apply_labels(tables, labels)` gives the true value of some rows; `apply_rules(acts, rules)` keeps back or bounds some acts
and says so in their reasons. The room of systems, above, calls both at each run and registers a replayer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from beffroi.systems.contract import ProposedAct, Tables
from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import number

from .models import Correction, RegressionCase

ACTIONS = {
    "never_propose": "ne jamais proposer",
    "at_least": "proposer au moins",
    "at_most": "proposer au plus",
    "set": "proposer toujours",
}


class CorrectionError(ValueError):
    """A correction that fits no column or has no sense; the message is French."""


@dataclass(frozen=True)
class Label:
    """The true value of a column, for the rows of an input that these keys name."""

    number: int
    input: str
    keys: Mapping[str, Any]
    column: str
    value: Any


@dataclass(frozen=True)
class Rule:
    """Where every value of `where` is an act's own (`subject`, `place`, `case`, or a key of its evidence), an action."""

    number: int
    where: Mapping[str, Any]
    action: str
    value: float | None = None
    contested: bool = True

    @property
    def name(self) -> str:
        return f"Règle n° {self.number}, ajoutée {'après une contestation' if self.contested else 'par une personne'}"


# From rows.


def active(territory: Territory, system: str) -> tuple[list[Label], list[Rule]]:
    """Active corrections of a system: labels and rules, in their order."""
    rows = Correction.objects.of(territory).filter(system=system, withdrawals__isnull=True)
    labels = [Label(row.number, **row.content) for row in rows.filter(kind=Correction.Kind.LABEL)]
    rules = [
        Rule(row.number, **row.content, contested=row.contestation_id is not None)
        for row in rows.filter(kind=Correction.Kind.RULE)
    ]
    return labels, rules


# On inputs.


def apply_labels(tables: Tables, labels: Sequence[Label]) -> Tables:
    """The tables with the true values in place; a table or a column that is not given is left alone.

    Raises CorrectionError when a value does not fit its column: "07" is not 7, a date is written 2026-11-30.
    """
    corrected = dict(tables)
    for label in labels:
        table = corrected.get(label.input)
        if table is None or not label.keys or {label.column, *label.keys} - set(table.column_names):
            continue
        mask = _label_mask(table, label)
        index = table.column_names.index(label.column)
        column, value = table.column(index), _typed(label.value, table.column(index).type, label.column)
        corrected[label.input] = table.set_column(
            index, table.schema.field(index), pc.if_else(mask, value, column)
        )
    return corrected


def _label_mask(table: pa.Table, label: Label) -> Any:
    mask: Any = None
    for name, value in label.keys.items():
        column = table.column(name)
        same = pc.fill_null(pc.equal(column, _typed(value, column.type, name)), False)
        mask = same if mask is None else pc.and_(mask, same)
    return mask


def _typed(value: Any, wanted: pa.DataType, column: str) -> pa.Scalar:
    """The value as the column's own type, without loss."""
    try:
        return pa.scalar(_as(value, wanted), type=wanted)
    except (ValueError, TypeError, KeyError, ArithmeticError, pa.ArrowException) as error:
        raise CorrectionError(
            f"La valeur « {value} » ne convient pas à la colonne « {column} » ({wanted}). Rien n'a été corrigé."
        ) from error


def _as(value: Any, wanted: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_string(wanted) or pa.types.is_large_string(wanted):
        return _only(value, str)
    if pa.types.is_boolean(wanted):
        return {"true": True, "false": False}[value] if isinstance(value, str) else _only(value, bool)
    if isinstance(value, bool):
        raise ValueError("a truth value is no number")
    if pa.types.is_integer(wanted):
        return int(value) if isinstance(value, str) or float(value).is_integer() else _only(value, int)
    if pa.types.is_floating(wanted) or pa.types.is_decimal(wanted):
        return float(value) if pa.types.is_floating(wanted) else Decimal(str(value))
    if pa.types.is_date(wanted):
        return value if isinstance(value, date) else date.fromisoformat(value)
    return value


def _only(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


# On acts.


def apply_rules(
    acts: Iterable[ProposedAct], rules: Sequence[Rule]
) -> tuple[tuple[ProposedAct, ...], tuple[str, ...]]:
    """The acts that are still proposed, bounded where a rule says so, and a note for each that is kept back or changed."""
    retained: list[ProposedAct] = []
    notes: list[str] = []
    for act in acts:
        current: ProposedAct | None = act
        for rule in rules:
            if current is None or not _concerns(rule, current):
                continue
            current, note = _apply_rule(rule, current)
            if note:
                notes.append(note)
        if current is not None:
            retained.append(current)
    return tuple(retained), tuple(notes)


def _concerns(rule: Rule, act: ProposedAct) -> bool:
    return bool(rule.where) and all(_same(_of(act, name), value) for name, value in rule.where.items())


def _of(act: ProposedAct, name: str) -> Any:
    if name in ("subject", "case", "unit", "place"):
        return getattr(act, name)
    if name == "day":
        return act.day.isoformat() if act.day else None
    return act.evidence.get(name)


def _same(own: Any, value: Any) -> bool:
    """Equal and of one kind: 7 is 7.0, never "7" nor true."""
    if isinstance(own, bool) or isinstance(value, bool):
        return own is value
    if isinstance(own, int | float) and isinstance(value, int | float):
        return float(own) == float(value)
    return own is not None and type(own) is type(value) and own == value


def _apply_rule(rule: Rule, act: ProposedAct) -> tuple[ProposedAct | None, str]:
    if rule.action == "never_propose":
        return None, f"« {act.subject} » n'est pas proposé : {rule.name}."
    if rule.value is None:
        raise CorrectionError(f"La règle n° {rule.number} n'a pas de valeur.")
    bounds = {
        "at_least": max(act.value, rule.value),
        "at_most": min(act.value, rule.value),
        "set": rule.value,
    }
    if rule.action not in bounds:
        raise CorrectionError(f"La règle n° {rule.number} a une action inconnue : « {rule.action} ».")
    value = float(bounds[rule.action])
    if value == act.value:
        return act, ""
    note = f"{rule.name} : {number(value)} {act.unit} au lieu de {number(act.value)}."
    changed = replace(
        act, value=value, low=min(act.low, value), high=max(act.high, value), reasons=(*act.reasons, note)
    )
    return changed, f"« {act.subject} » : {note}"


# Regression cases, and past runs.


def is_met(expected: Mapping[str, Any], acts: Iterable[ProposedAct], subject: str) -> bool:
    """Whether a case comes out as it must: « not_proposed », or a value « between » low and high."""
    found = [act.value for act in acts if act.subject == subject]
    if expected.get("kind") == "not_proposed":
        return not found
    return bool(found) and all(expected["low"] <= value <= expected["high"] for value in found)


@dataclass(frozen=True)
class Affected:
    """A past proposal that would come out otherwise today; `would_be` is None when it would not be proposed at all."""

    proposal: int
    was: float
    would_be: float | None
    decided: bool


type Replayer = Callable[[str, Territory], list[Affected]]
type Origin = Callable[[Territory, str], dict[str, Any]]  # of a run's key: its seed and its snapshots
_replayers: list[tuple[Replayer, Origin | None]] = []


def register_replayer(replayer: Replayer, origin: Origin | None = None) -> None:
    """Say who computes the past runs of a system again, `replay(system, territory)`; and what a run was computed from."""
    _replayers[:] = [(replayer, origin)]


def can_replay() -> bool:
    return bool(_replayers)


def replay(system: str, territory: Territory) -> list[Affected]:
    """Raises CorrectionError when nobody can."""
    if not _replayers:
        raise CorrectionError("Recalcul non disponible : rien ici ne sait refaire les exécutions passées.")
    return _replayers[0][0](system, territory)


def context_of_run(territory: Territory, run: str) -> dict[str, Any]:
    """What a regression case keeps of the run that it comes from."""
    origin = _replayers[0][1] if _replayers else None
    return {"run": run} | (origin(territory, run) if origin else {})


def regression_cases(territory: Territory, system: str) -> list[RegressionCase]:
    """Those that stand today."""
    rows = RegressionCase.objects.of(territory).filter(system=system, withdraws__isnull=True)
    return list(rows.filter(withdrawals__isnull=True))
