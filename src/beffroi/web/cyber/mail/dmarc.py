"""DMARC (RFC 9989): the record that applies to a domain, found by the tree walk, its policy and where its reports go.

In: a domain and its lookups. Out: `Dmarc`. Readers that still follow RFC 7489 want `p`, which is therefore asked for.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .dns_lookup import Lookup, NoReply

POLICIES: Final = ("none", "quarantine", "reject")
MAX_LABELS: Final = 8  # RFC 9989, 4.10: eight queries at most
_IS_DMARC: Final = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")
_TAG: Final = re.compile(r"[a-z]+[ \t]*=[ \t]*[^;]+", re.IGNORECASE)
_MAILTO: Final = re.compile(r"mailto:([^\s@,!?]+@([^\s@,!?]+))(?:![0-9]+[kmgt]?)?(?:\?\S*)?", re.IGNORECASE)


class State(StrEnum):
    VALID = "valid"
    ABSENT = "absent"
    SEVERAL = "several"
    SYNTAX = "syntax"
    SILENT = "silent"


@dataclass(frozen=True)
class Dmarc:
    """`location`: the domain whose record applies. `policy`: what applies to this domain. `unauthorised`: hosts of report addresses that did not agree."""

    state: State
    record: str = ""
    location: str = ""
    policy: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    reports: tuple[str, ...] = ()
    unauthorised: tuple[str, ...] = ()
    at: str = ""


class _Fault(Exception):
    def __init__(self, state: State, at: str = "", record: str = "", location: str = "") -> None:
        super().__init__(at)
        self.state, self.at, self.record, self.location = state, at, record, location


def parse(record: str) -> dict[str, str]:
    """Tags of a record; those that nobody knows are ignored (RFC 9989, 4.8). Raises ValueError with the part at fault."""
    tags: dict[str, str] = {}
    for part in record.split(";"):
        text = part.strip(" \t")
        if not text:
            continue
        if not _TAG.fullmatch(text):
            raise ValueError(text)
        name, value = (each.strip(" \t") for each in text.split("=", 1))
        if name.lower() in tags:
            raise ValueError(text)
        tags[name.lower()] = value
    for name in ("p", "sp", "np"):
        if name in tags and tags[name].lower() not in POLICIES:
            raise ValueError(f"{name}={tags[name]}")
    for name, allowed in (("fo", "01ds"), ("t", "yn"), ("psd", "ynu")):
        for value in tags.get(name, allowed[0]).lower().split(":"):
            if value not in tuple(allowed):
                raise ValueError(f"{name}={tags[name]}")
    return tags


def read(domain: str, lookup: Lookup) -> Dmarc:
    """What receivers apply to messages of this domain."""
    try:
        location, record = _walk(domain, lookup)
    except NoReply as error:
        return Dmarc(State.SILENT, at=error.name)
    except _Fault as fault:
        return Dmarc(fault.state, fault.record, fault.location, at=fault.at)
    if not record:
        return Dmarc(State.ABSENT)
    try:
        tags = parse(record)
        reports = report_addresses(tags.get("rua", ""))
    except ValueError as error:
        return Dmarc(State.SYNTAX, record, location, at=str(error))
    policy = tags.get("p", "none").lower()
    if location != domain:
        policy = tags.get("sp", policy).lower()
    try:
        unauthorised = tuple(
            host
            for _, host in reports
            if not _same_organisation(host, location) and not _agrees(location, host, lookup)
        )
    except NoReply as error:
        return Dmarc(State.SILENT, record, location, policy, tags, at=error.name)
    return Dmarc(
        State.VALID, record, location, policy, tags, tuple(address for address, _ in reports), unauthorised
    )


def _walk(domain: str, lookup: Lookup) -> tuple[str, str]:
    """The domain whose record applies and the record, both empty when there is none. Raises _Fault, NoReply."""
    if record := _record_of(domain, lookup):
        return domain, record
    labels = domain.split(".")
    start = 1 if len(labels) <= MAX_LABELS else len(labels) - MAX_LABELS + 1
    found: list[tuple[int, str]] = []
    for number in range(start, len(labels)):
        record = _record_of(".".join(labels[number:]), lookup)
        if record:
            found.append((number, record))
            if _public_suffix(record) in ("y", "n"):
                break
    if not found:
        return "", ""
    number, record = found[-1]
    if _public_suffix(record) == "y" and len(found) > 1 and found[-2][0] == number - 1:
        number, record = found[-2]
    return ".".join(labels[number:]), record


def _record_of(name: str, lookup: Lookup) -> str:
    texts = lookup.txt(f"_dmarc.{name}").records
    found = [text for text in texts if _IS_DMARC.match(text)]
    if len(found) > 1:
        raise _Fault(State.SEVERAL, f"_dmarc.{name}", found[0], name)
    if not found and (near := next((text for text in texts if _IS_DMARC.match(text.strip())), "")):
        raise _Fault(State.SYNTAX, near, near, name)  # begins with a space: receivers do not see it
    return found[0] if found else ""


def _public_suffix(record: str) -> str:
    found = re.search(r";[ \t]*psd[ \t]*=[ \t]*([a-z])[ \t]*(?:;|$)", record, re.IGNORECASE)
    return found[1].lower() if found else ""


def report_addresses(text: str) -> tuple[tuple[str, str], ...]:
    """Mail addresses of reports, each with its domain. Raises ValueError."""
    found = []
    for each in filter(None, (part.strip() for part in text.split(","))):
        match = _MAILTO.fullmatch(each)
        if match is None and not re.match(r"(?!mailto:)[a-z][a-z0-9+.-]*:", each, re.IGNORECASE):
            raise ValueError(f"rua={each}")
        if match is not None:
            found.append((match[1], match[2].lower().rstrip(".")))
    return tuple(found)


def _same_organisation(host: str, location: str) -> bool:
    return host == location or host.endswith(f".{location}") or location.endswith(f".{host}")


def _agrees(location: str, host: str, lookup: Lookup) -> bool:
    """Whether the other domain says that it takes these reports (RFC 9990, 4)."""
    return any(_IS_DMARC.match(text) for text in lookup.txt(f"{location}._report._dmarc.{host}").records)
