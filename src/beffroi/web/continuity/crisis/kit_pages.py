"""What the crisis cell has in the offline kit: functions in the open part, names and telephones in the sealed one only."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from beffroi.guides import Register, Runbook
from beffroi.guides.clocks import Clock
from beffroi.web.cyber.home_state import INCIDENT
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import RegisterEntry
from beffroi.web.guides.presenting import steps_to_read
from beffroi.web.platform.models import Territory

from ..offline_kit.parts import Page, Part, WholePage, register
from ..offline_pages import pages
from ..service_sheets.sheets import is_small_town
from . import audiences, cell, duty, journal, roles


def _body(name: str, territory: Territory, **context: object) -> str:
    return render_to_string(f"continuity/kit/{name}.html", {"territory": territory, **context})


def _as_of(territory: Territory, key: str) -> datetime | None:
    """When the register was last written."""
    rows = RegisterEntry.objects.of(territory).filter(register=key, removed_at=None)
    found: datetime | None = rows.order_by("-at").values_list("at", flat=True).first()
    return found


def functions(territory: Territory) -> Iterator[Page]:
    """The roles of the cell and what each does: no name, no number. In a small town, who of the two takes which."""
    titles, purposes = roles.role_titles(), roles.role_purposes()
    is_small = is_small_town(territory)
    pairs = roles.PAIR if is_small else {"": tuple(titles)}
    groups = [(who, [(titles[key], purposes[key]) for key in keys]) for who, keys in pairs.items()]
    body = _body("crisis_roles", territory, groups=groups, is_small=is_small)
    yield Page("cellule-de-crise", "La cellule de crise : les rôles", body, "call")


def calling_list(territory: Territory) -> Iterator[Page]:
    """Names and telephones of the cell."""
    body = _body("crisis_calling_list", territory, calls=roles.calling_list(territory))
    yield Page(
        "liste-d-appel", "La liste d'appel de la cellule", body, "call", _as_of(territory, roles.REGISTER)
    )


def _hours_to_count() -> list[Clock]:
    """The clocks of the incident that anyone can count by hand: in hours, whatever a rule says of the town."""
    return [each for each in guide(Runbook, INCIDENT).clocks if each.hours is not None and not each.rule]


def ransomware(territory: Territory) -> Iterator[Page]:
    """The runbook, its steps in order."""
    runbook = guide(Runbook, "ransomware")
    steps = steps_to_read(runbook)
    body = _body("crisis_ransomware", territory, runbook=runbook, steps=steps, clocks=_hours_to_count())
    yield Page("rancongiciel", runbook.title, body, "call")


def messages(territory: Territory) -> Iterator[Page]:
    """The models, with blanks to fill in by hand."""
    models = [
        (
            paper,
            paper.blocks[0].text.replace("{territory.name}", territory.name),
            [
                audiences.BLANKS.sub("……………………", block.text.replace("{territory.name}", territory.name))
                for block in paper.blocks[1:]
            ],
        )
        for paper in audiences.models()
    ]
    body = _body("crisis_messages", territory, models=models, signatory=audiences.signatory(territory))
    when = "Pour prévenir par affiche, téléphone ou courriel, même sans page des habitants."
    yield Page("messages", "Les messages, à compléter à la main", body, "inform", when=when)


def support(territory: Territory) -> Iterator[Page]:
    """The checklist of support, and the functions to call: numbers are on the walls, and in the register."""
    runbook = guide(Runbook, duty.CHECKLIST)
    contacts = [row["name"] for row in guide(Register, "support_contacts").rows]
    body = _body(
        "crisis_support",
        territory,
        runbook=runbook,
        contacts=contacts,
        law=duty.LAW,
        today=timezone.localdate(),
    )
    yield Page("soutien", "Soutenir les agents", body)


def journal_seed(territory: Territory) -> dict[str, Any]:
    """What the journal page of the kit begins with: the crisis under way, or the next one, whose identifier is known.

    No line and no name: the open part holds no personal data. Lines are taken as a file from the page of the journal.
    """
    crisis = next((each for each in cell.open_crises(territory) if not each.is_exercise), None)
    return {
        "crisis": str(crisis.uuid if crisis is not None else cell.next_uuid(territory)),
        "exercise": False,
        "simulated": territory.is_fictional,
        "title": "Journal de crise",
        "territory": {"code": territory.code, "name": territory.name},
        "made_at": journal.written(timezone.now()),
        "lines": [],
        "clocks": [
            {
                "key": each.key,
                "title": each.title,
                "hours": each.hours,
                "law": each.article,
                "help": each.text,
                "starts": None,
            }
            for each in _hours_to_count()
        ],
    }


def journal_roles() -> list[dict[str, str]]:
    """The roles that a line may be written in: functions only."""
    return [{"key": key, "title": title, "holder": ""} for key, title in roles.role_titles().items()]


def offline_journal(territory: Territory) -> Iterator[WholePage]:
    """The journal to write in without network."""
    document = pages.journal_page(journal_seed(territory), journal_roles())
    yield WholePage("journal", "Le journal de crise", document, "call")


def register_parts() -> None:
    """Called once, when the application is ready."""
    register(Part("crisis-functions", "La cellule de crise", 20, functions))
    register(Part("crisis-calling-list", "Liste d'appel de la cellule", 21, calling_list, sealed=True))
    register(Part("crisis-ransomware", "Face à un rançongiciel", 22, ransomware))
    register(Part("crisis-messages", "Messages", 23, messages))
    register(Part("crisis-journal", "Journal de crise", 19, offline_journal))
    register(Part("crisis-support", "Soutien des agents", 24, support))
