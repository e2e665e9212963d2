"""Our verdicts on 221 domains beside those of checkdmarc; where they differ, RFC 7208 decides, by its suite or by pyspf."""

from pathlib import Path

import pytest

from beffroi.web.cyber.mail import dmarc, mta_sts, proposals, spf
from beffroi.web.cyber.mail.dns_lookup import Lookup, NoReply
from beffroi.web.cyber.mail.outbound import Outbound
from beffroi.web.cyber.mail.verdicts import servers
from servers import nsd

from . import rfc7208_suite
from .mail_zones import NAMES, ZONES
from .peers import Peers

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("mail-dns"), pytest.mark.room("cyber")]

DIFFER = {
    "V=SPF1 MX -ALL": "the version has no case (RFC 7208, 12): checkdmarc calls it an error",
    "v=spf1 exp=%{c}.presta.fr mx ~all": "%{c} is of the explanation's text, not of its domain (7.2): checkdmarc takes it",
    "v=spf1 ptr:presta.fr ~all": "ptr looks up the sender (5.5): checkdmarc counts a void lookup of the domain's address",
    "v=spf1 mx:none1.presta.fr exists:none2.presta.fr ~all": "exists is a lookup that may be void (4.6.4): checkdmarc does not make it",
    "v=spf1 exists:none1.presta.fr exists:none2.presta.fr exists:none3.presta.fr ~all": "the same, three times: permerror",
    "v=spf1 include:spf0.presta.fr/24 -all": "include has no prefix length (5.2): checkdmarc looks the name up, both refuse",
    "v=spf1 mx:presta -all": "a domain has two labels (12): checkdmarc warns only",
    "v=spf1 a:192.0.2.1 -all": "an address is no domain (12, toplabel): checkdmarc warns only",
    "v=spf1 mx -all toto": "an error after « all » is one (4.6): checkdmarc reads no further",
    "v=spf1 ip4:192.0.2.1\t-all": "terms are separated by spaces only (4.6.1): checkdmarc takes a tab",
    "v=spf1 include:muet.fr -all": "no reply is temperror (5.2): checkdmarc says that there is no record",
    "v=spf1 include:caller.presta.fr -all": "the same, one step further",
    "v=spf1 redirect=sourd.fr": "the same, by redirect",
    "v=spf1 mx \ufffd -all": "a record begins with the version, whatever follows (4.5): checkdmarc passes it over",
}
"""SPF records on which the two readings differ, and why."""


def test_verdicts_on_spf_are_those_of_checkdmarc(dns_port: int) -> None:
    peers, differ = Peers(dns_port), {}
    for name in NAMES:
        found = spf.read(name, Lookup(nsd.ADDRESS, dns_port))
        ours = (found.state.value, found.all, found.lookups, found.voids)
        theirs = peers.spf(name)
        if ours[0] != theirs[0] or (ours[0] == "valid" and ours != theirs):
            differ[found.record] = (found, name)
    assert differ.keys() == DIFFER.keys()
    for found, name in differ.values():
        judged = "permerror"
        if found.state in ("valid", "silent"):
            judged = {"-": "fail", "~": "softfail"}[found.all] if found.state == "valid" else "temperror"
        assert peers.pyspf(name) == judged, found.record


def test_verdicts_on_dmarc_mta_sts_and_reports_are_those_of_checkdmarc(dns_port: int) -> None:
    peers, differ = Peers(dns_port), []
    closed = Outbound([], lambda host, port: [])
    for name in NAMES:
        lookup = Lookup(nsd.ADDRESS, dns_port)
        read = dmarc.read(name, lookup)
        ours = (
            (read.state.value, read.location, read.policy)
            if read.state == "valid"
            else (read.state.value, "", "")
        )
        policy = mta_sts.read(name, (), lookup, closed).state.value.replace("not_allowed", "valid")
        reports = mta_sts.read_reports(name, lookup).state.value
        if (ours, policy, reports) != (peers.dmarc(name), peers.mta_sts(name), peers.tls_reports(name)):
            differ.append(name)
    assert differ == ["muet.fr", "sourd.fr"]  # no reply, which checkdmarc calls an absence (MTA-STS, TLS-RPT)


def test_what_is_proposed_is_accepted_by_checkdmarc(dns_port: int, tmp_path: Path) -> None:
    """Served as the domain's own record, every proposal is valid for another reader too."""
    zones, expected = dict(ZONES), {}
    for name in NAMES:
        lookup = Lookup(nsd.ADDRESS, dns_port)
        found = spf.read(name, lookup)
        try:
            hosts = servers(lookup.mx(name))
        except NoReply:
            continue
        record = proposals.spf_record(name, found, hosts, lookup)
        rule = proposals.dmarc_record(name, dmarc.read(name, lookup))
        if record and name in zones:
            expected[name] = (record, rule)
            others = [line for line in zones[name] if not line.startswith(("@ TXT", "_dmarc TXT"))]
            zones[name] = [*others, f"@ TXT {nsd.text(record)}", f"_dmarc TXT {nsd.text(rule)}"]
    assert len(expected) > 190
    with nsd.serving(tmp_path, zones) as port:
        peers = Peers(port)
        for name, (record, rule) in expected.items():
            state, last, lookups, voids = peers.spf(name)
            assert (state, last in "~-", lookups <= 10, voids <= 2) == ("valid", True, True, True), record
            assert peers.dmarc(name)[:2] == ("valid", name), rule


LEFT_TO_THE_SENDER = {"include-at-limit"}
"""The message matches before the eleventh lookup; the record costs more to others."""


@pytest.mark.parametrize("scenario", list(rfc7208_suite.scenarios()), ids=lambda scenario: scenario.title)
def test_the_suite_of_rfc_7208_agrees(scenario: rfc7208_suite.Scenario, tmp_path: Path) -> None:
    with rfc7208_suite.serving(tmp_path, scenario) as port:
        read = {
            case: spf.read(case.domain, Lookup(nsd.ADDRESS, port, lifetime=0.5)) for case in scenario.cases
        }
    wrong = {case.name for case, found in read.items() if not rfc7208_suite.agrees(found, case.results)}
    assert wrong <= LEFT_TO_THE_SENDER
