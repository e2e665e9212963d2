"""Waiting messages by service: those that the town wrote in its register, then those that Beffroi proposes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from beffroi.guides import Register
from beffroi.text import fold_name
from beffroi.web.guides.library import library
from beffroi.web.guides.services.registers import entries_of
from beffroi.web.platform.models import Territory

REGISTER: Final = "waiting_messages"
TO_FILL: Final = re.compile(r"\[[^\[\]\n]{2,80}\]")


@dataclass(frozen=True)
class WaitingMessage:
    """A message to begin with. `proposed`: by Beffroi, nobody here wrote it."""

    service: str
    state: str
    text: str
    easy: str
    alternative: str
    proposed: bool


def messages_of(territory: Territory) -> list[WaitingMessage]:
    register = library().guides.get(REGISTER)
    if not isinstance(register, Register):
        return []
    own = [_message(entry.values, proposed=entry.is_unconfirmed) for entry in entries_of(territory, register)]
    taken = {(fold_name(each.service), each.state) for each in own}
    proposed = [_message(row, proposed=True) for row in register.rows]
    return [*own, *(each for each in proposed if (fold_name(each.service), each.state) not in taken)]


def _message(values: Mapping[str, Any], *, proposed: bool) -> WaitingMessage:
    name, state, text, easy, alternative = (
        str(values.get(key) or "") for key in ("name", "state", "text", "easy", "alternative")
    )
    return WaitingMessage(name, state, text, easy, alternative, proposed)


def message_for(territory: Territory, service: str) -> WaitingMessage | None:
    """The message of the service that is called so."""
    wanted = fold_name(service)
    return next((each for each in messages_of(territory) if fold_name(each.service) == wanted), None)
