"""Other readers of the same zones: checkdmarc, and pyspf which judges one message. Out: words of our own states, to compare.

Neither is part of the product (docs/decisions/0070).
"""

from ipaddress import IPv6Address
from typing import Any

import checkdmarc.dmarc
import checkdmarc.mta_sts
import checkdmarc.smtp_tls_reporting
import checkdmarc.spf
import checkdmarc.utils
import dns.resolver
import spf as pyspf

from servers.nsd import ADDRESS

_SPF = {
    "MultipleSPFRTXTRecords": "several",
    "SPFSyntaxError": "syntax",
    "SPFTooManyDNSLookups": "lookups",
    "SPFTooManyVoidDNSLookups": "voids",
    "SPFIncludeLoop": "loop",
    "SPFRedirectLoop": "loop",
}
_DMARC = {
    "DMARCRecordNotFound": "absent",
    "MultipleDMARCRecords": "several",
    "UnrelatedTXTRecordFoundAtDMARC": "absent",
    "SPFRecordFoundWhereDMARCRecordShouldBe": "absent",
}
_ALL = {"pass": "+", "neutral": "?", "softfail": "~", "fail": "-"}


class Peers:
    """Readers that ask the server at this port."""

    def __init__(self, port: int) -> None:
        checkdmarc.utils.DNS_CACHE.clear()  # one for the process, whichever the server
        self._resolver = dns.resolver.Resolver(configure=False)
        self._resolver.nameservers, self._resolver.port = [ADDRESS], port
        self._resolver.use_edns(0, 0, 1232)
        self._options: dict[str, Any] = {"resolver": self._resolver, "timeout": 1.0, "retries": 0}

    def spf(self, domain: str) -> tuple[str, str, int, int]:
        """State, qualifier of the last word, lookups, void lookups."""
        try:
            record = checkdmarc.spf.query_spf_record(domain, **self._options)["record"]
        except checkdmarc.spf.SPFRecordNotFound as error:
            return "silent" if _is_failure(error) else "absent", "", 0, 0
        except checkdmarc.spf.SPFError as error:
            return _SPF[type(error).__name__], "", 0, 0
        try:
            read = checkdmarc.spf.parse_spf_record(record, domain, **self._options)
        except checkdmarc.spf.SPFRecordNotFound:
            return "missing", "", 0, 0
        except checkdmarc.spf.SPFError as error:
            return _SPF[type(error).__name__], "", 0, 0
        return "valid", _ALL[read["parsed"]["all"]], read["dns_lookups"], read["void_dns_lookups"]

    def dmarc(self, domain: str) -> tuple[str, str, str]:
        """State, domain whose record applies, its policy for this domain."""
        try:
            found = checkdmarc.dmarc.query_dmarc_record(domain, **self._options)
            tags = checkdmarc.dmarc.parse_dmarc_record(found["record"], found["location"], **self._options)[
                "tags"
            ]
        except Exception as error:
            name = type(error).__name__
            if name == "DMARCError":
                return "silent", "", ""
            return _DMARC.get(name, "syntax"), "", ""
        return "valid", found["location"], tags["p" if found["location"] == domain else "sp"]["value"]

    def mta_sts(self, domain: str) -> str:
        try:
            record = checkdmarc.mta_sts.query_mta_sts_record(domain, **self._options)["record"]
            checkdmarc.mta_sts.parse_mta_sts_record(record)
        except checkdmarc.mta_sts.MTASTSRecordNotFound:
            return "absent"
        except checkdmarc.mta_sts.MultipleMTASTSRecords:
            return "several"
        except checkdmarc.mta_sts.MTASTSError:
            return "syntax"
        return "valid"

    def tls_reports(self, domain: str) -> str:
        module = checkdmarc.smtp_tls_reporting
        try:
            record = module.query_smtp_tls_reporting_record(domain, **self._options)["record"]
            module.parse_smtp_tls_reporting_record(record)
        except module.SMTPTLSReportingRecordNotFound:
            return "absent"
        except module.MultipleSMTPTLSReportingRecords:
            return "several"
        except module.SMTPTLSReportingError:
            return "syntax"
        return "valid"

    def pyspf(self, domain: str) -> str:
        """Result for a sender that no record of the zones names: « permerror », « temperror », « none », or the last word's."""
        pyspf.DNSLookup = self._lookup
        return str(pyspf.query(i="203.0.113.99", s=f"x@{domain}", h=domain, timeout=20).check()[0])

    def _lookup(self, name: str, kind: str, strict: bool = True, timeout: float = 20) -> list[Any]:
        try:
            found = self._resolver.resolve(name, kind, raise_on_no_answer=False, search=False)
        except (dns.resolver.NXDOMAIN, dns.name.EmptyLabel, dns.name.LabelTooLong):
            return []
        except dns.exception.DNSException as error:
            raise pyspf.TempError(str(error)) from error
        rows: list[Any] = []
        for each in found.rrset or ():
            value: Any = each.to_text()
            if kind == "TXT":
                value = each.strings
            elif kind == "MX":
                value = (each.preference, each.exchange.to_text(omit_final_dot=True))
            elif kind == "AAAA":
                value = IPv6Address(value)
            rows.append(((name, kind), value))
        return rows


def _is_failure(error: checkdmarc.spf.SPFRecordNotFound) -> bool:
    """checkdmarc says « not found » of a server that failed too; only its words tell them apart."""
    return "not exist" not in str(error)
