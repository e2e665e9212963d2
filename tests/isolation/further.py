"""What the host's own rooms add to a territory: its deed and competences, its programs and their tokens.

Each is furnished when its room is there: the suite holds for any version of the house.
"""

import importlib
from datetime import date, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from beffroi.systems import registry
from beffroi.web.territories import scope
from beffroi.web.territories import services as people
from beffroi.web.territories.models import Membership

if TYPE_CHECKING:
    from .world import Side

_ROOM = "beffroi.web.territories."


def _room(name: str) -> Any:
    return importlib.import_module(_ROOM + name) if find_spec(_ROOM + name) else None


def furnish_place(side: "Side") -> None:
    """What the territory is and exercises. Called from the host, before anything is in it."""
    if (hosting := _room("hosting")) and (places := _room("places")):
        _place(side, hosting, places)


def furnish_people(side: "Side") -> None:
    """Who may decide for another, whose access is suspended, who signs in elsewhere. Called from the host."""
    word, person = side.words.private, side.people["agent"]
    if _room("delegations"):
        _delegated(side)
    with scope.inside(side.territory):
        side.facts["membership"] = Membership.objects.of(side.territory).filter(person=person).first()
        if _room("models.signin"):
            _provider(side, word, person)


def _delegated(side: "Side") -> None:
    word = side.words.private
    side.facts["delegation"] = people.delegate(
        side.territory,
        side.people["decider"],
        side.people["agent"],
        subject=f"Repas {word}",
        deed=people.Deed(f"Arrêté {word}", date(2026, 4, 1)),
        term=people.Term(until=timezone.now() + timedelta(days=90)),
        by=None,
    )
    side.facts["suspended"] = gone = side.admit("suspendu", ["agent"])
    people.suspend(side.territory, gone, by=None, reason=f"Parti {word}")


def _provider(side: "Side", word: str, person: Any) -> None:
    """As `save_provider` writes it, without asking a provider that no test has."""
    models = _room("models.signin")
    side.facts["provider"] = provider = models.IdentityProvider.objects.create(
        territory=side.territory,
        public_id=f"{side.territory.slug}-essai",
        name=f"Annuaire {word}",
        issuer=f"https://{word}.example/",
        client_id=word,
        sealed_secret=word,
        form_origin=f"https://{word}.example",
        enabled=False,
    )
    models.ClaimedRole.objects.create(
        territory=side.territory, provider=provider, person=person, role="agent"
    )


def furnish_programs(side: "Side") -> None:
    """The programs that work for it. Called inside it."""
    if tokens := _room("tokens"):
        _programs(side, tokens)


def _place(side: "Side", hosting: Any, places: Any) -> None:
    word, today = side.words.private, date.today()
    hosting.record_deed(
        side.territory,
        hosting.Deed("processor", f"Convention {word}", today - timedelta(days=30), f"Maire {word}"),
        by=None,
    )
    with scope.inside(side.territory):
        law = importlib.import_module("beffroi.lake.reference.competences")
        held = places.exercised(side.territory) or frozenset()
        needed = [key for key in registry.get("canteen").manifest.competences[:1] if key not in held]
        free = [key for key in law.held().competences if key not in held and key not in needed]
        side.facts["competence"] = [
            places.add_competence(side.territory, None, key, since=today, deed=f"Délibération {word}")
            for key in [*needed, *free[: 1 + side.words.more]]
        ][-1]


def _programs(side: "Side", tokens: Any) -> None:
    word, keeper = side.words.private, side.people["everything"]
    account = tokens.create_service(side.territory, f"Programme {word}", f"Déposer {word}", by=keeper)
    side.facts["account"] = account
    issued = token_for(side, account.person, by=keeper)
    side.facts["token"] = issued.token
    side.facts["secrets"] = {
        name: token_for(side, person).secret
        for name, person in side.people.items()
        if tokens.acts_for(person, side.territory)
    }


def token_for(side: "Side", person: Any, *, by: Any = None) -> Any:
    """A token with every act that this person may hand over."""
    tokens = _room("tokens")
    asked = tokens.NewToken(
        label=f"Jeton {side.words.private}",
        acts=[act for act in tokens.acts_for(person, side.territory) if act != "territory.enter"]
        or ["territory.enter"],
        until=date.today() + timedelta(days=30),
    )
    return tokens.create(side.territory, person, asked, by=by or person)


def token_acts() -> frozenset[str]:
    """All that a token may carry; nothing when the house has no tokens."""
    bearer = _room("bearer")
    return frozenset(bearer.TOKEN_ACTS) if bearer else frozenset()


def fresh_pace() -> None:
    """The programs' pace is not what is tried here."""
    if bearer := _room("bearer"):
        bearer.pace = bearer.Pace()
