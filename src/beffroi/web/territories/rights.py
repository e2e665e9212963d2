"""Who may do what: one table and one function. Nothing is allowed by default.

`may(person, act, thing)` is asked by every service and every page; `docs/rights.md` shows this table
and a test keeps both in step.
"""

from typing import Protocol

from django.core.exceptions import PermissionDenied
from django.utils import timezone

from . import bearer
from .models import HostOperator, Membership, Person, Territory

ACTS: dict[str, str] = {
    "territory.enter": "entrer dans l'espace du territoire",
    "dataset.read": "consulter le catalogue et les données ordinaires",
    "dataset.read_personal": "consulter les données personnelles, pour une finalité inscrite au registre",
    "dataset.deposit": "déposer un fichier, annuler sa propre livraison",
    "dataset.manage": "corriger la fiche d'un jeu, annuler une livraison",
    "dataset.publish": "publier un jeu en données ouvertes",
    "board.read": "consulter les tableaux de bord",
    "recipe.edit": "écrire des analyses",
    "system.read": "consulter les services d'IA",
    "system.bind": "relier un service d'IA aux données et l'exécuter",
    "proposal.read": "consulter les propositions",
    "decision.record": "décider : accepter, modifier, refuser une proposition",
    "ledger.read": "consulter et vérifier le registre des actes",
    "ledger.erase_detail": "effacer le détail d'une ligne du registre (RGPD)",
    "member.invite": "inviter des personnes",
    "territory.export": "sauvegarder et exporter",
    "territory.settings": "régler la collectivité : coordonnées, compétences, salles et services ouverts",
}

# Acts of the host, held apart: they open the host's pages, never the data of a territory.
HOST_ACTS: dict[str, str] = {
    "host.enter": "voir les territoires hébergés",
    "host.found": "ajouter un territoire",
    "host.settings": "régler l'hébergement : actes, salles, suspension",
}

ROLES: dict[str, str] = {
    "administrator": "administrateur",
    "agent": "agent",
    "steward": "responsable de données",
    "supervisor": "superviseur d'un service d'IA",
    "decider": "décideur (élu ou délégué)",
    "auditor": "auditeur",
}

_EVERYONE = {"territory.enter", "dataset.read", "board.read", "system.read", "proposal.read", "ledger.read"}

RIGHTS: dict[str, frozenset[str]] = {
    # The administrator runs the place; deciding and reading personal data are other people's trades.
    "administrator": frozenset(
        _EVERYONE
        | {
            "dataset.deposit",
            "dataset.manage",
            "member.invite",
            "territory.export",
            "territory.settings",
            "recipe.edit",
            "system.bind",
        }
    ),
    "agent": frozenset(_EVERYONE | {"dataset.deposit", "recipe.edit"}),
    "steward": frozenset(
        _EVERYONE
        | {
            "dataset.deposit",
            "dataset.manage",
            "dataset.publish",
            "dataset.read_personal",
            "ledger.erase_detail",
            "recipe.edit",
            "system.bind",
        }
    ),
    "supervisor": frozenset(_EVERYONE | {"system.bind", "recipe.edit"}),
    "decider": frozenset(_EVERYONE | {"decision.record"}),
    "auditor": frozenset(_EVERYONE),
}


class Owned(Protocol):
    @property
    def territory(self) -> Territory: ...


def roles_of(person: Person, territory: Territory) -> set[str]:
    """The roles that a person holds there today."""
    if not getattr(person, "is_active", False) or person.pk is None:
        return set()
    now = timezone.now()
    rows = Membership.objects.of(territory).filter(person=person, since__lte=now)
    return {m.role for m in rows if m.until is None or m.until > now}


def may(person: object, act: str, thing: Territory | Owned) -> bool:
    """Whether this person may do this act on this thing (a territory, or what belongs to one)."""
    if act not in ACTS:
        raise KeyError(f"unknown act: {act}")
    if not isinstance(person, Person) or not bearer.within(person, act, thing):
        return False
    territory = thing if isinstance(thing, Territory) else thing.territory
    return any(act in RIGHTS.get(role, frozenset()) for role in roles_of(person, territory))


def require(person: object, act: str, thing: Territory | Owned) -> None:
    """Raise `PermissionDenied` unless `may`: the first line of every service that writes."""
    if not may(person, act, thing):
        raise PermissionDenied(f"Vous n'avez pas le droit de {ACTS[act]}.")


def may_host(person: object, act: str) -> bool:
    """Whether this person runs the host today. An operator holds all its acts, and no right in any territory by it."""
    if act not in HOST_ACTS:
        raise KeyError(f"unknown act of the host: {act}")
    if not isinstance(person, Person) or not person.is_active or person.pk is None:
        return False
    now = timezone.now()
    held = HostOperator.objects.filter(person=person, since__lte=now)
    return held.exclude(until__lte=now).exists()


def require_host(person: object, act: str) -> None:
    """Raise `PermissionDenied` unless `may_host`."""
    if not may_host(person, act):
        raise PermissionDenied(f"Vous n'avez pas le droit de {HOST_ACTS[act]}.")
