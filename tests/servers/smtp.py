"""A mail server of the tests on loopback: STARTTLS, one account, and the messages that it took."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage, Message

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from aiosmtpd.smtp import AuthResult, LoginPassword

ACCOUNT = ("beffroi", "mot de passe")


@dataclass
class Smtp:
    port: int
    messages: list[Message] = field(default_factory=list)


class _Kept(MessageHandler):
    def __init__(self, messages: list[Message]) -> None:
        super().__init__(EmailMessage)
        self._messages = messages

    def handle_message(self, message: Message) -> None:
        self._messages.append(message)


def _authenticate(
    server: object, session: object, envelope: object, mechanism: str, data: object
) -> AuthResult:
    known = tuple(word.encode() for word in ACCOUNT)
    right = isinstance(data, LoginPassword) and (data.login, data.password) == known
    return AuthResult(success=right, handled=right)  # otherwise the server itself refuses


@contextmanager
def serving(context: ssl.SSLContext, port: int) -> Iterator[Smtp]:
    """Takes nothing without STARTTLS and the account."""
    found = Smtp(port)
    controller = Controller(
        _Kept(found.messages), hostname="127.0.0.1", port=port, tls_context=context, require_starttls=True,
        authenticator=_authenticate, auth_required=True,
    )  # fmt: skip
    controller.start()
    try:
        yield found
    finally:
        controller.stop()
