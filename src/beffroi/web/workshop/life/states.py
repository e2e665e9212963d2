"""The states of a system in a territory, and the only paths between them.

idea → checked → sandbox → production → reviewed → stopped. Whatever its state a system can be stopped; a stopped one
begins again at the idea. The database holds the same list (migration `0002_rules`).
"""

from django.db import models


class State(models.TextChoices):
    IDEA = "idea", "idée"
    CHECKED = "checked", "besoin vérifié"
    SANDBOX = "sandbox", "bac à sable"
    PRODUCTION = "production", "en production"
    REVIEWED = "reviewed", "en production, revue faite"
    STOPPED = "stopped", "arrêté"


# Each path and what it is called on a button.
PATHS: dict[tuple[State, State], str] = {
    (State.IDEA, State.CHECKED): "Déclarer le besoin vérifié",
    (State.CHECKED, State.SANDBOX): "Ouvrir le bac à sable",
    (State.SANDBOX, State.PRODUCTION): "Mettre en production",
    (State.SANDBOX, State.SANDBOX): "Prolonger le bac à sable",
    (State.PRODUCTION, State.REVIEWED): "Conclure la revue et continuer",
    (State.REVIEWED, State.REVIEWED): "Conclure la revue et continuer",
    (State.IDEA, State.STOPPED): "Abandonner l'idée",
    (State.CHECKED, State.STOPPED): "Arrêter",
    (State.SANDBOX, State.STOPPED): "Arrêter l'essai",
    (State.PRODUCTION, State.STOPPED): "Arrêter",
    (State.REVIEWED, State.STOPPED): "Arrêter",
    (State.STOPPED, State.IDEA): "Reprendre à l'idée",
}

# Where a system may make proposals that reach people.
SERVING = frozenset({State.SANDBOX, State.PRODUCTION, State.REVIEWED})


def following(state: str) -> list[State]:
    """Where one may go from here, in the order of the life."""
    return [after for before, after in PATHS if before == state]


def strip(state: str) -> list[tuple[str, str]]:
    """The states in the order of the life, each with « done », « current » or nothing, for a page."""
    if state == State.STOPPED:
        return [
            *((str(one.label), "") for one in State if one != State.STOPPED),
            (str(State.STOPPED.label), "current"),
        ]
    order = [one for one in State if one != State.STOPPED]
    at = order.index(State(state))
    return [
        (str(one.label), "done" if n < at else "current" if n == at else "") for n, one in enumerate(order)
    ]
