"""Reading of an agent's message in a child process with limits of memory and time: the bytes come from outside."""

import json
import subprocess
import sys

from beffroi.lake.processes import environment

from .message_process import LIMITS
from .messages import MAX_COMPRESSED, Message, UnreadableMessage


def read_message(body: bytes) -> Message:
    """The message, of which only the allow-list left the child. Raises UnreadableMessage."""
    if len(body) > MAX_COMPRESSED:
        raise UnreadableMessage("Ce message dépasse 5 Mo.")
    try:
        child = subprocess.run(
            [sys.executable, "-m", "beffroi.web.cyber.inventory.message_process"],
            input=body,
            capture_output=True,
            env=environment(),
            timeout=LIMITS.wall_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableMessage("La lecture de ce message demandait un temps démesuré.") from None
    try:
        answer = json.loads(child.stdout)
        if "refused" in answer:
            raise UnreadableMessage(str(answer["refused"])[:200])
        return Message.from_dict(answer)
    except (ValueError, TypeError, AttributeError, KeyError):
        raise UnreadableMessage("Le contenu de ce message, abîmé, a interrompu sa lecture.") from None
