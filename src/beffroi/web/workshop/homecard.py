"""What the workshop says on a territory's home: what a system still needs, or the decision that it waits for."""

from django.urls import reverse

from beffroi.web.territories.home import HomeCard
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.rights import may, may_somewhere

from . import manifests
from .errors import WorkshopError
from .life import gates, running, stopping
from .life.states import State, following
from .models import SystemUse
from .services.life import ACTS


def to_do_card(person: Person, territory: Territory) -> HomeCard | None:
    """The first system that waits for this person."""
    if not any(may_somewhere(person, act, territory) for act in ("system.bind", "system.decide")):
        return None
    for use in SystemUse.objects.of(territory).select_related("supervisor", "processing"):
        try:
            title = manifests.of(use).title
        except WorkshopError:
            continue
        told, page = _waits(use, person)
        if told:
            return HomeCard(
                title=f"Service d'IA : {title}",
                text=told,
                url=reverse(page, kwargs={"slug": territory.slug, "system": use.system}),
                order=60,
            )
    return None


def _waits(use: SystemUse, person: Person) -> tuple[str, str]:
    """What this person can do for it, and on which page; empty when there is nothing."""
    prepares, decides = (may(person, act, use) for act in ("system.bind", "system.decide"))
    if use.state == State.STOPPED:
        return "", ""
    if (prepares or decides) and (why := stopping.reasons(use)):
        return f"{why[0]} Décidez de la suite.", "system-life"
    if use.serving:
        closed = running.before_forecast(use, manifests.of(use)) if prepares and not use.declared else []
        return (closed[0], "system") if closed else ("", "")
    after = following(use.state)[0]
    shut = [(gate, said) for gate, said in gates.judged(use, after) if not said.open]
    if prepares and shut:
        return f"Étape « {use.get_state_display()} ». Il reste : {shut[0][1].told}", "system-life"
    if not shut and may(person, ACTS[after], use):
        return (
            f"Toutes les conditions sont remplies pour « {after.label} » : à vous de décider.",
            "system-life",
        )
    return "", ""
