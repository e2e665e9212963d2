"""The exact records to publish, computed from what is there: one SPF of several, a stricter DMARC, a first MTA-STS.

In: what was read. Out: texts. An SPF that is proposed was read again first: it is valid and costs ten lookups at most, or there is none.
"""

import contextlib
from typing import Final

from .dmarc import POLICIES, Dmarc, report_addresses
from .dmarc import parse as parse_dmarc
from .dns_lookup import Lookup, NoReply
from .mail_providers import service_of
from .spf import Spf, SyntaxFault, Term, is_open, is_spf, measure, parse
from .spf import State as SpfState

NOBODY: Final = ("v=spf1 ~all", "v=spf1 -all")
"""Records in which nobody may write: those of a domain without mail, never of one that has some."""


def spf_record(domain: str, found: Spf, hosts: tuple[str, ...], lookup: Lookup) -> str:
    """A record to publish in place of what is there; "" when nobody but the provider can say."""
    record = _cleaned(domain, found, lookup)
    if record in NOBODY:
        service = service_of(hosts)
        words = ["mx", service.spf] if service else ["mx"]
        record = " ".join(["v=spf1", *words, "~all"]) if hosts else "v=spf1 -all"
    again = measure(domain, record, lookup)
    protects = again.state == SpfState.VALID and again.all in ("~", "-") and not again.opening
    return record if protects else ""


def _cleaned(domain: str, found: Spf, lookup: Lookup) -> str:
    """Terms of all the records there are, each once, without those that serve nothing or break the whole."""
    terms: dict[str, Term] = {}
    for record in found.records:
        for term in _readable_terms(record):
            terms.setdefault(term.text.lower().removeprefix("+"), term)
    ends = [term.qualifier for term in terms.values() if term.name == "all" and not term.modifier]
    senders = [
        term
        for term in terms.values()
        if term.name != "all" and (not term.modifier or term.name == "redirect")
    ]
    serving = [term for term in senders if term.name != "ptr" and _serves(domain, term, lookup)]
    # In small letters, which every reader takes; those of a macro have a meaning.
    texts = [term.text if "%" in term.text else term.text.lower() for term in serving if not term.modifier]
    redirects = [term for term in serving if term.modifier]
    if redirects and not ends:
        if not texts and len(redirects) == 1:
            return f"v=spf1 {redirects[0].text}"
        texts += [f"include:{term.value}" for term in redirects]
    # What was taken out may have named a sender: the others are then doubted, not refused.
    is_strict = bool(ends) and set(ends) == {"-"} and len(serving) == len(senders)
    return " ".join(["v=spf1", *texts, "-all" if is_strict else "~all"])


def _readable_terms(record: str) -> list[Term]:
    found: list[Term] = []
    for text in record[len("v=spf1") :].split():
        try:
            found += parse(f"v=spf1 {text.rstrip(',;')}")
        except SyntaxFault:
            continue
    return found


def _serves(domain: str, term: Term, lookup: Lookup) -> bool:
    """Whether a term still names something. What does not answer is left as it is."""
    if is_open(term):
        return False
    if "%" in term.value:
        return True
    target = term.value.rstrip(".").lower()
    try:
        if term.name in ("include", "redirect"):
            return target != domain and any(is_spf(text) for text in lookup.txt(target).records)
        if term.name in ("a", "mx", "exists"):
            name = target.partition("/")[0] or domain
            answer = lookup.mx(name) if term.name == "mx" else lookup.addresses(name)
            return bool(answer.records)
    except NoReply:
        return True
    return True


def dmarc_record(domain: str, found: Dmarc) -> str:
    """One step stricter than what applies today, with an address for reports: none → quarantine → reject."""
    tags: dict[str, str] = {}
    for part in found.record.split(";") if found.location == domain else ():
        try:
            tags |= {k: v for k, v in parse_dmarc(part).items() if k not in ("v", "pct", "rf", "ri", "t")}
        except ValueError:
            continue  # what cannot be read is left out
    policy = tags.pop("p", "").lower()
    if policy in POLICIES:
        policy = "quarantine" if policy == "none" and found.state == "valid" else policy
    else:
        policy = "none"
    reports = _readable_reports(tags.pop("rua", "")) or f"mailto:dmarc@{domain}"
    if failures := _readable_reports(tags.pop("ruf", "")):
        tags["ruf"] = failures
    return "; ".join(
        ["v=DMARC1", f"p={policy}", f"rua={reports}", *(f"{name}={value}" for name, value in tags.items())]
    )


def _readable_reports(text: str) -> str:
    """Addresses that can be read, « mailto: » added where it was forgotten."""
    found = []
    for each in filter(None, map(str.strip, text.split(","))):
        for written in (each, f"mailto:{each}"):
            with contextlib.suppress(ValueError):
                report_addresses(written)
                found.append(written)
                break
    return ",".join(found)


def mta_sts_policy(hosts: tuple[str, ...]) -> str:
    """A first file, which only reports: nothing is refused until it says « enforce »."""
    return "\n".join(
        ["version: STSv1", "mode: testing", *(f"mx: {host}" for host in hosts), "max_age: 604800", ""]
    )
