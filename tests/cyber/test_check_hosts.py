"""Checks of what a town declared: within the names that the operator opened to them, by the town's own act, and nothing else."""

import pytest

from beffroi.lake.sources.errors import AddressRefused
from beffroi.web import environment
from beffroi.web.cyber import check_hosts
from beffroi.web.cyber.mail.outbound import NotAllowed, Outbound, Unreachable
from beffroi.web.cyber.models import WatchedSite
from beffroi.web.cyber.sites import services, site_checks
from beffroi.web.platform.http.egress import _network as network


@pytest.fixture(autouse=True)
def opened(settings) -> None:
    settings.ALLOWED_HOSTS_OUT, settings.CHECK_HOSTS = [], ["*.example.invalid", "mairie.invalid"]


@pytest.mark.parametrize(
    ("host", "open_"),
    [
        ("www.example.invalid", True),
        ("a.b.example.invalid", True),
        ("mairie.invalid", True),
        ("WWW.Example.invalid", True),
        ("example.invalid", False),  # below the name, not the name itself
        ("notexample.invalid", False),
        ("www.mairie.invalid", False),
        ("10.0.0.1", False),
        ("localhost", False),
    ],
)
def test_a_pattern_opens_the_names_below_it_and_no_other(host: str, open_: bool) -> None:
    assert check_hosts.is_open(host) is open_


def test_an_address_and_this_machine_are_never_opened_by_a_pattern(settings) -> None:
    settings.CHECK_HOSTS = ["127.0.0.1", "localhost", "*.1"]
    assert not any(check_hosts.is_open(each) for each in ("127.0.0.1", "localhost", "10.0.0.1"))


def test_a_site_that_a_town_declares_within_the_list_is_called_without_another_setting(
    territory, officer
) -> None:
    def state(address: str) -> WatchedSite:
        site = services.declare(territory, officer, name="", address=address, ownership="own")
        site_checks.check_sites([site])
        site.refresh_from_db()
        return site

    # The name does not exist: what matters is that it was looked for.
    assert state("https://www.example.invalid").availability != "blocked"
    blocked = state("https://www.ailleurs.invalid")
    assert blocked.availability == "blocked" and "n'a pas autorisé les appels" in blocked.trouble


def test_mail_servers_within_the_list_are_called_and_names_that_lead_inside_are_not() -> None:
    outbound = Outbound([], lambda host, port: ["10.0.0.7"], opened=check_hosts.is_open)
    with pytest.raises(NotAllowed), outbound.smtp("mx.ailleurs.invalid"):
        pass
    for call in (
        lambda: outbound.get("mta-sts.example.invalid", "/"),
        lambda: outbound.smtp("mx.example.invalid").__enter__(),
    ):
        with pytest.raises(NotAllowed):
            call()
    absent = Outbound([], lambda host, port: [], opened=check_hosts.is_open)
    with pytest.raises(Unreachable):
        absent.get("mta-sts.example.invalid", "/")


def test_nothing_but_a_check_is_opened() -> None:
    with network(5).egress() as egress, pytest.raises(AddressRefused):
        egress.target("www.example.invalid", 443)


@pytest.mark.parametrize("text", ["*", "*.", "https://a.fr", "a.fr/x", "*.a.fr:443", "a.*.fr", "**.fr"])
def test_a_pattern_that_says_too_much_stops_the_start(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEFFROI_CHECK_HOSTS", f"bon.fr, {text}")
    with pytest.raises(Exception, match="BEFFROI_CHECK_HOSTS"):
        environment.host_patterns("BEFFROI_CHECK_HOSTS")
    monkeypatch.setenv("BEFFROI_CHECK_HOSTS", "bon.fr, *.Bon.fr ,")
    assert environment.host_patterns("BEFFROI_CHECK_HOSTS") == ["bon.fr", "*.bon.fr"]
