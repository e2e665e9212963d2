"""French labels of the catalogue: types, kinds of personal data, licences, frequencies."""

from typing import Final

TYPES: Final = {
    "text": "texte",
    "code": "code",
    "integer": "nombre entier",
    "decimal": "nombre à virgule",
    "number": "nombre à virgule",
    "boolean": "oui ou non",
    "date": "date",
    "datetime": "date et heure",
    "time": "heure",
    "geometry": "forme géographique",
}
CENTURIES: Final = {
    "past": "Les années sont passées",
    "planned": "Les années vont jusqu'à 40 ans d'ici",
    "future": "Les années vont jusqu'à 80 ans d'ici",
}
PERSONAL: Final = {
    "email": "adresse électronique",
    "phone": "téléphone",
    "name": "nom de personne",
    "nir": "numéro de sécurité sociale",
    "birth": "naissance",
    "address": "adresse",
    "iban": "compte bancaire",
    "person": "numéro d'une personne",
    "trait": "ce qui décrit une personne",
    "declared": "déclarée par une personne",
}
LICENCES: Final = (
    ("Licence Ouverte 2.0", "Licence Ouverte 2.0 (la plus simple : tout le monde peut réutiliser, en citant la source)"),
    ("ODbL 1.0", "ODbL 1.0 (ceux qui enrichissent la base doivent la partager à leur tour)"),
)  # fmt: skip
FREQUENCIES: Final = (
    "chaque jour",
    "chaque semaine",
    "chaque mois",
    "chaque trimestre",
    "chaque année",
    "une seule fois",
)


def type_of(column: dict[str, object]) -> str:
    return TYPES.get(str(column.get("type")), str(column.get("type")))


def personal_of(column: dict[str, object]) -> str:
    kind = column.get("personal")
    return PERSONAL.get(str(kind), str(kind)) if kind else ""
