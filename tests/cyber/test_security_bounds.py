"""Each bound of what is said of mail, sites and machines, on both of its sides."""

from datetime import UTC, datetime, timedelta

import pytest

from beffroi.web.cyber.inventory import watching
from beffroi.web.cyber.inventory.silence import ESCALATED_AFTER, SILENT_AFTER
from beffroi.web.cyber.mail import mta_sts
from beffroi.web.cyber.mail.dkim import Dkim, Key
from beffroi.web.cyber.mail.verdicts import Verdict, of_dkim
from beffroi.web.cyber.models import ReportedDevice
from beffroi.web.cyber.sites.passive_checks import EXPIRES_SOON, LONG_ENOUGH, Seen, check
from beffroi.web.cyber.sites.visits import TlsFacts, Visit

NOW = datetime(2026, 12, 2, 12, tzinfo=UTC)  # a Wednesday
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("key", "verdict", "words"),
    [
        (Key("a", bits=2048), Verdict.GOOD, "solide"),
        (Key("a", bits=2047), Verdict.TO_CORRECT, "trop courte"),
        (Key("a", bits=1024), Verdict.TO_CORRECT, "trop courte"),
        (Key("a", bits=1023), Verdict.TO_CORRECT, "cassée"),
        (Key("a", kind="ed25519"), Verdict.GOOD, "solide"),
    ],
)
def test_a_key_is_solid_from_2048_bits_and_broken_below_1024(key: Key, verdict: Verdict, words: str) -> None:
    found = of_dkim("mairie.fr", Dkim((key,)))
    assert (found.verdict, words in found.reason) == (verdict, True)


@pytest.mark.parametrize(
    ("age", "state"), [(0, "valid"), (mta_sts.MAX_AGE, "valid"), (mta_sts.MAX_AGE + 1, "no_policy")]
)
def test_a_policy_of_mail_is_remembered_a_year_at_most(age: int, state: str) -> None:
    policy = f"version: STSv1\nmode: enforce\nmx: mx.presta.fr\nmax_age: {age}\n"
    found = mta_sts.judge("v=STSv1; id=1", policy, ("mx.presta.fr",))
    assert found.state == state


def levels(tls: TlsFacts, hsts: str = "") -> dict[str, str]:
    """The level of each finding of a site, by its code."""
    gone, headers = Visit("", 404, trouble="non"), {"strict-transport-security": hsts}
    home = Visit("https://mairie.example/", 200, headers)
    seen = Seen(True, home, tls, plain=None, security_txt=gone, robots=gone)
    return {one.code: one.level for one in check(seen, NOW)}


@pytest.mark.parametrize(
    ("left", "level"),
    [
        (-SECOND, "danger"),
        (timedelta(0), "warn"),
        (EXPIRES_SOON, "warn"),
        (EXPIRES_SOON + SECOND, "good"),
    ],
)
def test_a_certificate_is_to_renew_from_three_weeks_before_its_end(left: timedelta, level: str) -> None:
    assert levels(TlsFacts("TLSv1.3", NOW + left))["expiry"] == level


@pytest.mark.parametrize(
    ("version", "told"), [("TLSv1", True), ("TLSv1.1", True), ("TLSv1.2", False), ("TLSv1.3", False)]
)
def test_an_old_version_of_tls_is_told(version: str, told: bool) -> None:
    assert (levels(TlsFacts(version)).get("tls") == "danger") is told


@pytest.mark.parametrize(
    ("header", "level"),
    [
        ("", "warn"),
        (f"max-age={LONG_ENOUGH * 86_400}", "good"),
        (f"max-age={LONG_ENOUGH * 86_400 - 1}; includeSubDomains", "warn"),
        (f'includeSubDomains; Max-Age="{LONG_ENOUGH * 86_400}"', "good"),
    ],
)
def test_browsers_remember_encryption_for_half_a_year_at_least(header: str, level: str) -> None:
    assert levels(TlsFacts("TLSv1.3"), header)["hsts"] == level


@pytest.mark.parametrize(
    ("periods", "since", "silent", "escalated"),
    [
        (SILENT_AFTER, timedelta(0), False, False),
        (SILENT_AFTER, SECOND, True, False),
        (ESCALATED_AFTER, timedelta(0), True, False),
        (ESCALATED_AFTER, SECOND, True, True),
    ],
)
@pytest.mark.parametrize("acknowledged", [False, True])
def test_a_machine_is_silent_after_two_periods_and_told_further_after_three_unless_somebody_took_charge(
    periods: int, since: timedelta, silent: bool, escalated: bool, acknowledged: bool
) -> None:
    last = NOW - periods * timedelta(hours=24) - since
    device = ReportedDevice(kind="server", period_hours=24, last_contact=last, watched_since=last)
    device.acknowledged_by_id = 1 if acknowledged else None
    watching._judge(device, [], NOW)
    assert (device.silent_since is not None) is silent
    assert (device.escalated_at is not None) is (escalated and not acknowledged)


def test_a_machine_that_is_not_watched_is_never_silent() -> None:
    device = ReportedDevice(period_hours=0, watched_since=datetime(2020, 1, 1, tzinfo=UTC))
    watching._judge(device, [], NOW)
    assert device.silent_since is None
