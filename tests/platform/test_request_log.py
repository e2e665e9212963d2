"""Log of the requests: one JSON document a line, one identifier a request, and no word of who asked or what for."""

import io
import json
import logging

import pytest
from django.test import Client

from beffroi.web.log_lines import JsonFormatter
from places import a_person, a_territory

pytestmark = pytest.mark.django_db


@pytest.fixture
def lines():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("beffroi.requests")
    before = logger.level
    logger.setLevel(logging.INFO)
    for each in (logger, logging.getLogger("django.request")):
        each.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.setLevel(before)
    for each in (logger, logging.getLogger("django.request")):
        each.removeHandler(handler)


def test_a_request_leaves_one_line_without_who_asked_nor_the_query(lines):
    town = a_territory("Valbruyère")
    client = Client()
    client.force_login(a_person(town, "agent", email="camille@example.org"))
    answer = client.get(f"/t/{town.slug}/", {"q": "secret"}, HTTP_X_FORWARDED_FOR="192.0.2.7")
    (line,) = [each for each in lines() if each["logger"] == "beffroi.requests"]
    assert (line["method"], line["path"], line["status"]) == ("GET", f"/t/{town.slug}/", answer.status_code)
    assert line["request"] == answer.headers["X-Request-Id"] and line["ms"] >= 0
    text = json.dumps(line)
    assert not any(word in text for word in ("secret", "camille", "192.0.2.7"))


def test_what_is_logged_during_a_request_bears_its_identifier_and_no_secret_address(lines):
    answer = Client().get("/entree/un-secret-qui-ouvre/")
    missing = Client().get("/nulle-part/")
    found = lines()
    assert not any("un-secret-qui-ouvre" in json.dumps(line) for line in found)
    assert {line["request"] for line in found} == {a.headers["X-Request-Id"] for a in (answer, missing)}
    assert [line["level"] for line in found if line["logger"] == "django.request"]
