"""The reference of a decision, printed on its letter: a number, and four letters that only this house can make.

It opens nothing by itself: who writes it on the public page is told nothing of it; an agent finds the decision by it.
"""

import re

from django.utils.crypto import salted_hmac

from beffroi.web.platform.models import Territory

from .models import Decision

LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ"


def of(decision: Decision) -> str:
    """« D128-KMWT »."""
    return f"D{decision.pk}-{_check(decision.territory_id, decision.pk)}"


def find(territory: Territory, text: str) -> Decision | None:
    """The decision that a person named by its reference, spaces and small letters forgiven."""
    found = re.fullmatch(r"D(\d{1,15})-?([A-Z]{4})", re.sub(r"\s", "", text).upper())
    if found is None or _check(territory.pk, int(found[1])) != found[2]:
        return None
    rows = Decision.objects.of(territory).select_related("proposal", "person")
    decision: Decision | None = rows.filter(pk=int(found[1])).first()
    return decision


def _check(territory: int, pk: int) -> str:
    digest = salted_hmac("beffroi.decisions.reference", f"{territory}:{pk}", algorithm="sha256").digest()
    return "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:4])
