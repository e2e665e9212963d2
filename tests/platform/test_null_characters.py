"""An address that holds a null character is refused with a page that says so, before any room reads it."""

import pytest
from django.test import Client

from places import a_person, a_territory, strongly

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "/t/{}/decisions/?site=%00",
        "/t/{}/decisions/historique/?mots=a%00b",
        "/p/{}/recommandations/?mots=%00",
        "/p/{}/%00/",
        "/?%00",
    ],
)
def test_a_null_character_goes_no_further(path: str) -> None:
    territory = a_territory(fictional=False)
    client = strongly(Client(), a_person(territory, "decider"))
    reply = client.get(path.format(territory.slug))
    assert reply.status_code == 400
    assert "Que faire" in reply.content.decode()


def test_what_only_looks_like_one_is_read() -> None:
    territory = a_territory(fictional=False)
    client = strongly(Client(), a_person(territory, "decider"))
    assert client.get(f"/t/{territory.slug}/decisions/historique/?mots=%2500").status_code == 200
