"""A day of a town on paper, for the drill: sheets filled in, the faults that people make with them, and what is typed.

A fault is missing (the sheet never comes back), double (typed twice), or wrong (one key of the first typing is another).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

KEYS = {"0": "9", "1": "2", "2": "3", "3": "4", "4": "5", "5": "6", "6": "7", "7": "8", "8": "9", "9": "0"}
ROW = ["azertyuiop", "qsdfghjklm", "wxcvbn"]
NAMES = ("Dune", "Lacour", "Morel", "Petit", "Vasseur", "Royer", "Blanc", "Faure", "Girard", "Meunier")
SHARES = {"form_water": 0.5, "form_canteen": 0.3, "form_receipt": 0.2}


@dataclass
class PaperSheet:
    """What is written on one sheet, as its questions are typed; `fault`: "", missing, double or wrong."""

    form: str
    at: int
    values: dict[str, str]
    rows: list[dict[str, str]] = field(default_factory=list)
    fault: str = ""
    number: str = ""

    def total(self) -> float:
        key = {"form_water": "index", "form_canteen": "row_count", "form_receipt": "amount"}[self.form]
        return float(self.values[key].replace(",", "."))


def written(form: str, at: int, day: date, random: Random) -> PaperSheet:
    typed = f"{day:%d%m%Y}"
    match form:
        case "form_water":
            remark = random.choice(["", "", "", "portail fermé"])
            values = {"day": typed, "meter": f"C26{at:05}", "index": str(random.randint(120, 99_999)),
                      "state": str(random.randint(1, 4)), "remark": remark}  # fmt: skip
            return PaperSheet(form, at, values)
        case "form_canteen":
            codes = random.sample(range(100, 1000), random.randint(3, 30))
            rows = [
                {"code": f"1{code}", "name": "", "meal": str(random.choice((1, 1, 1, 2)))} for code in codes
            ]
            values = {"day": typed, "school": "Jean-Moulin", "row_count": str(len(rows))}
            return PaperSheet(form, at, values, rows)
        case _:
            amount = f"{random.randint(100, 9000) / 100:.2f}".replace(".", ",")
            values = {"day": typed, "desk": "Piscine", "payer": random.choice(NAMES), "what": "Entrées",
                      "amount": amount, "means": str(random.randint(1, 4))}  # fmt: skip
            return PaperSheet(form, at, values)


def a_day(count: int, faults: int, day: date, seed: int = 22) -> list[PaperSheet]:
    """`count` sheets, `faults` of them faulty: a third of each kind."""
    random = Random(seed)
    sheets: list[PaperSheet] = []
    for form, share in SHARES.items():
        sheets += [written(form, at, day, random) for at in range(round(count * share))]
    # The last sheet of a form is not lost: what is after the last one used is reserve, and only the count says it.
    last = {id([sheet for sheet in sheets if sheet.form == form][-1]) for form in SHARES}
    chosen = random.sample([sheet for sheet in sheets if id(sheet) not in last], faults)
    for at, sheet in enumerate(chosen):
        sheet.fault = ("missing", "double", "wrong")[at % 3]
    return sheets


def mistyped(sheet: PaperSheet, random: Random) -> tuple[str, PaperSheet]:
    """The sheet with one key that is its neighbour on the keyboard: in its number or in one of its values."""
    values, rows, number = dict(sheet.values), [dict(row) for row in sheet.rows], sheet.number
    places = [("number", "")] + [
        ("value", key) for key in values if values[key] and key not in ("day", "school", "desk")
    ]
    places += [("row", str(at)) for at in range(len(rows))]
    kind, key = random.choice(places)
    if kind == "number":
        number = _one_key(number[:-2], random) + number[-2:]
    elif kind == "value":
        values[key] = _one_key(values[key], random)
    else:
        rows[int(key)]["code"] = _one_key(rows[int(key)]["code"], random)
    return number, PaperSheet(sheet.form, sheet.at, values, rows)


def _one_key(text: str, random: Random) -> str:
    at = random.choice([at for at, sign in enumerate(text) if sign.isalnum()])
    return text[:at] + _neighbour(text[at]) + text[at + 1 :]


def _neighbour(sign: str) -> str:
    if sign in KEYS:
        return KEYS[sign]
    row = next((row for row in ROW if sign.lower() in row), ROW[0])
    other = row[(row.find(sign.lower()) + 1) % len(row)]
    return other.upper() if sign.isupper() else other


def by_form(sheets: list[PaperSheet]) -> Iterator[tuple[str, list[PaperSheet]]]:
    for form in SHARES:
        yield form, [sheet for sheet in sheets if sheet.form == form]
