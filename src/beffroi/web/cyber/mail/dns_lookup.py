"""DNS lookups through the one resolver that the operator allowed, counted and limited in time.

In: names and record types. Out: `Answer`, whose records may be none; `NoReply` where the resolver did not answer or could not: a
timeout is never taken for an absence.
"""

import ipaddress
import time
from dataclasses import dataclass
from typing import Final

import dns.exception
import dns.name
import dns.resolver

TIMEOUT: Final = 2.0  # seconds for one try
LIFETIME: Final = 5.0  # seconds for one question
BUDGET: Final = 60.0  # seconds for the lookups of one check
MAX_QUESTIONS: Final = 300
UDP_PAYLOAD: Final = 1232  # bytes, below which no network cuts an answer


class NoReply(Exception):
    """The resolver gave no answer to this question; `name` is what was asked."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True)
class Answer:
    """Records of one name and type. `exists`: false when no name is there at all, nor below (NXDOMAIN, RFC 8020)."""

    records: tuple[str, ...] = ()
    exists: bool = True


class Lookup:
    """Lookups of one check: each question is asked once."""

    def __init__(
        self, address: str, port: int, *, budget: float = BUDGET, lifetime: float = LIFETIME
    ) -> None:
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers = [address]
        self._resolver.port = port
        self._resolver.timeout = min(TIMEOUT, lifetime)
        self._resolver.lifetime = lifetime
        self._resolver.use_edns(0, 0, UDP_PAYLOAD)
        self._until = time.monotonic() + budget
        self._answers: dict[tuple[str, str], Answer | None] = {}

    def txt(self, name: str) -> Answer:
        """Texts, their pieces joined without a space (RFC 7208, 3.3). Raises NoReply."""
        return self._ask(name, "TXT")

    def mx(self, name: str) -> Answer:
        """Mail servers, the preferred ones first; « . » alone says that the domain takes no mail (RFC 7505). Raises NoReply."""
        return self._ask(name, "MX")

    def ipv4(self, name: str) -> Answer:
        """IPv4 addresses. Raises NoReply."""
        return self._ask(name, "A")

    def addresses(self, name: str) -> Answer:
        """IPv4 and IPv6 addresses. Raises NoReply."""
        four = self.ipv4(name)
        if not four.exists:
            return four
        return Answer(four.records + self._ask(name, "AAAA").records)

    def resolve(self, host: str, port: int) -> list[str]:
        """Addresses of a host, for the door out (`lake.sources.network`). Raises OSError."""
        try:
            found = self.addresses(host).records
        except NoReply as error:
            raise OSError(f"no reply about {host}") from error
        if not found:
            raise OSError(f"{host} has no address")
        return sorted(found, key=lambda text: ipaddress.ip_address(text).version)

    def _ask(self, name: str, kind: str) -> Answer:
        key = (name.lower().rstrip("."), kind)
        if key not in self._answers:
            if len(self._answers) >= MAX_QUESTIONS or time.monotonic() > self._until:
                raise NoReply(name)
            self._answers[key] = self._query(name, kind)
        answer = self._answers[key]
        if answer is None:
            raise NoReply(name)
        return answer

    def _query(self, name: str, kind: str) -> Answer | None:
        try:
            found = self._resolver.resolve(
                f"{name.rstrip('.')}.", kind, raise_on_no_answer=False, search=False
            )
        except (dns.resolver.NXDOMAIN, dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
            return Answer(exists=False)  # what is no name cannot be there
        except (dns.exception.DNSException, OSError):
            return None
        if found.rrset is None:
            return Answer()
        if kind == "TXT":
            return Answer(tuple(b"".join(each.strings).decode("utf-8", "replace") for each in found.rrset))
        if kind == "MX":
            ordered = sorted(found.rrset, key=lambda each: (each.preference, each.exchange.to_text()))
            return Answer(tuple(each.exchange.to_text(omit_final_dot=True).lower() for each in ordered))
        return Answer(tuple(each.to_text() for each in found.rrset))
