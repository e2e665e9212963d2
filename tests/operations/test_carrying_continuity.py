"""A territory that leaves takes with it what its continuity room holds; no secret leaves in the open."""

import pytest
from django.apps import apps

from beffroi.web.operations import carrying_continuity
from beffroi.web.platform.models import TerritoryOwned

pytestmark = pytest.mark.django_db


def test_no_model_of_the_room_is_left_behind_without_a_reason() -> None:
    owned = {
        model for model in apps.get_app_config("continuity").get_models() if issubclass(model, TerritoryOwned)
    }
    carried = {model for kinds in carrying_continuity.SUBJECTS.values() for model, _ in kinds.values()}
    assert carried | carrying_continuity.LEFT_BEHIND.keys() == owned
    assert not carried & carrying_continuity.LEFT_BEHIND.keys()
