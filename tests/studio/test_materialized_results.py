"""A result kept as a dataset: its rows, its lineage, its rights, when it is computed again and when it must not be."""

from typing import Any

import pytest
from canteens import FAMILIES, IN_WORDS, MEALS, MORE_MEALS, SCHOOLS, poured, replaced, saved, served_by_site
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue import lineage, reading_purposes, row_queries
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.catalogue.grants import consultation, processing
from beffroi.web.catalogue.models import Dataset, Processing, Snapshot
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.models import Job, Membership, Person, Territory
from beffroi.web.studio import services
from beffroi.web.studio.answers import StudioError
from beffroi.web.studio.materialized import card_inheritance, dependencies, materialization, refresh_jobs
from beffroi.web.studio.models import MaterializedResult, ResultRead
from places import a_person, strongly

pytestmark = pytest.mark.django_db


def work_off(town: Any) -> list[Job]:
    """The works of the studio that wait, one after the other, with those that they ask for."""
    done = []
    while (
        job := Job.objects.of(town)
        .filter(kind__in=[refresh_jobs.KEEP, refresh_jobs.RENEW], state=Job.State.WAITING)
        .order_by("pk")
        .first()
    ):
        done.append(jobs.run(job))
    return done


def materialize(stored: Any, person: Any, title: str = "") -> Dataset:
    refresh_jobs.start_materialize(stored, person, title or stored.title)
    (job,) = work_off(stored.territory)
    assert job.state == Job.State.DONE, job.message
    return MaterializedResult.objects.get(recipe=stored).dataset


def rows(dataset: Dataset, person: Any, purpose: Any = None) -> list[tuple[Any, ...]]:
    found = row_queries.page_of_rows(person, dataset, purpose or consultation(dataset.territory), 1)
    return [tuple(row) for row in found.rows]


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


@pytest.fixture
def served(town, agent, meals):
    return saved(town, agent, served_by_site(meals))


def north(dataset: Dataset) -> dict[str, Any]:
    """The large sites of a kept result."""
    return {
        "title": "Grands sites",
        "sources": {"sites": dataset.slug},
        "steps": [
            {"step": "source", "source": "sites"},
            {"step": "filter", "conditions": [{"column": "servis", "op": ">=", "value": 100}]},
        ],
    }


def test_a_result_becomes_a_dataset_of_the_catalogue(town, agent, meals, served):
    made = materialize(served, agent, "Repas par site")
    assert rows(made, agent) == [("LES SAULES", 226), ("LE BAC", 182), ("LE MOULIN", 90), ("LA FORGE", 28)]
    current = made.current
    assert [(c["name"], c["label"], c["type"]) for c in current.columns] == [
        ("site", "Site", "text"),
        ("servis", "Repas servis", "integer"),
    ]
    assert (made.title, made.computed, made.owner, made.simulated) == ("Repas par site", True, agent, True)
    assert current.file == "Analyse « Repas servis par site », version 1"
    read = ResultRead.objects.get(snapshot=current)
    assert (read.source, read.recipe_version) == (meals.current, 1)
    acts = [line.act for line in ledger.lines_of(town)]
    assert acts.count("result.keep") == 1
    assert acts.count("dataset.pour") == 2


def test_requested_twice_it_is_materialized_once(town, agent, served):
    assert (
        refresh_jobs.start_materialize(served, agent, "A").pk
        == refresh_jobs.start_materialize(served, agent, "B").pk
    )
    work_off(town)
    assert Dataset.objects.filter(computed=True).count() == 1
    refresh_jobs.start_materialize(served, agent, "C")
    (job,) = work_off(town)
    assert job.state == Job.State.FAILED
    assert "déjà gardé" in job.message


def test_a_delivery_of_its_source_computes_it_again(town, agent, meals, served):
    made = materialize(served, agent)
    replaced(meals, agent, MORE_MEALS)
    (job,) = work_off(town)
    assert job.kind == refresh_jobs.RENEW
    assert made.current.number == 2
    assert ("LE BAC", 242) in rows(made, agent)
    assert ResultRead.objects.get(snapshot=made.current).source == meals.current


def test_only_what_depends_on_the_source_is_computed_again(town, agent, meals, served):
    schools = poured(town, agent, SCHOOLS, "Ecoles.csv").dataset
    definition = {
        "title": "Écoles",
        "sources": {"e": schools.slug},
        "steps": [{"step": "source", "source": "e"}],
    }
    materialize(served, agent)
    other = materialize(saved(town, agent, definition, "ecoles"), agent)
    replaced(meals, agent, MORE_MEALS)
    assert len(work_off(town)) == 1
    assert other.current.number == 1


def test_a_chain_of_results_is_computed_in_order(town, agent, meals, served):
    first = materialize(served, agent, "Par site")
    second = materialize(saved(town, agent, north(first), "grands"), agent, "Grands sites")
    assert [row[0] for row in rows(second, agent)] == ["LES SAULES", "LE BAC"]
    replaced(meals, agent, MORE_MEALS + "LE MOULIN;08/01/2026;50;50\n")
    assert [job.state for job in work_off(town)] == [Job.State.DONE] * 2
    assert [row[0] for row in rows(second, agent)] == ["LE BAC", "LES SAULES", "LE MOULIN"]


def test_an_analysis_may_not_read_its_own_result(town, agent, meals, served):
    first = materialize(served, agent, "Par site")
    second = materialize(saved(town, agent, north(first), "grands"), agent, "Grands sites")
    with pytest.raises(StudioError, match="« Par site » → « Grands sites »"):
        saved(town, agent, {**north(second), "title": "Boucle"}, "repas")
    served.refresh_from_db()
    assert served.version == 1


def test_a_new_version_of_the_analysis_computes_it_again(town, agent, meals, served):
    made = materialize(served, agent)
    definition = served_by_site(meals)
    definition["steps"][1]["conditions"].append({"column": "site", "op": "=", "value": "LE BAC"})
    saved(town, agent, definition)
    work_off(town)
    assert rows(made, agent) == [("LE BAC", 182)]


def test_a_failure_leaves_the_last_good_rows_and_explains_why(client, town, agent, meals, served):
    made = materialize(served, agent)
    replaced(meals, agent, IN_WORDS)
    (job,) = work_off(town)
    assert job.state == Job.State.FAILED
    assert rows(made, agent)[0] == ("LES SAULES", 226)
    found = MaterializedResult.objects.get()
    assert found.failure
    strongly(client, agent)
    page = client.get(reverse("dataset", args=[town.slug, made.slug])).content.decode()
    assert "plus à jour" in page
    assert found.failure.split(".")[0][:40] in page.replace("&#x27;", "'")
    catalogue.undo(meals.current, agent)
    work_off(town)
    assert not MaterializedResult.objects.get().failure
    assert made.current.number == 1


def test_no_file_is_poured_into_a_computed_dataset(town, agent, served):
    made = materialize(served, agent)
    delivery = catalogue.stage(catalogue.receive(town, agent, "x.csv", [b"site;servis\nA;1\n"]))
    with pytest.raises(CatalogueError, match="calculé par une analyse"):
        catalogue.pour(delivery, agent, [catalogue.Choice(0, made.slug, "", "replace")])
    assert not catalogue.may_undo(a_person(town, "data_officer"), made.current)


def test_a_delivery_undone_reaches_what_was_made_of_it(town, agent, meals, served):
    first = materialize(served, agent, "Par site")
    second = materialize(saved(town, agent, north(first), "grands"), agent, "Grands")
    replaced(meals, agent, MORE_MEALS)
    work_off(town)
    catalogue.undo(meals.current, agent)
    # At once, before any work: nobody reads what came from the delivery.
    for dataset in (first, second):
        with pytest.raises(CatalogueError, match="n'est plus conservé"):
            rows(dataset, agent)
    work_off(town)
    assert ("LE BAC", 182) in rows(first, agent)
    assert ("LE BAC", 182) in rows(second, agent)
    erased = [s for s in Snapshot.objects.filter(dataset=first) if s.cut_at is not None]
    assert [s.number for s in erased] == [2]


def test_a_source_that_is_emptied_empties_what_was_made_of_it(town, agent, meals, served):
    made = materialize(served, agent)
    catalogue.undo(meals.current, agent)
    work_off(town)
    assert made.current is None
    assert "n'est plus au catalogue" in MaterializedResult.objects.get().failure


def test_a_source_that_is_protected_later_is_computed_again_by_groups(town, agent, steward, meals, served):
    made = materialize(served, agent)
    catalogue.edit_card(meals, steward, protects="households", unit="")
    with pytest.raises(CatalogueError, match="n'est plus conservé"):
        rows(made, agent)
    work_off(town)
    made.refresh_from_db()
    assert made.protects == "households"
    assert rows(made, agent) == []  # eight meals make no group of eleven


def test_it_stops_when_the_requester_leaves_and_another_takes_over(town, agent, steward, meals, served):
    made = materialize(served, agent)
    Membership.objects.of(town).filter(person=agent).delete()
    replaced(meals, steward, MORE_MEALS)
    (job,) = work_off(town)
    assert job.state == Job.State.FAILED
    assert made.current.number == 1
    assert MaterializedResult.objects.get().failure
    materialization.take_over(MaterializedResult.objects.get(), steward)
    refresh_jobs.start_requested_refresh(MaterializedResult.objects.get(), steward)
    work_off(town)
    assert made.current.number == 2
    assert not MaterializedResult.objects.get().failure


def test_an_auditor_keeps_nothing(town, served):
    with pytest.raises(PermissionDenied):
        materialization.plan_materialization(a_person(town, "auditor"), served)


# Rights


@pytest.fixture
def purpose(town):
    return processing(
        town, "aides", title="Aides", purpose="Calculer", legal_basis="Mission", covers_personal=True
    )


def families_of(town: Territory, steward: Person, purpose: Processing, text: str) -> Dataset:
    dataset = poured(town, steward, text, "Familles.csv").dataset
    reading_purposes.bind(dataset, steward, purpose)
    return dataset


def many_families() -> str:
    lines = [f"Nom{n};Léa{n};lea{n}@example.org;{600 + n % 2}" for n in range(40)]
    return "\n".join(["Nom;Prénom;Courriel;Quotient", *lines]) + "\n"


def by_quotient(dataset: Dataset, *by: str) -> dict[str, Any]:
    return {
        "title": "Familles par quotient",
        "sources": {"f": dataset.slug},
        "steps": [
            {"step": "source", "source": "f"},
            {"step": "group", "by": list(by), "measures": [{"name": "familles", "operation": "count"}]},
        ],
    }


def test_a_result_of_personal_data_stays_personal(town, steward, purpose):
    families = families_of(town, steward, purpose, many_families())
    catalogue.edit_card(families, steward, retention="2 ans")
    stored = services.save_recipe(town, steward, "f", by_quotient(families, "quotient"), purpose)
    made = materialize(stored, steward)
    assert (made.sensitivity, made.lake_kind, made.protection, made.retention) == (
        "personal",
        "personal",
        "persons",
        "2 ans",
    )
    assert rows(made, steward, purpose) == [(600, 20), (601, 20)]
    with pytest.raises(CatalogueError, match="données personnelles"):
        rows(made, steward)
    assert not any(c["personal"] for c in made.current.columns)
    with pytest.raises(CatalogueError, match="n'est publié qu'après l'avis du délégué"):
        catalogue.publish(made, steward)


def test_columns_made_of_columns_about_people_are_personal_too(town, steward, agent, purpose):
    families = families_of(town, steward, purpose, many_families())
    definition = by_quotient(families, "quotient")
    definition["steps"][1]["measures"].append(
        {"name": "adresses", "operation": "count_distinct", "column": "courriel"}
    )
    made = materialize(services.save_recipe(town, steward, "f", definition, purpose), steward)
    assert all(c["personal"] for c in made.current.columns)


def test_single_rows_of_protected_data_are_not_materialized(town, steward, purpose):
    families = families_of(town, steward, purpose, FAMILIES)
    definition = {
        "title": "Tout",
        "sources": {"f": families.slug},
        "steps": [{"step": "source", "source": "f"}],
    }
    stored = services.save_recipe(town, steward, "f", definition, purpose)
    with pytest.raises(StudioError, match="une à une ne se gardent pas"):
        materialization.plan_materialization(steward, stored)


def test_small_groups_never_enter_the_dataset(town, steward, purpose):
    text = many_families() + "Seul;Jean;jean@example.org;1204\n"
    families = families_of(town, steward, purpose, text)
    stored = services.save_recipe(town, steward, "f", by_quotient(families, "quotient"), purpose)
    made = materialize(stored, steward)
    assert 1204 not in [row[0] for row in rows(made, steward, purpose)]


def test_a_change_by_who_sees_less_is_computed_as_they_see(town, steward, agent, purpose):
    families = families_of(town, steward, purpose, many_families())
    stored = services.save_recipe(town, steward, "f", by_quotient(families, "quotient"), purpose)
    made = materialize(stored, steward)
    services.save_recipe(town, agent, "f", by_quotient(families, "quotient", "nom"), purpose)
    work_off(town)
    # The agent reads no name: the groups have none.
    assert {row[1] for row in rows(made, steward, purpose)} == {None}


def dataset(**card: Any) -> Dataset:
    return Dataset(**{"title": "X", "hosting": "interne", **card})


def combined(*sources: Dataset) -> card_inheritance.InheritedCard:
    return card_inheritance.inherit_card(sources, processing_of(), "T")


def processing_of() -> Any:
    from beffroi.web.catalogue.models import Processing

    return Processing(title="P", purpose="But", legal_basis="Base")


def test_the_strictest_of_each_right_is_taken():
    rights = combined(
        dataset(retention="5 ans", licence="Licence Ouverte 2.0", protects="reduced", hosting="ailleurs"),
        dataset(retention="18 mois", licence="ODbL 1.0", protects="households", simulated=True),
    )
    assert rights.card == {
        "legal_basis": "Base",
        "retention": "18 mois",
        "licence": "ODbL 1.0",
        "hosting": "interne",
        "protects": "households",
        "unit": "",
        "simulated": True,
    }
    assert combined(dataset(licence="Licence Ouverte 2.0"), dataset()).card["licence"] == ""


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        ({"protects": "persons"}, {"protects": "firms"}, "aucune des deux protections"),
        ({"retention": "5 ans"}, {"retention": "5 ans, puis 10 ans aux archives"}, "ne se compare pas"),
        ({"hosting": "nuage A"}, {"hosting": "nuage B"}, "endroits différents"),
    ],
)
def test_incompatible_rights_are_refused(one, other, message):
    with pytest.raises(StudioError, match=message):
        combined(dataset(**one), dataset(**other))


def test_a_card_corrected_by_its_keeper_no_longer_follows(town, agent, steward, meals, served):
    catalogue.edit_card(meals, steward, retention="1 an")
    made = materialize(served, agent)
    catalogue.edit_card(made, steward, retention="3 ans")
    replaced(meals, agent, MORE_MEALS)
    work_off(town)
    made.refresh_from_db()
    assert (made.retention, made.inherits) == ("3 ans", False)


# Lineage and pages


def test_the_pages_display_its_sources_and_its_uses(client, town, agent, meals, served):
    made = materialize(served, agent, "Par site")
    strongly(client, agent)
    page = client.get(reverse("dataset", args=[town.slug, made.slug])).content.decode()
    assert "Vient de" in page
    assert "l&#x27;analyse « Repas servis par site »</a>, version 1" in page
    assert "livraison n° 1" in page
    page = client.get(reverse("dataset", args=[town.slug, meals.slug])).content.decode()
    assert "Sert à" in page
    assert "« Par site »" in page
    page = client.get(reverse("recipe", args=[town.slug, served.slug])).content.decode()
    assert "Le résultat est un jeu de données" in page


def test_a_link_is_displayed_to_who_may_follow_it(town, agent, meals, served):
    made = materialize(served, agent)
    lineage_found = lineage.of(made, agent)
    assert all(fact.url for fact in lineage_found.comes_from)
    stranger = a_person(town, "security_officer")
    assert not any(fact.url for fact in lineage.of(made, stranger).comes_from)
    assert not lineage.of(made, agent).detach_url


def test_the_page_requires_a_title_and_lists_the_inherited_rights(client, town, agent, meals, served):
    strongly(client, agent)
    address = reverse("result-keep", args=[town.slug, served.slug])
    page = client.get(address).content.decode()
    assert "De quoi il vient" in page
    assert "« Cantines », livraison n° 1" in page
    answer = client.post(address, {"title": "Repas par site"})
    (job,) = work_off(town)
    assert answer.url == reverse("job", args=[town.slug, job.pk])
    assert job.location == f"{reverse('dataset', args=[town.slug, 'repas-par-site'])}?verse=1"
    assert client.get(address).status_code == 302
    assert client.post(reverse("result-renew", args=[town.slug, served.slug])).status_code == 302


def test_no_longer_refreshed_it_is_an_ordinary_dataset(client, town, agent, steward, meals, served):
    made = materialize(served, agent)
    strongly(client, steward)
    assert client.post(reverse("result-stop", args=[town.slug, served.slug])).status_code == 302
    replaced(meals, agent, MORE_MEALS)
    assert work_off(town) == []
    made.refresh_from_db()
    assert not made.computed
    assert rows(made, agent)[1] == ("LE BAC", 182)
    page = client.get(reverse("dataset", args=[town.slug, made.slug])).content.decode()
    assert "plus calculé depuis" in page


def test_the_clock_finds_what_was_missed(town, agent, meals, served):
    made = materialize(served, agent)
    replaced(meals, agent, MORE_MEALS)
    Job.objects.of(town).filter(kind=refresh_jobs.RENEW).delete()
    with scope.nowhere():
        refresh_jobs.refresh_stale_results()
    work_off(town)
    assert made.current.number == 2
    assert not any(dependencies.is_stale(one) for one in dependencies.active_results(town))
