"""What must be true before a system runs: each gate says, in French, why it is closed and what opens it.

In comes a use; out goes the list of closed gates for a backtest and for a forecast. A gate that nobody can open
here (an opinion for a high-risk system) stays closed.
"""

from beffroi.systems.contract import Manifest
from beffroi.web.territories import places
from beffroi.web.territories.models import Person
from beffroi.web.territories.rights import holds

from . import binding
from .models import Run, SystemUse


def before_backtest(use: SystemUse, manifest: Manifest) -> list[str]:
    """A backtest only reads and measures: it needs data, and a use that the law allows."""
    closed = _by_law(manifest)
    fit = places.system_fits(use.territory, use.system, manifest.competences)
    if not fit.ok:
        closed.append(f"{fit.why} Cela se règle dans « Réglages → Collectivité ».")
    if not use.bound:
        closed.append(
            "Ce système n'est pas encore relié à vos données : ouvrez « Relier aux données » et confirmez la liaison."
        )
    else:
        covers = use.processing.covers_personal
        closed += binding.check(use.territory, manifest, use.binding, covers_personal=covers)
    return closed


def before_forecast(use: SystemUse, manifest: Manifest) -> list[str]:
    """A forecast ends in people's inbox: it also needs a named supervisor and a measured result on these data."""
    closed = before_backtest(use, manifest)
    if manifest.legal.risk == "high":
        closed.append(
            "Ce système est classé à haut risque : il faut l'avis d'un comité, que cette version de Beffroi ne sait "
            "pas encore recueillir. Il ne peut pas être utilisé ici."
        )
    if not supervised(use):
        closed.append(
            "Personne n'est nommé pour superviser ce système. Nommez un superviseur : un système d'IA ne sert pas sans "
            "un agent qui en répond."
        )
    if measured(use, manifest) is None:
        closed.append(
            "Ce système n'a pas encore été éprouvé sur vos données, telles qu'elles sont reliées et dans cette version. "
            "Lancez « Éprouver sur le passé » d'abord."
        )
    return closed


def _by_law(manifest: Manifest) -> list[str]:
    if manifest.legal.risk == "prohibited":
        return [
            "L'usage que décrit ce système est interdit par le règlement européen sur l'IA (article 5). "
            "Il ne peut pas être utilisé."
        ]
    return []


def supervised(use: SystemUse) -> bool:
    """Whether a supervisor is named and still holds the role today."""
    return may_supervise(use.supervisor, use)


def may_supervise(person: Person | None, use: SystemUse) -> bool:
    return person is not None and holds(person, "supervisor", use)


def measured(use: SystemUse, manifest: Manifest) -> Run | None:
    """The last backtest of this version with this binding."""
    for run in use.runs.filter(verb=Run.Verb.BACKTEST, state=Run.State.DONE, version=manifest.version)[:20]:
        if run.binding == use.binding:
            return run
    return None


def advised_against(use: SystemUse, manifest: Manifest) -> bool:
    """Whether the last measured result does not recommend the system here."""
    run = measured(use, manifest)
    return run is not None and not run.score.get("recommended", False)
