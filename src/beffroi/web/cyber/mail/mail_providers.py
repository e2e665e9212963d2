"""Mail services: whose mailboxes are not their users' own domain, and what the others ask to publish in SPF (`mail_providers.toml`)."""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Service:
    name: str
    servers: tuple[str, ...]
    spf: str
    source: str


@functools.cache
def _content() -> tuple[frozenset[str], tuple[Service, ...]]:
    read = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
    services = tuple(Service(**row | {"servers": tuple(row["servers"])}) for row in read["services"])
    return frozenset(read["mailboxes"]), services


def is_shared_mailbox(domain: str) -> bool:
    """Whether anybody may have an address there: such a domain is never its user's."""
    return domain in _content()[0]


def service_of(hosts: tuple[str, ...]) -> Service | None:
    """The mail service that holds these mail servers, when it is a known one."""
    for service in _content()[1]:
        if any(host == end or host.endswith(f".{end}") for host in hosts for end in service.servers):
            return service
    return None
