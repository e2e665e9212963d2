"""The API of the sources: where each stands and what is late, without addresses, contacts or secrets."""

from datetime import timedelta

import pytest
from callers import a_token
from django.utils import timezone

from beffroi.lake.sources import Secret
from beffroi.web.catalogue.models import Source
from beffroi.web.catalogue.sources import source_registry
from beffroi.web.catalogue.sources.fetch_schedules import Schedule
from beffroi.web.catalogue.sources.promises import Promise
from beffroi.web.tenancy import tokens
from places import a_person

pytestmark = pytest.mark.django_db
CLAUSE = source_registry.Clause(
    "delegatee", "Eaux du Val", "donnees@eaux-du-val.example", "DSP eau 2024-03", "31"
)


@pytest.fixture
def owed(town, steward):
    promise = Promise("quarter", 1, 10, first=timezone.localdate() - timedelta(days=120))
    text = source_registry.Settings(
        "Factures d'eau", None, "Factures", "append", Schedule(), steward, promise, CLAUSE
    )
    return source_registry.add(town, steward, {}, Secret(), text)


def test_a_program_reads_the_sources_and_what_is_late(town, steward, owed, program):
    spec = {"kind": "http_file", "url": "https://cachee.example/x.csv"}
    text = source_registry.Settings("En ligne", None, "Repas", "replace", Schedule("day"), steward)
    source_registry.add(town, steward, spec, Secret(token="jeton42"), text)
    api = program(a_token(town, steward, "source.read").secret)
    message = api.get(f"t/{town.slug}/sources")
    assert [(row["title"], row["days_late"]) for row in message.json()] == [
        ("Factures d'eau", 120),
        ("En ligne", 0),
    ]
    late = api.get(f"t/{town.slug}/late-deliveries")
    (row,) = late.json()
    assert (row["owed_by"], row["contract"], row["missing"]) == ("Eaux du Val", "DSP eau 2024-03", 2)
    for hidden in ("cachee.example", "jeton42", "donnees@eaux-du-val.example"):
        assert hidden not in message.content.decode() + late.content.decode()


def test_a_token_without_the_act_finds_nothing(town, steward, owed, program):
    api = program(a_token(town, steward, "dataset.read").secret)
    assert api.get(f"t/{town.slug}/sources").status_code == 404
    assert api.get(f"t/{town.slug}/late-deliveries").status_code == 404


def test_someone_who_may_not_see_the_sources_cannot_have_a_token_for_them(town, owed):
    supervisor = a_person(town, "supervisor")
    assert "source.read" not in tokens.acts_for(supervisor, town)
    assert Source.objects.of(town).get() == owed
