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

from .document import EASY_FRENCH, FRENCH

REGISTER: Final = "waiting_messages"
ANY_SERVICE: Final = "Tout autre service"
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

    @property
    def words(self) -> dict[str, str]:
        """By language."""
        return {FRENCH: self.text, EASY_FRENCH: self.easy}


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


def messages_for(territory: Territory, service: str) -> list[WaitingMessage]:
    """Those of the service that is called so, the one to begin with first; then those of any service, for the states that it lacks."""
    known = messages_of(territory)
    own = [each for each in known if fold_name(each.service) == fold_name(service)]
    taken = {each.state for each in own}
    return own + [each for each in known if each.service == ANY_SERVICE and each.state not in taken]


def contradicted(messages: list[WaitingMessage], state: str, texts: Mapping[str, str]) -> tuple[str, str]:
    """The language of a text that is still the model of another state, and that state; "" when there is none."""
    for language in (FRENCH, EASY_FRENCH):
        typed = fold_name(texts.get(language, ""))
        states = [each.state for each in messages if typed and fold_name(each.words[language]) == typed]
        if states and state not in states:
            return language, states[0]
    return "", ""
