"""Continuity of the seat: forty services and what their outage costs, applications, one drill timed, plans signed, tests, backups.

In: a diary, the cast, the members. Out: acts in the diary, done later in the order of their moments. Texts say that they are examples.
"""

import json
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from beffroi.guides import Register, Runbook
from beffroi.web.continuity.backups import reports
from beffroi.web.continuity.backups import services as backups
from beffroi.web.continuity.backups.systems import REGISTER as SYSTEMS
from beffroi.web.continuity.essential_services import analyses
from beffroi.web.continuity.essential_services.services import REGISTER as SERVICES
from beffroi.web.continuity.essential_services.services import services_of
from beffroi.web.continuity.models import BackupCopy
from beffroi.web.continuity.recovery_plans import continuity_tests, plan_drafts, plan_editions
from beffroi.web.continuity.restart import services as restart
from beffroi.web.continuity.restart.registers import APPLICATIONS
from beffroi.web.continuity.restart.runbook import SERVICE
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers, responses
from beffroi.web.platform.models import Person, Territory

from ..life import EXAMPLE
from ..members import Members
from . import applications, billing
from .known_services import SEAT
from .past import Diary, as_of, morning

HEADED: Final = ("Cantine", "Eau potable", "Portage de repas")
"""Services that the demonstration's agent heads."""
SLOWER: Final = 1.15
"""How much longer the drill took than aimed at."""
LAST_TESTS: Final = (
    # Rank in the calendar, days ago, result, days until the next one, findings.
    (0, 60, "gaps", 30, ("Deux numéros de la liste ne répondent plus",)),
    (1, 200, "failed", -19, ("Le fichier tiré au sort n'était dans aucune sauvegarde",)),
    (3, 20, "gaps", 160, ("Le mot de passe de la console n'était pas dans l'enveloppe", "La cantine est revenue trop tard")),
    (4, 12, "passed", 170, ()),
)  # fmt: skip
SYSTEMS_ROWS: Final = (
    {"name": "État civil et élections des communes", "what": f"{EXAMPLE} : base et pièces", "limit_hours": 36},
    {"name": "Serveur de fichiers", "what": f"{EXAMPLE} : dossiers des services", "limit_hours": 48},
    {"name": "Supervision de l'eau", "what": f"{EXAMPLE} : automates et historiques", "limit_hours": 72},
    {"name": "Archives numérisées", "what": f"{EXAMPLE} : délibérations depuis 1950", "limit_hours": 168},
)  # fmt: skip
_FAILED: Final = (
    "Compte rendu inventé de la démonstration.\nRestauration du dossier « Finances » depuis le disque du 2e étage : "
    "412 fichiers sur 6 180 illisibles, somme de contrôle fausse.\n"
)


def write(diary: Diary, territory: Territory, members: Members, officer: Person, now: datetime) -> None:
    """Everything of the seat, from forty days ago to this morning."""

    def add(days: float, act: Any, *values: Any) -> None:
        diary.add(morning(now, days), territory, partial(act, territory, *values))

    add(40, _list_services, members)
    add(38, _analyse, members.guide, members.decider)
    add(36, _list_contacts, officer)
    add(35, _list_applications, officer)
    add(34, _begin_sheets, members.guide)
    add(33, _declare_backups, officer)
    add(32, _begin_tests, officer)
    add(20, _hold_the_drill, officer, members.agent)
    signed = _signed_ago(now)
    add(signed, _sign, members.decider)
    for rank, (test, days, result, again, findings) in enumerate(LAST_TESTS, start=1):
        day = now.date() - timedelta(days=days)
        add(signed * (1 - rank / 5), _note_test, officer, test, day, result, again, findings)
    add(6, billing.bill_water, members.guide, members.decider)
    add(0.1, _report_backups, officer)


def _signed_ago(now: datetime) -> float:
    """Days since the plans were signed: they hold whom to call, which is not signed before it was verified."""
    verified = max(
        str(row["verified_on"]) for row in guide(Register, "who_to_call").rows if "verified_on" in row
    )
    first = timezone.make_aware(datetime.fromisoformat(verified))
    return min(15.0, 0.9 * ((now - first) / timedelta(days=1)))


def _list_services(territory: Territory, members: Members) -> None:
    rows = [each.row for each in SEAT]
    for row in rows:
        if row["name"] in HEADED:
            row |= {"head": str(members.agent), "deputy": str(members.guide)}
    registers.add_entries(territory, members.guide, guide(Register, SERVICES), rows)


def _analyse(territory: Territory, by: Person, decider: Person) -> None:
    known = {each.name: each for each in SEAT}
    for entry in services_of(territory):
        analyses.save_cells(entry, by, known[entry.values["name"]].answers)
        analyses.validate(entry, decider)


def _list_applications(territory: Territory, by: Person) -> None:
    registers.add_entries(territory, by, guide(Register, APPLICATIONS), applications.rows())


def _list_contacts(territory: Territory, by: Person) -> None:
    """Whom the seat calls first, by numbers that ARCEP leaves to fiction."""
    known = {
        "source": f"{EXAMPLE} : numéro inventé",
        "verified_on": timezone.localdate().isoformat(),
        "verified_by": "Robin Sécurité (inventé)",
    }
    called = (
        (
            1,
            "Votre prestataire informatique",
            "01 99 00 40 02",
            "Il isole, garde les preuves, remet en route.",
        ),
        (3, "Votre CSIRT régional", "01 99 00 56 78", "Aide gratuite aux collectivités."),
        (9, "Votre assureur", "01 99 00 98 76", "Avant toute réparation payante."),
    )
    rows = [
        {"order": order, "name": name, "phone": phone, "why": why, **known}
        for order, name, phone, why in called
    ]
    registers.add_entries(territory, by, guide(Register, "who_to_call"), rows)


def _begin_sheets(territory: Territory, by: Person) -> None:
    registers.begin_with_rows(territory, by, guide(Register, "service_sheets"))


def _begin_tests(territory: Territory, by: Person) -> None:
    continuity_tests.begin(territory, by)


def _hold_the_drill(territory: Territory, by: Person, agent: Person) -> None:
    """The whole restart played once, each step signed off at its hour, some slower than aimed at."""
    run = restart.begin(territory, by, label=f"Remise en route d'essai ({EXAMPLE.lower()})", is_exercise=True)
    runbook = restart.runbook_of(territory)
    ends = _ends(runbook, run.opened_at)
    for key, at in sorted(ends.items(), key=lambda each: each[1]):
        checked = next(step for step in runbook.steps if step.key == key).role == SERVICE
        words = (
            "Le service le dit : c'est rendu." if checked else "Ouverte depuis un poste, donnée de la veille."
        )
        with as_of(at):
            responses.note_step(run, agent if checked else by, key, {"what": f"{EXAMPLE} : {words}"})
    with as_of(max(ends.values()) + timedelta(minutes=10)):
        responses.close_response(run, by)


def _ends(runbook: Runbook, began: datetime) -> dict[str, datetime]:
    """When each step is signed off: after what it waits for, in the time aimed at and a little more."""
    ends: dict[str, datetime] = {}
    for rank, step in enumerate(runbook.steps):
        minutes = 6.0 if step.role == SERVICE else (step.minutes or 5) * (SLOWER if rank % 3 else 0.9)
        start = max((ends[key] for key in step.after if key in ends), default=began)
        ends[step.key] = start + timedelta(minutes=minutes, seconds=rank)
    return ends


def _sign(territory: Territory, by: Person) -> None:
    """Both plans; what is noted of the tests afterwards changes them."""
    for kind in ("pra", "pca"):
        plan_editions.sign(territory, by, kind, expected=plan_drafts.draft_of(territory, kind).sha256)


def _note_test(
    territory: Territory, by: Person, rank: int, day: Any, result: str, again: int, findings: tuple[str, ...]
) -> None:
    names = [row["name"] for row in continuity_tests.register().rows]
    entry = next(e.entry for e in continuity_tests.calendar(territory) if e.name == names[rank])
    due = timezone.localdate() + timedelta(days=45)
    owner = "Administrateur systèmes (inventé)" if findings else ""
    next_on = timezone.localdate() + timedelta(days=again)
    continuity_tests.record_result(
        entry, by, last_on=day, result=result, next_on=next_on, findings=findings, owner=owner,
        due_on=due if findings else None,
    )  # fmt: skip


def _declare_backups(territory: Territory, by: Person) -> None:
    """Four systems and their copies: on another site, offline, on the same disk."""
    entries = registers.add_entries(territory, by, guide(Register, SYSTEMS), SYSTEMS_ROWS)
    for entry, name, kind, medium, place, offline in (
        (entries[0], "NAS de l'autre site", "report", "nas", "off-site", False),
        (entries[0], "Disque du coffre", "attestation", "usb", "same", True),
        (entries[1], "Disque du 2e étage", "report", "disk", "same", False),
        (entries[2], "NAS de l'usine d'eau", "report", "nas", "same", False),
        (entries[3], "Disque de la salle des archives", "report", "disk", "same", False),
    ):
        backups.declare(entry, by, name=name, kind=kind, medium=medium, place=place, offline=offline)


def _report_backups(territory: Territory, by: Person) -> None:
    """One is proven, one fails its restore, one was never restored, one is too old."""
    copies = {copy.name: copy for copy in BackupCopy.objects.of(territory).select_related("entry")}
    now = timezone.localtime()

    def report(name: str, hours: float, size: int, **more: Any) -> None:
        stated: dict[str, Any] = {
            "ended_at": (now - timedelta(hours=hours)).isoformat(),
            "ok": True,
            "size": size,
        }
        reports.receive(copies[name], reports.parse(json.dumps(stated | more).encode()))

    def attest(name: str, what: str, days: int, how: str, *, ok: bool = True, file: Any = None) -> None:
        day = now.date() - timedelta(days=days)
        backups.attest(copies[name], by, what=what, day=day, how=f"{EXAMPLE} : {how}", ok=ok, file=file)

    restored = {
        "restored_at": (now - timedelta(days=5)).isoformat(),
        "message": f"{EXAMPLE} : 3 052 sommes comparées",
    }
    report("NAS de l'autre site", 4, 48_000_000_000, **restored)
    report("Disque du 2e étage", 5, 912_000_000_000)
    report("NAS de l'usine d'eau", 3, 7_300_000_000)
    report("Disque de la salle des archives", 23 * 24, 350_000_000_000)
    attest("Disque du coffre", "backup", 0, "copie débranchée et rangée au coffre")
    proof = SimpleUploadedFile("compte-rendu-invente.txt", _FAILED.encode(), "text/plain")
    how = "restauration du dossier « Finances » : 412 fichiers illisibles"
    attest("Disque du 2e étage", "restore", 2, how, ok=False, file=proof)
