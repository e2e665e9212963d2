"""Numbers in French notations: decimal comma or point, spaces as thousands separators, exponents, euro signs.

In: values of a column. Out: a `Number` proposal that becomes integer, decimal (at most four decimals, exact) or
number (floating point), or a code when a leading zero shows that it never was a number.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from beffroi.lake.quoting import quote_literal
from beffroi.lake.readers.codes import is_quantity
from beffroi.lake.readers.columns import identifier
from beffroi.lake.readers.proposals import (
    USUAL,
    CheckResults,
    Conversion,
    Marks,
    Promise,
    Typed,
    decide_type,
    deferred_promise,
    error_sql,
    guarded_value,
    identifier_guess,
    is_sure,
    reading_alias,
    usual_checks,
)
from beffroi.lake.tables import Guess

# The share of a sample that must look like a number for all rows to be tried; the verdict is `settle`'s.
LIKELY = 0.5
# Written once: Python reads these on the sample, DuckDB (RE2) on all rows.
_SPACE = "[ \u00a0\u202f\u2009]"
_DIGITS = rf"(?:\d+|\d{{1,3}}(?:{_SPACE}\d{{3}})+)"
_END = rf"(?:[eE][+-]?\d+)?(?:{_SPACE}?[€%])?"
# Accountants also write (12,50), 12,50- and the true minus sign.
_MINUS = "[\u2212\u2013]"
_WHOLE = (
    rf"[+-]?{_DIGITS}(?:{_SPACE}?[€%])?|\({_SPACE}?{_DIGITS}{_SPACE}?\)(?:{_SPACE}?[€%])?"
    rf"|{_DIGITS}{_SPACE}?-(?:{_SPACE}?[€%])?|{_MINUS}{_SPACE}?{_DIGITS}(?:{_SPACE}?[€%])?"
)
_PLAIN = rf"[+-]?{_DIGITS}?(?:[.,]\d*)?{_END}"
_GROUPED = {
    ",": rf"[+-]?(?:{_DIGITS}|\d{{1,3}}(?:\.\d{{3}})+)(?:,\d*)?{_END}",
    ".": rf"[+-]?(?:{_DIGITS}|\d{{1,3}}(?:,\d{{3}})+)(?:\.\d*)?{_END}",
}


def _negated(pattern: str) -> str:
    """Pattern of the same amounts, negative in brackets, by a trailing minus sign or by a leading typographic one."""
    body = pattern.removeprefix("[+-]?")
    return rf"\({_SPACE}?(?:{body}){_SPACE}?\)(?:{_SPACE}?[€%])?|(?:{body}){_SPACE}?-(?:{_SPACE}?[€%])?|{_MINUS}{_SPACE}?(?:{body})"


_WHOLE_RE, _PLAIN_RE = re.compile(_WHOLE), re.compile(_PLAIN)
_NEGATED_RE = {mark: re.compile(_negated(pattern)) for mark, pattern in {"": _PLAIN, **_GROUPED}.items()}
_GROUPED_RE = {mark: re.compile(pattern) for mark, pattern in _GROUPED.items()}
# « 1.234 » and « 1,234 »: one thousand and more, or one and a fraction?
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_ROWS_OF_A_CLASS = 10  # at least, on average


def _may_be_classes(label: str, count: Mapping[str, int]) -> bool:
    """Whether the numbers are those of a few classes: of one digit, each many times, under a header that counts nothing."""
    single = count["whole"] >= count["fit"] and count["highest"] < 10
    repeated = count["fit"] >= _ROWS_OF_A_CLASS * (count["highest"] + 1)
    return single and repeated and not is_quantity(identifier(label))


@dataclass(frozen=True)
class Number:
    """`grouped` is the decimal mark when the other one separates thousands (1.234,56); empty otherwise.

    `either`: values whose only mark may be decimal or thousands. `forced`: the type chosen by a person, or "yes" when only the
    notation was corrected.
    """

    grouped: str
    has_fractions: bool
    either: tuple[str, ...] = ()
    forced: Literal["", "yes", "integer", "decimal", "number"] = ""
    marks: Marks = USUAL

    def reading(self, cell: str) -> str:
        number = self._cast(cell, "DOUBLE")
        if self.forced == "integer":  # a fraction is not rounded away: its row is set aside
            return f"CASE WHEN {number} = trunc({number}) THEN {self._cast(cell, 'BIGINT')} END"
        return number

    def checks(self, cell: str) -> dict[str, str]:
        checks = usual_checks(cell)
        # Looked at only where there is a mark: whole numbers cost nothing more.
        marked = f"CASE WHEN contains({cell}, ',') OR contains({cell}, '.') THEN"
        digits = f"{marked} length(regexp_extract({cell}, '[{self.grouped or '.,'}](\\d+)', 1)) END"
        powers = f"CASE WHEN contains(upper({cell}), 'E') THEN {reading_alias(cell)} END"
        checks |= {
            "zeros": f"count(*) FILTER (CASE WHEN left({cell}, 1) IN ('0', '+', '-') "
            f"THEN regexp_full_match({cell}, '[+-]?0\\d+([.,]\\d*)?') END)",
            "whole": f"count(*) FILTER (regexp_full_match({cell}, {quote_literal(_WHOLE)}))",
            "highest": f"max(abs({reading_alias(cell)}))",
            "spaced": f"count(*) FILTER (regexp_matches({cell}, {quote_literal(f'\\d{_SPACE}\\d')}))",
            "euro": f"count(*) FILTER (contains({cell}, '€'))",
            "percent": f"count({reading_alias(cell)}) FILTER (suffix({cell}, '%'))",
            "negated": f"count(*) FILTER ({reading_alias(cell)} <= 0 AND regexp_matches({cell}, '^[(\u2212\u2013]|-( ?[€%])?$'))",
        }
        checks |= {
            "places": f"max({digits})",
            "parts": f"count(CASE WHEN contains({cell}, ',') OR contains({cell}, '.') THEN "
            f"nullif(regexp_matches({cell}, '[.,]\\d*[1-9]'), false) END)",
            "powers": f"count({powers})",
            # Of numbers only: « n.c. » has points that are no decimal marks.
            "commas": f"count({reading_alias(cell)}) FILTER (contains({cell}, ','))",
            "points": f"count({reading_alias(cell)}) FILTER (contains({cell}, '.'))",
        }
        return checks

    def decide(self, cell: str, label: str, found: CheckResults) -> Typed:
        count = {key: int(value or 0) for key, value in found.items() if not isinstance(value, str)}
        if self.forced:
            return decide_type(
                cell, label, found, lambda: self._final(cell, label, count), marks=self.marks, forced=True
            )
        if count["zeros"] and count["fit"] >= 0.9 * count["values"]:
            why = "Des valeurs commencent par un zéro, qu'un nombre perdrait."
            return Typed("code", cell, guesses=(identifier_guess(label, why, certain=True),))
        if count["fit"] and count["highest"] >= 10**18:
            why = "Ses chiffres sont trop nombreux pour un nombre exact."
            return Typed("code", cell, guesses=(identifier_guess(label, why, certain=False),))
        return decide_type(
            cell,
            label,
            found,
            lambda: self._final(cell, label, count),
            marks=self.marks,
            classes=_may_be_classes(label, count),
        )

    def _final(self, cell: str, label: str, count: dict[str, int]) -> Conversion:
        guesses = []
        if count["spaced"]:
            guesses.append(
                # Nine digits by threes may be a SIREN too.
                Guess(
                    f"Milliers de « {label} »",
                    "espace",
                    "Les espaces entre chiffres sont ôtées.",
                    count["highest"] < 10**8,
                )
            )
        if count["negated"]:
            why = "Entre parenthèses, ou suivies d'un signe moins, elles sont lues comme négatives."
            guesses.append(
                Guess(f"Sommes négatives de « {label} »", f"{count['negated']} valeur(s)", why, False)
            )
        if count["euro"]:
            guesses.append(Guess(f"Unité de « {label} »", "€", "Le signe € est ôté des valeurs.", True))
        if count["percent"]:
            all_ = count["percent"] == count["fit"]
            why = "Le signe % est ôté : 3,5 % est gardé 3,5." + (
                "" if all_ else " Certaines valeurs n'en ont pas."
            )
            guesses.append(Guess(f"Unité de « {label} »", "%", why, all_))
        if self.forced == "integer":
            return Conversion("integer", self.reading(cell), "un nombre entier", tuple(guesses))
        as_chosen = self.forced in ("decimal", "number")
        if count["whole"] >= count["fit"] and not as_chosen:
            return Conversion("integer", self._cast(cell, "BIGINT"), "un nombre entier", tuple(guesses))
        whole = not count["parts"] and not count["powers"]
        if count["places"] == 1 and whole and not self.grouped and not as_chosen:
            why = "Toutes finissent par « .0 » : un logiciel l'a ajouté à des nombres entiers."
            what = f"Décimales de « {label} »"
            choices = ("integer", "decimal")
            guesses.append(Guess(what, "ôtées", why, True, "type", choices=choices, chosen="integer"))
            return Conversion("integer", self._cast(cell, "BIGINT"), "un nombre entier", tuple(guesses))
        guesses.append(self._mark(label, count))
        if count["places"] == 0 and self.forced == "yes" and not count["powers"]:
            return Conversion("integer", self._cast(cell, "BIGINT"), "un nombre entier", tuple(guesses))
        exact = count["places"] <= 4 and count["highest"] < 10**14 and not count["powers"]
        if exact and self.forced != "number":
            return Conversion(
                "decimal", self._cast(cell, "DECIMAL(18,4)"), "un nombre décimal", tuple(guesses)
            )
        return Conversion("number", self._cast(cell, "DOUBLE"), "un nombre", tuple(guesses))

    def _mark(self, label: str, count: dict[str, int]) -> Guess:
        what = f"Décimales de « {label} »"
        if self.grouped:
            other = "point" if self.grouped == "," else "virgule"
            mark = "virgule" if self.grouped == "," else "point"
            why = f"Le signe « {other} » y sépare les milliers."
            return Guess(what, mark, why, True, "decimals", choices=(",", "."), chosen=self.grouped)
        commas, points = count.get("commas", 0), count.get("points", 0)
        if commas and points:
            why = "Les deux se rencontrent et sont lus comme décimales. Si l'un sépare les milliers, dites lequel marque les décimales."
            return Guess(what, "virgule et point", why, False, "decimals", choices=(",", "."))
        mark, chosen = ("virgule", ",") if commas else ("point", ".")
        why = "C'est le seul signe rencontré entre les chiffres."
        if self.either:
            why = (
                f"Trois chiffres suivent toujours ce signe : il pourrait aussi séparer les milliers ({mark})."
            )
        return Guess(
            what,
            mark,
            why,
            not self.either,
            "decimals",
            choices=(",", "."),
            chosen=chosen,
            examples=self.either,
        )

    def promise(self, cell: str, found: CheckResults, verdict: Typed) -> Promise | None:
        others = ("missing", "spaced", "euro", "percent", "negated", "points", "commas")
        if self.forced or self.either:
            return None
        digits_only = found["whole"] == found["values"] and not any(found[key] for key in others)
        if verdict.type == "code" and found["zeros"] and digits_only:
            # Unchanged text: the engine's own cast is enough, four times faster than a pattern.
            return Promise(guarded_value(cell, found, (f"TRY_CAST({cell} AS UBIGINT) IS NOT NULL", cell)))
        if not is_sure(found, verdict):
            return deferred_promise(cell, found, verdict, self.checks(cell))
        if self.grouped or found["powers"] or found["percent"] or found["negated"]:
            return None
        if verdict.type == "decimal" and not found["places"]:
            return None  # « 12, »: a « 3.0 » further down would make all of them whole
        type_ = {"integer": "BIGINT", "decimal": "DECIMAL(18,4)"}.get(verdict.type, "DOUBLE")
        shape = f"regexp_full_match({cell}, {quote_literal(self._expected(found, verdict))})"
        if found["spaced"] or found["euro"]:
            return Promise(guarded_value(cell, found, (shape, f"coalesce({verdict.sql}, {error_sql(cell)})")))
        if verdict.type == "integer" and not found["places"]:
            # A whole number that is written back as it was read had no zero to lose.
            shape = f"strlen({cell}) <= 17 AND CAST(TRY_CAST({cell} AS BIGINT) AS VARCHAR) = {cell}"
        text = f"replace({cell}, ',', '.')" if found["commas"] else cell
        value = f"CAST({text} AS {type_})"
        plain = None if found["lettered"] else _plain(cell, found, verdict)
        return Promise(guarded_value(cell, found, *([(plain, value)] if plain else []), (shape, value)))

    def _expected(self, found: CheckResults, verdict: Typed) -> str:
        """Pattern of the values that do not change the verdict: same marks, digits within the type."""
        longest = 12 if verdict.type == "decimal" else 16
        whole = rf"(?:0|[1-9]\d{{0,{longest}}}"
        whole += rf"|[1-9]\d{{0,2}}(?:{_SPACE}\d{{3}}){{1,{longest // 3 - 1}}})" if found["spaced"] else ")"
        mark = "".join(sign for sign, seen in ((",", "commas"), (".", "points")) if found[seen])
        if verdict.type == "integer" and not found["places"]:
            mark = ""  # those seen, if any, have no figure behind them
        places = {"integer": "0", "decimal": r"\d{1,4}"}.get(verdict.type, r"\d+")
        fraction = rf"(?:[{mark}]{places})?" if mark else ""
        return rf"[+-]?{whole}{fraction}" + (rf"(?:{_SPACE}?€)?" if found["euro"] else "")

    def _cast(self, cell: str, type_: str) -> str:
        pattern = _GROUPED[self.grouped] if self.grouped else _PLAIN
        other = {"": "", ",": ".", ".": ","}[self.grouped]
        bare = f"regexp_replace({cell}, {quote_literal(f'[{other} \u00a0\u202f\u2009€%]')}, '', 'g')"
        # Most numbers have no space, sign of thousands nor euro to take off: those are read without looking for them.
        return (
            f"CASE WHEN regexp_full_match({cell}, '[+-]?\\d+([{self.grouped or '.,'}]\\d*)?') "
            f"THEN TRY_CAST(replace({cell}, ',', '.') AS {type_}) "
            f"WHEN regexp_full_match({cell}, {quote_literal(pattern)}) "
            f"THEN TRY_CAST(replace({bare}, ',', '.') AS {type_}) "
            f"WHEN regexp_full_match({cell}, {quote_literal(_negated(pattern))}) "
            f"THEN -TRY_CAST(replace(regexp_replace({bare}, '[()\u2212\u2013-]', '', 'g'), ',', '.') AS {type_}) END"
        )


def _plain(cell: str, found: CheckResults, verdict: Typed) -> str | None:
    """SQL: common numbers of that type among what a cast accepts without letters, detected by comparisons.

    They have no sign and no leading zero. Costs a third of a pattern, which is used for the others.
    """
    if verdict.type == "integer":
        if found["places"]:
            return None
        return f"{cell} >= '1' AND {cell} < ':' AND strlen({cell}) <= 17 AND NOT contains({cell}, '.')"
    if bool(found["commas"]) == bool(found["points"]):
        return None
    mark = "," if found["commas"] else "."
    zero, after = quote_literal(f"0{mark}"), quote_literal(f"0{chr(ord(mark) + 1)}")
    begins = f"({cell} >= '1' AND {cell} < ':' OR {cell} >= {zero} AND {cell} < {after})"
    # With its mark in it, a number that has the other one too is refused by the cast.
    if verdict.type == "decimal":  # four places at most
        place = f"strpos({cell}, {quote_literal(mark)})"
        return f"{begins} AND strlen({cell}) <= 13 AND {place} >= greatest(1, strlen({cell}) - 4)"
    return f"{begins} AND strlen({cell}) <= 17 AND contains({cell}, {quote_literal(mark)})"


def propose(values: Sequence[str], *, likely: float = LIKELY) -> Number | None:
    """Number proposal of a column, from a sample."""
    both = [value for value in values if "," in value and "." in value]
    grouped = ""
    if both:
        mark = "," if all(value.rindex(",") > value.rindex(".") for value in both) else "."
        grouped = (
            mark if sum(bool(_GROUPED_RE[mark].fullmatch(value)) for value in both) >= 0.9 * len(both) else ""
        )
    pattern = _GROUPED_RE[grouped] if grouped else _PLAIN_RE
    fit = [value for value in values if pattern.fullmatch(value) and any(map(str.isdigit, value))]
    # Most values must be plain: a column of « (1) » and « (2) » holds notes.
    plain = len(fit)
    fit += [value for value in values if _NEGATED_RE[grouped].fullmatch(value)]
    if len(fit) < likely * len(values) or 2 * plain < len(fit):
        return None
    marked = [value for value in fit if "," in value or "." in value]
    either = marked[:2] if all(_EITHER.fullmatch(value) for value in marked) and not grouped else []
    return Number(grouped, any(not _WHOLE_RE.fullmatch(value) for value in fit), tuple(either))
