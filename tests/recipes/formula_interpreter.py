"""Random formulas with their expected result, computed in plain Python on one row: slow and obvious.

Nothing here comes from the code under test: `Made` has a text that a person could have written, and a function of a row.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]
EXACT = Context(prec=200)
TODAY = date(2024, 3, 15)
COLUMNS = {
    "int": ("Nombre", "Quantité"),
    "dec": ("prix", "Part payée"),
    "float": ("mesure",),
    "text": ("Nom", "code_insee"),
    "date": ("Début", "Date de fin"),
    "bool": ("payé",),
}
NUMBERS = ("int", "dec", "float")


@dataclass(frozen=True)
class Made:
    text: str
    kind: str
    of: Callable[[Row], Any]

    def __repr__(self) -> str:
        return f"{self.kind}: {self.text}"


LETTERS = "abcdeéèÉçœŒ AZ09-,.'%_\u00a0"
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "Nombre": st.integers(-1000, 1000),
    "Quantité": st.integers(-9, 9),
    "prix": st.integers(-100_000, 100_000).map(lambda cents: Decimal(cents).scaleb(-2)),
    "Part payée": st.integers(-5000, 5000).map(lambda part: Decimal(part).scaleb(-3)),
    "mesure": st.floats(-1e6, 1e6, width=32).map(lambda x: 0.0 if abs(x) < 1e-6 else x),
    "Nom": st.text(LETTERS, max_size=8),
    "code_insee": st.sampled_from(["", "1 234,5", "-12", "12,50 ", "44109", "2A004", "a'b", "0"]),
    "Début": st.dates(date(1990, 1, 1), date(2040, 12, 31)),
    "Date de fin": st.dates(date(2019, 1, 1), date(2025, 12, 31)),
    "payé": st.booleans(),
}
rows = st.lists(
    st.fixed_dictionaries({name: st.none() | values for name, values in VALUES.items()}),
    min_size=1,
    max_size=6,
)


def lifted(of: Callable[..., Any], *parts: Made) -> Callable[[Row], Any]:
    """A missing value gives a missing result."""

    def run(row: Row) -> Any:
        values = [part.of(row) for part in parts]
        return None if any(value is None for value in values) else of(*values)

    return run


def widest(*parts: Made) -> str:
    return max((part.kind for part in parts), key=NUMBERS.index)


def as_number(kind: str, value: Any) -> Any:
    if value is None:
        return None
    return float(value) if kind == "float" else Decimal(value) if kind == "dec" else value


@st.composite
def spaced(draw: Any, *words: str) -> str:
    space = st.sampled_from([" ", " ", "", "  ", "\n", "\u00a0"])
    return "".join(draw(space) + word for word in words)


@st.composite
def called(draw: Any, name: str, *parts: Made) -> str:
    written = draw(st.sampled_from([name, name.lower(), name.title(), name.replace("ANNEE", "Année")]))
    between = draw(st.sampled_from([";", " ; ", "; "]))
    return f"{written}({between.join(part.text for part in parts)})"


@st.composite
def leaf(draw: Any, kind: str) -> Made:
    if draw(st.booleans()):
        name = draw(st.sampled_from(COLUMNS[kind]))
        shapes = [f"[{name}]", f"[{name.upper()}]", f"[{name.replace('é', 'e')}]"]
        if " " not in name:
            shapes.append(name)
        return Made(draw(st.sampled_from(shapes)), kind, lambda row: row[name])
    if kind == "int":
        number = draw(st.integers(0, 1200))
        text = f"{number:,}".replace(",", " ") if draw(st.booleans()) else str(number)
        return Made(text, kind, lambda row: number)
    if kind == "dec":
        exact = Decimal(draw(st.integers(1, 5000))).scaleb(-draw(st.integers(1, 3)))
        return Made(str(exact).replace(".", ","), kind, lambda row: exact)
    if kind == "float":
        below = draw(st.sampled_from([3, 7, 8, 1000]))
        above = draw(st.integers(0, 99))
        return Made(f"({above} / {below})", kind, lambda row: above / below)
    if kind == "text":
        words = draw(
            st.sampled_from(["", "a", "é", "gros", 'dit "oui"', "x'); DROP TABLE t; --", "Œ", "12,5"])
        )
        return Made('"' + words.replace('"', '""') + '"', kind, lambda row: words)
    if kind == "date":
        if draw(st.booleans()):
            return Made("AUJOURDHUI()", kind, lambda row: TODAY)
        day = draw(st.dates(date(2019, 12, 1), date(2024, 12, 31)))
        return Made(f"DATE({day.year} ; {day.month};{day.day})", kind, lambda row: day)
    truth = draw(st.booleans())
    return Made("VRAI" if truth else "faux", kind, lambda row: truth)


@st.composite
def formulas(draw: Any, kind: str, depth: int = 3) -> Made:
    if depth == 0 or draw(st.integers(0, 5)) == 0:
        return draw(leaf(kind))
    return draw(draw(st.sampled_from(MAKERS[kind]))(kind, depth - 1))


@st.composite
def arithmetic(draw: Any, kind: str, depth: int) -> Made:
    sign = draw(st.sampled_from("+-*"))
    left = draw(leaf(kind)) if sign == "*" else draw(formulas(kind, depth))
    right = draw(formulas(draw(st.sampled_from(["int", kind])), depth))
    result = widest(left, right)
    of = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply}[sign]
    text = draw(spaced("(", left.text, sign, right.text, ")"))

    def run(one: Any, other: Any) -> Any:
        value = of(Decimal(one), Decimal(other))
        return int(value) if result == "int" else value

    return Made(text, result, lifted(run, left, right))


@st.composite
def whole_arithmetic(draw: Any, kind: str, depth: int) -> Made:
    if draw(st.integers(0, 3)) == 0:
        inside = draw(formulas("int", depth))
        return Made(f"-({inside.text})", "int", lifted(lambda value: -value, inside))
    return draw(arithmetic("int", depth))


@st.composite
def divided(draw: Any, kind: str, depth: int) -> Made:
    left, right = (draw(formulas(draw(st.sampled_from(NUMBERS)), depth)) for _ in range(2))
    text = draw(spaced("(", left.text, "/", right.text, ")"))
    return Made(
        text,
        "float",
        lifted(lambda one, other: None if float(other) == 0 else float(one) / float(other), left, right),
    )


@st.composite
def chosen(draw: Any, kind: str, depth: int) -> Made:
    """SI with or without its last value, or SI.CONDITIONS."""
    tests = [draw(formulas("bool", depth)) for _ in range(draw(st.integers(1, 2)))]
    answers = [draw(formulas(kind, depth)) for _ in tests]
    parts = [part for pair in zip(tests, answers, strict=True) for part in pair]
    other = draw(st.none() | formulas(kind, depth))
    if len(tests) == 1:
        parts += [other] if other else []
        text = draw(called("SI", *parts))
    else:
        parts += [Made("VRAI", "bool", lambda row: True), other] if other else []
        text = draw(called("SI.CONDITIONS", *parts))
    result = widest(*answers, *([other] if other else [])) if kind in NUMBERS else kind

    def run(row: Row) -> Any:
        for test, answer in zip(tests, answers, strict=True):
            truth = test.of(row)
            if truth is None:
                return None
            if truth:
                return as_number(result, answer.of(row))
        return as_number(result, other.of(row)) if other else None

    return Made(text, result, run)


@st.composite
def first_present(draw: Any, kind: str, depth: int) -> Made:
    parts = [draw(formulas(kind, depth)) for _ in range(draw(st.integers(2, 3)))]
    result = widest(*parts) if kind in NUMBERS else kind

    def run(row: Row) -> Any:
        values = [part.of(row) for part in parts]
        present = [v for v in values[:-1] if v is not None and v != ""] + [values[-1]]
        return as_number(result, present[0])

    return Made(draw(called("SI.VIDE", *parts)), result, run)


@st.composite
def extreme(draw: Any, kind: str, depth: int) -> Made:
    name, of = draw(st.sampled_from([("MIN", min), ("MAX", max)]))
    parts = [draw(formulas(kind, depth)) for _ in range(draw(st.integers(2, 3)))]
    result = widest(*parts) if kind in NUMBERS else kind

    def run(row: Row) -> Any:
        values = [as_number(result, v) for part in parts if (v := part.of(row)) is not None]
        return of(values) if values else None

    return Made(draw(called(name, *parts)), result, run)


@st.composite
def remainder(draw: Any, kind: str, depth: int) -> Made:
    number, by = draw(formulas(kind, depth)), draw(leaf(kind))
    result = widest(number, by)

    def run(one: Any, other: Any) -> Any:
        if other == 0:
            return None
        exact, step = Decimal(one), Decimal(other)
        times = EXACT.divide(exact, step).to_integral_value(ROUND_FLOOR)
        left = exact - times * step
        return int(left) if result == "int" else left

    return Made(draw(called("MOD", number, by)), result, lifted(run, number, by))


@st.composite
def total(draw: Any, kind: str, depth: int) -> Made:
    parts = [draw(formulas("dec", depth)), *(draw(formulas("int", depth)) for _ in range(2))]

    def run(row: Row) -> Any:
        values = [Decimal(v) for part in parts if (v := part.of(row)) is not None]
        return sum(values, Decimal(0)) if values else None

    return Made(draw(called("SOMME", *parts)), "dec", run)


ROUNDINGS = [
    ("ARRONDI", ROUND_HALF_UP),
    ("ARRONDI.INF", ROUND_DOWN),
    ("ARRONDI.SUP", ROUND_UP),
]


def to_places(value: Any, places: int, how: str) -> Decimal:
    # What division gave is worth 15 significant digits.
    exact = Decimal(f"{value:.14e}") if isinstance(value, float) else Decimal(value)
    return exact.quantize(Decimal(1).scaleb(-places), how, EXACT)


@st.composite
def rounded(draw: Any, kind: str, depth: int) -> Made:
    name, how = draw(st.sampled_from(ROUNDINGS))
    number, places = draw(formulas("float", depth)), draw(st.integers(1, 4))
    text = draw(called(name, number, Made(str(places), "int", lambda row: places)))
    return Made(text, "dec", lifted(lambda value: to_places(value, places, how), number))


@st.composite
def rounded_off(draw: Any, kind: str, depth: int) -> Made:
    number = draw(formulas(draw(st.sampled_from(NUMBERS)), depth))
    name, how = draw(st.sampled_from([*ROUNDINGS, ("ENT", ROUND_FLOOR)]))
    places = 0 if name == "ENT" else draw(st.integers(-3, 0))
    last = [] if places == 0 else [Made(str(places), "int", lambda row: places)]
    return Made(
        draw(called(name, number, *last)),
        "int",
        lifted(lambda value: int(to_places(value, places, how)), number),
    )


@st.composite
def powered(draw: Any, kind: str, depth: int) -> Made:
    base = draw(leaf(draw(st.sampled_from(NUMBERS))))
    exponent = draw(st.sampled_from(["2", "0,5", "-1", "0"]))
    power = float(exponent.replace(",", "."))

    def run(value: Any) -> Any:
        number = float(value)
        if (number == 0 and power < 0) or (number < 0 and power == 0.5):
            return None
        return math.pow(number, power)

    return Made(
        draw(called("PUISSANCE", base, Made(exponent, "dec", lambda row: power))), "float", lifted(run, base)
    )


@st.composite
def read(draw: Any, kind: str, depth: int) -> Made:
    text = draw(formulas("text", depth))

    def run(words: str) -> Any:
        bare = re.sub("[ \t\r\n\u00a0\u202f\u2009]", "", words)
        return float(bare.replace(",", ".")) if re.fullmatch(r"[-+]?\d+(,\d+)?", bare, re.ASCII) else None

    return Made(draw(called("CNUM", text)), "float", lifted(run, text))


@st.composite
def date_part(draw: Any, kind: str, depth: int) -> Made:
    parts: dict[str, Callable[[date], int]] = {
        "ANNEE": lambda day: day.year,
        "MOIS": lambda day: day.month,
        "JOUR": lambda day: day.day,
        "TRIMESTRE": lambda day: math.ceil(day.month / 3),
        "SEMAINE": lambda day: day.isocalendar().week,
        "JOURSEM": lambda day: day.isoweekday(),
    }
    name = draw(st.sampled_from(sorted(parts)))
    day = draw(formulas("date", depth))
    return Made(draw(called(name, day)), "int", lifted(parts[name], day))


def whole_months(first: date, last: date) -> int:
    if last < first:
        return -whole_months(last, first)
    months = (last.year - first.year) * 12 + last.month - first.month
    return months - 1 if last.day < first.day else months


@st.composite
def days(draw: Any, kind: str, depth: int) -> Made:
    first, last = draw(formulas("date", depth)), draw(formulas("date", depth))
    units: dict[str, Callable[[date, date], int]] = {
        '"jours"': lambda one, other: (other - one).days,
        '"Mois"': whole_months,
        '"années"': lambda one, other: math.trunc(whole_months(one, other) / 12),
        "": lambda one, other: (other - one).days,
    }
    unit = draw(st.sampled_from(sorted(units)))
    if unit:
        text = draw(called("DATEDIF", first, last, Made(unit, "text", lambda row: unit)))
    else:
        text = f"({last.text} - {first.text})"
    return Made(text, "int", lifted(units[unit], first, last))


@st.composite
def text_number(draw: Any, kind: str, depth: int) -> Made:
    text = draw(formulas("text", depth))
    if draw(st.booleans()):
        return Made(draw(called("NBCAR", text)), "int", lifted(len, text))
    wanted = draw(leaf("text"))

    def place(one: str, other: str) -> Any:
        found = other.lower().find(one.lower())
        return None if found < 0 else found + 1

    return Made(draw(called("CHERCHE", wanted, text)), "int", lifted(place, wanted, text))


@st.composite
def moved(draw: Any, kind: str, depth: int) -> Made:
    day, number = draw(formulas("date", depth)), draw(formulas("int", depth))
    sign, way = draw(st.sampled_from([("+", 1), ("-", -1)]))

    def run(start: date, count: int) -> Any:
        try:
            return start + timedelta(days=way * count)
        except OverflowError:
            return None

    return Made(draw(spaced("(", day.text, sign, number.text, ")")), "date", lifted(run, day, number))


@st.composite
def made_date(draw: Any, kind: str, depth: int) -> Made:
    year = draw(
        st.sampled_from(
            [Made("2024", "int", lambda row: 2024), Made("Nombre", "int", lambda row: row["Nombre"])]
        )
    )
    month, day = draw(formulas("int", depth)), Made("[Quantité]", "int", lambda row: row["Quantité"])

    def run(*parts: int) -> Any:
        try:
            return date(*parts)
        except (ValueError, OverflowError):
            return None

    return Made(draw(called("DATE", year, month, day)), "date", lifted(run, year, month, day))


def as_text(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, bool):
        return "VRAI" if value else "FAUX"
    if isinstance(value, date):
        return f"{value.day:02}/{value.month:02}/{value.year:04}"
    if isinstance(value, Decimal):
        if value == 0:
            return "0"
        whole = f"{value:f}"
        return (whole.rstrip("0").rstrip(".") if "." in whole else whole).replace(".", ",")
    return str(value)


WRITABLE = ["text", "text", "int", "dec", "date", "bool"]


@st.composite
def glued(draw: Any, kind: str, depth: int) -> Made:
    parts = [draw(formulas(draw(st.sampled_from(WRITABLE)), depth)) for _ in range(2)]
    text = draw(spaced("(", parts[0].text, "&", parts[1].text, ")"))
    return writable(
        Made(text, "text", lifted(lambda one, other: as_text(one) + as_text(other), *parts)), parts
    )


def writable(made: Made, parts: list[Made]) -> Made:
    """A number that is not exact has no text: such a formula is refused, and told apart by its kind."""
    return Made(made.text, "refused", made.of) if any(p.kind == "float" for p in parts) else made


@st.composite
def text_conversion(draw: Any, kind: str, depth: int) -> Made:
    part = draw(formulas(draw(st.sampled_from(WRITABLE)), depth))
    return writable(Made(draw(called("TEXTE", part)), "text", lifted(as_text, part)), [part])


@st.composite
def joined(draw: Any, kind: str, depth: int) -> Made:
    parts = [draw(formulas(draw(st.sampled_from(WRITABLE)), depth)) for _ in range(draw(st.integers(1, 3)))]

    def run(row: Row) -> Any:
        texts = [text for part in parts if (text := as_text(part.of(row))) is not None]
        return "".join(texts) if texts else None

    return writable(Made(draw(called("CONCAT", *parts)), "text", run), parts)


@st.composite
def cut(draw: Any, kind: str, depth: int) -> Made:
    text, count, start = draw(formulas("text", depth)), draw(formulas("int", depth)), draw(leaf("int"))
    name = draw(st.sampled_from(["GAUCHE", "DROITE", "STXT"]))
    if name == "GAUCHE":
        of = lifted(lambda words, n: None if n < 0 else words[:n], text, count)
    elif name == "DROITE":
        of = lifted(lambda words, n: None if n < 0 else words[max(0, len(words) - n) :], text, count)
    else:
        of = lifted(
            lambda words, s, n: None if s < 1 or n < 0 else words[s - 1 : s - 1 + n], text, start, count
        )
    parts = [text, start, count] if name == "STXT" else [text, count]
    return Made(draw(called(name, *parts)), "text", of)


@st.composite
def changed(draw: Any, kind: str, depth: int) -> Made:
    text = draw(formulas("text", depth))
    of: dict[str, Callable[[str], str]] = {
        "MAJUSCULE": str.upper,
        "MINUSCULE": str.lower,
        "SUPPRESPACE": lambda words: re.sub("[ \u00a0]+", " ", words).strip(" "),
    }
    name = draw(st.sampled_from([*of, "SUBSTITUE", "ANNEE.SCOLAIRE"]))
    if name == "ANNEE.SCOLAIRE":
        day = draw(formulas("date", depth))

        def school_year(day: date) -> str:
            first = day.year if day.month >= 9 else day.year - 1
            return f"{first}-{first + 1}"

        return Made(draw(called(name, day)), "text", lifted(school_year, day))
    if name == "SUBSTITUE":
        old, new = draw(leaf("text")), draw(leaf("text"))
        swap = lifted(lambda words, one, other: words.replace(one, other) if one else words, text, old, new)
        return Made(draw(called(name, text, old, new)), "text", swap)
    return Made(draw(called(name, text)), "text", lifted(of[name], text))


@st.composite
def compared(draw: Any, kind: str, depth: int) -> Made:
    family = draw(st.sampled_from(["number", "number", "text", "date", "bool"]))
    kinds = [draw(st.sampled_from(["int", "dec"])) if family == "number" else family for _ in range(2)]
    left, right = (draw(formulas(k, depth).filter(lambda made: made.text != '""')) for k in kinds)
    signs: dict[str, Callable[[Any, Any], bool]] = {
        "=": lambda one, other: one == other,
        "<>": lambda one, other: one != other,
        "<": lambda one, other: one < other,
        "<=": lambda one, other: one <= other,
        ">": lambda one, other: one > other,
        ">=": lambda one, other: one >= other,
    }
    sign = draw(st.sampled_from(["=", "<>"] if family in ("text", "bool") else sorted(signs)))
    return Made(draw(spaced("(", left.text, sign, right.text, ")")), "bool", lifted(signs[sign], left, right))


@st.composite
def combined(draw: Any, kind: str, depth: int) -> Made:
    sign = draw(st.sampled_from(["ET", "OU"]))
    parts = [draw(formulas("bool", depth)) for _ in range(2)]
    text = draw(called(sign, *parts))
    if draw(st.booleans()):
        text = f"({parts[0].text} {sign} {parts[1].text})"
    enough = sign == "OU"

    def run(row: Row) -> Any:
        truths = [part.of(row) for part in parts]
        if enough in truths:
            return enough
        return None if None in truths else not enough

    return Made(text, "bool", run)


@st.composite
def negated(draw: Any, kind: str, depth: int) -> Made:
    inside = draw(formulas("bool", depth))
    return Made(
        f"({draw(st.sampled_from(['NON', 'non']))} {inside.text})", "bool", lifted(lambda t: not t, inside)
    )


@st.composite
def empty(draw: Any, kind: str, depth: int) -> Made:
    part = draw(formulas(draw(st.sampled_from(["int", "dec", "text", "date", "bool"])), depth))
    return Made(draw(called("ESTVIDE", part)), "bool", lambda row: part.of(row) in (None, ""))


MAKERS: dict[str, list[Callable[..., st.SearchStrategy[Made]]]] = {
    "int": [
        whole_arithmetic, chosen, first_present, extreme, remainder, date_part, days, text_number, rounded_off
    ],
    "dec": [arithmetic, chosen, first_present, extreme, remainder, total, rounded],
    "float": [divided, chosen, first_present, powered, read],
    "text": [glued, chosen, first_present, cut, changed, joined, text_conversion],
    "date": [moved, chosen, first_present, extreme, made_date],
    "bool": [compared, combined, negated, empty],
}  # fmt: skip
