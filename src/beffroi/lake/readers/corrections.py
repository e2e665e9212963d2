"""Corrections of a table's reading by a person, overriding the reader's guesses; stored for the following files.

In: JSON from a page or a program. Out: frozen, validated `Corrections`, or `Uncorrectable` with the next step.
Readers apply them through the same code as their own guesses; types are forced in `infer.proposals_of`.
"""

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args

from beffroi.lake.errors import UnreadableFile
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.lake.readers.dialect import NAMES, SEPARATORS
from beffroi.lake.readers.encodings import CHUNK, LABELS, OFFERED, Scan
from beffroi.lake.readers.short_years import CENTURIES, Century
from beffroi.lake.tables import ColumnType, Guess

type Order = Literal["day", "month"]
type Mark = Literal[",", "."]

FORCEABLE: Final = tuple(type_ for type_ in get_args(ColumnType) if type_ != "geometry")
ORDERS: Final = ("day", "month")
MARKS: Final = (",", ".")
MAX_MARKS, LONGEST_MARK = 30, 60
LONGEST_LABEL = 120
CORRECTED: Final = "C'est une correction : elle l'emporte sur ce que le fichier laissait voir."


class Uncorrectable(UnreadableFile):
    """Correction that this file does not allow; the reading is unchanged."""


@dataclass(frozen=True)
class Corrections:
    """Empty: the reader decides alone. Columns are named by their identifiers.

    `header`: the line of the header, 0 when there is none. `totals`: True leaves total rows among the data. `orders`:
    what comes first in dates. `centuries`: how far years of two digits go into the future. `decimals`: the decimal mark, the other one then separates thousands. `missing`:
    missing-value marks besides the usual ones. `values`: whether the usual marks are real values in a column. `labels`:
    what a column is called on every page, its identifier staying as it was.
    """

    encoding: str | None = None
    separator: str | None = None
    header: int | None = None
    totals: bool | None = None
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    centuries: Mapping[str, Century] = field(default_factory=dict)
    decimals: Mapping[str, Mark] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    values: Mapping[str, bool] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.to_dict())

    @property
    def columns(self) -> list[str]:
        """Corrected columns, unordered and unique."""
        return list(
            dict.fromkeys(column for name in (*_BY_COLUMN, "labels") for column in getattr(self, name))
        )

    @property
    def kinds(self) -> list[str]:
        """Kinds of corrections: « encoding », « types »…"""
        return sorted(self.to_dict())

    def covers(self, about: str, column: str) -> bool:
        """Whether a guess of this kind is overridden."""
        if not column:
            return about in ("encoding", "separator", "header", "totals") and getattr(self, about) is not None
        by_kind = {
            "order": self.orders,
            "century": self.centuries,
            "decimals": self.decimals,
            "missing": self.values,
        }
        return column in by_kind.get(about, {}) or (about in ("type", "code") and column in self.types)

    def without(self, columns: Iterable[str]) -> "Corrections":
        """Same corrections, without these columns."""
        dropped = set(columns)
        data = self.to_dict()
        for name in (*_BY_COLUMN, "labels"):
            if name in data:
                data[name] = {column: value for column, value in data[name].items() if column not in dropped}
        return Corrections.from_dict(data)

    def to_dict(self) -> dict[str, Any]:
        """Set fields only."""
        data: dict[str, Any] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None or value in ({}, ()):
                continue
            data[each.name] = dict(value) if isinstance(value, Mapping) else _listed(value)
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Raises Uncorrectable for anything unknown."""
        provided = dict(data)
        if unknown := set(provided) - {each.name for each in fields(cls)}:
            raise Uncorrectable(f"Correction inconnue : {', '.join(sorted(map(str, unknown)))}.")
        _one_of(provided, "encoding", OFFERED, "L'encodage")
        _one_of(provided, "separator", (*SEPARATORS, ""), "Le séparateur")
        header = provided.get("header")
        if header is not None and (isinstance(header, bool) or not isinstance(header, int) or header < 0):
            raise Uncorrectable(
                "La ligne d'en-tête est un numéro : 1 pour la première ligne, 0 s'il n'y en a pas."
            )
        if not isinstance(provided.get("totals"), bool | None):
            raise Uncorrectable("Les lignes de total sont gardées (true) ou mises de côté (false).")
        for name, allowed in _BY_COLUMN.items():
            provided[name] = _by_column(name, provided.get(name), allowed)
        provided["labels"] = _labels(provided.get("labels"))
        marks = provided.get("missing") or ()
        if not isinstance(marks, list | tuple) or not all(isinstance(mark, str) for mark in marks):
            raise Uncorrectable("Les mentions d'absence sont une liste de textes.")
        provided["missing"] = tuple(dict.fromkeys(mark.strip() for mark in marks if mark.strip()))
        if len(provided["missing"]) > MAX_MARKS or any(
            len(mark) > LONGEST_MARK for mark in provided["missing"]
        ):
            raise Uncorrectable(
                f"Au plus {MAX_MARKS} mentions d'absence, de {LONGEST_MARK} caractères chacune."
            )
        return cls(**provided)


_BY_COLUMN: Final[dict[str, tuple[Any, ...]]] = {
    "types": FORCEABLE,
    "orders": ORDERS,
    "centuries": CENTURIES,
    "decimals": MARKS,
    "values": (True, False),
}
NONE: Final = Corrections()


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _one_of(provided: dict[str, Any], name: str, allowed: tuple[str, ...], subject: str) -> None:
    value = provided.get(name)
    if value is not None and value not in allowed:
        raise Uncorrectable(
            f"{subject} « {str(value)[:40]} » n'est pas connu. La lecture n'a pas changé. Choisissez-en un de la liste."
        )


def _by_column(name: str, value: Any, allowed: tuple[Any, ...]) -> dict[str, Any]:
    if not isinstance(value or {}, Mapping):
        raise Uncorrectable(f"« {name} » donne une valeur à chaque colonne nommée.")
    for column, answer in (value or {}).items():
        known = any(answer is option if isinstance(option, bool) else answer == option for option in allowed)
        if not isinstance(column, str) or not known:
            raise Uncorrectable(
                f"« {str(answer)[:40]} » ne se dit pas de la colonne « {str(column)[:60]} ». La lecture n'a pas changé."
            )
    return dict(value or {})


def _labels(value: Any) -> dict[str, str]:
    if not isinstance(value or {}, Mapping):
        raise Uncorrectable("« labels » donne un nom à chaque colonne nommée.")
    for column, label in (value or {}).items():
        if not isinstance(column, str) or not isinstance(label, str):
            raise Uncorrectable("Le nom d'une colonne est un texte. La lecture n'a pas changé.")
        if trouble := label_trouble(label):
            raise Uncorrectable(f"{trouble} La lecture n'a pas changé.")
    return dict(value or {})


def clean_label(label: str) -> str:
    """Label as headers are read: on one line, without invisible characters."""
    return " ".join(strip_invisible(label).split())


def label_trouble(label: str) -> str:
    """Why a column may not be called so, in French; empty when it may."""
    if not clean_label(label):
        return "Une colonne a besoin d'un nom."
    if len(label) > LONGEST_LABEL:
        return f"Le nom d'une colonne compte au plus {LONGEST_LABEL} caractères."
    if clean_label(label) != label:
        return "Le nom d'une colonne tient sur une ligne, sans caractère invisible ni espace de trop."
    return ""


def repeated_labels(labels: Iterable[str], chosen: Iterable[str]) -> list[str]:
    """Chosen labels that would name several columns, whatever their case; `labels`: those of every column."""
    counts = Counter(label.casefold() for label in labels)
    return [label for label in chosen if counts[label.casefold()] > 1]


def confirm(guess: Guess) -> Guess:
    """Guess confirmed by a person."""
    return replace(guess, why=CORRECTED, certain=True)


def scan_as(path: Path, found: Scan, encoding: str) -> Scan:
    """Scan of a file in the given encoding. Raises Uncorrectable if a character would be lost."""
    if encoding not in ("mixed", "twice"):
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK):
                    decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            raise Uncorrectable(
                f"Ce fichier ne se lit pas en {LABELS[encoding]} : des caractères seraient perdus. "
                "La lecture n'a pas changé. Choisissez un autre encodage."
            ) from error
    return replace(found, encoding=encoding, plain_ascii=False)


def require_separator(separator: str, lines: list[str]) -> None:
    """Raises Uncorrectable when no line contains the given separator."""
    if separator and not any(separator in line for line in lines):
        raise Uncorrectable(
            f"Ce fichier ne contient aucun signe « {NAMES[separator]} » : il ne peut pas en séparer les colonnes. "
            "La lecture n'a pas changé."
        )


def unmatched_corrections(
    corrections: Corrections, names: list[str], guesses: list[Guess]
) -> Iterator[Guess]:
    """Corrections of this table that match nothing in this file, reported as guesses."""
    for column in corrections.columns:
        if column not in names:
            why = (
                "Cette colonne n'est pas dans le fichier : ce qui a été dit d'elle n'a pas pu être appliqué."
            )
            yield Guess("Correction sans objet", f"« {column} »", why, False, about="unfit", column=column)
    there = {guess.about for guess in guesses}
    words = {"encoding": "encodage", "separator": "séparateur", "header": "ligne d'en-tête"}
    for kind, word in words.items():
        if getattr(corrections, kind) is not None and kind not in there:
            why = "Ce format de fichier le dit lui-même : la correction n'a pas pu être appliquée."
            yield Guess("Correction sans objet", word, why, False, about="unfit")
