"""What the committee had before its eyes, and whether one of its sessions can have had it.

In come a use, the version of its manifest, a session; out go plain JSON to freeze, and French sentences.
"""

from datetime import date, datetime

from django.db.models import Min
from django.utils import timezone

from beffroi.web.platform import ledger
from beffroi.web.workshop import cards
from beffroi.web.workshop.models import SystemUse

from ..legal import reading
from ..models import Session


def frozen(use: SystemUse) -> dict[str, object]:
    """The card, the legal class and the state, as the committee had them."""
    card = cards.card(use.territory, use.system, with_names=False)
    latest = reading.last_answer(use)
    return {
        "card": card.to_dict() if card else None,
        "legal_answer": latest.pk if latest else None,
        "class": latest.risk_class if latest else None,
        "state": use.state,
    }


def fault(use: SystemUse, version: str, session: Session) -> str:
    """Why an opinion on this version cannot come from that session, or not any more; empty when it can."""
    day, known = session.session_date, _known_since(use, version)
    if use.opinions.filter(session=session).exists():
        return (
            "Cette séance a déjà rendu un avis sur ce service : un nouvel avis demande une nouvelle séance."
        )
    last = use.opinions.select_related("session").order_by("-session__session_date").first()
    if last is not None and last.session.session_date > day:
        return f"Une séance plus récente, le {last.session.session_date:%d/%m/%Y}, a déjà rendu un avis sur ce service."
    if day < (taken := timezone.localdate(use.created_at)):
        return (
            f"La séance du {day:%d/%m/%Y} a eu lieu avant l'entrée de ce service, le {taken:%d/%m/%Y} : réunissez le "
            "comité de nouveau."
        )
    if known is None and day < timezone.localdate():
        return (
            f"Rien ne montre que la version {version} était là le {day:%d/%m/%Y} : elle n'a encore été ni examinée ni "
            "essayée ici. Examinez-la, puis réunissez le comité."
        )
    if known is not None and day < known:
        return (
            f"La séance du {day:%d/%m/%Y} n'a pas pu voir la version {version}, connue ici depuis le {known:%d/%m/%Y} : "
            "réunissez le comité de nouveau."
        )
    return ""


def _known_since(use: SystemUse, version: str) -> date | None:
    """The day of this version's declaration, or of its first examination or run; None before any."""
    if use.declared:
        lines = ledger.lines_of(use.territory).filter(act="system.declare", thing=f"system:{use.system}")
        last = lines.last()
        return timezone.localdate(datetime.fromisoformat(last.at) if last else use.created_at)
    rows = (use.examinations, use.runs)
    moments = [of.filter(version=version).aggregate(first=Min("at"))["first"] for of in rows]
    return min((timezone.localdate(moment) for moment in moments if moment), default=None)
