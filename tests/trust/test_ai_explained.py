"""The public card says what is read and why, in plain French beside a glossary; who is consulted finds how to understand."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.systems import readability, registry
from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust import citizens
from beffroi.web.trust.recommendations import services as recommendations
from beffroi.web.workshop import services
from beffroi.web.workshop.models import SystemUse
from life import NEED
from places import strongly
from workshop.tiny import installed

pytestmark = [pytest.mark.django_db, pytest.mark.room("portal")]
ASKED = "Expliquer chaque service d'IA à l'entrée du lieu où il sert."
ANSWER = "Chaque lieu aura son panneau avant la fin de l'année scolaire."


def folded(page: str, title: str) -> str:
    """What stands under a heading of the card that unfolds, in plain text."""
    heading, _, rest = page.partition(f"<h2>{title}</h2>")
    assert rest, f"{title} is not on {heading[-200:]}"
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", rest.partition("</details>")[0])).split())


def card(territory: Territory, client: Client) -> str:
    return client.get(f"/p/{territory.slug}/services-ia/tiny/").text.replace("&#x27;", "'")


@pytest.mark.requirement("R54")
def test_the_card_says_why_each_column_is_read_and_no_other(
    bound: SystemUse, territory: Territory, client: Client
) -> None:
    page = card(territory, client)
    needs = {schema.name: schema.columns for schema in registry.get("tiny").manifest.inputs}
    whys = [need.why for need in needs["attendance"]]
    assert len(whys) == 3
    assert folded(page, "Ce qu'il lit, et pourquoi").startswith(
        "Repas servis " + " ".join(whys) + " Il ne lit"
    )
    assert needs["strikes"][0].why not in page  # which is not bound
    assert f'href="/p/{territory.slug}/mots-de-l-ia/"' in page


@pytest.mark.requirement("R54")
def test_the_card_says_why_its_data_are_worth_collecting_once_a_person_answered(
    bound: SystemUse, territory: Territory, supervisor: Person, client: Client
) -> None:
    before = folded(card(territory, client), "Ce qu'il lit, et pourquoi")
    assert "Pourquoi recueillir" not in before
    services.answer(bound, supervisor, "need", NEED)
    found = folded(card(territory, client), "Ce qu'il lit, et pourquoi")
    assert found.startswith(f"Pourquoi recueillir ces données : {NEED['worth']} Repas servis")


@pytest.mark.requirement("R49")
def test_the_card_says_what_it_learned_from_and_what_its_results_could_reveal(
    territory: Territory, supervisor: Person, client: Client, tmp_path: Path
) -> None:
    threats = ["Les repas sont comptés par école.", "Une école d'une seule classe se devine."]
    origin = "Aucune donnée d'ailleurs : il apprend sur vos repas."
    with installed(tmp_path / "third-party", threats=threats, training_origin=origin):
        services.adopt(territory, supervisor, "tiny", supervisor=supervisor)
        public = folded(card(territory, client), "Ce qu'il lit, et pourquoi")
        theirs = strongly(client, supervisor).get(f"/t/{territory.slug}/services-ia/tiny/").text
    assert public.endswith(f"{origin} Ce que ses résultats pourraient révéler : " + " ".join(threats))
    for text in (origin, *threats):
        assert text in unescape(theirs).replace("\u00a0", " ")


@pytest.mark.requirement("R49")
def test_a_card_whose_system_states_no_threat_announces_none(
    bound: SystemUse, territory: Territory, client: Client
) -> None:
    assert "pourraient révéler" not in card(territory, client)


@pytest.mark.requirement("R54")
def test_the_card_says_its_purpose_its_limits_and_how_to_contest(
    bound: SystemUse, territory: Territory, client: Client
) -> None:
    page, manifest = card(territory, client), registry.get("tiny").manifest
    assert manifest.limits
    limits = folded(page, "Ses limites")
    assert limits.startswith(" ".join(manifest.limits)) and "demandez à une personne" in limits
    assert manifest.contest in folded(page, "Comment contester")
    assert f"<p>{manifest.purpose}</p>" in page and manifest.helps in page


EXPERT = "Optimisation multicritère paramétrisée des approvisionnements alimentaires, conditionnellement aux fréquentations prévisionnelles."


@pytest.mark.requirement("R54")
@pytest.mark.parametrize("purpose", ["Dire combien de repas prévoir demain.", f"{EXPERT} " * 4])
def test_the_readability_of_the_card_is_measured_and_said_as_it_is(
    purpose: str, territory: Territory, supervisor: Person, client: Client, tmp_path: Path
) -> None:
    with installed(tmp_path / "third-party", purpose=purpose.strip()):
        services.adopt(territory, supervisor, "tiny", supervisor=supervisor)
        found = citizens.system(territory, "tiny")
        said = folded(card(territory, client), "D'où il vient, ses signes")
    assert found is not None and found.readability.plain is (EXPERT not in purpose)
    assert (found.readability.score >= readability.PLAIN_SCORE) is found.readability.plain
    assert f"mesurée : {found.readability.score:.0f} sur 100, « {found.readability.level} »" in said


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
