"""Kinds of local authorities, and the check digit of SIREN numbers.

In: nothing. Out: `KINDS`, their names and whether the packaged list contains them; the others (syndicates, establishments) are
entered by hand.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Kind:
    """Kind of authority: its key, French name, family, and whether the reference data list its authorities."""

    key: str
    name: str
    family: str
    listed: bool


FAMILIES: Final[dict[str, str]] = {
    "commune": "Communes",
    "epci": "Intercommunalités",
    "departement": "Départements",
    "region": "Régions",
    "syndicat": "Syndicats",
    "etablissement": "Établissements publics locaux",
}

KINDS: Final[dict[str, Kind]] = {
    kind.key: kind
    for kind in (
        Kind("commune", "commune", "commune", True),
        Kind("CC", "communauté de communes", "epci", True),
        Kind("CA", "communauté d'agglomération", "epci", True),
        Kind("CU", "communauté urbaine", "epci", True),
        Kind("METRO", "métropole", "epci", True),
        Kind("EPT", "établissement public territorial", "epci", True),
        Kind("département", "département", "departement", True),
        Kind("région", "région", "region", True),
        Kind("SIVU", "syndicat intercommunal à vocation unique (SIVU)", "syndicat", False),
        Kind("SIVOM", "syndicat intercommunal à vocation multiple (SIVOM)", "syndicat", False),
        Kind("SMF", "syndicat mixte fermé", "syndicat", False),
        Kind("SMO", "syndicat mixte ouvert", "syndicat", False),
        Kind("PETR", "pôle d'équilibre territorial et rural (PETR)", "syndicat", False),
        Kind("CCAS", "centre communal d'action sociale (CCAS)", "etablissement", False),
        Kind("CIAS", "centre intercommunal d'action sociale (CIAS)", "etablissement", False),
        Kind("SDIS", "service départemental d'incendie et de secours (SDIS)", "etablissement", False),
        Kind("caisse-des-ecoles", "caisse des écoles", "etablissement", False),
        Kind("régie", "régie personnalisée", "etablissement", False),
        Kind("CDG", "centre de gestion de la fonction publique territoriale", "etablissement", False),
        Kind("CSIRT", "centre de réponse aux incidents (CSIRT) territorial", "etablissement", False),
        Kind("établissement", "autre établissement public local", "etablissement", False),
    )
}


def kind_name(key: str) -> str:
    """French name of a kind; an unknown key is returned as is."""
    return KINDS[key].name if key in KINDS else key


def siren_is_valid(text: str) -> bool:
    """Whether a SIREN has nine digits and a valid check digit, as INSEE applies it.

    >>> siren_is_valid("214401093"), siren_is_valid("214401094"), siren_is_valid("21440109")
    (True, False, False)
    """
    return len(text) == 9 and check_digit_is_valid(text)


def check_digit_is_valid(digits: str) -> bool:
    """Whether digits end with their check digit (Luhn's formula, ISO/IEC 7812-1), as those of a SIREN or of a SIRET.

    >>> check_digit_is_valid("21440109300015"), check_digit_is_valid("21440109300016"), check_digit_is_valid("")
    (True, False, False)
    """
    if not (digits.isascii() and digits.isdigit()):
        return False
    total = 0
    for rank, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if rank % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
