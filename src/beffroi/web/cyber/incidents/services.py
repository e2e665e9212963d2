"""Entrust an incident to a CSIRT until a day, take it back; what the CSIRT does with it. Two territories, one act.

The CSIRT has a copy of what was shared, in its own territory; it is emptied when the share ends. Both rows and both ledger
lines are written in one transaction.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from beffroi.guides import Runbook
from beffroi.web.guides.models import Response, answers_of
from beffroi.web.platform import gates, ledger, scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.platform.rights import require

from ..errors import CyberError
from ..models import IncidentShare, State, Ticket, TicketStep

KIND = "CSIRT"
LONGEST = timedelta(days=366)
ALWAYS = ("known_at", "kind", "seen")
"""Facts without which nobody can help."""
LEFT_OUT = ("contract", "money_lost")
"""Facts that a CSIRT does not need."""


def csirts() -> list[Territory]:
    """The CSIRTs of this instance."""
    return list(Territory.objects.filter(kind=KIND, suspended_at=None).order_by("name"))


def shareable(run: Response) -> list[tuple[str, str, str]]:
    """The facts of a run that may be entrusted: key, label, value in words."""
    runbook, answers = run.edition.read(), answers_of(run)
    facts = runbook.facts if isinstance(runbook, Runbook) else ()
    return [
        (each.key, each.label, each.format(answers[each.key]))
        for each in facts
        if each.key in answers and each.key not in LEFT_OUT
    ]


def entrust(run: Response, by: Person, csirt: Territory, chosen: Iterable[str], until: date) -> IncidentShare:
    """Let this CSIRT read the chosen facts until that day. Raises CyberError."""
    town = run.territory
    require(by, "cyber.answer", town)
    today = timezone.localdate()
    if csirt.kind != KIND or csirt.pk == town.pk or csirt.suspended_at is not None:
        raise CyberError("Choisissez un CSIRT de la liste.", "csirt")
    if run.is_exercise:
        raise CyberError("Un exercice n'est pas un incident : il ne se confie pas à un CSIRT.")
    if not today <= until <= today + LONGEST:
        raise CyberError("Choisissez une date de fin entre aujourd'hui et dans un an.", "until")
    open_shares = IncidentShare.objects.of(town).filter(
        run=run, csirt=csirt.code, ended_at=None, until__gte=today
    )
    if open_shares.exists():
        raise CyberError(f"{csirt.name} lit déjà cet incident. Pour changer, reprenez-le d'abord.", "csirt")
    wanted = {*chosen, *ALWAYS}
    facts = [(label, value) for key, label, value in shareable(run) if key in wanted]
    if len(facts) < len(ALWAYS):
        raise CyberError("Notez d'abord quand vous l'avez su, la sorte d'incident et ce que vous voyez.")
    kind = next((value for key, _, value in shareable(run) if key == "kind"), "")
    with transaction.atomic():
        share = IncidentShare.objects.create(
            territory=town, run=run, csirt=csirt.code, csirt_name=csirt.name, facts=facts, until=until, by=by
        )
        _append(town, by, share, {"csirt": csirt.code, "until": until.isoformat(), "facts": len(facts)})
        with scope.nowhere(), scope.inside(csirt):
            ticket = Ticket.objects.create(
                territory=csirt,
                origin=town.code,
                origin_name=town.name,
                share=share.pk,
                kind=kind[:40],
                facts=facts,
                until=until,
            )
            # Who entrusted it stays in the town.
            ledger.append(
                csirt, "incident.ticket", None, f"ticket:{ticket.pk}", {"origin": town.code, "state": "new"}
            )
    return share


def take_back(share: IncidentShare, by: Person) -> None:
    """End a share now: the CSIRT no longer reads the facts."""
    require(by, "cyber.answer", share.territory)
    if share.ended_at is not None:
        return
    with transaction.atomic():
        share.ended_at = timezone.now()
        share.save(update_fields=["ended_at"])
        _append(share.territory, by, share, {"ended": True})
        _empty_ticket(share)


def end_overdue_shares() -> int:
    """Empty what CSIRTs may no longer read; how many tickets. Called by the clock, in no scope."""
    count = 0
    today = timezone.localdate()
    for csirt in Territory.objects.filter(kind=KIND):  # a suspended one too: nothing may outlive its share
        with suppress(gates.TerritoryClosed), scope.inside(csirt):
            rows = Ticket.objects.of(csirt).filter(ended_at=None, until__lt=today)
            count += rows.update(facts=[], ended_at=timezone.now())
    return count


def follow(ticket: Ticket, by: Person, state: str, text: str, referred_to: str = "") -> TicketStep:
    """Say what is done with a request; the town reads it at once, while it shares the incident. Raises CyberError."""
    csirt = ticket.territory
    require(by, "cyber.answer", csirt)
    text, referred_to = text.strip(), referred_to.strip()
    if state not in (State.REFERRED, State.CLOSED):
        raise CyberError("Choisissez la suite donnée.", "state")
    if len(text) < 10:
        raise CyberError("Dites à la commune ce que vous faites, ou ce qu'elle doit faire.", "text")
    if state == State.REFERRED and not referred_to:
        raise CyberError("Dites vers qui vous l'orientez.", "referred_to")
    content = {"state": state, "text": text[:4000], "referred_to": referred_to[:200], "person": by}
    with transaction.atomic():
        ticket = Ticket.objects.of(csirt).select_for_update().get(pk=ticket.pk)
        if ticket.state == State.CLOSED:
            raise CyberError("Cette demande est close. Rien n'a été changé.")
        ticket.state = state
        ticket.save(update_fields=["state"])
        step: TicketStep = TicketStep.objects.create(territory=csirt, ticket=ticket, **content)
        ledger.append(csirt, "incident.ticket", by, f"ticket:{ticket.pk}", {"state": state})
        town = Territory.objects.filter(code=ticket.origin).first()
        if town is not None:
            with scope.nowhere(), scope.inside(town):
                share = IncidentShare.objects.of(town).filter(pk=ticket.share, csirt=csirt.code).first()
                if share is not None and share.is_open:
                    share.state = state
                    share.save(update_fields=["state"])
                    TicketStep.objects.create(territory=town, shared=share, **content)
                    ledger.append(town, "incident.ticket", by, f"share:{share.pk}", {"state": state})
    return step


def _empty_ticket(share: IncidentShare) -> None:
    csirt = Territory.objects.filter(code=share.csirt).first()
    if csirt is None:
        return
    with scope.nowhere(), scope.inside(csirt):
        rows = Ticket.objects.of(csirt).filter(origin=share.territory.code, share=share.pk, ended_at=None)
        rows.update(facts=[], ended_at=timezone.now())


def _append(town: Territory, by: Person, share: IncidentShare, payload: dict[str, object]) -> None:
    ledger.append(town, "incident.share", by, f"share:{share.pk}", {"run": share.run_id} | payload)
