"""Whom a table is about and what its groups may show: rules as dated data, each with its source.

In: the class that a dataset was given, and a day. Out: the `Rule` then in force: the fewest units that a group may
count, and the share of a total beyond which one unit would be recognised in it.
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
    """`one` and `several` name the unit that the floor counts; `feminine` as French grammar has it.

    `dominance`: the largest share of a total (0 to 1) that one unit may make, None where no such rule holds. `to_check`
    is what the source does not say, or what could not be read.
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
    """The rule of this class in force on that day. Raises KeyError for a class that is not known."""
    in_force = [rule for rule in RULES if rule.key == key and rule.since <= on]
    if not in_force:
        raise KeyError(key)
    return max(in_force, key=lambda rule: rule.since)


def rules_on(day: date) -> Mapping[str, Rule]:
    """Every class and its rule in force on that day."""
    return {key: rule_of(key, day) for key in KEYS}


@dataclass(frozen=True)
class Counted:
    """How a reader is told what a floor counts, in the words of a class; rows where no unit is known."""

    one: str = "ligne"
    several: str = "lignes"
    feminine: bool = True


def counted(key: str, unit: str | None, on: date) -> Counted:
    """The words for the units of this class; without a column that tells the units apart, each row is one."""
    if not key or unit is None:
        return Counted()
    rule = rule_of(key, on)
    return Counted(rule.one, rule.several, rule.feminine)
