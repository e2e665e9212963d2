"""Alerts of what is newly wrong, and of what is right again: by mail to who runs the instance, by a webhook where one is set.

In: a health report. What was last announced is in `run/alerts.json`; a message that did not leave is tried again.
"""

import json
import logging
from pathlib import Path
from typing import Final

import urllib3
from django.conf import settings
from django.urls import reverse

from beffroi.home import Home, write_safely
from beffroi.web import public_address
from beffroi.web.platform import mail
from beffroi.web.platform.models import HostOperator, Person

from .report import Check, HealthReport, State

logger = logging.getLogger(__name__)
SECONDS: Final = 10.0


def announce(home: Home, report: HealthReport) -> bool:
    """Tell what changed among the checks that are bad; whether anything left. Raises OSError when it cannot be recorded."""
    bad = {check.key: check for check in report.checks if check.state == State.BAD}
    known = _announced(home)
    new = [check for key, check in bad.items() if key not in known]
    over = [check for check in report.checks if check.key in known and check.key not in bad]
    if not new and not over:
        return False
    sent = _send_mail(new, over)
    sent |= _post(report, new, over)
    if sent or not (mail.is_configured() or settings.ALERT_WEBHOOK):
        write_safely(_file(home), json.dumps(sorted(bad)).encode())
    return sent


def operators() -> list[Person]:
    """Who runs the instance."""
    rows = HostOperator.objects.filter(until=None, person__is_active=True).select_related("person")
    return [row.person for row in rows]


def _send_mail(new: list[Check], over: list[Check]) -> bool:
    if not mail.is_configured():
        return False
    first = f"à traiter : {new[0].title.lower()}" if new else f"rétabli : {over[0].title.lower()}"
    lines = [f"- {check.title} : {check.text} {check.action}".rstrip() for check in new]
    lines += [f"- {check.title} : c'est rétabli." for check in over]
    body = ["Bonjour,", "", *lines, ""]
    if public_address.is_reachable():
        body.append(f"La page « Santé » : {public_address.absolute(reverse('host-health'))}")
    count = sum(mail.send(person, f"[Beffroi] {first}", "\n".join(body)) for person in operators())
    return count > 0


def _post(report: HealthReport, new: list[Check], over: list[Check]) -> bool:
    """One JSON document to the operator's own address; no redirection is followed."""
    if not settings.ALERT_WEBHOOK:
        return False
    content = {
        "instance": settings.BASE_URL,
        "state": report.state.value,
        "at": report.at.isoformat(),
        "bad": [{"key": c.key, "title": c.title, "text": c.text, "action": c.action} for c in new],
        "recovered": [c.key for c in over],
    }
    try:
        answer = urllib3.request(
            "POST", settings.ALERT_WEBHOOK, json=content, timeout=SECONDS, retries=False, redirect=False
        )
    except urllib3.exceptions.HTTPError as error:
        logger.warning("the alert webhook did not answer: %s", type(error).__name__)
        return False
    if not 200 <= answer.status < 300:
        logger.warning("the alert webhook answered %s", answer.status)
    return 200 <= answer.status < 300


def _announced(home: Home) -> list[str]:
    try:
        return [str(key) for key in json.loads(_file(home).read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def _file(home: Home) -> Path:
    return home.run / "alerts.json"
