"""Matching of a table to the dataset that it joins, by the file's name and its columns.

In: where a table comes from (file, sheet) and its columns; the territory's datasets. Out: a `Match`, a proposal
that a person may change, with the reasons in French. Names alone never decide: columns must agree too.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Literal, Self

from beffroi.lake.tables import Column, StagedTable
from beffroi.text import to_ascii
from beffroi.web.platform.models import Territory

from ..models import Dataset, Snapshot

type Mode = Literal["replace", "append", "upsert"]

ENOUGH_COLUMNS = 0.5  # share of columns in common under which two tables are not the same thing

_MONTHS = (
    "janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
    "|janv|fev|fevr|avr|juil|sept|oct|nov|dec"
)
# What changes from one edition of a file to the next: dates, numbers, quarters, the words of a copy.
_EDITION = re.compile(rf"^(?:\d+|{_MONTHS}|v\d+|[ts]\d|copie|copy|final|finale|vf|vdef|def|maj)$")
# A year, a month, a day, an hour, seconds since 1970, or the rank of a copy.
_DATED = re.compile(
    r"\d{1,2}|(?:19|20)\d\d|(?:0[1-9]|1[0-2])\d\d|(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:[0-3]\d(?:\d{4}|\d{6})?)?|[0-3]\d(?:0[1-9]|1[0-2])(?:(?:19|20)?\d\d)|1\d{9}(?:\d{3})?"
)
_ANONYMOUS = re.compile(r"^(?:feuil|feuille|sheet|onglet|table|tableau|worksheet)?\d*$")


@dataclass(frozen=True)
class Match:
    """The proposal for one table: the dataset that it joins (its slug) or a new one under `title`, and how.

    `seen`: the number of the delivery then in force in that dataset, so that a proposal grown old is noticed.
    """

    dataset: str | None
    title: str
    mode: Mode
    why: tuple[str, ...]
    certain: bool = True
    skip: bool = False  # already poured as it is: nothing to do unless the person insists
    seen: int = 0

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        return cls(**{**data, "why": tuple(data["why"])})


def _words(text: str) -> list[str]:
    # A letter against a digit is a border too: « repas2024 » is « repas » and a year.
    return re.findall(r"[a-z]+\d(?![\da-z])|[a-z]+|\d+", to_ascii(text).lower())


def _parts(origin: str) -> tuple[str, str]:
    """The stem of the innermost file and the name of the sheet, from « dossier/a.zip!b.xlsx#Feuille 1 »."""
    file, _, sheet = origin.partition("#")
    name = PurePosixPath(file.rpartition("!")[2] or file).name
    return name.rsplit(".", 1)[0] if "." in name.strip(".") else name, sheet


def part_of(origin: str) -> str:
    """The part of a file that a table comes from: « !membre.csv », « #Feuille 1 », or nothing for the whole."""
    found = re.search(r"[!#].*", origin)
    return found[0] if found else ""


def _lasting(text: str) -> list[str]:
    return [word for word in _words(text) if not _EDITION.match(word)]


def stem(origin: str) -> str:
    """Stem of a file's name: what stays the same from one edition of a file to the next.

    >>> stem("2024/Cantine_janvier-2024 (1).csv") == stem("cantine fevrier 2024.xlsx#Feuil1")
    True
    """
    file, sheet = _parts(origin)
    words = _lasting(file) or _words(file)
    sheet_words = [word for word in _lasting(sheet) if not _ANONYMOUS.match(word)]
    return " ".join(words + [word for word in sheet_words if word not in words])


def differ_by_a_number(one: str, other: str) -> bool:
    """Whether the names of two files of the same stem differ by a number that is no date: that of a station, of a commune, of a meter."""
    first, second = (
        {word for word in _words(_parts(origin)[0]) if word.isdigit() and not _DATED.fullmatch(word)}
        for origin in (one, other)
    )
    return bool(first and second and first != second)


_DANGLING = frozenset(
    ["de", "du", "des", "depuis", "au", "a", "en", "et", "pour", "le", "la", "les", "jusqu"]
)


def title_of(origin: str, *, whole: bool = False) -> str:
    """A first title for a new dataset: the file's own words, without what dates the edition unless `whole`."""
    file, sheet = _parts(origin)

    def significant(text: str) -> str:
        words = [word for word in re.split(r"[\s_.()\-–—]+", text) if word]
        if not whole:
            words = [word for word in words if _lasting(word) and not _ANONYMOUS.match(word.lower())]
        while words and words[-1].lower() in _DANGLING:
            words.pop()
        return " ".join(words)

    title = significant(file) or re.sub(r"[\s_]+", " ", file).strip() or "Sans titre"
    sheet_title = re.sub(r"\d+$", "", significant(sheet)).strip()
    if sheet_title and not _ANONYMOUS.match(sheet_title.lower()) and sheet_title.lower() not in title.lower():
        title = f"{title}, {sheet_title}"
    return (title[0].upper() + title[1:])[:200]


def free_title(territory: Territory, origin: str) -> str:
    """A title that no dataset bears yet: the edition's words come back when the short one is taken."""
    taken = {title.casefold() for title in Dataset.objects.of(territory).values_list("title", flat=True)}
    short, whole = title_of(origin), title_of(origin, whole=True)
    numbered = (f"{whole} ({n})" for n in range(2, len(taken) + 3))
    return next(title for title in (short, whole, *numbered) if title.casefold() not in taken)


def column_similarity(one: Iterable[str], other: Iterable[str]) -> float:
    """The share (0..1) of columns that two tables have in common, among all those of both."""
    a, b = set(one), set(other)
    return len(a & b) / len(a | b) if a | b else 0.0


def _names(columns: Iterable[Column | dict[str, Any]]) -> set[str]:
    return {column.name if isinstance(column, Column) else column["name"] for column in columns}


def _last_of_each(territory: Territory) -> list[tuple[Dataset, Snapshot]]:
    """Each dataset with the delivery that says best what it looks like: the one in force, else the last one.

    A file before a row that a person noted on a page.
    """
    pairs = []
    datasets = Dataset.objects.of(territory).filter(computed=False)
    for dataset in datasets.prefetch_related("snapshots__delivery"):
        snapshots = sorted(
            dataset.snapshots.all(),
            key=lambda s: (s.state == Snapshot.State.DONE, not (s.delivery and s.delivery.noted), s.number),
        )
        if snapshots:
            pairs.append((dataset, snapshots[-1]))
    return pairs


def format_percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _missing_labels(dataset: Dataset, names: set[str]) -> str:
    """The labels of the columns in force that the new file does not have."""
    current = dataset.current
    return (
        ", ".join(f"« {c['label']} »" for c in current.columns if c["name"] not in names) if current else ""
    )


def find(
    territory: Territory,
    staged: StagedTable,
    earlier: Sequence[tuple[StagedTable, Match]] = (),
    prefer: str = "",
) -> tuple[Match, Dataset | None]:
    """The dataset that the table joins, before looking at its rows.

    `earlier`: the same file's tables already seen. `prefer`: the dataset (slug) from whose page the file came.
    """
    names, key = _names(staged.columns), stem(staged.origin)
    personal = any(column.personal for column in staged.columns)
    best: tuple[float, Dataset, str] | None = None
    why: list[str] = []
    for dataset, last in _last_of_each(territory):
        alike = column_similarity(names, _names(last.columns))
        wanted = dataset.slug == prefer
        if wanted or stem(last.file) == key:
            if alike < ENOUGH_COLUMNS:
                start = (
                    "Vous avez choisi le jeu" if wanted else "Le fichier porte le même nom que ceux du jeu"
                )
                why.append(
                    f"{start} « {dataset.title} », mais trop peu de colonnes sont les mêmes : un nouveau jeu est proposé."
                )
            elif personal and dataset.sensitivity != Dataset.Sensitivity.PERSONAL:
                why.append(
                    f"Le jeu « {dataset.title} » ne contient pas de données personnelles et ce fichier semble en "
                    "contenir : un nouveau jeu, protégé, est proposé."
                )
            elif best is None or wanted or (alike > best[0] and best[1].slug != prefer):
                best = alike, dataset, last.file
        elif names == _names(last.columns) and len(names) > 2:
            why.append(
                f"Le jeu « {dataset.title} » a exactement les mêmes colonnes : à vous de voir s'il convient mieux."
            )
    if best is not None:
        alike, dataset, file = best
        ever = "au numéro près" if differ_by_a_number(file, staged.origin) else "à la date près"
        same = "les mêmes colonnes" if alike == 1 else f"{format_percent(alike)} de colonnes en commun"
        reason = (
            f"Vous avez choisi ce jeu pour ce fichier ; ils ont {same}."
            if dataset.slug == prefer
            else f"Le fichier porte le même nom que la dernière livraison de ce jeu, {ever}, et {same}."
        )
        missing = _missing_labels(dataset, names)
        explained = (reason, f"Colonnes absentes du nouveau fichier : {missing}.") if missing else (reason,)
        return Match(dataset.slug, dataset.title, "replace", explained, certain=alike == 1), dataset
    for table, match in earlier:
        if (
            match.dataset is None
            and stem(table.origin) == key
            and column_similarity(names, _names(table.columns)) == 1
        ):
            reason = f"Mêmes colonnes que « {table.name} », dans le même fichier : les deux sont réunies dans un seul jeu."
            return Match(None, match.title, "append", (reason,), certain=False), None
    reasons = tuple(why) or ("Aucun jeu du catalogue ne ressemble à cette table.",)
    return Match(None, free_title(territory, staged.origin), "replace", reasons, certain=not why), None
