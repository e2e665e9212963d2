"""What the continuity room holds of crisis, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from beffroi.guides import Register, Runbook
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
from beffroi.web.continuity.models import Crisis
from beffroi.web.continuity.offline_pages.journal_lines import Journal, dump, new_line
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import registers, responses

OF_A_CRISIS = (
    "crisis",
    "crisis-check",
    "crisis-clock",
    "crisis-clock-reopen",
    "crisis-close",
    "crisis-correct",
    "crisis-debrief",
    "crisis-debrief-plan",
    "crisis-facts",
    "crisis-incident",
    "crisis-journal",
    "crisis-journal-export",
    "crisis-limits",
    "crisis-merge",
    "crisis-message",
    "crisis-message-export",
    "crisis-message-validate",
    "crisis-message-write",
    "crisis-messages",
    "crisis-point",
    "crisis-point-pdf",
    "crisis-points",
    "crisis-role-release",
    "crisis-roles",
    "crisis-roles-take",
    "crisis-service",
    "crisis-shift",
    "crisis-support",
    "crisis-wall",
    "crisis-write",
)
CONFIDENTIAL = ("crisis-check", "crisis-limits", "crisis-shift", "crisis-support")
PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    **{(route, "pk"): lambda side: side.facts["crisis"].pk for route in OF_A_CRISIS},
    ("crisis-correct", "line"): lambda side: side.facts["crisis_line"].pk,
    ("crisis-message-export", "number"): lambda side: side.facts["crisis_message"].pk,
    ("crisis-message-validate", "number"): lambda side: side.facts["crisis_message"].pk,
    ("crisis-point", "number"): lambda side: side.facts["crisis_point"].number,
    ("crisis-point-pdf", "number"): lambda side: side.facts["crisis_point"].number,
    ("crisis-shift", "shift"): lambda side: side.facts["crisis_shift"].uuid,
}
SHARED: dict[tuple[str, str], Any] = {
    ("crisis-check", "item"): "meals",
    ("crisis-clock", "key"): "complaint",
    ("crisis-clock-reopen", "key"): "complaint",
    ("crisis-journal-export", "form"): "json",
    ("crisis-message", "key"): "message_press",
    ("crisis-message-export", "form"): "txt",
    ("crisis-message-write", "key"): "message_press",
    ("crisis-role-release", "role"): "legal",
}
# Who is director or has logistics is alone to see these.
NARROWER: dict[str, str] = dict.fromkeys(CONFIDENTIAL, "")
EXPORTS: set[str] = {
    "crisis-calling-pdf",
    "crisis-journal-export",
    "crisis-message-export",
    "crisis-point-pdf",
}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}


def _stop_a_clock(crisis: Crisis, person: Any, word: str) -> None:
    run = responses.open_run(
        crisis.territory, person, guide(Runbook, "cyber_incident"), label=f"Incident {word}"
    )
    known = timezone.now() - timedelta(hours=5)
    facts = {"known_at": known.isoformat(timespec="minutes"), "malicious": "yes", "insured": "yes"}
    responses.save_answers(run, person, facts)
    cell.link_incident(crisis, person, run)
    legal_clocks.stop(crisis, person, "complaint", known + timedelta(hours=2), f"Reçu {word}")


def furnish(side: Any) -> None:
    """Fill one side; called inside its territory."""
    territory, person, word = side.territory, side.people["everything"], side.words.private
    prepared = {"role": "director", "holder": f"Directrice {word}", "phone": "01 99 00 00 01"}
    registers.save_entry(territory, person, guide(Register, roles.REGISTER), prepared)
    for n in range(1 + side.words.more):
        crisis = cell.activate(territory, person, label=f"Crise {n} {word}", known=f"Ce que l'on sait {word}")
        _stop_a_clock(crisis, person, word)
        roles.assign(crisis, person, list(roles.role_titles()))
        line = journal.write_line(crisis, person, text=f"Fait {n} {word}", author=f"Autrice {word}")
        _merge(crisis, person, word)
        for _ in range(1 + side.words.more):
            point = situation_points.make(crisis, person, f"Situation {n} {word}", None)
        paper = audiences.model("message_press")
        message = audiences.write(
            crisis, person, paper, f"Objet {word}", f"Un texte de {n} {word}, à relire."
        )
        paper = audiences.model("message_residents")
        residents = audiences.write(
            crisis, person, paper, f"Objet {word}", f"Un texte {word}, relu et validé."
        )
        audiences.validate(residents, person)
        begins = timezone.now() + timedelta(hours=n)
        shift = duty.plan_shift(crisis, person, str(person), begins, begins + timedelta(hours=8))
        duty.check(crisis, person, "meals", done=True)
    side.facts |= {
        "crisis": crisis,
        "crisis_line": line,
        "crisis_message": message,
        "crisis_point": point,
        "crisis_shift": shift,
    }


def _merge(crisis: Any, person: Any, word: str) -> None:
    """A journal of a stick, merged."""
    now = journal.written(timezone.now())
    kept = new_line(
        None,
        device="abcdef01",
        fact_at=now,
        entered_at=now,
        author=word,
        role="",
        kind="fact",
        text=f"Hors ligne {word}",
    )
    raw = dump(Journal(str(crisis.uuid), crisis.is_exercise, "abcdef01", (kept,)))
    journal_merge.merge(crisis, person, raw, journal_merge.preview(crisis, person, raw).sha256)
