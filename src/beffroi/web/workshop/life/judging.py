"""The workshop's own gates: need, options, supplier, people, data, trial, benefit, public card, review.

Each reads what people wrote and what was measured, and answers in French with what is missing and where to write it, or
with what it found. Nothing is written here; `install` registers them when the site starts.
"""

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone

from beffroi.systems.check.scale import IN_FRENCH, TIERS
from beffroi.web.catalogue.models import Dataset
from beffroi.web.ui.formats import number

from .. import binding, manifests, sheets
from ..errors import WorkshopError
from ..models import LifeStep, Option, Origin, SheetAnswer, SystemUse, Training
from ..sheets.need import NEEDED
from ..sheets.trial import GO_ON
from . import running
from .gates import Gate, Judgement, register
from .states import State

_BEFORE_TRIAL = frozenset({State.CHECKED, State.PRODUCTION})
_WHILE_SERVING = frozenset({State.SANDBOX, State.PRODUCTION, State.REVIEWED})


def _url(use: SystemUse, name: str, **more: str) -> str:
    return reverse(name, kwargs={"slug": use.territory.slug, "system": use.system, **more})


def last_sheet(use: SystemUse, kind: str) -> SheetAnswer | None:
    """The answers in force to a questionnaire."""
    found: SheetAnswer | None = use.sheets.filter(kind=kind).first()
    return found


def _sheet(use: SystemUse, kind: str) -> tuple[SheetAnswer | None, Judgement | None]:
    """The answers in force, or why they do not do."""
    answer, sheet = last_sheet(use, kind), sheets.SHEETS[kind]
    url = _url(use, "system-sheet", kind=kind)
    if answer is None:
        return None, Judgement(False, f"Remplissez le questionnaire « {sheet.title} ».", url=url)
    if missing := sheets.missing(sheet, answer.answers):
        return None, Judgement(False, " ".join(missing), url=url)
    return answer, None


def _found(answer: SheetAnswer) -> dict[str, Any]:
    return {"sheet": answer.pk, "kind": answer.kind, "on": answer.at.date().isoformat()}


def need(use: SystemUse) -> Judgement:
    """R66: is an AI needed? R102: the objective is written before."""
    answer, closed = _sheet(use, "need")
    if answer is None:
        return closed or Judgement(False, "")
    if answer.answers["conclusion"] != NEEDED:
        return Judgement(
            False,
            "Le questionnaire conclut qu'une solution sans IA suffit : ce service s'arrête là. Si la situation change, "
            "répondez de nouveau.",
            url=_url(use, "system-sheet", kind="need"),
        )
    told = (
        f"Objectif écrit : {answer.answers['indicator']}, de {number(answer.answers['indicator_today'])} à "
        f"{number(answer.answers['indicator_target'])} {answer.answers['indicator_unit']}."
    )
    return Judgement(True, told, _found(answer))


def compared(use: SystemUse) -> tuple[Option | None, Option | None]:
    """The last result with an AI, and the best of the last ones without, each counted or measured here where there is one."""
    ways = {with_ai: _last(use, with_ai) for with_ai in (True, False)}
    ours, without = ways[True][:1], ways[False]
    try:
        lower = manifests.of(use).measure.better == "lower"
    except WorkshopError:
        lower = True
    best = min(without, key=lambda option: option.value if lower else -option.value, default=None)
    return (ours[0] if ours else None), best


def _last(use: SystemUse, with_ai: bool) -> list[Option]:
    """The last one counted or measured here, with those of the same measure; what is only declared when there is no other."""
    rows = use.options.filter(with_ai=with_ai)
    last = rows.exclude(how=Option.How.DECLARED).first() or rows.first()
    if last is None:
        return []
    return list(rows.filter(run=last.run_id)) if last.run_id else [last]


def options(use: SystemUse) -> Judgement:
    """R67: at least two ways of doing, one of them without AI and counted here."""
    url = _url(use, "system-options")
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
    answer, closed = _sheet(use, "supplier")
    if answer is None:
        return closed or Judgement(False, "")
    return Judgement(
        True,
        f"Le fournisseur a répondu ({answer.answers['answered_by']}). Déclaré par le fournisseur, non mesuré.",
        _found(answer),
    )


def sovereignty(use: SystemUse) -> Judgement:
    """R61, R62: what it depends on, and what if the model closes."""
    if use.origin == Origin.OURS:
        return Judgement(True, "Tourne chez vous, sans réseau ; son code est ouvert (licence EUPL-1.2).")
    answer, closed = _sheet(use, "sovereignty")
    if answer is None:
        return closed or Judgement(False, "")
    return Judgement(True, f"Dépendances connues : {len(answer.answers['dependencies'])}.", _found(answer))


def supervisor(use: SystemUse) -> Judgement:
    """R29: no AI without an agent who answers for it."""
    if not running.supervised(use):
        return Judgement(
            False,
            "Personne n'est nommé pour superviser ce service, ou la personne n'a plus ce rôle. Nommez un superviseur "
            "sur la fiche du service.",
            url=_url(use, "system"),
        )
    return Judgement(True, f"{use.supervisor} en répond.", {"supervisor": f"person:{use.supervisor_id}"})


def training_of(use: SystemUse) -> Training | None:
    """The training in force of the supervisor, for this system or for any."""
    if use.supervisor_id is None:
        return None
    today = timezone.localdate()
    found: Training | None = (
        Training.objects.of(use.territory)
        .filter(person=use.supervisor_id, system__in=["", use.system], passed_on__lte=today, until__gte=today)
        .first()
    )
    return found


def training(use: SystemUse) -> Judgement:
    """R30: supervisors are trained in their new role."""
    found = training_of(use)
    if found is None:
        return Judgement(
            False,
            "La personne qui supervise n'a pas de formation inscrite et valable aujourd'hui. L'administrateur "
            "l'inscrit dans « Formations des superviseurs ».",
            url=reverse("trainings", kwargs={"slug": use.territory.slug}),
        )
    return Judgement(
        True, f"« {found.title} », valable jusqu'au {found.until:%d/%m/%Y}.", {"training": found.pk}
    )


def data(use: SystemUse) -> Judgement:
    """R10: no AI without data that can serve: what is bound, how complete, how fresh."""
    if use.declared:
        return Judgement(
            True,
            "Les données du fournisseur ne passent pas par Beffroi. Déclaré par le fournisseur, non mesuré.",
        )
    url = _url(use, "system-bind")
    try:
        manifest = manifests.of(use)
    except WorkshopError as error:
        return Judgement(False, str(error))
    if not use.bound:
        return Judgement(False, "Reliez d'abord le service à vos données.", url=url)
    errors = binding.check(
        use.territory, manifest, use.binding, covers_personal=use.processing.covers_personal
    )
    if errors:
        return Judgement(False, " ".join(errors), url=url)
    report = readiness(use)
    told = " ".join(
        f"« {line['title']} » : {number(line['rows'])} lignes, {number(line['aside'])} écartées, "
        f"livraison du {date.fromisoformat(line['on']):%d/%m/%Y}."
        for line in report
    )
    return Judgement(True, told, {"tables": report}, url)


def readiness(use: SystemUse) -> list[dict[str, Any]]:
    """For each bound dataset: its rows, those set aside, and the day of its delivery in force."""
    report = []
    for entry in use.binding.values():
        dataset = Dataset.objects.of(use.territory).filter(slug=entry.get("dataset", "")).first()
        snapshot = dataset.current if dataset else None
        if dataset is not None and snapshot is not None:
            report.append(
                {
                    "dataset": dataset.slug,
                    "title": dataset.title,
                    "number": snapshot.number,
                    "rows": snapshot.rows_total,
                    "aside": snapshot.rows_quarantined,
                    "on": snapshot.at.date().isoformat(),
                }
            )
    return report


def plan(use: SystemUse) -> Judgement:
    """R98: a trial with dates, volunteers and a criterion."""
    answer, closed = _sheet(use, "sandbox")
    if answer is None:
        return closed or Judgement(False, "")
    url = _url(use, "system-sheet", kind="sandbox")
    end = date.fromisoformat(answer.answers["ends_on"])
    if end < timezone.localdate():
        return Judgement(
            False, f"L'essai prévu finissait le {end:%d/%m/%Y} : donnez de nouvelles dates.", url=url
        )
    if use.state == State.SANDBOX and use.sandbox_until is not None and end <= use.sandbox_until:
        return Judgement(
            False,
            f"Le bac à sable va déjà jusqu'au {use.sandbox_until:%d/%m/%Y} : écrivez une date de fin plus lointaine.",
            url=url,
        )
    return Judgement(
        True,
        f"Jusqu'au {end:%d/%m/%Y}, volontaires : {len(answer.answers['volunteers'])}. "
        f"Réussi si : {answer.answers['criterion']}",
        _found(answer) | {"ends_on": end.isoformat()},
        url,
    )


def entered(use: SystemUse, *states: State) -> LifeStep | None:
    """The last step into one of these states."""
    found: LifeStep | None = use.steps.filter(state__in=states).order_by("-rank").first()
    return found


def trial(use: SystemUse) -> Judgement:
    """The sandbox served: something was tried with the volunteers since it opened."""
    opened = entered(use, State.SANDBOX)
    since = opened.at if opened else use.created_at
    tried = (
        use.options.filter(with_ai=True, how=Option.How.OBSERVED, at__gte=since).count()
        if use.declared
        else use.runs.filter(verb="run", state="done", at__gte=since).count()
    )
    if not tried:
        return Judgement(
            False,
            "Rien n'a été essayé depuis l'ouverture du bac à sable. "
            + (
                "Relevez un résultat chez les volontaires dans « Options comparées »."
                if use.declared
                else "Lancez au moins une prévision avec les volontaires."
            ),
            url=_url(use, "system-options" if use.declared else "system-run"),
        )
    return Judgement(
        True, f"{tried} {'essai' if tried == 1 else 'essais'} depuis le {since:%d/%m/%Y}.", {"tried": tried}
    )


def benefit(use: SystemUse) -> Judgement:
    """R59, R66: it beats the way without AI, on this territory's own data; what a supplier claims is not enough."""
    try:
        manifest = manifests.of(use)
    except WorkshopError as error:
        return Judgement(False, str(error))
    unit, lower = manifest.measure.unit, manifest.measure.better == "lower"
    ours, without = compared(use)
    if use.declared:
        url = _url(use, "system-options")
        if ours is None or ours.how == Option.How.DECLARED:
            return Judgement(
                False,
                "Le résultat de ce service n'est que déclaré par son fournisseur : relevez-le chez vous, sur vos cas, "
                "dans « Options comparées ».",
                url=url,
            )
        value, reference = ours.value, without.value if without else float("nan")
        evidence: dict[str, Any] = {"option": ours.pk, "how": ours.how}
    else:
        url = _url(use, "system-run")
        run = running.measured(use, manifest)
        if run is None:
            return Judgement(
                False,
                "Ce service n'a pas été éprouvé sur vos données telles qu'elles sont reliées aujourd'hui. Lancez "
                "« Éprouver sur le passé ».",
                url=url,
            )
        value, reference = run.score["value"], run.score["baseline"]
        evidence = {"run": run.key, "how": Option.How.MEASURED}
        if not run.score.get("recommended", False):
            return Judgement(False, f"La dernière épreuve conclut : {run.score['verdict']}", url=url)
    if not (value < reference if lower else value > reference):
        return Judgement(
            False,
            f"Ce service ne fait pas mieux que la façon sans IA : {number(value, 1)} contre {number(reference, 1)} "
            f"({unit}). Sans bénéfice démontré, il ne passe pas.",
            url=url,
        )
    how = Option.How(evidence["how"]).label
    return Judgement(
        True,
        f"{number(value, 1)} contre {number(reference, 1)} sans IA ({unit}), {how}.",
        evidence | {"value": value, "without_ai": reference},
        url,
    )


LEAST_TIER = "silver"


def quality(use: SystemUse) -> Judgement:
    """The house's own examination: what production asks is the second step of the scale."""
    if use.declared:
        return Judgement(
            True,
            "Beffroi ne fait pas tourner ce service : les réponses du fournisseur en tiennent lieu, non mesurées.",
        )
    url = _url(use, "system-quality")
    try:
        version = manifests.of(use).version
    except WorkshopError as error:
        return Judgement(False, str(error))
    last = use.examinations.filter(version=version).first()
    if last is None:
        return Judgement(False, "Cette version n'a pas été examinée sur l'échelle de qualité.", url=url)
    found = {"examination": last.pk, "tier": last.tier}
    if TIERS.index(LEAST_TIER) > (TIERS.index(last.tier) if last.tier in TIERS else -1):
        reached = f"le niveau « {IN_FRENCH[last.tier]} »" if last.tier else "aucun niveau"
        return Judgement(
            False,
            f"Cette version atteint {reached} ; la production demande « {IN_FRENCH[LEAST_TIER]} » au moins.",
            found,
            url,
        )
    return Judgement(True, f"Niveau « {IN_FRENCH[last.tier]} », examiné le {last.at:%d/%m/%Y}.", found, url)


def public_card(use: SystemUse) -> Judgement:
    """R37, R38: citizens are told, and know whom to write to."""
    if not use.public:
        return Judgement(
            False, "La fiche publique est masquée : les habitants doivent être informés. Montrez-la."
        )
    if not use.territory.contact.strip():
        return Judgement(
            False,
            "La collectivité n'a pas de coordonnées : un habitant ne saurait pas à qui s'adresser. Écrivez-les dans "
            "« Réglages → Collectivité ».",
            url=reverse("place", kwargs={"slug": use.territory.slug}),
        )
    return Judgement(True, "La fiche est sur le site public, avec une personne à qui écrire.")


def review(use: SystemUse) -> Judgement:
    """R69: real use is looked at, at fixed dates."""
    answer, closed = _sheet(use, "review")
    if answer is None:
        return closed or Judgement(False, "")
    url = _url(use, "system-sheet", kind="review")
    since = entered(use, State.PRODUCTION, State.REVIEWED)
    if since is not None and answer.at < since.at:
        return Judgement(
            False,
            f"La dernière revue date d'avant le {since.at:%d/%m/%Y} : faites-en une nouvelle.",
            url=url,
        )
    if answer.answers["conclusion"] != GO_ON or answer.answers["worth_it"] != "yes":
        return Judgement(
            False,
            "La revue conclut que le service rendu n'est pas démontré, ou qu'il faut arrêter : arrêtez le service, ou "
            "faites une nouvelle revue.",
            url=url,
        )
    next_on = date.fromisoformat(answer.answers["next_on"])
    return Judgement(
        True, f"Prochaine revue le {next_on:%d/%m/%Y}.", _found(answer) | {"next_on": next_on.isoformat()}
    )


def install() -> None:
    """Register the workshop's gates, in the order in which a person meets them."""
    for key, label, before, judge in (
        ("need", "Besoin d'une IA vérifié", _BEFORE_TRIAL, need),
        ("options", "Options comparées, avec et sans IA", _BEFORE_TRIAL, options),
        ("supplier", "Réponses du fournisseur", _BEFORE_TRIAL, supplier),
        ("sovereignty", "Dépendances connues", _BEFORE_TRIAL, sovereignty),
        ("supervisor", "Superviseur nommé", _WHILE_SERVING, supervisor),
        ("training", "Superviseur formé", _WHILE_SERVING, training),
        ("data", "Données prêtes", frozenset({State.SANDBOX, State.PRODUCTION}), data),
        ("plan", "Essai préparé", frozenset({State.SANDBOX}), plan),
        ("trial", "Essai mené", frozenset({State.PRODUCTION}), trial),
        ("benefit", "Mieux que sans IA, chez vous", frozenset({State.PRODUCTION, State.REVIEWED}), benefit),
        ("quality", "Qualité examinée", frozenset({State.PRODUCTION}), quality),
        ("public_card", "Habitants informés", frozenset({State.PRODUCTION, State.REVIEWED}), public_card),
        ("review", "Usage réel relu", frozenset({State.REVIEWED}), review),
    ):
        register(Gate(key, label, before, judge))
