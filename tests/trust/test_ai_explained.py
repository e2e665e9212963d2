"""The public card says what is read and why, in plain French beside a glossary; who is consulted finds how to understand."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust import citizens
from beffroi.web.trust.recommendations import services as recommendations
from beffroi.web.workshop.models import SystemUse

pytestmark = [pytest.mark.django_db, pytest.mark.room("portal")]
ASKED = "Expliquer chaque service d'IA à l'entrée du lieu où il sert."
ANSWER = "Chaque lieu aura son panneau avant la fin de l'année scolaire."


@pytest.mark.requirement("R54")
def test_the_card_says_each_column_read_and_why_and_leads_to_the_glossary(
    bound: SystemUse, territory: Territory, client: Client
) -> None:
    page = client.get(f"/p/{territory.slug}/services-ia/tiny/").text
    assert "Ce que l&#x27;on prévoit." in page or "Ce que l'on prévoit." in page
    assert f'href="/p/{territory.slug}/mots-de-l-ia/"' in page


@pytest.mark.requirement("R54")
def test_the_readability_of_the_card_is_measured(
    use: SystemUse, territory: Territory, client: Client
) -> None:
    found = citizens.system(territory, "tiny")
    assert found is not None and found.readability is not None and found.readability.plain
    assert "Lisibilité des textes" in client.get(f"/p/{territory.slug}/services-ia/tiny/").text


@pytest.mark.requirement("R54")
def test_the_words_of_ai_are_short_sentences(territory: Territory, client: Client) -> None:
    page = client.get(f"/p/{territory.slug}/mots-de-l-ia/").text
    told = re.findall(r"<dd>(.*?)</dd>", page, flags=re.DOTALL)
    assert len(told) >= 12
    for text in told:
        for sentence in re.split(r"[.!?]\s", text.replace("&nbsp;", " ")):
            assert len(sentence.split()) <= 25, sentence


@pytest.mark.requirement("R56")
def test_who_is_consulted_finds_how_to_understand_and_what_was_answered(
    use: SystemUse, territory: Territory, steward: Person, client: Client
) -> None:
    row = recommendations.receive(
        territory, steward, text=ASKED, origin="consultation", received_on=timezone.localdate()
    )
    recommendations.follow(row, steward, "accepted", ANSWER)
    page = client.get(f"/p/{territory.slug}/recommandations/").text.replace("&#x27;", "'")
    assert ANSWER in page and "Donner votre avis" in page
    for path in ("mots-de-l-ia/", "services-ia/", "rapport-ia/", "comite-ethique/"):
        assert f'href="/p/{territory.slug}/{path}"' in page
