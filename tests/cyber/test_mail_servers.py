"""STARTTLS and the policy of MTA-STS on real servers: only what the operator opened is called, and each certificate is judged."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from beffroi.web.cyber.mail import mta_sts, starttls
from beffroi.web.cyber.mail.dns_lookup import Lookup
from beffroi.web.cyber.mail.outbound import Outbound
from beffroi.web.cyber.mail.transport_verdicts import of_mta_sts, of_starttls
from beffroi.web.cyber.mail.verdicts import Verdict
from servers import certificates, free_port, web

pytestmark = [pytest.mark.xdist_group("mail-dns"), pytest.mark.room("cyber")]
MX, STS = "mx.ici.fr", "mta-sts.ici.fr"


@contextmanager
def receiving(context: ssl.SSLContext | None) -> Iterator[int]:
    """A mail server on loopback, which offers STARTTLS where it has a certificate."""
    port = free_port()
    controller = Controller(Sink(), hostname="127.0.0.1", port=port, tls_context=context)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def read(lookup: Lookup, port: int, *, allowed: bool = True) -> starttls.Server:
    hosts = [f"{MX}:{port}", f"127.0.0.1:{port}"] if allowed else []
    (row,) = starttls.read((MX,), Outbound(hosts, lookup.resolve, smtp=port))
    return row


@pytest.mark.parametrize(
    ("name", "days", "trusted", "state", "words"),
    [
        (MX, 1, True, "good", ""),
        (MX, -1, True, "bad_certificate", "expiré"),
        (MX, 1, False, "bad_certificate", "lui-même"),
        ("autre.ici.fr", 1, True, "bad_certificate", "autre nom"),
    ],
)
def test_each_certificate_is_judged(
    lookup: Lookup,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    days: int,
    trusted: bool,
    state: str,
    words: str,
) -> None:
    context, authority = certificates.certified(tmp_path / "tls", name, days=days)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", authority)
    with receiving(context) as port:
        row = read(lookup, port)
    assert (row.state, words in row.at) == (state, True)
    found = of_starttls((row,))
    assert found is not None and found.verdict == (Verdict.GOOD if state == "good" else Verdict.TO_CORRECT)


def test_a_server_that_does_not_encrypt_is_named(lookup: Lookup) -> None:
    with receiving(None) as port:
        found = of_starttls((read(lookup, port),))
    assert found is not None and found.verdict == Verdict.TO_CORRECT and MX in found.reason


def test_a_server_that_does_not_answer_is_not_judged(lookup: Lookup) -> None:
    found = of_starttls((read(lookup, free_port()),))
    assert found is not None and found.verdict == Verdict.NO_REPLY and not found.ask


def test_what_the_operator_did_not_open_is_not_called(lookup: Lookup) -> None:
    with receiving(None) as port:
        found = of_starttls((read(lookup, port, allowed=False),))
        inside = Outbound(
            [f"{MX}:{port}"], lookup.resolve, smtp=port
        )  # its name leads to this machine, which is not listed
        (row,) = starttls.read((MX,), inside)
    assert found is not None and found.verdict == Verdict.UNCHECKED and "hébergeur" in found.reason
    assert row.state == "not_allowed"


def test_the_policy_of_mta_sts_is_fetched_and_compared(
    lookup: Lookup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, today: date
) -> None:
    context, authority = certificates.certified(tmp_path / "tls", STS)
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    policy = f"version: STSv1\r\nmode: testing\r\nmx: {MX}\r\nmax_age: 86400\r\n"
    replies = {
        "good": web.Reply(policy),
        "elsewhere": web.Reply(policy.replace(MX, "mx.autre.fr")),
        "moved": web.Reply(status=301, headers={"Location": "https://autre.fr/"}),
        "long": web.Reply("x" * 70_000),
    }
    said = {}
    for name, reply in replies.items():
        with web.serving(lambda asked, reply=reply: reply, encrypted=context) as served:
            out = Outbound(
                [f"{STS}:{served.port}", f"127.0.0.1:{served.port}"], lookup.resolve, https=served.port
            )
            said[name] = mta_sts.read("ici.fr", (MX,), lookup, out)
            assert [asked.path for asked in served.asked] == ["/.well-known/mta-sts.txt"]
    assert {name: each.state for name, each in said.items()} == {
        "good": "valid",
        "elsewhere": "mismatch",
        "moved": "no_policy",
        "long": "no_policy",
    }
    found = of_mta_sts("ici.fr", said["good"], (MX,), today)
    assert found.verdict == Verdict.TO_CORRECT and "mode: enforce" in found.publish[1].value
    closed = mta_sts.read("ici.fr", (MX,), lookup, Outbound([], lookup.resolve))
    assert of_mta_sts("ici.fr", closed, (MX,), today).verdict == Verdict.UNCHECKED
