"""Disclosure rules: whom a table is about and what its groups may disclose, as dated data with sources.

In: the class of a dataset, and a day. Out: the `Rule` in force: the minimum number of units in a group, and the share
of a total beyond which one unit would be recognised in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

_MANUAL = (
    "Insee, « Manuel de protection des tableaux », annexe « Règles » "
    "(inseefrlab.github.io/manuel-protection-tableaux), lu en novembre 2026"
)


@dataclass(frozen=True)
class Rule:
    """`one` and `several` name the unit that the floor counts; `feminine` is its French gender.

    `dominance`: maximum share of a total (0 to 1) of one unit, None without such a rule. `to_check`: what the source
    does not state, or what could not be verified.
    """

    key: str
    label: str
    one: str
    several: str
    floor: int
    since: date
    source: str
    feminine: bool = False
    dominance: float | None = None
    to_check: str = ""


RULES: Final = (
    Rule(
        key="households",
        label="des ménages ou des foyers",
        one="ménage",
        several="ménages",
        floor=11,
        since=date(2000, 1, 1),
        source=f"{_MANUAL} : données fiscales, moins de 11 unités.",
        to_check="Le manuel le dit des données fiscales ; l'étendre à toute donnée sur des ménages est le choix de Beffroi.",
    ),
    Rule(
        key="persons",
        label="des personnes",
        one="personne",
        several="personnes",
        floor=11,
        since=date(2000, 1, 1),
        source=f"{_MANUAL} : données fiscales sur des personnes physiques, moins de 11 unités.",
        feminine=True,
        to_check="Le manuel le dit des données fiscales ; l'étendre à toute donnée sur des personnes est le choix de Beffroi.",
    ),
    Rule(
        key="reduced",
        label="des personnes, avec un seuil réduit à 5",
        one="personne",
        several="personnes",
        floor=5,
        since=date(2000, 1, 1),
        source="Seuil de 5 demandé pour les données dont le producteur l'admet.",
        feminine=True,
        to_check="À vérifier : quelles sources admettent 5 ; le texte qui le permet est à garder avec la fiche du jeu.",
    ),
    Rule(
        key="firms",
        label="des entreprises ou des établissements",
        one="entreprise",
        several="entreprises",
        floor=3,
        since=date(2000, 1, 1),
        source=f"{_MANUAL} : moins de 3 unités ; une unité ne fait pas plus de 85 % de la valeur.",
        feminine=True,
        dominance=0.85,
        to_check="À vérifier : le manuel demande 11 pour les données fiscales des entreprises individuelles.",
    ),
)
"""`since` is the day from which Beffroi applies a rule: a change is a new line with the same key, never an edit."""

KEYS: Final = tuple(dict.fromkeys(rule.key for rule in RULES))


def rule_of(key: str, on: date) -> Rule:
    """Rule of a class in force on that day. Raises KeyError for an unknown class."""
    in_force = [rule for rule in RULES if rule.key == key and rule.since <= on]
    if not in_force:
        raise KeyError(key)
    return max(in_force, key=lambda rule: rule.since)


def rules_on(day: date) -> Mapping[str, Rule]:
    """Rule of every class in force on that day."""
    return {key: rule_of(key, day) for key in KEYS}


@dataclass(frozen=True)
class Counted:
    """French name of the unit that a floor counts; rows where no unit is known."""

    one: str = "ligne"
    several: str = "lignes"
    feminine: bool = True


def counted(key: str, unit: str | None, on: date) -> Counted:
    """French name of the units of this class; rows, without a column that identifies the units."""
    if not key or unit is None:
        return Counted()
    rule = rule_of(key, on)
    return Counted(rule.one, rule.several, rule.feminine)
