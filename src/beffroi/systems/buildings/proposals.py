"""Proposed acts: inspect a building, check a meter, do works. A person accepts or refuses each.

In come findings and ranked works; out go `ProposedAct`s with their reasons in plain French and their evidence.
"""

from typing import Any

import numpy as np

from beffroi.systems.buildings import causes
from beffroi.systems.buildings.causes import Finding
from beffroi.systems.buildings.energies import Tariff
from beffroi.systems.buildings.expected import Judgement
from beffroi.systems.buildings.model import VERSION
from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.outputs import describe_model, round_two_figures
from beffroi.systems.buildings.town import Town
from beffroi.systems.buildings.works import Ranked
from beffroi.systems.contract import ProposedAct
from beffroi.systems.kit.words import plural, short_day, two_figures

_DO = {
    causes.NIGHT: "vérifier ce qui tourne la nuit",
    causes.WEEKEND: "vérifier ce qui tourne le week-end",
    causes.HOLIDAYS: "abaisser le chauffage pendant les vacances",
    causes.OUT_OF_SEASON: "arrêter le chauffage hors saison",
    causes.REGULATION: "vérifier le réglage du chauffage",
    causes.PERMANENT: "chercher un appareil qui tourne sans arrêt",
    causes.UNKNOWN: "chercher la cause de l’écart",
    causes.SILENT: "relever le compteur et vérifier la liaison",
    causes.STUCK: "vérifier le compteur sur place",
}
_LOOK = {
    causes.NIGHT: "À voir sur place : la ventilation, les éclairages, le réduit de nuit, les appareils laissés en marche.",
    causes.WEEKEND: "À voir sur place : l’horloge, les éclairages, la ventilation, les chauffages d’appoint.",
    causes.HOLIDAYS: "À voir sur place : le calendrier du régulateur pour les vacances.",
    causes.OUT_OF_SEASON: "À voir sur place : la coupure d’été de la chaudière et l’eau chaude.",
    causes.REGULATION: "À voir sur place : la consigne, la loi d’eau, les réduits de nuit, une vanne restée ouverte.",
    causes.PERMANENT: "À voir sur place : un appareil neuf, une pompe, une fuite, une ventilation en marche forcée.",
    causes.UNKNOWN: "À voir sur place : ce qui a changé dans l’usage du bâtiment.",
}


def propose(
    town: Town,
    judgement: Judgement,
    findings: list[Finding],
    ranked: list[Ranked],
    tariffs: dict[str, Tariff],
    options: Options,
    seed: int,
) -> tuple[ProposedAct, ...]:
    """Meters in the order of the table of meters, then the works chosen within the budget."""
    return (
        *(
            _check(town, judgement, finding, seed)
            if finding.status == causes.METER
            else _visit(town, judgement, finding, tariffs, options, seed)
            for finding in causes.worst_first(findings)
            if finding.status in (causes.ANOMALY, causes.METER, causes.WATCH)
        ),
        *(_work(town, work, options, seed) for work in ranked if work.chosen),
    )


def summary(acts: tuple[ProposedAct, ...]) -> str:
    """What to do first, in one sentence: a meter to see, failing that the works that come first."""
    if not acts:
        return "Aucun compteur ne s’écarte de l’attendu : rien à voir ce matin."
    first = acts[0]
    seen = sum("meter" in act.evidence for act in acts)
    if not seen:
        return f"Aucun compteur ne s’écarte de l’attendu. Travaux à décider d’abord : {first.subject[:150]}."
    return f"{plural(seen, 'compteur', 'compteurs')} à voir. Commencez par {first.subject[:150]} (environ {two_figures(first.value)} {first.unit})."


def _visit(
    town: Town,
    judgement: Judgement,
    finding: Finding,
    tariffs: dict[str, Tariff],
    options: Options,
    seed: int,
) -> ProposedAct:
    row, meter = finding.row, town.meters[finding.row]
    euros = finding.at_stake * tariffs[meter.energy].price
    reasons = [
        f"Sur {options.window} jours, {_kwh(judgement.month_actual[row])} relevés pour {_kwh(judgement.month_expected[row])} attendus. "
        f"On attendait entre {two_figures(judgement.month_low[row])} et {two_figures(judgement.month_high[row])}.",
        finding.where,
        f"Cause probable : {finding.cause}. Elle n’est pas sûre : une personne la vérifie.",
        _LOOK[finding.cause],
        f"En jeu : {_kwh(finding.at_stake)} par mois, soit {two_figures(euros)} €.",
    ]
    if finding.since is not None:
        reasons.insert(2, f"Le niveau a changé vers le {short_day(finding.since)}.")
    return ProposedAct(
        subject=f"{meter.name} : {_DO[finding.cause]}",
        value=round_two_figures(finding.at_stake),
        unit="kWh par mois",
        low=round_two_figures(finding.low, finding.at_stake),
        high=round_two_figures(max(finding.high, finding.at_stake), finding.at_stake),
        reasons=tuple(reason for reason in reasons if reason),
        evidence={
            **_evidence(town, judgement, row, seed),
            "cause": finding.cause,
            "status": finding.status,
            "sure_sd": round(finding.sure, 2),
        },
        place=meter.building,
    )


def _check(town: Town, judgement: Judgement, finding: Finding, seed: int) -> ProposedAct:
    row, meter = finding.row, town.meters[finding.row]
    expected = _daily(judgement, row)
    since = "" if finding.since is None else f" depuis le {short_day(finding.since)}"
    what = "Aucun relevé n’arrive" if finding.cause == causes.SILENT else "Le compteur redit le même nombre"
    return ProposedAct(
        subject=f"{meter.name} : {_DO[finding.cause]}",
        value=round_two_figures(30 * expected),
        unit="kWh par mois non suivis",
        low=round_two_figures(30 * expected * 0.8),
        high=round_two_figures(30 * expected * 1.2),
        reasons=(
            f"{what}{since}.",
            f"Le bâtiment use d’habitude près de {_kwh(expected)} par jour en cette saison. Rien n’y est plus suivi.",
            "Une coupure de la liaison est le cas le plus courant. Un arrêt voulu se note dans le fichier.",
        ),
        evidence={**_evidence(town, judgement, row, seed), "cause": finding.cause},
        place=meter.building,
    )


def _work(town: Town, work: Ranked, options: Options, seed: int) -> ProposedAct:
    candidate = work.candidate
    payback = (
        "" if work.payback is None else f" Payé en {two_figures(work.payback)} ans aux prix d’aujourd’hui."
    )
    return ProposedAct(
        subject=f"{candidate.building} : {candidate.kind.lower()}",
        value=round_two_figures(work.kwh),
        unit="kWh par an",
        low=round_two_figures(work.low, work.kwh),
        high=round_two_figures(work.high, work.kwh),
        reasons=(
            f"Gain attendu : entre {two_figures(work.low)} et {_kwh(work.high)} par an.",
            f"Coût : {two_figures(candidate.cost)} €. Gain : {two_figures(work.euros)} € par an.{payback}",
            f"Fait partie du choix qui gagne le plus de kWh avec {two_figures(options.budget)} € de travaux.",
            f"La part gagnée vient de votre fichier : de {100 * candidate.low:.0f} à {100 * candidate.high:.0f} % ({candidate.target}).",
        ),
        evidence={
            "line": candidate.number,
            "cost": candidate.cost,
            "share_low": candidate.low,
            "share_high": candidate.high,
            "meters": sorted({town.meters[row].name for row, _ in candidate.parts}),
            "euros_a_year": round(work.euros),
            "kgco2e_a_year": round(work.carbon),
            "budget": options.budget,
            "seed": seed,
        },
        key=f"travaux/{candidate.number}",
        place=candidate.building,
    )


def _evidence(town: Town, judgement: Judgement, row: int, seed: int) -> dict[str, Any]:
    window = judgement.window
    known = np.flatnonzero(np.isfinite(town.kwh[row, window]))[-7:] + judgement.begin
    return {
        "meter": town.meters[row].name,
        "model": VERSION,
        "model_in_words": describe_model(judgement, row),
        "cv_rmse_left_out": round(float(judgement.fitted.error[row]), 4),
        "taught_days": int(town.history(judgement.begin)[row]),
        "window": [town.days.day(judgement.begin).isoformat(), town.days.day(len(town.days) - 1).isoformat()],
        "expected": round(float(judgement.month_expected[row])),
        "actual": round(float(judgement.month_actual[row])),
        "last_days": {town.days.day(int(place)).isoformat(): float(town.kwh[row, place]) for place in known},
        "seed": seed,
    }


def _daily(judgement: Judgement, row: int) -> float:
    here = judgement.expected[row, judgement.window]
    return float(np.nanmean(here)) if np.isfinite(here).any() else float(judgement.fitted.level[row])


def _kwh(value: float) -> str:
    return f"{two_figures(value)} kWh"
