"""A dataset that an analysis reads is in use, and the boards that show it are told on its page; nothing else is invented."""

from datetime import timedelta

import pytest
from canteens import MEALS, poured, saved, served_by_site
from django.utils import timezone

from beffroi.web.catalogue import usage_registry
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.studio import services
from places import strongly

pytestmark = pytest.mark.django_db


@pytest.fixture
def meals(town, agent):
    made = poured(town, agent, MEALS).dataset
    then = timezone.now() - timedelta(days=400)
    Dataset.objects.filter(pk=made.pk).update(created_at=then)
    Snapshot.objects.filter(dataset=made).update(at=then)
    return Dataset.objects.get(pk=made.pk)


def test_an_analysis_keeps_what_it_reads_in_use(town, agent, meals):
    assert [d.pk for d in usage_registry.unused(town)] == [meals.pk]
    saved(town, agent, served_by_site(meals))
    assert usage_registry.unused(town) == []


def test_the_page_of_a_dataset_lists_its_boards_once(client, town, agent, meals):
    stored = saved(town, agent, served_by_site(meals))
    board = services.save_board(town, agent, "cantine", "La cantine cette semaine", "Combien ?", [])
    services.add_to_board(board, agent, stored)
    assert [use.label for use in usage_registry.summarize_uses(meals, agent).uses] == [
        "le tableau « La cantine cette semaine »"
    ]
    page = strongly(client, agent).get(f"/t/{town.slug}/donnees/jeux/{meals.slug}/").content.decode()
    assert page.count(f"l'analyse « {stored.title} »".replace("'", "&#x27;")) == 1
    assert "Le tableau « La cantine cette semaine »" in page
