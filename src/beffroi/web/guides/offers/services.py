"""Propose to many territories in one act; accept, adapt or refuse in each; share one's progress, and stop.

Each territory's chain has its line, the host's chain has one for the batch. What a territory answers is its own: the host
reads the state of its offers and the figures that are shared, never the rows of the territory.
"""

import re
import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Plan, Register
from beffroi.lake.invisible_characters import strip_invisible
from beffroi.web.platform import gates, ledger, scope
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require, require_host

from ..domains import all_domains, domain_of
from ..errors import GuideError
from ..library import library
from ..services import plans, registers
from .models import Offer, ProgressShare

SHORTEST = 15
_REPLACED = ("{collectivité}", "{contact}")
"""What a letter may leave to be filled in for each territory."""
_SLOT = re.compile(r"\{[^{}\n]*\}")
WITHDRAWN = "Retirée par l'accompagnant"


def propose(
    by: Person,
    helper: str,
    territories: Iterable[Territory],
    *,
    kind: str,
    title: str,
    guide: str = "",
    text: str = "",
    due_on: date | None = None,
) -> uuid.UUID:
    """Propose the same thing to these territories, in one transaction. Raises GuideError, `PermissionDenied`."""
    require_host(by, "host.propose")
    where = list(territories)
    title, text = checked(where, kind=kind, title=title, guide=guide, text=text, due_on=due_on)
    batch = uuid.uuid4()
    with transaction.atomic():
        for territory in where:
            with scope.inside(territory):
                offer = Offer.objects.create(
                    territory=territory,
                    batch=batch,
                    kind=kind,
                    guide=guide if kind == Offer.Kind.GUIDE else "",
                    title=title,
                    text=filled(text, territory),
                    due_on=due_on,
                    helper=helper[:200],
                    proposed_by=by,
                )
                ledger.append(
                    territory, "offer.propose", by, f"offer:{offer.pk}", {"batch": str(batch), "kind": kind}
                )
        ledger.append(None, "offer.propose", by, f"batch:{batch}", {"kind": kind, "territories": len(where)})
    return batch


def checked(
    where: list[Territory], *, kind: str, title: str, guide: str, text: str, due_on: date | None
) -> tuple[str, str]:
    """The title and the text to send, once they may be sent. Raises GuideError."""
    title, text = strip_invisible(title), strip_invisible(text)
    if not where:
        raise GuideError("Choisissez au moins une collectivité.", "territories")
    if kind == Offer.Kind.GUIDE:
        found = library().guides.get(guide)
        if found is None or domain_of(found) is None:
            raise GuideError("Choisissez ce que vous proposez dans la liste.", "guide")
        title = found.title
    elif kind not in Offer.Kind.values:
        raise GuideError("Dites ce que vous proposez.", "kind")
    elif len(text.strip()) < SHORTEST:
        raise GuideError("Écrivez le texte que chaque collectivité recevra.", "text")
    if not title.strip():
        raise GuideError("Donnez un titre, que chaque collectivité verra d'abord.", "title")
    if due_on is not None and due_on < timezone.localdate():
        raise GuideError("Ce jour est passé : donnez un jour à venir.", "due_on")
    if unknown := sorted(set(_SLOT.findall(text)).difference(_REPLACED)):
        raise GuideError(
            f"« {unknown[0]} » n'est remplacé par rien. Écrivez {' ou '.join(_REPLACED)}, ou retirez les accolades.",
            "text",
        )
    return title.strip()[:200], text


def filled(text: str, territory: Territory) -> str:
    """The text as this territory reads it."""
    for slot, value in zip(_REPLACED, (territory.name, territory.contact), strict=True):
        text = text.replace(slot, value or slot)
    return text.strip()[:10_000]


def withdraw(batch: uuid.UUID, by: Person) -> int:
    """Take back what nobody has answered of this proposal: refused by its helper, who says so. How many there were."""
    require_host(by, "host.propose")
    with scope.host():
        open_offers = Offer.objects.filter(batch=batch, state=Offer.State.PROPOSED)
        where = list(Territory.objects.filter(pk__in=open_offers.values("territory_id")).order_by("pk"))
    count = 0
    with transaction.atomic():
        for territory in where:
            with scope.inside(territory):
                rows = Offer.objects.of(territory).select_for_update()
                offer = rows.filter(batch=batch, state=Offer.State.PROPOSED).first()
                if offer is not None:
                    _close(offer, by, Offer.State.REFUSED, WITHDRAWN)
                    ledger.append(
                        territory, "offer.withdraw", by, f"offer:{offer.pk}", {"state": offer.state}
                    )
                    count += 1
        if not count:
            raise GuideError("Chaque collectivité a déjà répondu. Rien n'a été changé.")
        ledger.append(None, "offer.withdraw", by, f"batch:{batch}", {"territories": count})
    return count


def accept(offer: Offer, by: Person, text: str = "") -> Offer:
    """Take what is proposed: a register begins with its rows, a plan with its actions. `text`: adapted by the territory."""
    text = strip_invisible(text).strip().replace("\r\n", "\n")[:10_000]
    changed = bool(text) and text != offer.text
    state = Offer.State.ADAPTED if changed else Offer.State.ACCEPTED
    with transaction.atomic():
        answered = _answer(offer, by, state, adapted=text if changed else "")
        found = library().guides.get(offer.guide)
        if isinstance(found, Register):
            registers.begin_with_rows(offer.territory, by, found)
        elif isinstance(found, Plan):
            plans.propose_own_actions(offer.territory, by, found)
    return answered


def refuse(offer: Offer, by: Person, reason: str) -> Offer:
    """Leave what is proposed, with a reason that the helper reads."""
    return _answer(offer, by, Offer.State.REFUSED, reason=strip_invisible(reason).strip())


@act("offer.answer", "réponse à une proposition de l'accompagnant", right="guide.answer")
def _answer(offer: Offer, by: Person, state: str, *, adapted: str = "", reason: str = "") -> Recorded[Offer]:
    if state == Offer.State.REFUSED and len(reason) < 5:
        raise GuideError("Dites en un mot pourquoi : votre accompagnant le lira.", "reason")
    if offer.state != Offer.State.PROPOSED:
        raise GuideError("Quelqu'un a déjà répondu à cette proposition. Rien n'a été changé.")
    offer.adapted = adapted
    _close(offer, by, state, reason[:500])
    return Recorded(offer, {"state": state})


def _close(offer: Offer, by: Person, state: str, reason: str) -> None:
    offer.state, offer.reason, offer.answered_by, offer.answered_at = state, reason, by, timezone.now()
    offer.save(update_fields=["state", "adapted", "reason", "answered_by", "answered_at"])


def finish(offer: Offer, by: Person) -> Offer:
    """Say that what was taken is done: the letter was sent by a person, the reminder was followed."""
    require(by, "guide.answer", offer.territory)
    with transaction.atomic():
        offer = Offer.objects.of(offer.territory).select_for_update().get(pk=offer.pk)
        if offer.state not in (Offer.State.ACCEPTED, Offer.State.ADAPTED) or offer.done_at is not None:
            raise GuideError("Il n'y a rien à marquer comme fait ici. Rien n'a été changé.")
        offer.done_at = timezone.now()
        offer.save(update_fields=["done_at"])
        ledger.append(offer.territory, "offer.answer", by, f"offer:{offer.pk}", {"state": "done"})
    return offer


def share(territory: Territory, by: Person, domain: str, level: str) -> ProgressShare | None:
    """Let the helper see how far the territory is, or stop (empty `level`). What was shared before ends."""
    known = {each.key: each for each in all_domains()}
    if domain not in known or level not in ("", *ProgressShare.Level.values):
        raise GuideError("Choisissez ce que vous montrez.", "level")
    require(by, known[domain].accept, territory)
    with transaction.atomic():
        now = timezone.now()
        ProgressShare.objects.of(territory).filter(domain=domain, until=None).update(until=now, figures={})
        made = None
        if level:
            made = ProgressShare.objects.create(territory=territory, domain=domain, level=level, by=by)
            _measure(made)
        ledger.append(territory, "offer.share", by, f"domain:{domain}", {"level": level or "none"})
    return made


def _measure(row: ProgressShare) -> None:
    figures = next((each.figures for each in all_domains() if each.key == row.domain), None)
    row.figures = figures(row.territory, row.level == ProgressShare.Level.ANSWERS) if figures else {}
    row.figures_at = timezone.now()
    row.save(update_fields=["figures", "figures_at"])


def measure_all() -> None:
    """Compute again what is shared, in each territory that shares something."""
    with scope.host():
        keys = set(ProgressShare.objects.filter(until=None).values_list("territory_id", flat=True))
        where = list(Territory.objects.filter(pk__in=keys, suspended_at=None))
    for territory in where:
        with suppress(gates.TerritoryClosed), scope.inside(territory):
            for row in ProgressShare.objects.of(territory).filter(until=None):
                _measure(row)


def shared(domain: str) -> list[tuple[Territory, ProgressShare | None]]:
    """Every territory of the host, and what it shares of a domain: in two queries. To be called in the host's scope."""
    rows: dict[int, Any] = {
        row.territory_id: row for row in ProgressShare.objects.filter(domain=domain, until=None)
    }
    return [(each, rows.get(each.pk)) for each in Territory.objects.order_by("name", "pk")]
