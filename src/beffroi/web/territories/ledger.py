"""The ledger's lines: one chain a territory and one for the host, written in the act's own transaction.

`append` is called by services only. Lines hold identifiers and a salted commitment; the detail stands
apart (`LedgerDetail`) and may be erased without breaking the chain.
"""

from contextlib import AbstractContextManager
from typing import Any

from django.db import transaction
from django.utils import timezone

from beffroi.ledger import chain

from . import scope
from .acts import ACTS
from .models import LedgerDetail, LedgerLine, Person, Territory, new_salt


def actor_of(person: Person | None) -> str:
    return f"person:{person.pk}" if person is not None else "host"


def append(
    territory: Territory | None, act: str, person: Person | None, thing: str, payload: dict[str, Any]
) -> LedgerLine:
    """Append one line to the chain, atomically with the caller's transaction. KeyError for an act without a name."""
    if act not in ACTS:
        raise KeyError(f"name this act in territories/acts.py: {act}")
    with opened(territory), transaction.atomic():
        last = lines_of(territory).last()
        salt = new_salt()
        sealed = chain.seal(
            seq=last.seq + 1 if last else 1,
            at=timezone.now().isoformat(),
            act=act,
            actor=actor_of(person),
            thing=thing,
            commitment=chain.commit(payload, salt),
            previous=last.hash if last else chain.GENESIS,
        )
        line = LedgerLine.objects.create(
            territory=territory,
            seq=sealed.seq,
            at=sealed.at,
            act=sealed.act,
            actor=sealed.actor,
            thing=sealed.thing,
            commitment=sealed.commitment,
            previous=sealed.previous,
            hash=sealed.hash,
        )
        LedgerDetail.objects.create(line=line, salt=salt, payload=payload)
    return line


def opened(territory: Territory | None) -> AbstractContextManager[None]:
    """The scope in which a chain is read and written: the territory's, or the host's."""
    return scope.inside(territory) if territory is not None else scope.host()


def lines_of(territory: Territory | None) -> Any:
    """The chain's rows in order."""
    return LedgerLine.objects.filter(territory=territory).order_by("seq")


def sealed_lines(territory: Territory | None) -> list[chain.Line]:
    """The chain as the library's lines, ready to verify or export."""
    fields = ("seq", "at", "act", "actor", "thing", "commitment", "previous", "hash")
    return [chain.Line(*row) for row in lines_of(territory).values_list(*fields)]


def verify(territory: Territory | None) -> chain.Verification:
    """Recompute the whole chain, and each detail that is still kept against its commitment."""
    with opened(territory):
        result = chain.verify(sealed_lines(territory))
        if not result.ok:
            return result
        details = LedgerDetail.objects.filter(line__territory=territory).select_related("line")
        for detail in details.order_by("line__seq"):
            if chain.commit(detail.payload, bytes(detail.salt)) != detail.line.commitment:
                return chain.Verification(
                    size=result.size, root=result.root, ok=False, first_bad=detail.line.seq
                )
        return result
