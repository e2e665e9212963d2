"""The last measured result is told to the public, good or bad, service to people first; no benefit is proposed for stopping."""

import pytest
from django.test import Client
from django.utils import timezone

from beffroi.web.platform.models import Person, Territory
from beffroi.web.trust.report import build, publishing
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.models import SystemUse

pytestmark = [pytest.mark.django_db, pytest.mark.room("portal")]


@pytest.fixture
def beaten(tried: SystemUse, supervisor: Person) -> SystemUse:
    """In its sandbox, and its last backtest shows no benefit."""
    workshop.execute(tried, supervisor, "backtest", settings={"mode": "loses"})
    return tried


def published(territory: Territory, by: Person) -> str:
    Territory.objects.filter(pk=territory.pk).update(contact="Mairie")
    territory.refresh_from_db()
    publishing.publish(territory, by, timezone.localdate().year)
    return f"/p/{territory.slug}/rapport-ia/{timezone.localdate().year}/"


@pytest.mark.requirement("R59")
def test_a_system_without_benefit_is_proposed_for_stopping_in_the_report(
    beaten: SystemUse, territory: Territory
) -> None:
    (system,) = build(territory, timezone.localdate().year).systems
    assert any("ne montre pas de bénéfice" in reason for reason in system.stop_reasons)


@pytest.mark.requirement("R60")
def test_service_to_people_comes_first_and_the_bad_result_is_displayed(
    beaten: SystemUse, territory: Territory, steward: Person, client: Client
) -> None:
    page = client.get(published(territory, steward)).text
    assert page.index("À qui il sert") < page.index("Son dernier résultat") < page.index("Ce qu'il a coûté")
    assert "ne fait pas mieux que la façon sans IA" in page
    card = client.get(f"/p/{territory.slug}/services-ia/tiny/").text
    assert card.index("À qui il sert") < card.replace("&#x27;", "'").index("Ce qu'il vaut")


@pytest.mark.parametrize(
    ("mode", "told"),
    [("good", "fait mieux que la méthode sans IA"), ("loses", "ne fait pas mieux que la méthode sans IA")],
)
@pytest.mark.requirement("R109")
def test_the_public_card_and_list_show_the_last_result_good_or_bad(
    bound: SystemUse, supervisor: Person, territory: Territory, client: Client, mode: str, told: str
) -> None:
    workshop.execute(bound, supervisor, "backtest", settings={"mode": mode})
    for path in ("", "services-ia/", "services-ia/tiny/", "services-ia/tiny/panneau/"):
        page = client.get(f"/p/{territory.slug}/{path}").text
        assert f">{told}<" in page, path
    card = client.get(f"/p/{territory.slug}/services-ia/tiny/").text
    assert "Base" in card and "Mesuré le" in card and "Source" in card
