"""Showing a card on the public site or keeping it off: with a reason, and never off while the system serves."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from beffroi.web.platform import ledger
from beffroi.web.platform.models import Person, Territory
from beffroi.web.workshop import services
from beffroi.web.workshop.errors import WorkshopError
from beffroi.web.workshop.models import SystemUse
from life import carry
from places import a_person, strongly

pytestmark = pytest.mark.django_db
WHY = "L'idée n'a pas encore été présentée au conseil."


def test_an_idea_is_hidden_and_shown_with_a_reason_in_the_ledger(
    use: SystemUse, supervisor: Person, territory: Territory
) -> None:
    services.show(use, supervisor, False, WHY)
    use.refresh_from_db()
    assert use.public is False
    line = ledger.lines_of(territory).last()
    assert line.act == "system.public" and line.detail.payload["public"] is False
    services.show(use, supervisor, True, WHY)
    use.refresh_from_db()
    assert use.public is True


def test_no_reason_no_right_no_change(use: SystemUse, supervisor: Person, territory: Territory) -> None:
    with pytest.raises(WorkshopError, match="pourquoi"):
        services.show(use, supervisor, False, " ")
    with pytest.raises(PermissionDenied):
        services.show(use, a_person(territory, "agent"), False, WHY)
    use.refresh_from_db()
    assert use.public is True


def test_a_system_that_serves_is_not_hidden_by_any_way(tried: SystemUse, supervisor: Person) -> None:
    with pytest.raises(WorkshopError, match="reste publique"):
        services.show(tried, supervisor, False, WHY)
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        SystemUse.objects.filter(pk=tried.pk).update(public=False)


def test_a_hidden_system_comes_into_sight_when_it_begins_to_serve(
    measured: SystemUse, supervisor: Person
) -> None:
    services.show(measured, supervisor, False, WHY)
    measured.refresh_from_db()
    carry(measured, "sandbox")
    measured.refresh_from_db()
    assert measured.public is True


def test_the_card_page_offers_it_and_says_why_not(
    tried: SystemUse, supervisor: Person, territory: Territory, client: Client
) -> None:
    strongly(client, supervisor)
    base = f"/t/{territory.slug}/services-ia/tiny/"
    assert "reste montré" in client.get(base).text
    refused = client.post(f"{base}public/", {"public": "no", "reason": WHY})
    assert refused.status_code == 422 and "reste publique" in refused.text
