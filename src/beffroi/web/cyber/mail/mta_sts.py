"""MTA-STS (RFC 8461) and TLS-RPT (RFC 8460): what a domain asks of those who send to it, and where they report failures.

In: a domain, its lookups, its mail servers, the way out. Out: `MtaSts`, `TlsReports`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .dns_lookup import Lookup, NoReply
from .outbound import NotAllowed, Outbound, Unreachable

MAX_AGE: Final = 31_557_600  # seconds, the longest of RFC 8461
_ID: Final = re.compile(r"id=[a-z0-9]{1,32}", re.IGNORECASE)
_EXTENSION: Final = re.compile(r"[a-z0-9_.-]+=[^;= ]+", re.IGNORECASE)
_DESTINATION: Final = re.compile(r"mailto:[^@\s]+@[^@\s]+|https://\S+", re.IGNORECASE)


class State(StrEnum):
    VALID = "valid"
    ABSENT = "absent"
    SEVERAL = "several"
    SYNTAX = "syntax"
    SILENT = "silent"
    NO_POLICY = "no_policy"  # the record announces a file that is not there, or not as it should be
    MISMATCH = "mismatch"  # mail servers that the file does not name
    NOT_ALLOWED = "not_allowed"  # the operator did not open the address of the file


@dataclass(frozen=True)
class MtaSts:
    state: State
    record: str = ""
    mode: str = ""
    policy: str = ""
    at: str = ""


@dataclass(frozen=True)
class TlsReports:
    state: State
    record: str = ""


def _begins(text: str, version: str) -> bool:
    """Whether a text is of this version: any other is left aside (RFC 8461, 3.1; RFC 8460, 3)."""
    return text.partition(";")[0].strip() == version and ";" in text


def read(domain: str, hosts: tuple[str, ...], lookup: Lookup, outbound: Outbound) -> MtaSts:
    try:
        found = [text for text in lookup.txt(f"_mta-sts.{domain}").records if _begins(text, "v=STSv1")]
    except NoReply as error:
        return MtaSts(State.SILENT, at=error.name)
    if len(found) != 1:
        return MtaSts(State.SEVERAL if found else State.ABSENT, *found[:1])
    record = found[0]
    if not is_record(record):
        return MtaSts(State.SYNTAX, record)
    host = f"mta-sts.{domain}"
    try:
        policy = outbound.get(host, "/.well-known/mta-sts.txt")
    except NotAllowed:
        return MtaSts(State.NOT_ALLOWED, record, at=host)
    except Unreachable as error:
        return MtaSts(State.NO_POLICY, record, at=str(error))
    return judge(record, policy, hosts)


def is_record(record: str) -> bool:
    """Whether the fields of a record are those of RFC 8461, 3.1."""
    fields = [part.strip() for part in record.rstrip("; \t").split(";")][1:]
    return (
        bool(fields)
        and bool(_ID.fullmatch(fields[0]))
        and all(_EXTENSION.fullmatch(each) for each in fields[1:])
    )


def judge(record: str, policy: str, hosts: tuple[str, ...]) -> MtaSts:
    """The file's own words, and whether it names every mail server of the domain."""
    keys: dict[str, str] = {}
    patterns: list[str] = []
    for line in policy.splitlines():
        name, mark, value = (part.strip() for part in line.partition(":"))
        if not line.strip():
            continue
        if not mark:
            return MtaSts(
                State.NO_POLICY, record, policy=policy, at=f"la ligne « {line[:80]} » n'a pas de sens"
            )
        if name == "mx":
            patterns.append(value.lower().rstrip("."))
        else:
            keys.setdefault(name, value)
    mode, age = keys.get("mode", ""), keys.get("max_age", "")
    if keys.get("version") != "STSv1" or mode not in ("enforce", "testing", "none"):
        return MtaSts(State.NO_POLICY, record, policy=policy, at="« version » ou « mode » manque")
    if not (age.isascii() and age.isdecimal() and int(age) <= MAX_AGE) or (mode != "none" and not patterns):
        return MtaSts(State.NO_POLICY, record, mode, policy, "« max_age » ou « mx » manque")
    unnamed = [host for host in hosts if not any(matches(host, pattern) for pattern in patterns)]
    if unnamed and mode != "none":
        return MtaSts(State.MISMATCH, record, mode, policy, ", ".join(unnamed))
    return MtaSts(State.VALID, record, mode, policy)


def matches(host: str, pattern: str) -> bool:
    """Whether a pattern names this server; « *. » stands for one label (RFC 8461, 4.1)."""
    if pattern.startswith("*."):
        return host.partition(".")[2] == pattern[2:]
    return host == pattern


def read_reports(domain: str, lookup: Lookup) -> TlsReports:
    try:
        found = [text for text in lookup.txt(f"_smtp._tls.{domain}").records if _begins(text, "v=TLSRPTv1")]
    except NoReply:
        return TlsReports(State.SILENT)
    if len(found) != 1:
        return TlsReports(State.SEVERAL if found else State.ABSENT, *found[:1])
    fields = [part.strip() for part in found[0].rstrip("; \t").split(";")][1:]
    destinations = (
        fields[0].removeprefix("rua=").split(",") if len(fields) == 1 and fields[0].startswith("rua=") else []
    )
    valid = bool(destinations) and all(_DESTINATION.fullmatch(each.strip()) for each in destinations)
    return TlsReports(State.VALID if valid else State.SYNTAX, found[0])
