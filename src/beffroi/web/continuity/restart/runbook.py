"""The restart order as a runbook: one step an application, after what it needs, then one check a service.

In: an order, a day. Out: a guide made in memory; a run freezes it, whatever the registers become. Pure: no Django.
"""

from datetime import date
from typing import Final

from beffroi.guides import Runbook
from beffroi.guides.model import Source
from beffroi.guides.questions import Question
from beffroi.guides.runbook import Role, Step

from .nodes import Application, format_hours
from .order import Placed, RestartOrder, ServicePath

RESTART_ORDER: Final = "restart_order"
"""The identifier of the guide: it is in no library, its page is that of the restart order."""
SERVICE: Final = "service"
"""The role of the steps that check a service. `minutes` of such a step: its bearable outage, from the start of the run."""
A_MINUTE: Final = 1.0
"""The least that a step is aimed at: a runbook has no step of no time."""

_PROOFS: Final = {
    "application": "elle répond, ouverte depuis un poste",
    "database": "l'application qui l'utilise y lit et y écrit",
    "server": "il démarre sans message d'erreur, et on s'y connecte",
    "network": "un poste le traverse, et atteint ce qui en dépend",
    "outside": "il s'ouvre depuis un poste de la collectivité",
    "other": "quelqu'un a vu sur place que cela fonctionne",
}
_RECENT: Final = ", avec une donnée récente que quelqu'un reconnaît"
_NOTES: Final = (
    Question(key="who", label="Qui l'a fait", kind="line", required=False),
    Question(key="what", label="Ce qui a été constaté", kind="text", rows=2, required=False),
)


def build(order: RestartOrder, day: date) -> Runbook:
    """The runbook of an order that has an application."""
    names = {key: placed.application.name for key, placed in order.by_key.items()}
    return Runbook(
        id=RESTART_ORDER,
        title="Ordre de remise en route",
        lead="Les applications dans l'ordre où elles redémarrent, puis chaque service vérifié par ceux qui le rendent.",
        domain="continuity",
        edition=day.isoformat(),
        valid_from=day,
        sources=(
            Source(
                title="Registres des services et des applications de la collectivité",
                licence="Données de la collectivité",
                read_on=day,
                origin="beffroi",
            ),
        ),
        roles=(Role(key="technician", title="technicien"), Role(key=SERVICE, title="service")),
        steps=(
            *(_restart(placed, names) for placed in order.placed),
            *(_check(path) for path in order.services if path.direct),
        ),
    )


def _restart(placed: Placed, names: dict[str, str]) -> Step:
    it = placed.application
    lines = [
        ("Vague", str(placed.wave)),
        ("Il lui faut", ", ".join(names[key] for key in placed.after)),
        ("Cercle : n'attend pas", ", ".join(placed.not_awaited)),
        ("Où", it.place),
        ("Prestataire", it.provider),
        ("Qui sait", ", ".join(it.people)),
        ("Sauvegarde", it.backup),
        ("Accès sur papier", it.access),
        ("Comment", it.how),
    ]
    return Step(
        key=it.key,
        title=f"Remettre en route : {it.name}",
        text="\n".join(f"{label} : {text}" for label, text in lines if text),
        role="technician",
        minutes=_minutes(it.hours),
        note=_NOTES,
        proof=_proof(it),
        after=placed.after,
    )


def _proof(it: Application) -> str:
    """What shows that it works again, by kind: data is looked at where there is some."""
    has_data = it.has_data or it.sort in ("", "application")
    return _PROOFS.get(it.sort, _PROOFS["application"]) + (_RECENT if has_data else "")


def _check(path: ServicePath) -> Step:
    service = path.service
    limit = (
        f"Supporte {format_hours(service.bearable)} d'arrêt depuis le début de la remise en route."
        if service.bearable is not None
        else "Personne n'a dit combien de temps il peut rester arrêté."
    )
    return Step(
        key=service.key,
        title=f"Contrôle par le service : {service.name}",
        text=limit,
        role=SERVICE,
        minutes=_minutes(service.bearable),
        note=_NOTES,
        proof="le service est rendu, et la personne qui le rend le dit",
        after=path.direct,
    )


def _minutes(hours: float | None) -> float | None:
    return None if hours is None else max(hours * 60, A_MINUTE)
