"""Continuity of the commune before its night: services, sheets approved, phrase of the safe, a place to copy to, an exercise played.

In: a diary, the cast. Out: acts in the diary. Names are functions; texts say that they are examples.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.utils import timezone

from beffroi.guides import Plan, Register
from beffroi.web.continuity.destinations import services as destinations
from beffroi.web.continuity.essential_services import analyses
from beffroi.web.continuity.essential_services import services as essential
from beffroi.web.continuity.exercises import services as exercises
from beffroi.web.continuity.models import Destination
from beffroi.web.continuity.offline_kit import passphrase
from beffroi.web.continuity.recovery_plans import continuity_tests
from beffroi.web.continuity.restart.registers import APPLICATIONS
from beffroi.web.continuity.service_sheets import services as sheet_services
from beffroi.web.continuity.service_sheets import sheets
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import plans, registers
from beffroi.web.platform.models import Person, Territory

from ..life import EXAMPLE
from ..security.cast import Cast
from .known_services import COMMUNE, KnownService
from .past import Diary, as_of, morning

UNFINISHED: Final = ("Site internet", "Élections")
"""The first waits for the mayor, the second is half filled in."""
APPROVED: Final = {
    "État civil": "maire, officier de l'état civil",
    "Cantine": "maire",
    "Eau potable": "maire",
    "Accueil de la mairie": "secrétaire de mairie",
    "Conseil municipal": "secrétaire de mairie",
    "Aide sociale et CCAS": "présidente du CCAS (inventée)",
}
SCENARIO: Final = "exercise_ransomware_town"
REACTIONS: Final = {
    "m01": (2, "secretary", "Câble débranché, wifi coupé, écran photographié. Le poste reste allumé."),
    "m02": (3, "agent", "Je n'éteins rien, je débranche les quatre autres postes."),
    "m03": (4, "secretary", "La feuille est derrière la porte : j'appelle le prestataire, puis le CSIRT."),
    "m04": (2, "mayor", "On ne sait pas encore pour la sauvegarde. Ne touchez à rien avant 11 h."),
    "m05": (5, "agent", "52 repas comptés à la grille, trois sans porc, une allergie lue sur la liste."),
    "m06": (3, "mayor", "Rien sur les réseaux : un message court sera affiché à 10 h."),
    "m07": (2, "secretary", "On garde le fichier, on ne répond pas, on ne paie pas."),
    "m08": (6, "agent", "Registre papier sorti, copie promise pour demain."),
    "m09": (3, "mayor", "Heure notée dans le journal, rendez-vous pris pour la plainte."),
    "m11": (4, "mayor", "Ce qui est fermé, ce qui marche, prochaine nouvelle à 17 h."),
}
SEEN: Final = {
    "m01": ("done", "Fait en deux minutes."),
    "m02": ("done", ""),
    "m03": ("partly", "La feuille datait de l'an dernier : deux numéros faux."),
    "m05": ("done", "La liste des allergies était au classeur."),
    "m06": ("partly", "Un conseiller avait déjà écrit en ligne."),
    "m08": ("done", ""),
    "m10": ("missed", "Personne n'a rappelé le CSIRT."),
    "m12": ("missed", "Personne ne savait où est la copie hors ligne."),
}
CORRECTIONS: Final = (
    ("Refaire la feuille « Qui appeler » et l'afficher", "Secrétariat", 10),
    ("Acheter un second disque, rangé hors de la mairie", "Maire", 40),
    ("Convenir d'une seule personne qui parle dehors", "Maire", 20),
)


def write(diary: Diary, cast: Cast, now: datetime) -> None:
    """Everything before the night."""
    commune, secretary, mayor = cast.commune, cast.secretary, cast.mayor

    def add(days: float, act: Any, *values: Any) -> None:
        diary.add(morning(now, days), commune, partial(act, commune, *values))

    add(41, essential.begin, secretary)
    add(39, _analyse, secretary, mayor)
    add(38, _begin_registers, secretary)
    add(37, continuity_tests.begin, secretary)
    add(30, _approve_sheets, secretary, mayor)
    add(29, passphrase.renew, mayor)
    add(28.9, _declare_destination, secretary)
    add(28, _try_a_sheet, secretary)
    add(12, _play, secretary, mayor)
    add(11, _change_a_sheet, secretary)


def _analyse(territory: Territory, by: Person, decider: Person) -> None:
    for entry in essential.services_of(territory):
        name = entry.values["name"]
        tips, hours, leads = COMMUNE[name]
        answers = KnownService(name, "", tips, hours, leads).answers
        if name == UNFINISHED[1]:
            answers = dict(list(answers.items())[:14])
        analyses.save_cells(entry, by, answers)
        if name not in UNFINISHED:
            analyses.validate(entry, decider)


def _begin_registers(territory: Territory, by: Person) -> None:
    """What Beffroi proposes to begin from; the roles of the cell are prepared, with numbers that ARCEP leaves to fiction."""
    for key in (sheets.REGISTER, APPLICATIONS):
        registers.begin_with_rows(territory, by, guide(Register, key))
    day = timezone.localdate().isoformat()
    prepared = (
        ("director", "Noé Maire (inventé)", "01 99 00 11 01", "Première adjointe (inventée) | 01 99 00 11 02"),
        ("spokesperson", "Première adjointe (inventée)", "01 99 00 11 02", "Noé Maire (inventé) | 01 99 00 11 01"),
        ("technical", "Dépannage inventé", "01 99 00 11 09", "Adjoint au numérique (inventé) | 01 99 00 11 05"),
        ("field", "Agent de la cantine (inventé)", "01 99 00 11 03", "Agent technique (inventé) | 01 99 00 11 06"),
        ("secretary", "Maëlle Secrétaire (inventée)", "01 99 00 11 04", "Agent d'accueil (inventé) | 01 99 00 11 07"),
        ("logistics", "Agent technique (inventé)", "01 99 00 11 06", "Deuxième adjoint (inventé) | 01 99 00 11 08"),
    )  # fmt: skip
    rows = [
        {"role": role, "holder": holder, "phone": phone, "deputies": deputies, "checked_on": day}
        for role, holder, phone, deputies in prepared
    ]
    registers.add_entries(territory, by, guide(Register, "crisis_roles"), rows)


def _sheet(territory: Territory, service: str) -> Any:
    return next(each for each in sheets.sheets(territory) if each.service == service)


def _approve_sheets(territory: Territory, secretary: Person, mayor: Person) -> None:
    for service, role in APPROVED.items():
        found = _sheet(territory, service)
        by = secretary if role.startswith("secrétaire") else mayor
        sheet_services.approve(found.entry, by, role, found.sha256)


def _try_a_sheet(territory: Territory, by: Person) -> None:
    wrong = f"{EXAMPLE} : il manquait un stylo et la liste des allergies en gros caractères."
    day = timezone.localdate() - timedelta(days=1)
    sheet_services.note_trial(
        _sheet(territory, "Cantine").entry, by, day, "agent de cantine, secrétaire", wrong
    )


def _change_a_sheet(territory: Territory, by: Person) -> None:
    """Changed after its approval: it is to be approved again."""
    entry = _sheet(territory, "Accueil de la mairie").entry
    values = entry.values | {
        "supplies": [*entry.values.get("supplies", ()), "Un panneau « Accueil sans ordinateur »"]
    }
    registers.save_entry(territory, by, guide(Register, sheets.REGISTER), values, entry=entry)


def _declare_destination(territory: Territory, by: Person) -> None:
    name = "Clé USB du coffre de la mairie (inventée)"
    destinations.declare(territory, by, use="kit", kind=Destination.Kind.ZIP, name=name, address="")


def _play(territory: Territory, secretary: Person, mayor: Person) -> None:
    """One hour at real speed: what was answered and seen, then the debrief and its corrections."""
    scenario = next(each for each in exercises.scenarios() if each.id == SCENARIO)
    run = exercises.begin(territory, secretary, scenario, "Exercice d'une heure, en mairie")
    began = timezone.now()
    minutes = {inject.key: inject.minute for inject in scenario.injects}
    acts: list[tuple[float, Person, str, dict[str, str]]] = [(1, secretary, "start", {})]
    for key, (after, role, text) in REACTIONS.items():
        by = mayor if role == "mayor" else secretary
        acts.append((1 + minutes[key] + after, by, "reaction", {"inject": key, "role": role, "text": text}))
    for key, (verdict, text) in SEEN.items():
        acts.append(
            (1 + minutes[key] + 3.5, mayor, "observation", {"inject": key, "verdict": verdict, "text": text})
        )
    acts.append((1 + max(minutes.values()) + 4, secretary, "end", {}))
    for minute, by, act, data in sorted(acts, key=lambda each: each[0]):
        with as_of(began + timedelta(minutes=minute)):
            exercises.record(run, by, act, data)
    corrections = guide(Plan, continuity_tests.PLAN)
    why = f"Décidé au bilan de l'exercice n° {run.pk}, le {timezone.localtime(run.opened_at):%d/%m/%Y}."
    with as_of(began + timedelta(minutes=90)):
        for rank, (title, owner, days) in enumerate(CORRECTIONS):
            action = plans.add_action(territory, secretary, corrections, title, why=why)
            due = timezone.localdate() + timedelta(days=days)
            plans.update_action(action, secretary, corrections, owner=owner, due_on=due, spent=action.spent)
            for state in ("accepted", "done")[: 2 - min(rank, 1)]:
                plans.move_action(action, secretary, corrections, state, note=EXAMPLE)
