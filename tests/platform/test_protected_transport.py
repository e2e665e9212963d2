"""What an instance of https asks of browsers, and lines of its log that no text can forge."""

import json
import logging
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from django.test import Client
from django.urls import get_resolver

from beffroi.traces import traced
from beffroi.web.log_lines import LineFormatter
from beffroi.web.platform.models import Person

PASSWORD = "quatre beaux clochers"
SETTINGS = [
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_SECURE",
    "SECURE_HSTS_SECONDS",
    "SECURE_HSTS_INCLUDE_SUBDOMAINS",
]
SHOW = f"import json; from beffroi.web import settings as s; print(json.dumps([getattr(s, n) for n in {SETTINGS}]))"


@pytest.fixture(scope="module")
def over_https() -> dict[str, object]:
    """The settings of an instance whose address is in https."""
    message = subprocess.run(
        [sys.executable, "-c", SHOW],
        env=os.environ | {"BEFFROI_URL": "https://beffroi.exemple.fr"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(SETTINGS, json.loads(message.stdout), strict=True))


def test_an_https_site_requires_for_https_for_a_year_on_its_subdomains_too(over_https):
    assert over_https["SECURE_HSTS_SECONDS"] >= 365 * 24 * 3600
    assert over_https["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True


@pytest.mark.django_db
def test_no_cookie_of_an_https_site_lacks_its_prefix(over_https, settings):
    for name, value in over_https.items():
        setattr(settings, name, value)
    Person.objects.create_user("agent@mairie.example", PASSWORD, name="Agent")
    client = Client()
    client.get("/compte/login/", secure=True)
    client.post("/compte/login/", {"login": "agent@mairie.example", "password": PASSWORD}, secure=True)
    client.post("/compte/sessions/", secure=True)  # leaves a message
    client.post("/compte/logout/", secure=True)  # and another
    cookies = client.cookies.values()
    assert {cookie.key for cookie in cookies} == {"__Host-session", "__Host-csrf", "__Host-device"}
    for cookie in cookies:
        assert cookie["secure"] and cookie["samesite"] == "Lax" and cookie["path"] == "/", cookie.key
        assert not cookie["domain"], cookie.key


def test_a_line_of_the_log_states_its_zone_and_stays_one_line():
    formatter = LineFormatter("{asctime} {levelname} {name}: {message}", style="{")
    forged = "/t/x\n2026-01-01T00:00:00+00:00 ERROR root: \x1b[31mall is lost\u2028"
    try:
        try:
            int(forged)
        except ValueError as error:
            raise KeyError(forged) from error
    except KeyError:
        record = logging.LogRecord("beffroi", logging.ERROR, "", 0, "asked: %s", (forged,), sys.exc_info())
    first, *rest = formatter.format(record).splitlines()
    moment, _, message = first.partition(" ")
    assert datetime.fromisoformat(moment).utcoffset() is not None
    assert message.startswith("ERROR beffroi: asked: /t/x\\n2026") and message.isprintable()
    assert rest and all(line.startswith("    ") and line.isprintable() for line in rest)


@pytest.mark.parametrize(
    "path",
    [
        "/entree/",
        "/rejoindre/",
        "/p/valbruyere/liens/",
        "/p/valbruyere/remplir/",
        "/p/valbruyere/qui-appeler/",
    ],
)
def test_the_secret_of_an_address_is_not_in_the_log(path):
    text = ("Forbidden (CSRF cookie not set.): %s", (f"{path}s3cr3t-Xy_9/1.json",))
    record = logging.LogRecord("django.security.csrf", logging.WARNING, "", 0, *text, None)
    message = LineFormatter("{message}", style="{").format(record)
    assert f"{path}…" in message and "s3cr3t" not in message


def test_every_route_that_bears_a_secret_is_one_of_these():
    bearing = [
        name
        for name, ways in get_resolver().reverse_dict.lists()
        if isinstance(name, str) and any("secret" in names for way in ways for _, names in way[0])
    ]
    assert sorted(bearing) == [
        "contribute",
        "cyber-call",
        "entry",
        "join",
        "portal-link",
        "portal-link-figure",
    ]


def test_a_traceback_states_where_and_never_what_was_read(monkeypatch):
    cell = "1 85 05 78 006 084 36"
    try:
        try:
            int(cell)
        except ValueError as error:
            raise KeyError(cell) from error
    except KeyError as error:
        caught = error
    message = traced(caught)
    assert cell not in message and message.index("ValueError") < message.index("KeyError")
    assert Path(__file__).name in message and "int(cell)" in message
    monkeypatch.setenv("BEFFROI_TRACE", "1")
    assert cell in traced(caught)
