"""One check of one domain: everything is read, in order, and judged; what changed since the check before.

In: a domain, its selectors, the allowed resolver, the way out. Out: `Finding`s. Nothing is written here.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from . import dkim, dmarc, mta_sts, spf, starttls
from .dns_lookup import Answer, Lookup, NoReply
from .outbound import Outbound
from .transport_verdicts import of_mta_sts, of_reports, of_starttls
from .verdicts import (
    KNOWN,
    Finding,
    Verdict,
    of_dkim,
    of_dmarc,
    of_servers,
    of_spf,
    servers,
)

type Report = Callable[[float, str], None]


def check(
    domain: str, selectors: tuple[str, ...], lookup: Lookup, outbound: Outbound, today: date, report: Report
) -> list[Finding]:
    """Every finding on a domain; the first alone where the name does not exist."""
    report(5, "Serveurs de messagerie…")
    answer = _servers(domain, lookup)
    found = [of_servers(domain, answer)]
    if answer is not None and not answer.exists:
        return found
    hosts = servers(answer)
    report(15, "SPF…")
    found.append(of_spf(domain, spf.read(domain, lookup), hosts, lookup))
    report(30, "DKIM…")
    found.append(of_dkim(domain, dkim.read(domain, selectors, lookup)))
    report(50, "DMARC…")
    found.append(of_dmarc(domain, dmarc.read(domain, lookup)))
    report(60, "Chiffrement…")
    encrypted = of_starttls(starttls.read(hosts, outbound))
    if encrypted is not None:
        found.append(encrypted)
        found.append(of_mta_sts(domain, mta_sts.read(domain, hosts, lookup, outbound), hosts, today))
        found.append(of_reports(domain, mta_sts.read_reports(domain, lookup)))
    return found


def _servers(domain: str, lookup: Lookup) -> Answer | None:
    try:
        return lookup.mx(domain)
    except NoReply:
        return None


def known_verdicts(found: Iterable[Finding], before: dict[str, str]) -> dict[str, str]:
    """The last verdict that said something, by protection: silence changes none."""
    return before | {each.key: each.verdict.value for each in found if each.verdict in KNOWN}


def changes(before: dict[str, str], after: dict[str, str]) -> list[dict[str, Any]]:
    """What is not as it was, by protection: `worse` or better."""
    return [
        {
            "key": key,
            "before": before[key],
            "after": verdict,
            "worse": KNOWN[Verdict(verdict)] > KNOWN[Verdict(before[key])],
        }
        for key, verdict in after.items()
        if key in before and before[key] != verdict
    ]


def worsened(before: list[str], found: list[dict[str, Any]], after: dict[str, str]) -> list[str]:
    """Protections that got worse and are not yet as good as they were: said until mended, not for a week only."""
    better = {each["key"] for each in found if not each["worse"]}
    worse = {each["key"] for each in found if each["worse"]}
    return [key for key in after if key in worse or (key in before and key not in better)]
