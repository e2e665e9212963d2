"""SPF (RFC 7208) read as a published record, for any sender: its syntax, the lookups that it costs, what it lets through.

In: a domain and its lookups. Out: `Spf`. No message is judged: macros, which depend on the sender, are checked and counted only.
"""

import contextlib
import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .dns_lookup import Lookup, NoReply

MAX_LOOKUPS: Final = 10  # RFC 7208, 4.6.4
MAX_VOIDS: Final = 2
MAX_MX: Final = 10
_OPEN_IP4, _OPEN_IP6 = 8, 16  # bits, below which a network is that of nobody
_STOP: Final = 40  # lookups after which a hostile record is counted no further

_MACRO = r"%\{[slodiphcrtv][0-9]*r?[.\-+,/_=]*\}"
_PLAIN = r"[\x21-\x24\x26-\x7e]"
_MACRO_STRING: Final = re.compile(rf"(?:{_MACRO}|%%|%_|%-|{_PLAIN})*", re.IGNORECASE)
_EXPLANATION_ONLY: Final = re.compile(r"%\{[crt]", re.IGNORECASE)
_ZERO_DIGITS: Final = re.compile(r"%\{[a-z]0+[r.\-+,/_=}]", re.IGNORECASE)
_DOMAIN_END: Final = re.compile(
    rf"(?:{_MACRO}|\.(?![0-9]+\.?$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.?)$", re.IGNORECASE
)
_MODIFIER: Final = re.compile(r"([a-z][a-z0-9_.-]*)=(.*)", re.IGNORECASE | re.DOTALL)
_MECHANISM: Final = re.compile(r"([+\-?~]?)([a-z0-9]+)(?:([:/])(.*))?", re.IGNORECASE | re.DOTALL)
_CIDR: Final = re.compile(r"(.*?)(?:/(0|[1-9][0-9]?))?(?://(0|[1-9][0-9]{0,2}))?", re.DOTALL)


class State(StrEnum):
    """What the record is worth to who receives a message."""

    VALID = "valid"
    ABSENT = "absent"
    SEVERAL = "several"
    SYNTAX = "syntax"
    TOO_MANY_LOOKUPS = "lookups"
    TOO_MANY_VOIDS = "voids"
    LOOP = "loop"
    MISSING_TARGET = "missing"  # include or redirect to a domain without a record
    SILENT = "silent"  # a name did not answer: nobody knows


@dataclass(frozen=True)
class Term:
    """A mechanism or a modifier. `value`: after « : », « / » (with it) or « = »."""

    text: str
    qualifier: str
    name: str
    value: str = ""
    modifier: bool = False


@dataclass(frozen=True)
class Spf:
    """`all`: qualifier of the last word (+ ? ~ -), "?" where there is none. `at`: the term or name that is at fault.

    `opening`: a term that lets almost anybody through before that word.
    """

    state: State
    records: tuple[str, ...] = ()
    terms: tuple[Term, ...] = ()
    all: str = "?"
    lookups: int = 0
    voids: int = 0
    at: str = ""
    opening: str = ""

    @property
    def record(self) -> str:
        return self.records[0] if self.records else ""


class SyntaxFault(Exception):
    """The term that is not of RFC 7208, section 12."""


class _Fault(Exception):
    def __init__(self, state: State, at: str) -> None:
        super().__init__(at)
        self.state, self.at = state, at


def is_spf(text: str) -> bool:
    """Whether a text begins with the version exactly (RFC 7208, 4.5)."""
    return text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")


def parse(record: str) -> tuple[Term, ...]:
    """Terms of a record, all of them checked, after « all » too. Raises SyntaxFault."""
    terms: list[Term] = []
    for text in record[len("v=spf1") :].split(" "):
        if text:
            terms.append(_term(text))
    for name in ("redirect", "exp"):
        same = [term for term in terms if term.modifier and term.name == name]
        if len(same) > 1:
            raise SyntaxFault(same[1].text)
    return tuple(terms)


def _term(text: str) -> Term:
    if found := _MODIFIER.fullmatch(text):
        name, value = found[1].lower(), found[2]
        if name in ("redirect", "exp"):
            _check_domain(text, value)
        else:
            _check_macros(text, value, explanation=True)
        return Term(text, "", name, value, modifier=True)
    found = _MECHANISM.fullmatch(text)
    if found is None:
        raise SyntaxFault(text)
    qualifier, name, mark, value = found[1] or "+", found[2].lower(), found[3] or "", found[4] or ""
    if name == "all" and not mark:
        return Term(text, qualifier, name)
    if name in ("include", "exists") and mark == ":":
        _check_domain(text, value)
    elif name == "ptr" and mark != "/":
        if mark:
            _check_domain(text, value)
    elif name in ("a", "mx"):
        domain = _without_cidr(text, mark, value)
        if mark == ":":
            _check_domain(text, domain)
        value = f"/{value}" if mark == "/" else value
    elif name in ("ip4", "ip6") and mark == ":":
        _check_network(text, value, 4 if name == "ip4" else 6)
    else:
        raise SyntaxFault(text)
    return Term(text, qualifier, name, value)


def _check_macros(text: str, value: str, *, explanation: bool = False) -> None:
    if not _MACRO_STRING.fullmatch(value) or _ZERO_DIGITS.search(value):
        raise SyntaxFault(text)
    if not explanation and _EXPLANATION_ONLY.search(value):
        raise SyntaxFault(text)


def _check_domain(text: str, value: str) -> None:
    _check_macros(text, value)
    if not _DOMAIN_END.search(value):
        raise SyntaxFault(text)


def _without_cidr(text: str, mark: str, value: str) -> str:
    """Domain of « a » and « mx », without its prefix lengths. A slash that no length follows belongs to the domain."""
    found = _CIDR.fullmatch(f"/{value}" if mark == "/" else value)
    if found is None or (mark == "/" and found[1]) or int(found[2] or 0) > 32 or int(found[3] or 0) > 128:
        raise SyntaxFault(text)
    return found[1]


def _check_network(text: str, value: str, version: int) -> None:
    _address, slash, length = value.partition("/")
    if slash and not re.fullmatch(r"0|[1-9][0-9]{0,2}", length):
        raise SyntaxFault(text)
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise SyntaxFault(text) from error
    if network.version != version:
        raise SyntaxFault(text)


def is_open(term: Term) -> bool:
    """Whether a network lets through more addresses than any organisation has."""
    if term.qualifier != "+" or term.name not in ("ip4", "ip6"):
        return False
    network = ipaddress.ip_network(term.value, strict=False)
    return network.prefixlen < (_OPEN_IP4 if network.version == 4 else _OPEN_IP6)


class _Walk:
    """Count of what one record makes a receiver look up, included records with it."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup, self.lookups, self.voids, self.opening = lookup, 0, 0, ""

    def records(self, domain: str) -> tuple[str, ...]:
        return tuple(text for text in self.lookup.txt(domain).records if is_spf(text))

    def follow(self, domain: str, terms: tuple[Term, ...], chain: tuple[str, ...]) -> str:
        """Qualifier of the last word. Raises _Fault, NoReply."""
        for term in terms:
            if term.modifier:
                continue
            if term.name == "all":
                return term.qualifier
            self._mechanism(domain, term, chain)
        for term in terms:
            if term.modifier and term.name == "redirect":
                self._count(term.text)
                return "?" if "%" in term.value else self._into(term, chain)
        return "?"

    def _mechanism(self, domain: str, term: Term, chain: tuple[str, ...]) -> None:
        if term.name in ("ip4", "ip6"):
            if is_open(term):
                self.opening = self.opening or term.text
            return
        self._count(term.text)
        if "%" in term.value:
            return  # depends on the sender
        if term.name == "include":
            before, self.opening = self.opening, ""
            last = self._into(term, chain)
            is_opening = term.qualifier == "+" and (last == "+" or self.opening)
            self.opening = before or (term.text if is_opening else "")
            return
        target = (
            _without_cidr(term.text, ":", term.value) if term.name in ("a", "mx") else term.value
        ) or domain
        if term.name == "mx":
            hosts = self.lookup.mx(target).records
            if len(hosts) > MAX_MX:
                raise _Fault(State.TOO_MANY_LOOKUPS, term.text)
            self._count_void(term.text, empty=not hosts)
        elif term.name == "a":
            self._count_void(term.text, empty=not self.lookup.addresses(target).records)
        elif term.name == "exists":
            self._count_void(term.text, empty=not self.lookup.ipv4(target).records)
        # « ptr » looks up the sender's address, which is not known here.

    def _into(self, term: Term, chain: tuple[str, ...]) -> str:
        target = term.value.rstrip(".").lower()
        if target in chain:
            raise _Fault(State.LOOP, term.text)
        found = self.records(target)
        if len(found) > 1:
            raise _Fault(State.SEVERAL, target)
        if not found:
            raise _Fault(State.MISSING_TARGET, target)
        try:
            terms = parse(found[0])
        except SyntaxFault as error:
            raise _Fault(State.SYNTAX, f"{target} : {error}") from error
        return self.follow(target, terms, (*chain, target))

    def _count(self, text: str) -> None:
        self.lookups += 1
        if self.lookups >= _STOP:
            raise _Fault(State.TOO_MANY_LOOKUPS, text)

    def _count_void(self, text: str, *, empty: bool) -> None:
        self.voids += empty
        if self.voids > MAX_VOIDS and self.lookups <= MAX_LOOKUPS:
            raise _Fault(State.TOO_MANY_VOIDS, text)


def read(domain: str, lookup: Lookup) -> Spf:
    """What the domain publishes, and what it is worth."""
    try:
        found = _Walk(lookup).records(domain)
    except NoReply as error:
        return Spf(State.SILENT, at=error.name)
    if len(found) != 1:
        return Spf(State.SEVERAL if found else State.ABSENT, found)
    return measure(domain, found[0], lookup)


def measure(domain: str, record: str, lookup: Lookup) -> Spf:
    """What a record would be worth if the domain published it alone."""
    try:
        terms = parse(record)
    except SyntaxFault as error:
        return Spf(State.SYNTAX, (record,), at=str(error))
    walk, state, at = _Walk(lookup), State.VALID, ""
    last = next((term.qualifier for term in terms if term.name == "all" and not term.modifier), "?")
    try:
        last = walk.follow(domain, terms, (domain,))
    except NoReply as error:
        state, at = State.SILENT, error.name
    except _Fault as fault:
        state, at = fault.state, fault.at
    if walk.lookups > MAX_LOOKUPS:
        state = State.TOO_MANY_LOOKUPS  # reached before anything else further on
    return Spf(state, (record,), terms, last, walk.lookups, walk.voids, at, walk.opening)


def cost(term: Term, lookup: Lookup) -> int:
    """Lookups that one term of a record costs by itself."""
    walk = _Walk(lookup)
    with contextlib.suppress(NoReply, _Fault):
        walk.follow("", (term,), ())
    return walk.lookups
