"""The night of the commune and the three days after: cell, roles, journal, a journal kept off line, messages, point, duty.

In: a diary, the cast, when the night began. Out: acts in the diary. Every hour is counted from the night.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.utils import timezone

from beffroi.web.continuity.crisis import (
    audiences,
    cell,
    duty,
    journal,
    journal_merge,
    legal_clocks,
    roles,
    situation_points,
)
from beffroi.web.continuity.models import Crisis, DutyShift, JournalLine
from beffroi.web.continuity.offline_pages.journal_lines import Journal, Line, dump, new_line
from beffroi.web.cyber.home_state import INCIDENT
from beffroi.web.guides.models import Response
from beffroi.web.guides.services import responses
from beffroi.web.platform.models import Territory

from ..life import EXAMPLE
from ..security.cast import Cast
from .past import Diary, Night

LABEL: Final = "Nuit inventée : fichiers chiffrés à la mairie"
KNOWN: Final = (
    f"{EXAMPLE} : la boîte de la mairie envoie des messages, les fichiers du secrétariat ne s'ouvrent plus."
)
MAYOR, SECRETARY, TECHNICAL, FIELD = (
    "mayor",
    "secretary",
    "Dépannage inventé",
    "Agent de la cantine (inventé)",
)
LINES: Final = (
    # Hours since the night, kind, who writes or is quoted, text.
    (0.6, "decision", MAYOR, "Tous les postes sont débranchés du réseau. Personne ne les éteint."),
    (0.8, "fact", TECHNICAL, "Trois postes touchés sur cinq. Le disque de sauvegarde était branché."),
    (1.1, "decision", MAYOR, "Le disque de sauvegarde est débranché et mis au coffre, sans l'ouvrir."),
    (1.5, "message", SECRETARY, "CSIRT régional appelé : il demande de garder les postes allumés et les journaux."),
    (3.2, "fact", FIELD, "Le logiciel de la cantine ne s'ouvre pas. La liste des enfants est dans le kit."),
    (3.6, "decision", MAYOR, "Cantine servie sur papier : fiche « Cantine », formulaires CANT-A."),
    (4.1, "fact", SECRETARY, "Note de rançon trouvée sur PC-COMPTA. Photographiée, rien n'a été ouvert."),
    (4.2, "decision", MAYOR, "On ne paie pas et on ne répond pas."),
    (5.0, "message", MAYOR, "Équipe réunie : ce que l'on sait, qui fait quoi, aucun mot sur les réseaux."),
    (6.5, "fact", SECRETARY, "Accueil ouvert avec le registre papier : 14 visites ce matin."),
    (8.0, "fact", TECHNICAL, "Point d'entrée probable : un message ouvert sur PC-SECRETARIAT l'avant-veille."),
    (9.0, "decision", MAYOR, "Les mots de passe de la messagerie et de la banque sont changés depuis un téléphone."),
    (11.0, "message", SECRETARY, "Préfecture prévenue par téléphone : transmission des actes sur papier."),
    (14.0, "fact", FIELD, "48 repas servis, 3 listes de présence rangées au coffre."),
    (15.0, "decision", MAYOR, "Cellule levée pour la nuit, reprise à 7 h. Une personne d'astreinte."),
    (28.2, "fact", SECRETARY, "La banque confirme : aucun virement inhabituel."),
    (29.5, "decision", MAYOR, "Plainte : rendez-vous pris à la gendarmerie, à tenir avant la fin des 72 heures."),
    (30.1, "message", SECRETARY, "Assureur prévenu, numéro de dossier inventé 22-0417."),
    (31.0, "fact", TECHNICAL, "La copie sur disque se lit : 61 % des dossiers du secrétariat y sont."),
    (33.0, "decision", MAYOR, "Remise en route : d'abord l'état civil, puis la cantine, puis la comptabilité."),
    (35.0, "fact", TECHNICAL, "PC-ACCUEIL réinstallé. Il ne rejoint pas encore le réseau."),
    (38.0, "fact", FIELD, "Deuxième jour sur papier : 51 repas, une allergie signalée à la cuisine."),
    (52.0, "fact", TECHNICAL, "État civil rouvert sur PC-ACCUEIL, données de la veille de l'attaque."),
    (53.0, "decision", MAYOR, "État civil : les actes des trois jours sont ressaisis avant toute copie."),
    (54.5, "message", SECRETARY, "Parents d'élèves informés : la cantine reste sur papier pour l'instant."),
    (57.0, "fact", SECRETARY, "Feuilles de la cantine comptées : vingt à ressaisir, une manque."),
    (60.0, "fact", TECHNICAL, "Messagerie remise en service, doubles facteurs posés pour cinq comptes."),
    (61.0, "decision", MAYOR, "La messagerie est rouverte aux agents ; les habitants l'apprennent au prochain point."),
    (63.0, "fact", SECRETARY, "Relève faite : la secrétaire rentre, l'agent d'accueil tient le journal."),
)  # fmt: skip
CORRECTED: Final = (
    (1, 10.0, "Quatre postes touchés sur cinq, et non trois : le poste de l'école aussi."),
    (18, 34.0, "Soixante-dix pour cent après un second essai, et non 61."),
)
"""Rank of the line of `LINES`, hours, what is true."""
OFFLINE: Final = (
    (16.0, "fact", "Plateforme coupée à la demande du prestataire. Le journal continue sur la clé."),
    (17.5, "fact", "Alarme du local technique : un agent y va, rien."),
    (19.0, "decision", "Astreinte : le maire n'est réveillé que pour l'eau ou une personne en danger."),
    (22.0, "fact", "Appel d'un journaliste : renvoyé à l'adjointe."),
    (24.5, "fact", "Ouverture de l'accueil, affichette posée."),
    (25.0, "fact", "La cuisine centrale demande les effectifs : 51, lus sur la feuille."),
    (25.5, "decision", "Paie du mois : la trésorerie reconduit celle du mois dernier."),
    (26.0, "message", "Le centre de gestion est prévenu pour la paie."),
    (26.5, "fact", "Deux décès déclarés : actes dressés au registre papier."),
    (27.0, "fact", "La plateforme répond de nouveau. Fin du journal hors ligne."),
)  # fmt: skip
DEVICE: Final = "c1e0ffee"
COMPLAINT: Final = "Gendarmerie inventée, récépissé inventé n° 118"
MESSAGES: Final = ("message_residents", "message_agents", "message_prefecture", "message_press")


def write(diary: Diary, cast: Cast, night: Night) -> None:
    """From the first minute to this morning."""
    commune = cast.commune

    def add(hours: float, act: Any, *values: Any) -> None:
        diary.add(night.at(hours), commune, partial(act, commune, cast, *values))

    add(0.3, _activate)
    add(0.4, _take_roles)
    for rank, (hours, kind, who, text) in enumerate(LINES):
        add(hours, _write_line, kind, who, text)
        for of, later, words in CORRECTED:
            if of == rank:
                add(later, _correct, text, words)
    add(3.5, _link_incident)
    add(4.5, _note_facts)
    add(12.0, _write_messages)
    add(16.5, _plan_shifts, night.began)
    add(27.6, _merge_the_stick, night.began)
    second = "Trois postes sur cinq arrêtés. État civil et cantine servis sur papier. Plainte déposée."
    add(34.0, _lodge_the_complaint, night.at(33.5))
    add(36.0, _make_a_point, second, night.began + timedelta(hours=50))
    third = (
        "État civil rouvert. Messagerie remise en service. Cantine sur papier, vingt feuilles à ressaisir."
    )
    add(62.0, _make_a_point, third, night.now + timedelta(hours=4))
    add(61.5, _note_what_came_back)
    add(63.5, _note_hours_done)
    add(64.0, _check_support)


def the_crisis(territory: Territory) -> Crisis:
    found: Crisis = Crisis.objects.of(territory).get(is_exercise=False)
    return found


def _activate(territory: Territory, cast: Cast) -> None:
    cell.activate(territory, cast.secretary, label=LABEL, known=KNOWN)


def _link_incident(territory: Territory, cast: Cast) -> None:
    run = Response.objects.of(territory).get(guide=INCIDENT, is_exercise=False)
    cell.link_incident(the_crisis(territory), cast.secretary, run)


def _lodge_the_complaint(territory: Territory, cast: Cast, at: datetime) -> None:
    legal_clocks.stop(the_crisis(territory), cast.mayor, "complaint", at, COMPLAINT)


def _take_roles(territory: Territory, cast: Cast) -> None:
    crisis = the_crisis(territory)
    roles.assign(crisis, cast.mayor, ["director", "spokesperson"])
    roles.assign(crisis, cast.secretary, ["secretary", "logistics"])
    roles.assign(crisis, cast.secretary, ["technical"], name=TECHNICAL)
    roles.assign(crisis, cast.secretary, ["field"], name=FIELD)
    roles.assign(crisis, cast.secretary, ["legal"], name="Deuxième adjoint (inventé)")
    roles.assign(crisis, cast.mayor, ["director"], name="Première adjointe (inventée)", is_deputy=True)


def _write_line(territory: Territory, cast: Cast, kind: str, who: str, text: str) -> None:
    crisis = the_crisis(territory)
    by = cast.mayor if who == MAYOR else cast.secretary
    quoted = who if who in (TECHNICAL, FIELD) else ""
    role = "" if quoted else roles.role_of(crisis, by)
    fact_at = timezone.now() - timedelta(minutes=7)
    journal.write_line(crisis, by, text=text, kind=kind, fact_at=fact_at, author=quoted, role=role)


def _correct(territory: Territory, cast: Cast, text: str, words: str) -> None:
    crisis = the_crisis(territory)
    line = JournalLine.objects.of(territory).get(crisis=crisis, text=text)
    journal.write_line(crisis, cast.secretary, text=words, kind="correction", corrects=line)


def _note_facts(territory: Territory, cast: Cast) -> None:
    soon = timezone.localtime(timezone.now() + timedelta(hours=30)).isoformat(timespec="minutes")
    facts = {
        "what": f"Des fichiers de la mairie sont chiffrés ({EXAMPLE.lower()}).",
        "services_stopped": ["Courrier et messagerie", "Site internet", "Urbanisme"],
        "services_degraded": ["Cantine", "État civil", "Accueil"],
        "services_running": ["Eau", "Police municipale", "Action sociale"],
        "alternatives": ["Venir à l'accueil, ouvert comme d'habitude", "Appeler le 01 99 00 24 68"],
        "asked": ["N'allumez aucun ordinateur", "Notez tout sur les formulaires numérotés"],
        "contact": "01 99 00 24 68 (numéro inventé)",
        "next_news": soon,
    }  # fmt: skip
    crisis = the_crisis(territory)
    responses.save_answers(crisis.facts, cast.secretary, facts, note=EXAMPLE)


def _note_what_came_back(territory: Territory, cast: Cast) -> None:
    facts = {
        "services_stopped": ["Site internet", "Urbanisme"],
        "services_degraded": ["Cantine"],
        "services_running": ["Accueil", "Courrier et messagerie", "Eau", "État civil"],
    }
    responses.save_answers(the_crisis(territory).facts, cast.secretary, facts, note=EXAMPLE)


def _write_messages(territory: Territory, cast: Cast) -> None:
    """Drafted from the facts; the residents' one is answered for, the others wait."""
    crisis = the_crisis(territory)
    for key in MESSAGES:
        paper = audiences.model(key)
        subject, text = audiences.proposed(crisis, paper)
        written = audiences.write(crisis, cast.secretary, paper, subject, text)
        if key == MESSAGES[0]:
            audiences.validate(written, cast.mayor)


def _plan_shifts(territory: Territory, cast: Cast, night: datetime) -> None:
    """Reliefs of three days; one person passes a limit."""
    crisis = the_crisis(territory)
    for name, begins, ends in (
        (str(cast.secretary), 0, 11.5),
        (str(cast.mayor), 0, 9),
        (FIELD, 4, 12),
        (TECHNICAL, 0.5, 12),
        (str(cast.secretary), 28, 38),
        (str(cast.mayor), 28, 36),
        (TECHNICAL, 30, 40),
        ("Première adjointe (inventée)", 52, 60),
        (str(cast.secretary), 76, 84),
    ):
        duty.plan_shift(
            crisis, cast.mayor, name, night + timedelta(hours=begins), night + timedelta(hours=ends)
        )


def _note_hours_done(territory: Territory, cast: Cast) -> None:
    crisis = the_crisis(territory)
    for row in duty.shifts(crisis):
        if row.ends_at < timezone.now() and row.state == DutyShift.State.PLANNED:
            duty.set_shift(crisis, cast.mayor, row.uuid, "done")


def _merge_the_stick(territory: Territory, cast: Cast, night: datetime) -> None:
    """What the agent on duty wrote on the stick in the night, read first, then merged."""
    crisis = the_crisis(territory)
    lines: list[Line] = []
    for hours, kind, text in OFFLINE:
        at = journal.written(night + timedelta(hours=hours))
        lines.append(
            new_line(
                lines[-1] if lines else None, device=DEVICE, fact_at=at, entered_at=at,
                author="Agent d'accueil (inventé)", role="Secrétariat et journal", kind=kind, text=text,
            )
        )  # fmt: skip
    raw = dump(Journal(str(crisis.uuid), crisis.is_exercise, DEVICE, tuple(lines)))
    seen = journal_merge.preview(crisis, cast.secretary, raw)
    journal_merge.merge(crisis, cast.secretary, raw, seen.sha256)


def _make_a_point(territory: Territory, cast: Cast, situation: str, next_at: datetime) -> None:
    crisis = the_crisis(territory)
    text = f"{EXAMPLE}. {situation}\n{situation_points.draft(crisis)}"
    text = "\n".join(text.splitlines()[:12])[:1400]
    situation_points.make(crisis, cast.mayor, text, next_at)


def _check_support(territory: Territory, cast: Cast) -> None:
    crisis = the_crisis(territory)
    for item in duty.checklist(crisis)[:3]:
        duty.check(crisis, cast.mayor, item.key, done=True)
