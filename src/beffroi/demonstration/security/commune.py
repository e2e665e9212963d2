"""The commune of five computers: its path half answered, its registers, its provider by an address, its plan, its page of calls.

Phone numbers are of the range that ARCEP leaves to fiction (01 99 00); addresses end in `.example`.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.urls import reverse
from django.utils import timezone

from beffroi.guides import Plan, Questionnaire, Register, Runbook
from beffroi.web.continuity.backups import tool_backups
from beffroi.web.cyber.home_state import INCIDENT
from beffroi.web.cyber.incidents import calls
from beffroi.web.cyber.mail import services as mail
from beffroi.web.cyber.overview import KIT, PATH
from beffroi.web.guides.contributions import services as contributions
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import FollowedAction, Response
from beffroi.web.guides.services import plans, registers, responses

from ..life import EXAMPLE
from . import seen_from_outside
from .cast import Cast

PROVIDER: Final = "Dépannage inventé"
NUMBER: Final = f"{EXAMPLE} : numéro inventé"
DOMAIN: Final = "saint-aubrin-le-haut.example"
ANSWERS: Final = {
    "ressenti-protection": "assez",
    "ressenti-cible": "peu-probable",
    "contexte-nombre-postes-travail-dans-entite": "entre-1-et-9",
    "contexte-cyber-attaque-subie": "non",
    "gouvernance-infos-et-activites-a-proteger": "non",
    "gouvernance-connaissance-rgpd-1": "oui-liste-donnes",
    "gouvernance-connaissance-rgpd-2": "non",
    "gouvernance-exigence-cyber-securite-presta": "non",
    "acces-liste-compte-utilisateurs": "unknown",
    "acces-utilisateurs-administrateurs-poste": "oui",
    "acces-mesures-securite-robustesse-mdp": "non",
    "securite-poste-maj-fonctionnelles-et-securite-deployees": "systematiquement-avec-exceptions",
    "securite-poste-antivirus-deploye": "oui-alertes-pas-toujours-traitees",
    "securite-infrastructure-outils-securisation-systeme-messagerie": "antispam",
    "reaction-sauvegardes-donnees-realisees": "oui-ponctuellement",
    "reaction-sauvegardes-donnees-realisees-oui-ponctuellement-tiroir-environnement-isole": "non",
}
SCORECARD: Final = {
    "label": "asked",
    "trained": "some",
    "insured": "yes",
    "offline": "no",
    "restored": "year",
    "patched": "month",
    "watch": "sometimes",
    "list": "old",
    "named": "no",
    "second_factor": "some",
    "agreed": "yes",
    "emergency": "best",
}
DRILL: Final = {
    "kind": "ransomware",
    "seen": f"{EXAMPLE} : exercice, une heure sans informatique.",
    "malicious": "no",
    "going_on": "no",
    "personal_data": "no",
    "ransom": "no",
    "insured": "unknown",
}


def fill_in(cast: Cast) -> dict[str, str]:
    """Everything but the plan and the incident; the addresses that open without an account."""
    secretary, today = cast.secretary, timezone.localdate()
    for key, rows in _registers(today).items():
        registers.add_entries(cast.commune, secretary, guide(Register, key), rows)
    for tool in tool_backups.tool_backups(cast.commune):
        tool_backups.take_over(tool.entry, secretary, medium="usb", place="same", offline=True)
    registers.begin_with_rows(cast.commune, secretary, guide(Register, "legal_deadlines"))
    registers.begin_with_rows(cast.commune, secretary, guide(Register, "who_to_call"))
    path = responses.open_response(cast.commune, secretary, guide(Questionnaire, PATH))
    responses.save_answers(path, secretary, ANSWERS, note=EXAMPLE)
    mail.answer(cast.commune, secretary, address=f"mairie@{DOMAIN}", own=True)
    seen_from_outside.check_mail(cast.commune, secretary)
    seen_from_outside.watch_site(cast.commune, secretary, f"https://www.{DOMAIN}", PROVIDER)
    _hold_a_drill(cast)
    page = calls.renew_address(cast.commune, secretary)
    return {
        "provider": _hear_the_provider(cast, today),
        "who_to_call": reverse("cyber-call", args=[cast.commune.slug, page.secret]),
    }


def _registers(today: date) -> dict[str, list[dict[str, Any]]]:
    def day(days: int) -> str:
        return (today + timedelta(days=days)).isoformat()

    known = {"source": NUMBER, "verified_on": day(0), "verified_by": "Maëlle Secrétaire (inventée)"}
    windows_11 = {"system": "Windows 11", "version": "25H2", "support_ends": "2027-10-12"}
    typed = {"provider": PROVIDER, "confirmed_on": day(0), "antivirus": "yes"}
    return {
        "devices": [
            {"name": "PC-ACCUEIL", "kind": "desktop", "user_function": "accueil", **windows_11, **typed},
            {"name": "PC-SECRETARIAT", "kind": "desktop", "user_function": "secrétariat", "backup": "yes",
             **windows_11, **typed},
            {"name": "PC-COMPTA", "kind": "desktop", "user_function": "comptabilité", "backup": "yes",
             "system": "Windows 10", "version": "22H2", "support_ends": "2025-10-14", **typed},
            {"name": "PORTABLE-MAIRE", "kind": "laptop", "user_function": "maire", "encrypted": "no",
             **windows_11, **typed},
            {"name": "PC-ECOLE", "kind": "desktop", "user_function": "école", **windows_11, **typed},
        ],
        "who_to_call": [
            {"order": 1, "name": "Votre prestataire informatique", "phone": "01 99 00 12 34",
             "why": "Tout de suite : il isole, il garde les preuves, il répare.", "person": PROVIDER, **known},
            {"order": 3, "name": "Votre CSIRT régional", "phone": "01 99 00 56 78",
             "why": "Aide gratuite aux collectivités.", **known},
            {"order": 8, "name": "Votre délégué à la protection des données", "phone": "01 99 00 43 21",
             "why": "Il évalue le risque pour les personnes.", **known},
            {"order": 9, "name": "Votre assureur", "phone": "01 99 00 98 76",
             "why": "Avant toute réparation payante. Plainte dans les 72 heures.", **known},
        ],
        "contracts": [
            {"name": "Maintenance informatique", "provider": PROVIDER, "kind": "computing", "cost": 1800,
             "notice_by": day(20), "ends_on": day(110), "renews": "yes", "owner": "Secrétariat"},
            {"name": "Nom de domaine et site internet", "provider": PROVIDER, "kind": "computing", "cost": 140,
             "ends_on": day(26), "renews": "no", "owner": "Secrétariat"},
            {"name": "Photocopieur", "provider": "Bureautique inventée", "kind": "buildings", "cost": 960,
             "ends_on": day(400), "renews": "yes"},
        ],
        "providers": [
            {"name": PROVIDER, "services": ["devices", "backup", "website"], "labels": ["none"], "cost": 1800,
             "contract": "Contrat inventé n° 12", "contract_ends": day(110), "clauses": "no",
             "emergency": "01 99 00 12 34"},
        ],
        "security_tools": [
            {"name": "Antivirus inventé", "kind": "antivirus", "version": "12.4", "covers": 5, "cost": 150,
             "licence_ends": day(24), "maintained_by": PROVIDER},
            {"name": "Sauvegarde sur disque", "kind": "backup", "covers": 2, "tested_on": day(-80),
             "tested_by": "Maëlle Secrétaire (inventée)", "test": "Un dossier du secrétariat rouvert.",
             "restored_on": day(-80)},
        ],
        "teleservices": [
            {"name": "Inscription à la cantine", "address": f"https://cantine.{DOMAIN}", "owner": "Secrétariat",
             "provider": PROVIDER, "serves": "Les parents d'élèves", "data": ["contact", "children"],
             "audited_on": day(-60), "audited_by": "Auditeur inventé", "audit_kind": "questions",
             "findings": ["Mot de passe de quatre chiffres accepté | moyenne | à corriger"], "fix_by": day(12)},
            {"name": "Demande d'acte d'état civil", "address": f"https://actes.{DOMAIN}", "owner": "Secrétariat",
             "serves": "Les habitants", "data": ["contact", "documents"]},
            {"name": "Signaler un problème de voirie", "address": f"https://voirie.{DOMAIN}", "owner": "Maire",
             "serves": "Les habitants", "data": ["contact"], "audited_on": day(-200), "audit_kind": "passive",
             "residual_risk": "Des photos de personnes peuvent être envoyées.", "accepted": "yes",
             "accepted_on": day(-190)},
        ],
    }  # fmt: skip


def _hear_the_provider(cast: Cast, today: date) -> str:
    """The provider's part by its address: its scorecard, which the secretary takes, and one more that waits to be read."""
    secretary, until = cast.secretary, today + timedelta(days=90)
    scorecard = responses.open_response(
        cast.commune, secretary, guide(Questionnaire, "provider_scorecard"), label=PROVIDER
    )
    link, _ = contributions.create_link(
        cast.commune, secretary, guide(Questionnaire, "provider_scorecard"), PROVIDER, until, scorecard
    )
    answers = SCORECARD | {"provider": PROVIDER, "answered_by": PROVIDER, "answered_on": today.isoformat()}
    contributions.take(contributions.contribute(link, answers, EXAMPLE), secretary)
    devices, secret = contributions.create_link(
        cast.commune, secretary, guide(Register, "devices"), PROVIDER, until
    )
    box = {"name": "BOX-MAIRIE", "kind": "network", "model": "Box inventée", "provider": PROVIDER}
    contributions.contribute(devices, [box], f"{EXAMPLE} : il manquait la box.")
    return reverse("contribute", args=[cast.commune.slug, secret])


def _hold_a_drill(cast: Cast) -> None:
    """An exercise of today, closed: its day is the day on which it is made."""
    run = responses.open_response(
        cast.commune,
        cast.secretary,
        guide(Runbook, INCIDENT),
        label="Une heure sans informatique",
        is_exercise=True,
    )
    facts = DRILL | {"known_at": timezone.localtime().isoformat(timespec="minutes")}
    responses.save_answers(run, cast.secretary, facts, note=EXAMPLE)
    for step in ("call_provider", "tell_mayor", "warn_staff"):
        responses.note_step(run, cast.secretary, step, {})
    responses.close_response(run, cast.secretary)


def follow_the_plan(cast: Cast) -> None:
    """What the path asks for, beside the plan that the commune accepted; what is done, begun, late, left; the diagnosis accepted."""
    plan, by, today = guide(Plan, KIT), cast.secretary, timezone.localdate()
    path = Response.objects.of(cast.commune).get(guide=PATH)
    plans.propose_from_response(path, by, plan)
    actions = {action.key: action for action in plans.actions_of(cast.commune, plan)}
    for key, states, owner, days, spent in (
        ("answer_path", "accepted begun", "Secrétariat", 15, 0),
        ("list_devices", "accepted done", "Secrétariat", 0, 0),
        ("who_to_call", "accepted done", "Secrétariat", 0, 6),
        ("antivirus", "accepted done", PROVIDER, 0, 150),
        ("backup", "accepted begun", PROVIDER, 20, 240),
        ("updates", "accepted begun", PROVIDER, -6, 0),
        ("offline_copy", "accepted", "Secrétariat", 40, 0),
        ("second_factor", "accepted", PROVIDER, 45, 0),
        ("training", "accepted", "Maire", 80, 0),
    ):
        action: FollowedAction = actions[key]
        for state in states.split():
            plans.move_action(action, by, plan, state, note=EXAMPLE)
        plans.update_action(
            action, by, plan, owner=owner, due_on=today + timedelta(days=days), spent=Decimal(spent)
        )
    plans.move_action(actions["mail"], by, plan, "refused", note=f"{EXAMPLE} : l'an prochain, avec le site.")
    plans.accept_stage(cast.commune, cast.mayor, plan, "diagnosis", f"{EXAMPLE} : présenté au conseil.")
