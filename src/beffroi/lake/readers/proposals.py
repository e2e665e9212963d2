"""What a type of column must answer: what to count over all rows, and what it then decides.

In: the counts made by the engine. Out: `Typed`. Text, identifiers and booleans are here; numbers are in `amounts`,
dates in `moments`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from beffroi.lake.readers.source import literal
from beffroi.lake.tables import ColumnType, Guess

# Fewer values than MANY, or a smaller share that fits: one misfit sends the whole column back to text, so that no
# good row is lost. Above, the few rows that do not fit are set aside, whole, with their reason.
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
Found = dict[str, int | str | None]


@dataclass(frozen=True)
class Typed:
    """`sql` gives NULL for what does not fit; `misfits` counts those; `said` names the type in French."""

    type: ColumnType
    sql: str
    misfits: int = 0
    said: str = "un texte"
    guesses: tuple[Guess, ...] = ()
    marks: Marks = USUAL


class Proposal(Protocol):
    @property
    def marks(self) -> Marks:
        """The marks of absence of its column, in capitals."""
        ...

    def reading(self, cell: str) -> str | None:
        """SQL: the cell as this type, NULL when it does not fit; None when nothing is to be tried."""
        ...

    def checks(self, cell: str) -> dict[str, str]:
        """SQL aggregates over all rows, by name. They may use `read(cell)` and `there(cell)`, worked out once a row."""
        ...

    def decide(self, cell: str, label: str, found: Found) -> Typed: ...


def is_missing(value: str, marks: Marks = USUAL) -> bool:
    return value.upper() in marks


def present(cell: str, marks: Marks = USUAL) -> str:
    """SQL: the cell holds something other than a mark of absence."""
    if not marks:
        return f"({cell} IS NOT NULL)"
    return f"({cell} IS NOT NULL AND upper({cell}) NOT IN ({', '.join(map(literal, sorted(marks)))}))"


def read(cell: str) -> str:
    """The name under which the engine keeps `reading` of a cell while it checks."""
    return f"read_{cell}"


def there(cell: str) -> str:
    """The name under which the engine keeps `present` of a cell while it checks."""
    return f"there_{cell}"


def usual_checks(cell: str) -> dict[str, str]:
    return {
        "values": f"count(*) FILTER ({there(cell)})",
        "fit": f"count({read(cell)}) FILTER ({there(cell)})",
        "missing": f"string_agg(DISTINCT {cell}, ', ') FILTER ({cell} IS NOT NULL AND NOT {there(cell)})",
    }


@dataclass(frozen=True)
class Final:
    type: ColumnType
    sql: str
    said: str
    guesses: tuple[Guess, ...] = ()


def settle(
    cell: str,
    label: str,
    found: Found,
    final: Callable[[], Final],
    *,
    marks: Marks = USUAL,
    forced: bool = False,
) -> Typed:
    """The rule of all checked types: all fit, or nearly all of many, or the column stays text.

    A `forced` type stays, however few fit: the other rows are set aside.
    """
    values, fit = int(found["values"] or 0), int(found["fit"] or 0)
    misfits = values - fit
    if not forced and (values == 0 or (misfits and (values < MANY or fit < ENOUGH * values))):
        if values == 0 or fit < 0.5 * values:
            return Typed("text", cell)
        why = (
            f"{misfits} valeur(s) sur {values} ne sont pas du même type que les autres : "
            "la colonne reste en texte pour n'en perdre aucune."
        )
        other = final().type
        guess = Guess(
            f"Type de « {label} »", "texte", why, False, "type", choices=("text", other), chosen="text"
        )
        return Typed("text", cell, guesses=(guess,))
    chosen = final()
    guesses = list(chosen.guesses)
    if found.get("missing"):
        value = str(found["missing"])[:200]
        why = "Ces mentions sont lues comme une absence de valeur."
        what = f"Valeurs manquantes de « {label} »"
        guesses.append(
            Guess(what, value, why, False, "missing", choices=("absent", "value"), chosen="absent")
        )
    if misfits:
        why = (
            f"{fit} valeurs sur {values} s'y conforment ; les {misfits} autres lignes sont mises de côté, "
            "entières, avec leur motif."
        )
        choices = (chosen.type, "text")
        guesses.append(
            Guess(
                f"Type de « {label} »", chosen.said, why, False, "type", choices=choices, chosen=chosen.type
            )
        )
    # Without marks of absence there is nothing to leave out.
    sql = f"CASE WHEN {present(cell, marks)} THEN {chosen.sql} END" if found.get("missing") else chosen.sql
    return Typed(chosen.type, sql, misfits, chosen.said, tuple(guesses), marks)


# What a spreadsheet would run: « =SOMME(A1:A9) », « @IMPORT(…) », « +cmd|'/c calc'!A1 ».
_FORMULA = r"=.+|[-+@][A-Za-z_.]+\(.*|[-+@].*\|.*!.*"


@dataclass(frozen=True)
class Text:
    """Text or geometry, kept as it is."""

    type: ColumnType = "text"
    marks: Marks = USUAL

    def reading(self, cell: str) -> str | None:
        return None

    def checks(self, cell: str) -> dict[str, str]:
        if self.type != "text":
            return {}
        # The first sign is compared before anything is searched: ordinary texts cost nothing more.
        first = f"left({cell}, 1) IN ('=', '+', '-', '@')"
        matches = f"regexp_full_match({cell}, {literal(_FORMULA)}, 's')"
        return {"formulas": f"count(CASE WHEN {first} THEN nullif({matches}, false) END)"}

    def decide(self, cell: str, label: str, found: Found) -> Typed:
        guesses: tuple[Guess, ...] = ()
        if int(found.get("formulas") or 0):
            why = "Des cellules ressemblent à des formules de tableur : elles sont gardées en texte et jamais calculées."
            guesses = (
                Guess(f"Formules en texte dans « {label} »", f"{found['formulas']} cellule(s)", why, False),
            )
        return Typed(self.type, cell, guesses=guesses)


@dataclass(frozen=True)
class Code:
    """An identifier, kept as text; the « .0 » that some software adds to whole numbers is taken off."""

    why: str
    marks: Marks = USUAL

    def reading(self, cell: str) -> str | None:
        return None

    def checks(self, cell: str) -> dict[str, str]:
        return {"floats": f"count(*) FILTER (regexp_full_match({cell}, '\\d+\\.0'))", "all": f"count({cell})"}

    def decide(self, cell: str, label: str, found: Found) -> Typed:
        why = f"Reconnu comme {self.why} : il ne se calcule pas et ses zéros comptent."
        guesses = [identifier_guess(label, why, certain=True)]
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


def identifier_guess(label: str, why: str, *, certain: bool) -> Guess:
    what = f"Identifiant « {label} »"
    return Guess(what, "gardé en texte", why, certain, "type", choices=("code", "text"), chosen="code")


@dataclass(frozen=True)
class Boolean:
    """Yes or no. `forced` by a person, the letters and figures that stand for them are read too."""

    marks: Marks = USUAL
    forced: bool = False

    def checks(self, cell: str) -> dict[str, str]:
        return usual_checks(cell)

    def decide(self, cell: str, label: str, found: Found) -> Typed:
        def final() -> Final:
            return Final("boolean", self.reading(cell), "oui ou non")

        return settle(cell, label, found, final, marks=self.marks, forced=self.forced)

    def reading(self, cell: str) -> str:
        words = BOOLEANS | SHORT_BOOLEANS if self.forced else BOOLEANS
        yes, no = (
            ", ".join(literal(word) for word, value in words.items() if value is side)
            for side in (True, False)
        )
        return f"CASE WHEN lower({cell}) IN ({yes}) THEN true WHEN lower({cell}) IN ({no}) THEN false END"
