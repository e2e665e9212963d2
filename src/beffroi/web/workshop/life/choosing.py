"""The gates before anything is tried: is an AI needed, what was compared, what the supplier answers, what one depends on.

In comes a use; out goes a `Judgement` in French. Nothing is written here.
"""

from beffroi.web.platform.request_cache import cached_read
from beffroi.web.ui.formats import number

from .. import manifests
from ..errors import WorkshopError
from ..models import Option, Origin, SystemUse
from ..sheets import NEEDED, refusals
from .gates import Judgement
from .papers import answered, frozen, life_began, url_of


def need(use: SystemUse) -> Judgement:
    """R66: is an AI needed? R102: the objective is written before."""
    answer = answered(use, "need")
    if isinstance(answer, Judgement):
        return answer
    if answer.answers["conclusion"] != NEEDED:
        return Judgement(
            False,
            "Le questionnaire conclut qu'une solution sans IA suffit : ce service s'arrête là. Si la situation change, "
            "répondez de nouveau.",
            url=url_of(use, "system-sheet", kind="need"),
        )
    message = (
        f"Objectif écrit : {answer.answers['indicator']}, de {number(answer.answers['indicator_today'])} à "
        f"{number(answer.answers['indicator_target'])} {answer.answers['indicator_unit']}."
    )
    return Judgement(True, message, frozen(answer))


@cached_read
def options_of(use: SystemUse) -> list[Option]:
    """Every option written down, the newest first."""
    return list(use.options.all())


@cached_read
def compared(use: SystemUse) -> tuple[Option | None, Option | None]:
    """The last result with an AI, and the best without, each counted or measured here where there is one.

    Of each way without AI its last figure counts; of those that Beffroi measures, the figures of the last measure.
    """
    began = life_began(use)
    written = [option for option in options_of(use) if option.at >= began]
    here = [option for option in written if option.how != Option.How.DECLARED]
    own = next((option for option in (*here, *written) if option.with_ai), None)
    without = [option for option in here if not option.with_ai]
    measured = next((option.run_id for option in without if option.run_id), None)
    last: dict[str, Option] = {}
    for option in without:  # the newest first
        if option.run_id == measured or option.run_id is None:
            last.setdefault(option.name, option)
    ways = list(last.values())
    try:
        best = manifests.of(use).measure.best([option.value for option in ways]) if ways else None
    except WorkshopError:
        best = None
    return own, next((option for option in ways if option.value == best), ways[0] if ways else None)


def options(use: SystemUse) -> Judgement:
    """R67: at least two ways of doing, one of them without AI and counted here."""
    url = url_of(use, "system-options")
    own, without = compared(use)
    if without is None:
        return Judgement(
            False,
            "Aucune façon de faire sans IA n'a été comptée chez vous. "
            + (
                "Relevez son résultat dans « Options comparées »."
                if use.declared
                else "Éprouvez le système sur le passé : sa référence sans IA est mesurée en même temps."
            ),
            url=url,
        )
    if own is None:
        return Judgement(
            False,
            "Aucun résultat avec ce service n'est inscrit dans « Options comparées ». Inscrivez ce qu'annonce le "
            "fournisseur : il sera marqué « déclaré, non mesuré ».",
            url=url,
        )
    return Judgement(
        True,
        f"{len({option.name for option in options_of(use)})} façons de faire comparées, dont sans IA : {without.name}.",
        {"with_ai": own.pk, "without_ai": without.pk, "how": own.how},
        url,
    )


def supplier(use: SystemUse) -> Judgement:
    """R63, R64: how, by whom, with which data."""
    if use.origin == Origin.OURS:
        return Judgement(True, "Sans objet : le code est ouvert et livré avec Beffroi.")
    answer = answered(use, "supplier")
    if isinstance(answer, Judgement):
        return answer
    if refused := refusals(answer.answers):
        return Judgement(False, " ".join(refused), url=url_of(use, "system-sheet", kind="supplier"))
    return Judgement(
        True,
        f"Le fournisseur a répondu ({answer.answers['answered_by']}). Déclaré par le fournisseur, non mesuré.",
        frozen(answer),
    )


def sovereignty(use: SystemUse) -> Judgement:
    """R61, R62: what it depends on, and what if the model closes."""
    if use.origin == Origin.OURS:
        return Judgement(True, "Tourne chez vous, sans réseau ; son code est ouvert (licence EUPL-1.2).")
    answer = answered(use, "sovereignty")
    if isinstance(answer, Judgement):
        return answer
    return Judgement(True, f"Dépendances connues : {len(answer.answers['dependencies'])}.", frozen(answer))
