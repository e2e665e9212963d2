"""Protocol of type proposals: the checks to run over all rows, and the verdict on their results.

In: the counts made by DuckDB. Out: `Typed`. Text, codes and booleans are here; numbers are in `amounts`, dates in `moments`. A
`Promise` is what a sample lets expect of all rows, for single-pass reading.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from beffroi.lake.quoting import quote_literal
from beffroi.lake.tables import ColumnType, Guess

# Fewer values than MANY, or a smaller share that fits: one misfit sends the whole column back to text, so that no
# good row is lost. Above, the few rows that do not fit are quarantined, with their reason.
ENOUGH, MANY = 0.995, 200

MISSING = (
    "NA", "N/A", "#N/A", "NULL", "NONE", "NAN", "NIL", "-", "--", "---", "ND", "N.D.", "NC", "N.C.", "NR", "?",
    "(VIDE)", "NON RENSEIGNÉ", "NON RENSEIGNE", "NON DISPONIBLE", "#VALEUR!", "#REF!", "#DIV/0!", "#NOM?", "#VALUE!", "#NAME?", "#NUM!", "#NOMBRE!", "#NULL!", "#NUL!",
    "ERR:502", "#####",
)  # fmt: skip
BOOLEANS = {
    "oui": True, "non": False, "vrai": True, "faux": False, "true": True, "false": False, "yes": True, "no": False,
}  # fmt: skip

SHORT_BOOLEANS = {"1": True, "0": False, "o": True, "n": False, "v": True, "f": False, "y": True, "x": True}

Marks = frozenset[str]
USUAL: Marks = frozenset(MISSING)
CheckResults = dict[str, int | str | None]
_COMMA = ", "  # no mark of absence holds one
# Number of misfits given as examples, among how many examined, and their separator.
ODD, _LOOKED_AT, _BETWEEN = 3, 50, "\x1f"
_LIST = re.compile(r"\d+(\s*[,;|]\s*\d+)+")
_LETTER = re.compile(r"[A-Z]")


@dataclass(frozen=True)
class Typed:
    """`sql` gives NULL for misfits; `misfits` counts them; `type_label` names the type in French."""

    type: ColumnType
    sql: str
    misfits: int = 0
    type_label: str = "un texte"
    guesses: tuple[Guess, ...] = ()
    marks: Marks = USUAL


@dataclass(frozen=True)
class Promise:
    """Condition under which the sample's verdict holds for every row.

    `sql` gives the value of a cell that meets it and calls `error` for any other; `counts` names the checks still to
    be run on the written column (as text), all others being known. `dated`, if any, is the same promise for a cell
    already parsed as a date by DuckDB's CSV reader, by its format.
    """

    sql: str
    counts: frozenset[str] = frozenset()
    dated: tuple[str, str] | None = None


class Proposal(Protocol):
    @property
    def marks(self) -> Marks:
        """Missing-value marks of its column, in capitals."""
        ...

    def reading(self, cell: str) -> str | None:
        """SQL: the cell as this type, NULL when it does not fit; None when nothing is to be tried."""
        ...

    def checks(self, cell: str) -> dict[str, str]:
        """SQL aggregates over all rows, by name. They may use `reading_alias(cell)` and `present_alias(cell)`."""
        ...

    def decide(self, cell: str, label: str, found: CheckResults) -> Typed: ...

    def promise(self, cell: str, found: CheckResults, verdict: Typed) -> Promise | None:
        """`found` and `verdict` are those of the sample; None when the verdict depends on unseen rows.

        `found["lettered"]` is 0 when no digit of the whole text is followed by a letter that a number may contain.
        """
        ...


def mostly_fits(values: int, misfits: int) -> bool:
    """Whether so few of many values do not fit that they say nothing about the others."""
    return not misfits or (values >= MANY and values - misfits >= ENOUGH * values)


def is_missing(value: str, marks: Marks = USUAL) -> bool:
    return value.upper() in marks


def present(cell: str, marks: Marks = USUAL) -> str:
    """SQL: whether the cell has a value other than a missing-value mark."""
    if not marks:
        return f"({cell} IS NOT NULL)"
    return f"({cell} IS NOT NULL AND upper({cell}) NOT IN ({', '.join(map(quote_literal, sorted(marks)))}))"


def reading_alias(cell: str) -> str:
    """SQL alias of `reading` of a cell during the checks."""
    return f"read_{cell}"


def present_alias(cell: str) -> str:
    """SQL alias of `present` of a cell during the checks."""
    return f"there_{cell}"


def usual_checks(cell: str) -> dict[str, str]:
    return {
        "values": f"count(*) FILTER ({present_alias(cell)})",
        "fit": f"count({reading_alias(cell)}) FILTER ({present_alias(cell)})",
        "missing": f"string_agg(DISTINCT {cell}, {quote_literal(_COMMA)} ORDER BY {cell}) "
        f"FILTER ({cell} IS NOT NULL AND NOT {present_alias(cell)})",
        # The least of them, so that the memory is bounded and that any order of reading gives the same.
        "odd": f"array_to_string(list_sort(list_distinct(min({cell}, {_LOOKED_AT}) "
        f"FILTER ({present_alias(cell)} AND {reading_alias(cell)} IS NULL)))[:{ODD}], {quote_literal(_BETWEEN)})",
    }


def error_sql(cell: str) -> str:
    """SQL: raises an error, which stops the query."""
    return f"error({quote_literal(f'surprise: {cell}')})"


def guarded_value(cell: str, found: CheckResults, *cases: tuple[str, str], otherwise: str = "") -> str:
    """SQL: value of the first case met by the cell, NULL for the missing-value marks of the sample.

    `otherwise` is tried last; a cell that it does not read raises an error.
    """
    marks = ", ".join(map(quote_literal, str(found.get("missing") or "").split(_COMMA)))
    absent = f"{cell} IS NULL OR {cell} IN ({marks})" if found.get("missing") else f"{cell} IS NULL"
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in cases)
    last = f"coalesce({otherwise}, {error_sql(cell)})" if otherwise else error_sql(cell)
    return f"CASE {whens} WHEN {absent} THEN NULL ELSE {last} END"


def deferred_promise(
    cell: str, found: CheckResults, verdict: Typed, checks: Mapping[str, str]
) -> Promise | None:
    """Promise when the sample alone decides nothing: a column that stays text is written, then checked in full."""
    return Promise(cell, frozenset(checks)) if verdict.sql == cell else None


def is_sure(found: CheckResults, verdict: Typed) -> bool:
    """Whether all values of the sample fit the type of its verdict, which is not text."""
    return bool(found["values"]) and found["values"] == found["fit"] and verdict.type not in ("text", "code")


@dataclass(frozen=True)
class Conversion:
    type: ColumnType
    sql: str
    type_label: str
    guesses: tuple[Guess, ...] = ()


def decide_type(
    cell: str,
    label: str,
    found: CheckResults,
    final: Callable[[], Conversion],
    *,
    marks: Marks = USUAL,
    forced: bool = False,
    whole: bool = False,
    classes: bool = False,
) -> Typed:
    """Verdict of all checked types: all fit, or nearly all of many unless `whole`, or the column stays text.

    `classes`: what fits may be the numbers of classes, which stay a text without a question when the others are letters.
    A `forced` type stays, however few fit: the other rows are quarantined.
    """
    values, fit = int(found["values"] or 0), int(found["fit"] or 0)
    misfits = values - fit
    odd = tuple(str(found["odd"]).split(_BETWEEN)) if found.get("odd") else ()
    if not forced and (values == 0 or (misfits and (whole or not mostly_fits(values, misfits)))):
        if values == 0 or fit < 0.5 * values:
            return Typed("text", cell)
        which = (
            f"1 valeur sur {values} n'est pas"
            if misfits == 1
            else f"{misfits} valeurs sur {values} ne sont pas"
        )
        why = f"{which} du même type que les autres : la colonne reste en texte pour n'en perdre aucune."
        other = final().type
        guess = Guess(
            f"Type de « {label} »",
            "texte",
            why,
            # Numbers that come in lists name things, and classes are some numbers and some letters: there is nothing to sum.
            bool(odd)
            and other in ("integer", "decimal", "number")
            and (all(map(_LIST.fullmatch, odd)) or (classes and all(map(_LETTER.fullmatch, odd)))),
            "type",
            choices=("text", other),
            chosen="text",
            examples=odd,
        )
        return Typed("text", cell, guesses=(guess,))
    chosen = final()
    guesses = list(chosen.guesses)
    if found.get("missing"):
        value = str(found["missing"])[:200]
        # One rule for every file: a question on these marks, asked where a column is of numbers only, would surprise.
        why = "Parmi des nombres ou des dates, ces mentions sont une absence de valeur ; une colonne de textes les garde."
        what = f"Valeurs manquantes de « {label} »"
        guesses.append(Guess(what, value, why, True, "missing", choices=("absent", "value"), chosen="absent"))
    if misfits:
        others = (
            "l'autre ligne est mise de côté, entière, avec son motif"
            if misfits == 1
            else f"les {misfits} autres lignes sont mises de côté, entières, avec leur motif"
        )
        why = f"{fit} valeurs sur {values} s'y conforment ; {others}."
        choices = (chosen.type, "text")
        guesses.append(
            Guess(
                f"Type de « {label} »",
                chosen.type_label,
                why,
                False,
                "type",
                choices=choices,
                chosen=chosen.type,
                examples=odd,
            )
        )
    # Without marks of absence there is nothing to leave out.
    sql = f"CASE WHEN {present(cell, marks)} THEN {chosen.sql} END" if found.get("missing") else chosen.sql
    return Typed(chosen.type, sql, misfits, chosen.type_label, tuple(guesses), marks)


# What a spreadsheet would run: « =SOMME(A1:A9) », « @IMPORT(…) », « +cmd|'/c calc'!A1 ».
_FORMULA = r"=.+|[-+@][A-Za-z_.]+\(.*|[-+@].*\|.*!.*"


def _like_formula(cell: str) -> str:
    # These signs come before the letters: ordinary texts cost one comparison.
    first = f"{cell} < 'A' AND left({cell}, 1) IN ('=', '+', '-', '@')"
    return f"CASE WHEN {first} THEN regexp_full_match({cell}, {quote_literal(_FORMULA)}, 's') END"


@dataclass(frozen=True)
class Text:
    """Text or geometry, unchanged."""

    type: ColumnType = "text"
    marks: Marks = USUAL

    def reading(self, cell: str) -> str | None:
        return None

    def checks(self, cell: str) -> dict[str, str]:
        if self.type != "text":
            return {}
        return {"formulas": f"count(nullif({_like_formula(cell)}, false))"}

    def decide(self, cell: str, label: str, found: CheckResults) -> Typed:
        guesses: tuple[Guess, ...] = ()
        if int(found.get("formulas") or 0):
            why = "Des cellules ressemblent à des formules de tableur : elles sont gardées en texte et jamais calculées."
            guesses = (
                Guess(f"Formules en texte dans « {label} »", f"{found['formulas']} cellule(s)", why, False),
            )
        return Typed(self.type, cell, guesses=guesses)

    def promise(self, cell: str, found: CheckResults, verdict: Typed) -> Promise | None:
        if self.type != "text":
            return None
        if found["formulas"]:
            return Promise(cell, frozenset(self.checks(cell)))
        return Promise(f"CASE WHEN {_like_formula(cell)} THEN {error_sql(cell)} ELSE {cell} END")


@dataclass(frozen=True)
class Code:
    """Identifier stored as text; the « .0 » that some software adds to integers is removed.

    `certain`: None when all rows are to tell. They do when every value matches `proof`, with its check digit if `luhn`,
    or else when a number would lose something of one of them.
    """

    why: str
    proof: str = ""
    luhn: bool = False
    certain: bool | None = None
    marks: Marks = USUAL

    def reading(self, cell: str) -> str | None:
        """The number of its digits, where they have a check digit."""
        if not self.luhn or self.certain is not None:
            return None
        return f"TRY_CAST(regexp_replace({cell}, '[^0-9]', '', 'g') AS BIGINT)"

    def checks(self, cell: str) -> dict[str, str]:
        # The end is looked at first: it is much cheaper, and few have it.
        floats = f"CASE WHEN ends_with({cell}, '.0') THEN regexp_full_match({cell}, '\\d+\\.0') END"
        checks = {"floats": f"count(*) FILTER ({floats})", "all": f"count({cell})"}
        if self.certain is not None:
            return checks
        there = present(cell, self.marks)
        if not self.luhn:
            lossy = f"regexp_matches({cell}, '^0[0-9]|[^0-9]')"
            checks["lossy"] = f"count(*) FILTER ({there} AND {lossy})"
        if self.proof:
            proved = f"regexp_full_match({cell}, {quote_literal(self.proof)})"
            if self.luhn:  # the post office numbers its many places another way
                proved += (
                    f" AND ({_check_digit_is_valid(reading_alias(cell))} OR starts_with({cell}, '356000000'))"
                )
            checks["doubtful"] = f"count(*) FILTER ({there} AND NOT ({proved}))"
        return checks

    def _is_certain(self, found: CheckResults) -> bool:
        if self.certain is not None:
            return self.certain
        if not found["all"] or found.get("lossy"):
            return True
        # It stays as written, so that nothing is lost: a wrong number among many is theirs, and is no doubt about the column.
        return bool(self.proof) and mostly_fits(int(found["all"]), int(found["doubtful"] or 0))

    def decide(self, cell: str, label: str, found: CheckResults) -> Typed:
        why = f"Reconnu comme {self.why} : il ne se calcule pas et ses zéros comptent."
        guesses = [identifier_guess(label, why, certain=self._is_certain(found))]
        sql = cell
        if int(found["floats"] or 0) > 0.5 * int(found["all"] or 0):
            sql = f"regexp_replace({cell}, '^(\\d+)\\.0$', '\\1')"
            why = "Un logiciel l'a ajouté à des numéros pris pour des nombres."
            choices = ("code", "text")
            guesses.append(
                Guess(
                    f"Identifiant « {label} »",
                    "« .0 » ôté",
                    why,
                    False,
                    "type",
                    choices=choices,
                    chosen="code",
                )
            )
        return Typed("code", sql, guesses=tuple(guesses))

    def promise(self, cell: str, found: CheckResults, verdict: Typed) -> Promise | None:
        if found["floats"]:
            return deferred_promise(cell, found, verdict, self.checks(cell))
        guarded = f"CASE WHEN ends_with({cell}, '.0') THEN {error_sql(cell)} ELSE {cell} END"
        # What the sample proves for good is not to be counted again.
        settled = found.get("lossy")
        return Promise(guarded, frozenset() if settled else frozenset(self.checks(cell)) - {"floats"})


def _check_digit_is_valid(number: str) -> str:
    """SQL: Luhn's formula on the number of a SIREN or SIRET."""
    digits = [f"({number} // {10**rank} % 10)" for rank in range(14)]
    doubled = [f"({digit} * 2 - CASE WHEN {digit} > 4 THEN 9 ELSE 0 END)" for digit in digits[1::2]]
    return f"coalesce(({' + '.join([*digits[::2], *doubled])}) % 10 = 0, false)"


def identifier_guess(label: str, why: str, *, certain: bool) -> Guess:
    what = f"Identifiant « {label} »"
    choices = ("code", "text") if certain else ("code", "integer", "text")
    return Guess(what, "gardé en texte", why, certain, "type", choices=choices, chosen="code")


@dataclass(frozen=True)
class Boolean:
    """Yes or no. When `forced` by a person, equivalent letters and digits are read too."""

    marks: Marks = USUAL
    forced: bool = False

    def checks(self, cell: str) -> dict[str, str]:
        return usual_checks(cell)

    def decide(self, cell: str, label: str, found: CheckResults) -> Typed:
        def final() -> Conversion:
            return Conversion("boolean", self.reading(cell), "oui ou non")

        return decide_type(cell, label, found, final, marks=self.marks, forced=self.forced)

    def reading(self, cell: str) -> str:
        words = BOOLEANS | SHORT_BOOLEANS if self.forced else BOOLEANS
        yes, no = (
            ", ".join(quote_literal(word) for word, value in words.items() if value is side)
            for side in (True, False)
        )
        return f"CASE WHEN lower({cell}) IN ({yes}) THEN true WHEN lower({cell}) IN ({no}) THEN false END"

    def promise(self, cell: str, found: CheckResults, verdict: Typed) -> Promise | None:
        if self.forced:
            return None
        if not is_sure(found, verdict):
            return deferred_promise(cell, found, verdict, self.checks(cell))
        words = {
            side: ", ".join(quote_literal(word) for word, value in BOOLEANS.items() if value is side)
            for side in (True, False)
        }
        plain = ((f"{cell} IN ({words[True]})", "true"), (f"{cell} IN ({words[False]})", "false"))
        return Promise(guarded_value(cell, found, *plain, otherwise=self.reading(cell)))
