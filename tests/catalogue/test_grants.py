"""Who may read what, for which purpose: one test a rule, on rows really read."""

from datetime import UTC, datetime, timedelta

import pytest
from deliveries import FAMILIES, FEBRUARY, JANUARY, poured
from django.core.exceptions import PermissionDenied

from beffroi.lake.grants import GrantExpired
from beffroi.lake.store import Lake
from beffroi.web.catalogue import lifecycle, reading_purposes
from beffroi.web.catalogue.errors import CatalogueError, NotGranted
from beffroi.web.catalogue.grants import Shows, consultation, grant, open_data, processing
from beffroi.web.catalogue.models import Processing
from beffroi.web.platform import ledger
from places import a_person, a_territory, elsewhere

pytestmark = pytest.mark.django_db


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, "Cantines janvier 2025.csv", JANUARY).dataset


@pytest.fixture
def families(town, agent):
    return poured(town, agent, "familles.csv", FAMILIES).dataset


@pytest.fixture
def plain(town):
    return consultation(town)


@pytest.fixture
def billing(town, families):
    return processing(
        town,
        "facturation",
        title="Facturation des repas",
        purpose="Facturer les repas aux familles.",
        legal_basis="Mission d'intérêt public",
        covers_personal=True,
        datasets=[families],
    )


def published(dataset, steward):
    lifecycle.edit_card(dataset, steward, licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    return lifecycle.publish(dataset, steward)


def read(opened):
    with Lake(opened.lake, read_only=True) as lake:
        return lake.relation(opened).to_pyarrow()


def test_an_agent_reads_an_ordinary_dataset_for_the_catalogue(agent, meals, plain):
    opened = grant(agent, meals, plain)
    assert read(opened).num_rows == 4
    assert opened.masks == ()
    assert opened.floor == 0


def test_a_grant_lives_five_minutes(agent, meals, plain):
    opened = grant(agent, meals, plain)
    opened.check()
    with pytest.raises(GrantExpired):
        opened.check(datetime.now(UTC) + timedelta(minutes=5, seconds=1))


def test_someone_without_a_role_reads_nothing(meals, plain):
    other_town = a_territory("Ailleurs", code="99T02")
    stranger = a_person(other_town, "data_officer", email="etranger@example.org")
    with pytest.raises(NotGranted, match="pas le droit de lire"):
        grant(stranger, meals, plain)


def test_a_read_without_purpose_is_refused(agent, meals):
    with pytest.raises(NotGranted, match="finalité"):
        grant(agent, meals, None)


def test_a_purpose_of_another_territory_is_refused(agent, meals):
    other = a_territory("Ailleurs", code="99T02")
    with elsewhere(other):
        foreign = consultation(other)
    with pytest.raises(NotGranted, match="autre territoire"):
        grant(agent, meals, foreign)


def test_personal_data_need_a_purpose_that_covers_them(steward, families, plain):
    with pytest.raises(NotGranted, match="ne les couvre"):
        grant(steward, families, plain)


def test_rows_of_personal_data_are_refused_to_who_may_not_read_them_and_the_refusal_is_written(
    town, agent, families, billing
):
    with pytest.raises(NotGranted, match="qu'aux personnes qui ont ce droit"):
        grant(agent, families, billing, columns=["quotient"])
    line = ledger.lines_of(town).last()
    assert (line.act, line.actor, line.thing) == (
        "dataset.refuse_personal",
        f"person:{agent.pk}",
        f"dataset:{families.pk}",
    )
    assert line.detail.payload == {"snapshot": 1, "processing": "facturation", "way": "page"}


def test_in_groups_the_columns_about_people_are_masked_for_who_may_not_read_them(agent, families, billing):
    opened = grant(agent, families, billing, shows=Shows.GROUPS)
    assert [name for name, _ in opened.masks] == list(opened.identifying) == ["nom", "prenom", "courriel"]
    rows = read(opened)
    assert rows["courriel"].null_count == rows.num_rows == 4
    assert rows["quotient"].null_count == 0


def test_a_purpose_opens_only_the_datasets_bound_to_it(town, agent, steward, families, billing, meals, plain):
    others = poured(town, agent, "agents.csv", FAMILIES.replace("Quotient", "Echelon")).dataset
    assert others != families
    with pytest.raises(NotGranted, match="n'est pas rattaché"):
        grant(steward, others, billing)
    assert ledger.lines_of(town).last().act == "dataset.refuse_personal"
    with pytest.raises(NotGranted, match="n'est pas rattaché"):
        grant(steward, others, billing, shows=Shows.GROUPS)
    with pytest.raises(NotGranted, match="n'est pas rattaché"):
        grant(agent, meals, billing)
    for each in (others, meals):
        reading_purposes.bind(each, steward, billing)
    assert grant(steward, others, billing).columns and grant(agent, meals, billing).columns
    reading_purposes.unbind(others, steward, billing)
    with pytest.raises(NotGranted, match="n'est pas rattaché"):
        grant(steward, others, billing)
    acts = [line.act for line in ledger.lines_of(town)]
    assert (acts.count("processing.bind"), acts.count("processing.unbind")) == (3, 1)


def test_a_purpose_that_covers_nobody_is_bound_to_no_personal_data(town, steward, families, plain):
    with pytest.raises(CatalogueError, match="ne porte pas sur de telles"):
        reading_purposes.bind(families, steward, plain)


def test_who_does_not_manage_a_dataset_binds_it_to_nothing(town, agent, families, billing):
    with pytest.raises(PermissionDenied):
        reading_purposes.unbind(families, agent, billing)
    billing.datasets.clear()
    with pytest.raises(PermissionDenied):
        reading_purposes.bind(families, agent, billing)


def test_no_system_receives_what_none_is_bound_to(steward, families, billing):
    with pytest.raises(NotGranted, match="Aucun service d'IA"):
        grant(steward, families, billing, shows=Shows.SYSTEM)


def test_a_steward_reads_personal_columns_for_a_purpose_that_covers_them(steward, families, billing):
    opened = grant(steward, families, billing)
    assert "lea.martin@example.org" in read(opened)["courriel"].to_pylist()


def test_an_administrator_does_not_read_personal_rows(town, families, billing):
    with pytest.raises(NotGranted, match="qu'aux personnes qui ont ce droit"):
        grant(a_person(town, "administrator"), families, billing)


def test_the_public_reads_nothing_that_is_not_published(town, meals):
    with pytest.raises(NotGranted, match="pas publié"):
        grant(None, meals, open_data(town))


def test_the_public_reads_a_published_dataset(town, meals, steward):
    opened = grant(None, published(meals, steward), open_data(town))
    assert read(opened).num_rows == 4
    assert (opened.aggregate_only, opened.person) == (False, "public")


def test_the_public_gets_nothing_of_a_personal_dataset_without_an_authorisation(families, billing):
    # The database refuses such a row; were it there all the same, nothing would leave.
    families.published_at = datetime.now(UTC)
    for shows in (Shows.ROWS, Shows.GROUPS):
        with pytest.raises(NotGranted, match="n'est pas publié"):
            grant(None, families, billing, shows=shows)


def test_an_analysis_of_a_personal_dataset_counts_its_groups_whoever_reads(agent, steward, families, billing):
    for person in (agent, steward):
        opened = grant(person, families, billing, shows=Shows.GROUPS)
        assert (opened.floor, opened.aggregate_only, opened.unit) == (11, True, None)
    opened = grant(steward, families, billing, analysis=True)
    assert (opened.floor, opened.aggregate_only) == (11, False)
    assert grant(steward, families, billing).floor == 0


def test_an_analysis_follows_the_class_and_the_unit_of_the_card(steward, meals, plain):
    assert grant(steward, meals, plain, shows=Shows.GROUPS).protected is False
    lifecycle.edit_card(meals, steward, protects="firms", unit="ecole")
    opened = grant(steward, meals, plain, shows=Shows.GROUPS)
    assert (opened.floor, opened.dominance, opened.unit, opened.protects) == (3, 0.85, "ecole", "firms")


def test_a_delivery_without_the_column_of_the_card_counts_its_rows(steward, meals, plain):
    lifecycle.edit_card(meals, steward, protects="households", unit="ecole")
    first = meals.current
    first.columns = [column for column in first.columns if column["name"] != "ecole"]
    first.save()
    assert grant(steward, meals, plain, shows=Shows.GROUPS).unit is None


def test_only_the_requested_columns_are_opened(agent, meals, plain):
    assert read(grant(agent, meals, plain, columns=["date"])).column_names == ["date"]


def test_an_unknown_column_is_refused_by_its_name(agent, meals, plain):
    with pytest.raises(NotGranted, match="« cuisinier »"):
        grant(agent, meals, plain, columns=["cuisinier"])


def test_an_older_delivery_may_be_read_as_it_was(town, agent, meals, plain):
    first = meals.current
    poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    assert read(grant(agent, meals, plain, snapshot=first)).num_rows == 4
    assert read(grant(agent, meals, plain)).num_rows == 7


def test_an_undone_delivery_is_no_longer_read(town, agent, steward, meals, plain):
    second = poured(town, agent, "Cantines fevrier 2025.csv", FEBRUARY)
    lifecycle.undo(second, steward)
    with pytest.raises(NotGranted, match="n'est pas en vigueur"):
        grant(agent, meals, plain, snapshot=second)


def test_an_empty_dataset_explains_how_to_begin(agent, steward, meals, plain):
    lifecycle.undo(meals.current, steward)
    with pytest.raises(NotGranted, match="Déposez un fichier"):
        grant(agent, meals, plain)


def test_the_same_reading_has_the_same_fingerprint_for_two_people(agent, steward, meals, plain):
    assert grant(agent, meals, plain).fingerprint == grant(steward, meals, plain).fingerprint


def test_a_purpose_is_written_once_with_a_ledger_line(town, billing):
    again = processing(town, "facturation", title="Autre", purpose="Autre", legal_basis="Autre")
    assert (again, again.title) == (billing, "Facturation des repas")
    assert [line.act for line in ledger.lines_of(town)].count("processing.add") == 1
    assert Processing.objects.of(town).count() == 1
