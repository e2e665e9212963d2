"""Classifier of the columns of an unknown file: measure, year, date, category, key, or nothing.

In: a column's name, header, type and counts. Out: a `ColumnUse`. Doubt means "nothing": a sum of identifiers or of
years would be worse than no figure.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from beffroi.text import strip_accents

Role = Literal["sum", "mean", "year", "date", "category", "key", "nothing"]
Nature = Literal["year", "calendar", "coordinate", "identifier", "rate", "amount", "unknown"]
"""What the numbers of a column are, as far as its header and values tell."""


def vocabulary(text: str) -> frozenset[str]:
    """Words of headers, written on a few lines."""
    return frozenset(text.split())


_NUMERIC = {"integer", "decimal", "number"}
_COORDINATES = vocabulary(
    "x y z lat latitude lon lng long longitude coord coordonnee coordonnees lambert l93 wgs84 geom geo epsg"
)
_IDENTIFIERS = vocabulary(
    "id ids objectid fid gid uid uuid code codes cod num numero numeros no n nr rang ordre index "
    "indice clef cle ref reference siret siren insee cp postal postcode tel telephone fax portable "
    "uai rne canton page symbol symbole class classe plan section parcelle norue norued noruef nature "
    "fonction sousfonction chapitre article compte quartier squartier iris dossier lot bureau zone "
    "feuille ligne rue cdpost matricule version poste"
)
_ADDITIVE = vocabulary(
    "montant montants nb nbr nbre nombre effectif effectifs total quantite quantites qte tonnage "
    "tonnages tonne tonnes kwh mwh kg consommation volume m3 budget credit credits depense depenses "
    "recette recettes subvention subventions population habitants reel reels prevision previsions "
    "prevu prevus realise realises execute count repas couverts entrees passages comptage comptages places "
    "capacite surface superficie longueur length votes voix eleves enfants logements frequentation "
    "convives prets emprunts adherents heures kilometres km visites visiteurs inscrits votants "
    "exprimes abonnes usagers dons"
)
_INTENSIVE = vocabulary(
    "taux part pourcentage pourcent pct ratio moyenne moy moyen temperature temperatures prix tarif "
    "densite vitesse age hauteur pression humidite debit tmoy tmin tmax temp impact indice score "
    "niveau coefficient"
)
_YEARS = vocabulary("annee annees exercice millesime an year campagne")
_CALENDAR = vocabulary("mois jour semaine trimestre semestre heure minute month day week quarter hour")

_UNNAMED = re.compile(r"colonne \d+( colonne \d+)?")  # a column whose header the file lacks

FILE_UNIT = "unité du fichier"
_UNITS = {
    "kwh": "kWh",
    "mwh": "MWh",
    "m3": "m³",
    "m2": "m²",
    "ha": "ha",
    "kg": "kg",
    "tonne": "tonnes",
    "tonnes": "tonnes",
    "tonnage": "tonnes",
    "tonnages": "tonnes",
    "eur": "€",
    "euro": "€",
    "euros": "€",
    "km": "km",
    "pct": "%",
    "pourcentage": "%",
    "habitants": "habitants",
    "repas": "repas",
    "couverts": "couverts",
    "convives": "convives",
    "eleves": "élèves",
    "enfants": "enfants",
    "logements": "logements",
    "heures": "heures",
    "votants": "votants",
    "inscrits": "inscrits",
    "visiteurs": "visiteurs",
}


@dataclass(frozen=True)
class ColumnCounts:
    """What one pass over the column found; `low` and `high` are None for an empty column."""

    rows: int
    filled: int
    distinct: int
    low: object = None
    high: object = None


@dataclass(frozen=True)
class ColumnUse:
    """A column and what it serves for; `unit` is read in its header, or « unité du fichier »."""

    name: str
    label: str
    type: str
    role: Role
    counted: ColumnCounts
    unit: str = FILE_UNIT
    nature: Nature | None = None
    """Of a column of numbers."""

    @property
    def unique(self) -> bool:
        """Whether each filled row has its own value."""
        return self.counted.filled > 1 and self.counted.distinct == self.counted.filled


def fold_header(text: str) -> str:
    """Lower case without accents, words separated by single spaces.

    >>> fold("Numéro_de  Délibération")
    'numero de deliberation'
    """
    # « Nº » counts as « no »: strip_accents alone leaves such forms as they are.
    plain = strip_accents(unicodedata.normalize("NFKC", text))
    return " ".join(re.findall(r"[a-z0-9]+", plain.lower()))


def header_words(name: str, label: str) -> list[str]:
    """The words of a header, each once, in order: the label's, cut at its capitals and whole, then the name's."""
    cut = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", label)
    return list(
        dict.fromkeys([*fold_header(cut).split(), *fold_header(label).split(), *fold_header(name).split()])
    )


def classify_column(
    name: str, label: str, kind: str, personal: str | None, counted: ColumnCounts
) -> ColumnUse:
    """What the column serves for."""
    tokens = header_words(name, label)
    return ColumnUse(
        name,
        label.strip() or name,
        kind,
        _role(tokens, kind, personal, counted),
        counted,
        unit_of(tokens, label),
        _nature(tokens, kind, counted) if kind in _NUMERIC else None,
    )


def is_year_header(name: str, label: str) -> bool:
    """Whether the header announces years: « Année », « Exercice », « Millésime »."""
    return bool(set(header_words(name, label)) & _YEARS)


def unit_of(tokens: list[str], label: str) -> str:
    """The unit that the header announces: « Consommation (kWh) », « montant en euros », otherwise the file's own."""
    if "€" in label:
        return "€"
    if "%" in label:
        return "%"
    bracketed = fold_header(" ".join(re.findall(r"[(\[]([^)\]]*)", label))).split()
    if "t" in bracketed:
        return "tonnes"
    return next((_UNITS[word] for word in (*bracketed, *tokens) if word in _UNITS), FILE_UNIT)


def _role(tokens: list[str], kind: str, personal: str | None, counted: ColumnCounts) -> Role:
    if counted.filled == 0 or counted.filled * 2 < counted.rows or counted.distinct < 2:
        return "nothing"
    if kind in ("date", "datetime"):
        return "date"
    if kind in _NUMERIC:
        return _numeric_role(tokens, kind, counted)
    if personal or kind not in ("text", "code", "boolean") or _UNNAMED.fullmatch(" ".join(tokens)):
        return "nothing"
    if counted.distinct <= 60 and counted.distinct * 2 <= counted.filled:
        return "category"
    return "key"


def _numeric_role(tokens: list[str], kind: str, counted: ColumnCounts) -> Role:
    match _nature(tokens, kind, counted):
        case "year":
            return "year"
        case "identifier":
            return "category" if _has_few_values(counted) else "nothing"
        case "rate":
            return "mean"
        case "amount":
            return "sum"
        case _:
            return "nothing"


def _nature(tokens: list[str], kind: str, counted: ColumnCounts) -> Nature:
    known = set(tokens)
    if _is_year(tokens, kind, counted):
        return "year"
    if known & _COORDINATES or "shape" in known or "perimeter" in known:
        return "coordinate"
    if _is_identifier(tokens, known):
        return "identifier"
    if known & _INTENSIVE:
        return "rate"
    if known & _ADDITIVE or any(re.fullmatch(r"nb[a-z]{2,}", word) for word in tokens):
        return "amount"
    if kind == "integer" and known & _CALENDAR:
        return "calendar"
    return "identifier" if _are_row_numbers(counted) else "unknown"


def _are_row_numbers(counted: ColumnCounts) -> bool:
    """Whether the values are 1, 2, 3… once each."""
    low, high = counted.low, counted.high
    whole = isinstance(low, int) and isinstance(high, int)
    return bool(whole and low in (0, 1) and counted.distinct == counted.filled == high - low + 1 > 2)  # type: ignore[operator]


def _is_year(tokens: list[str], kind: str, counted: ColumnCounts) -> bool:
    low, high = counted.low, counted.high
    if kind != "integer":
        return False
    if low is None and high is None:
        return bool(set(tokens) & _YEARS)  # not counted: the header alone tells
    if not isinstance(low, int) or not isinstance(high, int):
        return False
    if not 1900 <= low <= high <= 2100:
        return False
    known = set(tokens)
    return bool(known & _YEARS) or (low >= 1950 and counted.distinct <= 60 and not known & _ADDITIVE)


def _is_identifier(tokens: list[str], known: set[str]) -> bool:
    # « nombre », « montant » win over a word such as « classe » or « zone » in the same header.
    if any(word in ("nb", "nbr", "nbre", "nombre", "montant", "effectif", "total") for word in tokens):
        return False
    return bool(known & _IDENTIFIERS) or any(re.fullmatch(r"(cd|cod)[a-z]+", word) for word in tokens)


def _has_few_values(counted: ColumnCounts) -> bool:
    return counted.distinct <= 30 and counted.distinct * 5 <= counted.filled
