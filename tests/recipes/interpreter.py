"""Reference interpreter of recipes, row by row in plain Python: slow, obvious, compared with the engine's results."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, total_ordering
from itertools import pairwise
from typing import Any

from beffroi.lake.reference import place_queries
from beffroi.recipes import model
from recipes import geometry_reference

Row = dict[str, Any]
DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"]
MONTHS = ["janvier", "février", "mars", "avril", "mai", "juin"]
MONTHS += ["juillet", "août", "septembre", "octobre", "novembre", "décembre"]


def follow(recipe: model.Recipe, tables: dict[str, list[Row]], today: date) -> list[Row]:
    rows: list[Row] = []
    for step in recipe.steps:
        if isinstance(step, model.Source):
            rows = [dict(row) for row in tables[step.source]]
        elif isinstance(step, model.Choose):
            rows = [{step.rename.get(name, name): row[name] for name in step.columns} for row in rows]
        elif isinstance(step, model.Filter):
            together = all if step.match == "all" else any
            rows = [
                row for row in rows if together(matches(row[c.column], c, today) for c in step.conditions)
            ]
        elif isinstance(step, model.Derive):
            rows = [{**row, step.name: derived(row, step)} for row in rows]
        elif isinstance(step, model.Join):
            rows = joined(rows, step, tables[step.source])
        elif isinstance(step, model.Group):
            rows = grouped(rows, step)
        elif isinstance(step, model.Pivot):
            rows = pivoted(rows, step)
        elif isinstance(step, model.Window):
            rows = windowed(rows, step)
        elif isinstance(step, model.Periods):
            rows = periods(rows, step)
        elif isinstance(step, model.Ranking):
            rows = ranked(rows, step)
        elif isinstance(step, model.Check):
            rows = checked(rows, step)
        elif isinstance(step, model.Stack):
            rows = stacked(rows, step, tables, recipe)
        elif isinstance(step, model.Within):
            rows = geometry_reference.within(rows, step, tables[step.source])
        elif isinstance(step, model.Nearest):
            rows = geometry_reference.nearest(rows, step, tables[step.source])
        elif isinstance(step, model.Around):
            rows = geometry_reference.around(rows, step, tables[step.source])
        elif isinstance(step, model.AreaShare):
            rows = geometry_reference.area_share(rows, step, tables[step.source])
        elif isinstance(step, model.FromReference):
            rows = [{**row, **completed(row[step.column], step)} for row in rows]
        elif isinstance(step, model.Unpivot):
            rows = unpivoted(rows, step)
        elif isinstance(step, model.Sort):
            for order in reversed(step.by):
                there = [row for row in rows if row[order.column] is not None]
                there.sort(key=lambda row: row[order.column], reverse=order.descending)
                rows = there + [row for row in rows if row[order.column] is None]
    return rows


def matches(value: Any, condition: model.Condition, today: date) -> bool:
    op, wanted = condition.op, condition.value
    if op in ("missing", "present"):
        return (value is None) == (op == "missing")
    if value is None:
        return op == "!="
    if op == "contains":
        return bare(str(wanted)) in bare(str(value))
    if op == "last_days":
        return today - timedelta(days=int(str(wanted))) < value <= today
    if op in ("this_year", "last_year"):
        return bool(value.year == today.year - (op == "last_year"))
    if op == "this_month":
        return bool((value.year, value.month) == (today.year, today.month))
    typed = [date.fromisoformat(w) if isinstance(value, date) else w for w in several(wanted)]
    tests: dict[str, Callable[[], bool]] = {
        "=": lambda: value == typed[0],
        "!=": lambda: value != typed[0],
        "<": lambda: value < typed[0],
        "<=": lambda: value <= typed[0],
        ">": lambda: value > typed[0],
        ">=": lambda: value >= typed[0],
        "in": lambda: value in typed,
        "between": lambda: typed[0] <= value <= typed[1],
    }
    return tests[op]()


def several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def bare(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text.lower().replace("œ", "oe").replace("æ", "ae"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def derived(row: Row, step: model.Derive) -> Any:
    value = row[step.column]
    other = row[step.other] if step.other else None
    if step.operation == "concatenation":
        texts = [str(text) for text in (value, other) if text is not None]
        return step.separator.join(texts) if texts else None
    if value is None:
        return None
    match step.operation:
        case "year":
            return value.year
        case "month":
            return f"{value.year}-{value.month:02}"
        case "month_name":
            return MONTHS[value.month - 1]
        case "week":
            return f"{value.isocalendar().year}-S{value.isocalendar().week:02}"
        case "weekday":
            return DAYS[value.weekday()]
        case "school_year":
            first = value.year if value.month >= 9 else value.year - 1
            return f"{first}-{first + 1}"
    if other is None:
        return None
    match step.operation:
        case "ratio":
            return None if other == 0 else value / other * step.times
        case "difference":
            return (value - other).days if isinstance(value, date) else value - other
        case _:
            return value + other


def completed(code: str | None, step: model.FromReference) -> Row:
    """What the reference says of one code, looked for place by place."""
    code = (code or "").strip().upper()
    code = f"0{code}" if len(code) == 4 and code.isdecimal() else code
    found = place_queries.by_code(code) if len(code) == 5 else None
    if found is None and len(code) == 5:
        found = next(
            (place_queries.by_code(former.commune) for former in place_queries.formers(code, "-")), None
        )
    if found is None:
        return dict.fromkeys(step.added.values())
    commune, name, _, population, _, department, region = found
    epci, within, over = (
        place_queries.by_code(one or "") for one in (epcis().get(commune), department, f"R-{region}")
    )
    divisions = {
        "commune_code": commune, "commune_name": name, "population": population,
        "epci_code": epci and epci[0], "epci_name": epci and epci[1],
        "department_code": department, "department_name": within and within[1],
        "region_code": region, "region_name": over and over[1],
    }  # fmt: skip
    return {name: divisions[division] for division, name in step.added.items()}


@cache
def epcis() -> dict[str, str]:
    return dict(place_queries.every_epci())


def joined(rows: list[Row], step: model.Join, right: list[Row]) -> list[Row]:
    keys = {pair.right for pair in step.on}
    names = list(step.columns) if step.columns is not None else [n for n in right[0] if n not in keys]
    result = []
    for row in rows:
        found = [
            other for other in right if all(equal(row[pair.left], other[pair.right]) for pair in step.on)
        ]
        if not found and step.keep == "all":
            found = [dict.fromkeys(names)]
        for other in found:
            added = {(name if name not in row else f"{name}_{step.source}"): other[name] for name in names}
            result.append({**row, **added})
    return result


def equal(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return False
    return bool(one == other) if type(one) is type(other) else str(one) == str(other)


def grouped(rows: list[Row], step: model.Group) -> list[Row]:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in step.by)].append(row)
    if not step.by:
        groups.setdefault((), [])
    return [
        {
            **dict(zip(step.by, key, strict=True)),
            **{m.name: aggregate(members, m.operation, m.column) for m in step.measures},
        }
        for key, members in groups.items()
    ]


def aggregate(rows: list[Row], operation: str, column: str | None) -> Any:
    if column is None:
        return len(rows)
    values = [row[column] for row in rows if row[column] is not None]
    if operation == "count":
        return len(values)
    if operation == "count_distinct":
        return len(set(values))
    if not values:
        return None
    return {"sum": sum, "min": min, "max": max, "mean": lambda them: float(sum(them)) / len(them)}[operation](
        values
    )


def pivoted(rows: list[Row], step: model.Pivot) -> list[Row]:
    names = step.values or sorted({row[step.column] for row in rows if row[step.column] is not None})
    result = []
    for group in grouped(
        rows, model.Group(by=step.rows, measures=(model.Measure(name="_", operation="count"),))
    ):
        members = [row for row in rows if all(row[name] == group[name] for name in step.rows)]
        cells = {
            name or "(vide)": aggregate(
                [row for row in members if row[step.column] == name], step.operation, step.value
            )
            for name in names
        }
        result.append({**{name: group[name] for name in step.rows}, **cells})
    return result


def windowed(rows: list[Row], step: model.Window) -> list[Row]:
    result = [dict(row) for row in rows]
    for calculation in step.columns:
        for number, row in enumerate(rows):
            others = [n for n, one in enumerate(rows) if all(one[p] == row[p] for p in step.partition)]
            others.sort(key=lambda n: place(rows[n], step.order))
            place_here = others.index(number)
            result[number][calculation.name] = calculated(
                [rows[n] for n in others], place_here, calculation, step
            )
    return result


def place(row: Row, order: tuple[model.Order, ...]) -> list[Any]:
    named = [one.column for one in order]
    rest = [model.Order(column=name) for name in row if name not in named]
    return [Ordered(row[one.column], one.descending) for one in (*order, *rest)]


@total_ordering
class Ordered:
    """A value among others of its column: the missing ones last, whatever the direction."""

    def __init__(self, value: Any, descending: bool) -> None:
        self.value, self.descending = value, descending

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ordered) and self.value == other.value

    def __lt__(self, other: "Ordered") -> bool:
        if self.value is None or other.value is None:
            return other.value is None and self.value is not None
        return bool(self.value > other.value if self.descending else self.value < other.value)


def calculated(rows: list[Row], here: int, calculation: model.Calculation, step: model.Window) -> Any:
    row, operation = rows[here], calculation.operation
    if calculation.column is None:
        keys = [[Ordered(one[o.column], o.descending) for o in step.order] for one in rows]
        if row[step.order[0].column] is None:
            return None
        before = [key for key in keys if key < keys[here]]
        return 1 + (
            len(before) if operation == "rank" else sum(a != b for a, b in pairwise([*before, keys[here]]))
        )
    value = row[calculation.column]
    if operation == "cumulative":
        return aggregate(rows[: here + 1], "sum", calculation.column)
    if operation in ("moving_mean", "moving_sum"):
        if here + 1 < calculation.rows:
            return None
        return aggregate(
            rows[here + 1 - calculation.rows : here + 1],
            operation.removeprefix("moving_"),
            calculation.column,
        )
    if operation == "share":
        total = aggregate(rows, "sum", calculation.column)
        return None if value is None or not total else float(value) / float(total) * 100
    if operation == "next":
        return (
            rows[here + calculation.rows][calculation.column] if here + calculation.rows < len(rows) else None
        )
    if calculation.of_a_year:
        found = [one for one in rows if is_a_year_before(one[str(step.period)], row[str(step.period)])]
        earlier = found[0][calculation.column] if len(found) == 1 else None
    else:
        earlier = rows[here - calculation.rows][calculation.column] if here >= calculation.rows else None
    if operation in ("previous", "last_year"):
        return earlier
    if value is None or earlier is None:
        return None
    if operation.endswith("difference"):
        return value - earlier
    return float(value - earlier) / float(earlier) * 100 if earlier > 0 else None


def is_a_year_before(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return False
    if isinstance(other, date):
        return bool(one.year == other.year - 1 and (one.month, one.day) == (other.month, other.day))
    if isinstance(other, int):
        return bool(one == other - 1)
    (first, *rest), (second, *later) = one.split("-"), other.split("-")
    if not (first.isdigit() and second.isdigit()):
        return False
    years = [len(words) == 1 and len(words[0]) == 4 and words[0].isdigit() for words in (rest, later)]
    return int(first) == int(second) - 1 and (rest == later or all(years))


def periods(rows: list[Row], step: model.Periods) -> list[Row]:
    groups = list(dict.fromkeys(tuple(row[name] for name in step.by) for row in rows))
    if not step.by:
        groups = [()]
    starts = [period_start(row[step.column], step.period) for row in rows]
    found = [start for start in starts if start is not None]
    dated, result = [], []
    first, last = (period_start(day, step.period) for day in (step.first, step.last))
    for row, start in zip(rows, starts, strict=True):
        if start is None or ((first is None or start >= first) and (last is None or start <= last)):
            dated.append((row, start))
    for group in groups:
        own = [
            start
            for row, start in zip(rows, starts, strict=True)
            if start is not None and tuple(row[name] for name in step.by) == group
        ]
        known = own if step.span == "each" else found
        begin, end = first or min(known, default=None), last or max(known, default=None)
        keys = dict(zip(step.by, group, strict=True))
        members = [(row, start) for row, start in dated if all(row[n] == keys[n] for n in step.by)]
        period_rows: list[date | None] = []
        while begin is not None and end is not None and begin <= end:
            period_rows.append(begin)
            begin = next_start(begin, step.period)
        if any(start is None for _, start in members):
            period_rows.append(None)
        for start in period_rows:
            here = [row for row, its in members if its == start]
            if step.measures:
                measured = {m.name: aggregate(here, m.operation, m.column) for m in step.measures}
                for m in step.measures:
                    if not here:
                        summed = m.operation in ("sum", "count", "count_distinct")
                        measured[m.name] = 0 if summed and step.fill == "zero" else None
                result.append({**keys, step.column: start, **measured})
            elif here:
                result += [{**row, step.column: start} for row in here]
            else:
                zeros = {"repas": 0, "cout": 0.0, "montant": Decimal("0.00")} if step.fill == "zero" else {}
                row = {name: zeros.get(name) for name in ("ecole", "jour", "repas", "cout", "bio", "montant")}
                result.append({**row, **keys, step.column: start})
    return result


def period_start(day: date | None, period: str) -> date | None:
    if day is None or period == "day":
        return day
    if period == "week":
        return day - timedelta(days=day.weekday())
    month = {"month": day.month, "quarter": (day.month - 1) // 3 * 3 + 1, "year": 1}[period]
    return date(day.year, month, 1)


def next_start(start: date, period: str) -> date:
    days = {"day": 1, "week": 7, "month": 31, "quarter": 93, "year": 366}[period]
    following = period_start(start + timedelta(days=days), period)
    assert following is not None
    return following


def ranked(rows: list[Row], step: model.Ranking) -> list[Row]:
    result = []
    for row in rows:
        made = dict(row)
        if step.denominator is not None:
            value, units = row[step.value], row[step.denominator]
            known = value is not None and units is not None and units > 0
            made[step.rate_name] = float(value) / float(units) * step.per if known else None
        result.append(made)
    names = (step.rate_name, *step.then)
    keys = [[Ordered(row[name], not step.ascending) for name in names] for row in result]
    for row, key in zip(list(result), keys, strict=True):
        if row[step.rate_name] is None:
            row[step.name] = None
            continue
        first = [
            other
            for one, other in zip(result, keys, strict=True)
            if other < key and all(one[name] == row[name] for name in step.within)
        ]
        if step.ties == "dense":
            first = [other for n, other in enumerate(first) if other not in first[:n]]
        row[step.name] = 1 + len(first)
    order = [model.Order(column=name) for name in (*step.within, step.name)]
    return sorted(result, key=lambda row: place(row, tuple(order)))


def unpivoted(rows: list[Row], step: model.Unpivot) -> list[Row]:
    return [
        {**{n: v for n, v in row.items() if n not in step.columns}, step.name: name, step.value: row[name]}
        for row in rows
        for name in step.columns
        if not (step.drop_missing and row[name] is None)
    ]


def stacked(
    rows: list[Row], step: model.Stack, tables: dict[str, list[Row]], recipe: model.Recipe
) -> list[Row]:
    assert isinstance(recipe.steps[0], model.Source)
    sides = [(recipe.steps[0].source, rows)]
    for alias in step.sources:
        names = step.rename.get(alias, {})
        sides.append((alias, [{names.get(n, n): v for n, v in row.items()} for row in tables[alias]]))
    columns = dict.fromkeys(name for _, side in sides for row in side for name in row)
    origin = {} if step.origin is None else {step.origin: None}
    result = []
    for alias, side in sides:
        for row in side:
            result.append({**columns, **row, **dict.fromkeys(origin, recipe.sources[alias])})
    return result


BROKEN = {"present": "non renseigné", "unique": "en double", "between": "hors des bornes"}
BROKEN |= {"one_of": "valeur non prévue", "length": "longueur non prévue", "prefix": "début non prévu"}


def checked(rows: list[Row], step: model.Check) -> list[Row]:
    result = []
    for row in rows:
        broken = [rule for rule in step.rules if breaks(row, rule, rows)]
        if step.keep == "passing":
            result += [] if broken else [row]
            continue
        why = " ; ".join(f"{rule.column} : {BROKEN[rule.rule]}" for rule in broken) or None
        if broken or step.keep == "all":
            result.append({**row, step.name: len(broken), step.why: why})
    return result


def as_typed(text: Any, value: Any) -> Any:
    """What a rule tells, as the column holds it: a date or an exact amount is told as a text."""
    if isinstance(value, date):
        return date.fromisoformat(str(text))
    return Decimal(text.replace(",", ".")) if isinstance(value, Decimal) and isinstance(text, str) else text


def breaks(row: Row, rule: model.Rule, rows: list[Row]) -> bool:
    value = row[rule.column]
    if rule.rule == "present":
        return value is None or (isinstance(value, str) and not value.strip())
    if value is None:
        return False
    if rule.rule == "unique":
        key = [row[name] for name in (rule.column, *rule.also)]
        same = [one for one in rows if [one[name] for name in (rule.column, *rule.also)] == key]
        return None not in key and len(same) > 1
    if rule.rule == "prefix":
        return not value.startswith(tuple(map(str, rule.values)))
    allowed = [as_typed(one, value) for one in rule.values]
    if rule.rule == "one_of":
        return value not in allowed
    if rule.rule == "length":
        value = len(value)
    low, high = (None if b is None else as_typed(b, value) for b in (rule.minimum, rule.maximum))
    return bool((low is not None and value < low) or (high is not None and value > high))
