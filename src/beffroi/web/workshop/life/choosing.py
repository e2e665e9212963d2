"""The gates before anything is tried: is an AI needed, what was compared, what the supplier answers, what one depends on.

In comes a use; out goes a `Judgement` in French. Nothing is written here.
"""

from beffroi.web.ui.formats import number

from .. import manifests
from ..errors import WorkshopError
from ..models import Option, Origin, SystemUse
from ..sheets.need import NEEDED
from .gates import Judgement
from .papers import answered, frozen, url_of


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
    told = (
        f"Objectif écrit : {answer.answers['indicator']}, de {number(answer.answers['indicator_today'])} à "
        f"{number(answer.answers['indicator_target'])} {answer.answers['indicator_unit']}."
    )
    return Judgement(True, told, frozen(answer))


def compared(use: SystemUse) -> tuple[Option | None, Option | None]:
    """The last result with an AI, and the best of the last ones without, each counted or measured here where there is one."""
    ours, without = _last(use, True), _last(use, False)
    try:
        best = manifests.of(use).measure.best([option.value for option in without]) if without else None
    except WorkshopError:
        best = None
    chosen = next((option for option in without if option.value == best), without[0] if without else None)
    return (ours[0] if ours else None), chosen


def _last(use: SystemUse, with_ai: bool) -> list[Option]:
    """The last one counted or measured here, with those of the same measure; what is only declared when there is no other."""
    rows = use.options.filter(with_ai=with_ai)
    last = rows.exclude(how=Option.How.DECLARED).first() or rows.first()
    if last is None:
        return []
    return list(rows.filter(run=last.run_id)) if last.run_id else [last]


def options(use: SystemUse) -> Judgement:
    """R67: at least two ways of doing, one of them without AI and counted here."""
    url = url_of(use, "system-options")
    ours, without = compared(use)
    if without is None or without.how == Option.How.DECLARED:
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
    if ours is None:
        return Judgement(
            False,
            "Aucun résultat avec ce service n'est inscrit dans « Options comparées ». Inscrivez ce qu'annonce le "
            "fournisseur : il sera marqué « déclaré, non mesuré ».",
            url=url,
        )
    return Judgement(
        True,
        f"{use.options.values('name').distinct().count()} façons de faire comparées, dont sans IA : {without.name}.",
        {"with_ai": ours.pk, "without_ai": without.pk, "how": ours.how},
        url,
    )


def supplier(use: SystemUse) -> Judgement:
    """R63, R64: how, by whom, with which data."""
    if use.origin == Origin.OURS:
        return Judgement(True, "Sans objet : le code est ouvert et livré avec Beffroi.")
    answer = answered(use, "supplier")
    if isinstance(answer, Judgement):
        return answer
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
