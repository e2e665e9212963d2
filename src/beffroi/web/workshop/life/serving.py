"""The gates while a system serves: people, data, trial, benefit, quality, citizens informed, review.

In comes a use; out goes a `Judgement` in French. Nothing is written here.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone

from beffroi.systems.check.scale import TIER_NAMES, TIERS
from beffroi.systems.manifest import Manifest
from beffroi.web.catalogue.dataset_lookup import dataset_named
from beffroi.web.ui.formats import counted, number

from .. import binding, manifests, scores
from ..errors import WorkshopError
from ..models import Option, SystemUse, Training
from ..sheets import GO_ON
from . import running
from .choosing import compared
from .gates import Judgement
from .papers import answered, entered, frozen, url_of
from .states import State

LEAST_TIER: Final = "silver"
LEAST_CASES: Final = 30  # counted by hand: under that, one case more or less changes the conclusion
MOST_MISSING: Final = 0.2  # share of the cells of a required column that may be empty
MAX_QUARANTINED: Final = 0.2  # share of the rows of a delivery that may be unreadable


def supervisor(use: SystemUse) -> Judgement:
    """R29: no AI without an agent who answers for it."""
    if not running.supervised(use):
        return Judgement(
            False,
            "Personne n'est nommé pour superviser ce service, ou la personne n'a plus ce rôle. Nommez un superviseur "
            "sur la fiche du service.",
            url=url_of(use, "system"),
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
    """R10: no AI without data that can serve: what is bound is readable and complete; its age is shown, not judged."""
    if use.declared:
        return Judgement(
            True,
            "Les données du fournisseur ne passent pas par Beffroi. Déclaré par le fournisseur, non mesuré.",
        )
    url = url_of(use, "system-bind")
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
    report = readiness(use, manifest)
    faults = " ".join(fault for line in report for fault in _readiness_faults(line))
    if faults:
        return Judgement(False, faults, {"tables": report}, url)
    message = " ".join(
        f"« {line['title']} » : {counted(line['rows'], 'ligne')}, {counted(line['aside'], 'écartée')}, "
        f"fichier reçu le {date.fromisoformat(line['on']):%d/%m/%Y}."
        for line in report
    )
    return Judgement(True, message, {"tables": report}, url)


def readiness(use: SystemUse, manifest: Manifest) -> list[dict[str, Any]]:
    """For each bound dataset: its rows, and of its delivery in force the day, the rows read, those set aside, the empty cells.

    `missing` holds, by the label of each required column of the system, how many cells of the delivery are empty.
    """
    report = []
    for schema in manifest.inputs:
        entry = use.binding.get(schema.name, {})
        dataset = dataset_named(use.territory, entry.get("dataset", ""))
        snapshot = dataset.current if dataset else None
        if dataset is None or snapshot is None:
            continue
        file = snapshot.last_file
        labels = {column["name"]: column.get("label") or column["name"] for column in snapshot.columns}
        bound = [entry["columns"].get(need.name) for need in schema.columns if need.required]
        report.append(
            {
                "dataset": dataset.slug,
                "title": dataset.title,
                "number": snapshot.number,
                "rows": snapshot.rows_total,
                "read": file.rows_stored + file.rows_quarantined,
                "aside": file.rows_quarantined,
                "missing": {
                    labels.get(name, name): file.profile.get(name, {}).get("missing", 0)
                    for name in bound
                    if name
                },
                "on": timezone.localdate(file.at).isoformat(),
            }
        )
    return report


def _readiness_faults(line: dict[str, Any]) -> Iterator[str]:
    """What keeps a table from serving, in French: it is empty, or too much of it is unreadable or missing."""
    title, stored = f"« {line['title']} »", line["read"] - line["aside"]
    if not line["rows"]:
        yield f"{title} n'a aucune ligne. Déposez un fichier qui en a."
        return
    if line["aside"] > MAX_QUARANTINED * line["read"]:
        yield (
            f"{title} : {counted(line['aside'], 'ligne')} sur {number(line['read'])} de la dernière livraison n'ont pas "
            "pu être lues. Corrigez le fichier ou sa lecture, puis versez-le de nouveau."
        )
    for label, missing in line["missing"].items():
        if stored and missing > MOST_MISSING * stored:
            yield (
                f"{title} : la colonne « {label} » est vide dans {counted(missing, 'ligne')} sur {number(stored)}. "
                "Complétez le fichier, ou reliez une autre colonne."
            )


def plan(use: SystemUse) -> Judgement:
    """R98: a trial with dates, volunteers and a criterion."""
    answer = answered(use, "sandbox")
    if isinstance(answer, Judgement):
        return answer
    url = url_of(use, "system-sheet", kind="sandbox")
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
        frozen(answer) | {"ends_on": end.isoformat()},
        url,
    )


def trial(use: SystemUse) -> Judgement:
    """The sandbox served: something was tried since it opened, and its own criterion was answered for."""
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
                else "Lancez au moins un calcul avec les volontaires."
            ),
            url=url_of(use, "system-options" if use.declared else "system-run"),
        )
    answer = answered(use, "trial")
    if isinstance(answer, Judgement):
        return answer
    url, answers = url_of(use, "system-sheet", kind="trial"), answer.answers
    if answer.at < since:
        return Judgement(
            False,
            f"Le bilan date d'avant l'essai ouvert le {timezone.localdate(since):%d/%m/%Y} : faites-en un nouveau.",
            url=url,
        )
    if answers["reached"] != "yes" or answers["stop_met"] != "no" or answers["conclusion"] != GO_ON:
        return Judgement(
            False,
            "Le bilan de l'essai conclut que le critère écrit au départ n'est pas atteint, ou qu'il faut arrêter : "
            "prolongez l'essai, ou arrêtez le service.",
            url=url,
        )
    message = f"{tried} {'essai' if tried == 1 else 'essais'} depuis le {timezone.localdate(since):%d/%m/%Y}. Bilan : {answers['found']}"
    return Judgement(True, message, frozen(answer) | {"tried": tried}, url)


def benefit(use: SystemUse) -> Judgement:
    """R59, R66: it beats the way without AI, on this territory's own data; what a supplier claims is not enough."""
    try:
        manifest = manifests.of(use)
    except WorkshopError as error:
        return Judgement(False, str(error))
    measure, unit = manifest.measure, manifest.measure.unit
    own, without = compared(use)
    if use.declared:
        url = url_of(use, "system-options")
        if own is None or own.how == Option.How.DECLARED:
            return Judgement(
                False,
                "Le résultat de ce service n'est que déclaré par son fournisseur : relevez-le chez vous, sur vos cas, "
                "dans « Options comparées ».",
                url=url,
            )
        few = [one for one in (own, without) if one is not None and one.sample < LEAST_CASES]
        if few:
            return Judgement(
                False,
                f"« {few[0].name} » n'a été compté que sur {few[0].sample} cas : relevez-en {LEAST_CASES} au moins, pour "
                "que le hasard ne décide pas.",
                url=url,
            )
        value, reference = own.value, without.value if without else float("nan")
        evidence: dict[str, Any] = {"option": own.pk, "how": own.how}
    else:
        url = url_of(use, "system-run")
        run = running.measured(use, manifest)
        if run is None:
            return Judgement(
                False,
                "Ce service n'a pas été éprouvé sur vos données telles qu'elles sont reliées aujourd'hui. Lancez "
                "« Éprouver sur le passé ».",
                url=url,
            )
        # The best way without AI: the baseline, what the town does already, or what was counted by hand.
        ways = [
            run.score["baseline"],
            *scores.without_ai(run.score).values(),
            *([without.value] if without else []),
        ]
        value, reference = run.score["value"], measure.best(ways)
        evidence = {"run": run.key, "how": Option.How.MEASURED}
        if not run.score.get("recommended", False):
            return Judgement(False, f"La dernière épreuve conclut : {run.score['verdict']}", url=url)
        broken = [one for one in scores.guards(manifest, run.score) if not one.respected]
        if broken:
            return Judgement(False, _worse(broken[0]), url=url)
        gap = scores.group_gap(run.score)
        if gap is not None and manifest.bias_gap is not None and gap.value > manifest.bias_gap:
            return Judgement(
                False,
                f"L'écart entre « {gap.high} » et « {gap.low} » est de {number(gap.value, 1)} ({unit}) ; le service n'en accepte que "
                f"{number(manifest.bias_gap, 1)}. Il ne sert plus tant que l'écart dépasse : cherchez avec la personne qui le supervise "
                "ce qui manque au groupe le moins bien servi.",
                url=url,
            )
    if not measure.prefers(value, reference):
        return Judgement(
            False,
            f"Ce service ne fait pas mieux que la façon sans IA : {number(value, 1)} contre {number(reference, 1)} "
            f"({unit}). Sans bénéfice démontré, il ne passe pas.",
            url=url,
        )
    how = Option.How(evidence["how"]).label
    base = f", sur {number(own.sample)} cas" if own else ""
    return Judgement(
        True,
        f"{number(value, 1)} contre {number(reference, 1)} sans IA ({unit}), {how}{base}.",
        evidence | {"value": value, "without_ai": reference},
        url,
    )


def _worse(measured: scores.MeasuredGuard) -> str:
    return (
        f"Ce service fait moins bien que sans IA sur un point à préserver : {measured.label}, "
        f"{number(measured.value, 1)} contre {number(measured.reference, 1)} ({measured.unit})."
    )


def quality(use: SystemUse) -> Judgement:
    """The house's own examination: what production asks is the second step of the scale."""
    if use.declared:
        return Judgement(
            True,
            "Beffroi ne fait pas tourner ce service : les réponses du fournisseur en tiennent lieu, non mesurées.",
        )
    url = url_of(use, "system-quality")
    try:
        version = manifests.of(use).version
    except WorkshopError as error:
        return Judgement(False, str(error))
    last = use.examinations.filter(version=version).first()
    if last is None:
        return Judgement(False, "Cette version n'a pas été examinée sur l'échelle de qualité.", url=url)
    found = {"examination": last.pk, "tier": last.tier}
    if TIERS.index(LEAST_TIER) > (TIERS.index(last.tier) if last.tier in TIERS else -1):
        reached = f"le niveau « {TIER_NAMES[last.tier]} »" if last.tier else "aucun niveau"
        return Judgement(
            False,
            f"Cette version atteint {reached} ; la production demande « {TIER_NAMES[LEAST_TIER]} » au moins.",
            found,
            url,
        )
    return Judgement(
        True,
        f"Niveau « {TIER_NAMES[last.tier]} », sur un échantillon inventé, le {timezone.localdate(last.at):%d/%m/%Y}.",
        found,
        url,
    )


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
    answer = answered(use, "review")
    if isinstance(answer, Judgement):
        return answer
    url = url_of(use, "system-sheet", kind="review")
    since = entered(use, State.PRODUCTION, State.REVIEWED)
    review_day = date.fromisoformat(answer.answers["held_on"])
    if since is not None and (answer.at < since.at or review_day < timezone.localdate(since.at)):
        return Judgement(
            False,
            f"La dernière revue date d'avant le {timezone.localdate(since.at):%d/%m/%Y} : faites-en une nouvelle.",
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
    if next_on <= timezone.localdate():
        return Judgement(
            False, f"La prochaine revue était prévue le {next_on:%d/%m/%Y} : faites-en une nouvelle.", url=url
        )
    return Judgement(
        True, f"Prochaine revue le {next_on:%d/%m/%Y}.", frozen(answer) | {"next_on": next_on.isoformat()}
    )
