"""Preference for a human: from any public page, a person is one step away."""

import pytest
from django.test import Client

from beffroi.web.portal.urls import urlpatterns
from beffroi.web.territories.models import Territory

pytestmark = pytest.mark.django_db


def test_r39_each_public_page_of_the_territory_names_whom_to_talk_to(territory: Territory) -> None:
    territory.contact = "Accueil de la mairie, 1 place du Beffroi, 01 02 03 04 05"
    territory.save(update_fields=["contact"])
    seen = 0
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        if not route.startswith("p/<slug:slug>/") or route.count("<") > 1:
            continue
        reply = Client().get("/" + route.replace("<slug:slug>", territory.slug))
        if reply.status_code == 200 and reply.headers["Content-Type"].startswith("text/html"):
            seen += 1
            assert "Parler à un humain" in reply.content.decode(), route
            assert "1 place du Beffroi" in reply.content.decode(), route
    assert seen >= 5
