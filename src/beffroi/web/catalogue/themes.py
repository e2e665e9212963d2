"""Themes of datasets, by the words that they use.

In: the words of a dataset. Out: one theme, or « Autres ». A word counts by its beginning: « scolair » counts for « scolaires ».
"""

from typing import Final, NamedTuple

from beffroi.text import fold_name


class Theme(NamedTuple):
    """A theme: its key in addresses, its French name, the beginnings of words that speak of it."""

    key: str
    label: str
    stems: tuple[str, ...]


OTHER: Final = Theme("autres", "Autres", ())
THEMES: Final = (
    Theme(
        "ecole",
        "École, cantine, crèche",
        (
            "cantin",
            "repas",
            "menu",
            "ecol",
            "scolair",
            "eleve",
            "rentree",
            "creche",
            "periscolair",
            "vacance",
        ),
    ),
    Theme(
        "eau",
        "Eau",
        ("eau", "eaux", "fuite", "riviere", "secheresse", "pluie", "debit", "assainiss", "hydr", "nappe"),
    ),
    Theme(
        "dechets", "Déchets", ("dechet", "collect", "tonnage", "borne", "tri", "ordure", "recycl", "compost")
    ),
    Theme(
        "energie",
        "Énergie et bâtiments",
        ("energ", "electri", "gaz", "batiment", "chauff", "compteur", "consommation", "photovolt"),
    ),
    Theme(
        "deplacements",
        "Déplacements et voirie",
        ("rue", "chemin", "voirie", "velo", "cycl", "bus", "tram", "stationn", "parking", "trafic", "pieton"),
    ),
    Theme(
        "budget",
        "Budget et subventions",
        ("subvention", "budget", "depense", "recette", "marche", "beneficiaire", "fiscal", "impot"),
    ),
    Theme(
        "social",
        "Social et santé",
        ("social", "sociaux", "aide", "logement", "sante", "age", "handicap", "ccas"),
    ),
    Theme(
        "culture",
        "Culture, sport, loisirs",
        (
            "frequentation",
            "bibliothe",
            "mediathe",
            "musee",
            "piscine",
            "sport",
            "cultur",
            "touris",
            "fete",
            "visite",
        ),
    ),
    Theme(
        "nature",
        "Nature et climat",
        (
            "arbre",
            "espace vert",
            "biodivers",
            "faune",
            "flore",
            "meteo",
            "temperature",
            "bruit",
            "pollen",
            "air",
        ),
    ),
    Theme(
        "territoire",
        "Territoire et habitants",
        (
            "commune",
            "quartier",
            "habitant",
            "population",
            "adresse",
            "cadastr",
            "election",
            "deliberation",
            "ferie",
        ),
    ),
)
_IN_TITLE = 3  # a word of the title weighs as much as three of the columns
_WHOLE = 4  # letters: shorter words count whole, « tri » is not « trimestre »


def theme_of(title: str, others: str = "") -> Theme:
    """Theme that the title speaks of most, helped by the other words; the first of equals.

    >>> theme_of("Fréquentation cantines").label
    'École, cantine, crèche'
    """
    words = fold_name(title).split() * _IN_TITLE + fold_name(others).split()
    best = max(THEMES, key=lambda theme: _score(theme, words))
    return best if _score(best, words) else OTHER


def _score(theme: Theme, words: list[str]) -> int:
    return sum(any(_matches(word, stem) for stem in theme.stems) for word in words)


def _matches(word: str, stem: str) -> bool:
    return word.startswith(stem) if len(stem) >= _WHOLE else word in (stem, f"{stem}s", f"{stem}x")
