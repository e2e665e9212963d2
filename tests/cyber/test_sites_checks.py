"""Passive checks of declared sites, on a real nginx in HTTPS: what a visitor may see of its settings, with what to ask."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from beffroi.web.cyber.models import SiteAlert, WatchedSite
from beffroi.web.cyber.sites import passive_checks, services, site_checks
from beffroi.web.cyber.sites.passive_checks import Finding, Seen
from beffroi.web.cyber.sites.visits import TlsFacts, Visit
from beffroi.web.platform.models import Person, Territory
from servers import NotHere, nginx
from servers.certificates import certified
from support.clock import PARIS

# Certificates, versions of TLS and headers are those of a real server, started once for these tests.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("nginx")]

STRICT = """server_tokens off;
    add_header Strict-Transport-Security "max-age=31536000"; add_header Content-Security-Policy "default-src 'self'";
    add_header X-Content-Type-Options nosniff; add_header Set-Cookie "a=b; Secure; HttpOnly; SameSite=Lax";"""
LOOSE = 'add_header Set-Cookie "session=1; Path=/"; add_header X-Powered-By "PHP/7.4.3";'


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[nginx.Nginx, str]]:
    """Two sites in HTTPS, one with every setting, one with none, and the file of the authority that vouches for the first."""
    folder = tmp_path_factory.mktemp("encrypted")
    _, authority = certified(folder / "certificate", "127.0.0.1")
    try:
        keys = (Path(authority), folder / "certificate" / "key.pem")
        with nginx.serving(folder / "www", 2, encrypted=keys, more=(STRICT, LOOSE)) as served:
            for site in served.sites:
                site.write("<title>Mairie</title><h1>Mairie de Valbruyère</h1>")
            served.sites[0].write("Contact: mailto:securite@example.org", ".well-known/security.txt")
            served.sites[1].write("User-agent: *\nDisallow: /wp-admin/", "robots.txt")
            yield served, authority
    except NotHere as absent:
        pytest.skip(f"{absent} is not on this machine (deploy/setup-tests)")


def checked(
    territory: Territory, by: Person, site: nginx.Site
) -> tuple[WatchedSite, dict[str, dict[str, str]]]:
    row = services.declare(territory, by, name="", address=site.address, ownership="agreed")
    site_checks.check_sites([row])
    row.refresh_from_db()
    return row, {finding["code"]: finding for finding in row.findings}


def test_a_well_kept_site_has_nothing_to_ask_but_the_certificate_that_ends(
    encrypted, territory, officer, settings, monkeypatch
):
    served, authority = encrypted
    settings.ALLOWED_HOSTS_OUT = [site.host for site in served.sites]
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    row, found = checked(territory, officer, served.sites[0])
    assert {code for code, finding in found.items() if finding["level"] != "good"} == {"expiry"}
    assert found["expiry"]["reason"] in ("Il expire aujourd'hui.", "Il expire demain.")
    assert "TLSv1" in found["https"]["reason"]
    assert SiteAlert.objects.get(site=row).kind == "certificate"


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ("2026-12-31T23:50", "expire aujourd'hui"),
        ("2026-12-31T23:30", "est expiré depuis aujourd'hui"),
        ("2026-12-30T23:50", "est expiré depuis hier"),
        ("2026-12-28T23:50", "est expiré depuis 3 jours"),
        ("2027-01-01T00:10", "expire demain"),
        ("2027-01-03T00:10", "expire dans 3 jours"),
    ],
)
def test_the_end_of_a_certificate_is_counted_in_days_of_the_calendar(ends: str, words: str) -> None:
    end, now = (datetime.fromisoformat(each).replace(tzinfo=PARIS) for each in (ends, "2026-12-31T23:40"))
    assert (
        passive_checks.expiry_words(end, now).replace("\N{NO-BREAK SPACE}", " ").replace("\u202f", " ")
        == words
    )


def test_a_certificate_that_browsers_refuse_is_said_with_its_reason_and_nothing_else_is_visited(
    encrypted, territory, officer, settings, monkeypatch
):
    served, authority = encrypted
    settings.ALLOWED_HOSTS_OUT = [site.host for site in served.sites]
    row, found = checked(territory, officer, served.sites[0])
    assert row.trouble == "Le certificat n'est pas valable : le serveur l'a signé lui-même." and not found
    assert row.availability == "down"
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    other, _ = checked(territory, officer, served.sites[1])
    assert "au nom d'une autre adresse" in other.trouble


def test_what_a_loose_site_lacks_is_said_with_what_to_ask(site, web_server, territory, officer):
    site.write("<h1>Mairie</h1>")
    site.write("User-agent: *\nDisallow: /wp-admin/", "robots.txt")
    row, found = checked(territory, officer, site)
    assert next(f["level"] for f in row.findings) == "danger"
    assert {code for code, f in found.items() if f["level"] in ("danger", "warn")} == {
        "https", "csp", "nosniff", "version", "security_txt", "robots",
    }  # fmt: skip
    assert "nginx/" in found["version"]["reason"] and all(f["ask"] for f in found.values())


NOW = datetime(2026, 11, 29, tzinfo=UTC)
HOME = Visit("https://mairie.example/", 200, {"strict-transport-security": "max-age=60"})
SEEN = Seen(
    encrypted=True,
    home=HOME,
    tls=TlsFacts("TLSv1.3", NOW + timedelta(days=80)),
    plain=Visit("http://mairie.example/", 200),
    security_txt=Visit("", 404, trouble="non"),
    robots=Visit("", 404, trouble="non"),
)


def level(seen: Seen, code: str) -> str:
    return {finding.code: finding for finding in passive_checks.check(seen, NOW)}[code].level


def test_each_setting_has_its_bounds():
    assert (
        level(SEEN, "redirect") == "warn"
        and level(SEEN, "hsts") == "warn"
        and level(SEEN, "expiry") == "good"
    )
    moved = replace(SEEN, plain=Visit("https://mairie.example/", 301, redirected=True))
    assert level(moved, "redirect") == "good"
    closed = replace(SEEN, plain=Visit("http://mairie.example/", trouble="Le serveur ne répond pas."))
    assert level(closed, "redirect") == "good"
    refused = replace(SEEN, plain=Visit("http://mairie.example/", trouble="non", refused=True))
    assert level(refused, "redirect") == "unknown"
    assert level(replace(SEEN, tls=TlsFacts("TLSv1.1", NOW - timedelta(days=1))), "tls") == "danger"
    assert level(replace(SEEN, tls=TlsFacts("TLSv1.3", NOW - timedelta(days=3))), "expiry") == "danger"
    assert level(replace(SEEN, tls=TlsFacts("TLSv1.3", NOW + timedelta(days=20))), "expiry") == "warn"
    loose = replace(HOME, cookies=("session=1; Path=/; HttpOnly",))
    cookie = {f.code: f for f in passive_checks.check(replace(SEEN, home=loose), NOW)}["cookies"]
    assert isinstance(cookie, Finding) and cookie.reason == "1 posé sans SameSite, Secure."
