"""A crisis to start a test from, and a journal kept off line on a stick."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.continuity.crisis import cell
from beffroi.web.continuity.models import Crisis
from beffroi.web.continuity.offline_pages.journal_lines import Journal, Line, dump, new_line
from beffroi.web.guides.library import guide
from beffroi.web.guides.models import Response
from beffroi.web.guides.services import responses
from beffroi.web.platform.models import Person, Territory

KNOWN = "Les fichiers du secrétariat finissent par .lock."


def a_crisis(territory: Territory, by: Person, **more: Any) -> Crisis:
    return cell.activate(territory, by, **{"label": "Cyberattaque", "known": KNOWN} | more)


def an_incident(territory: Territory, by: Person, *, is_exercise: bool = False, **facts: Any) -> Response:
    run = responses.open_run(territory, by, guide(Runbook, "cyber_incident"), is_exercise=is_exercise)
    known = (timezone.now() - timedelta(hours=5)).isoformat(timespec="minutes")
    responses.save_answers(run, by, {"known_at": known, "kind": "ransomware"} | facts)
    return run


def stick_lines(
    device: str,
    count: int,
    *,
    begins: datetime | None = None,
    before: Line | None = None,
    author: str = "M. Faure",
) -> list[Line]:
    """Lines that a stick wrote, one a minute."""
    start = begins or timezone.localtime(timezone.now() - timedelta(hours=3))
    lines: list[Line] = []
    for rank in range(count):
        at = timezone.localtime(start + timedelta(minutes=rank)).isoformat(timespec="seconds")
        before = new_line(
            before,
            device=device,
            fact_at=at,
            entered_at=at,
            author=author,
            role="Terrain et services",
            kind="decision" if rank % 5 == 4 else "fact",
            text=f"Fait {rank + 1} de l'appareil {device}",
        )
        lines.append(before)
    return lines


def stick_file(crisis: Crisis, device: str, lines: list[Line]) -> bytes:
    return dump(Journal(str(crisis.uuid), crisis.is_exercise, device, tuple(lines)))


def altered(raw: bytes, **changes: Any) -> bytes:
    return json.dumps(json.loads(raw) | changes).encode()
