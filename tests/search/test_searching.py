"""Search of a territory: what is found, by whom, and what is not: nothing of another territory, of people, of a closed room."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from beffroi.web.catalogue import lifecycle
from beffroi.web.catalogue.models import Dataset, Snapshot
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.search import help_sections, indexing, kinds, services
from beffroi.web.search.models import Entry
from places import a_person, a_territory, elsewhere, poured

MEALS = "date;ecole;convives\n2026-01-05;Jean-Moulin;120\n2026-01-06;Les Tilleuls;80\n"
FAMILIES = "nom;prenom;email;quartier\nMartin;Léa;lea.martin@example.org;Chantenay\n"


@pytest.fixture
def meals(town: Territory, agent: Person) -> Dataset:
    return poured(town, agent, "Fréquentation cantines.csv", MEALS).dataset


def found_titles(territory: Territory, person: Person | None, text: str) -> list[str]:
    """The datasets found; the systems installed are the same for all."""
    groups = services.search(territory, person, text, kind="dataset").groups
    return [
        "".join(fragment.text for fragment in result.title) for group in groups for result in group.results
    ]


@pytest.fixture(autouse=True)
def without_guides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests look for data: the guides of the site, and those that are filled in, hold most words."""
    monkeypatch.setattr(help_sections, "_sources", [])
    monkeypatch.delitem(kinds._kinds, "guide")


def test_the_guides_of_the_site_are_found(town: Territory, agent: Person):
    help_sections.register(help_sections.sections_of_guides)
    (group,) = services.search(town, agent, "contester une décision").groups
    assert group.kind == "help"
    assert any(result.address.startswith("/aide/contester/") for result in group.results)


def test_meals_find_the_canteens_on_the_page_and_in_the_catalogue(
    client: Client, agent: Person, meals: Dataset
):
    client.force_login(agent)
    page = client.get("/t/valbruyere/recherche/", {"q": "repas"}).content.decode()
    assert f'href="/t/valbruyere/donnees/jeux/{meals.slug}/"' in page
    assert "2 résultats pour « repas »" in page  # and the system that forecasts them
    assert "<mark>cantines</mark>" in page
    assert meals.title in client.get("/t/valbruyere/donnees/", {"q": "repas"}).content.decode()
    assert meals.title not in client.get("/t/valbruyere/donnees/", {"q": "voirie"}).content.decode()


@pytest.mark.parametrize("typed", ["frequentations", "convive", "tilleuls", "jean moulin", "cantinne"])
def test_a_dataset_is_found_by_title_column_value_and_misspelt_word(
    town: Territory, agent: Person, meals: Dataset, typed: str
):
    assert found_titles(town, agent, typed) == [meals.title]


def test_a_misspelt_word_that_only_a_title_has_is_corrected(
    town: Territory, steward: Person, agent: Person, meals: Dataset
):
    lifecycle.edit_card(meals, steward, title="Tournesols de la serre")
    assert services.search(town, agent, "tournesolz", kind="dataset").corrected == "tournesols"
    assert found_titles(town, agent, "tournesolz") == ["Tournesols de la serre"]


def test_what_has_only_some_of_the_words_is_found_where_nothing_has_all(
    town: Territory, agent: Person, meals: Dataset
):
    pool = poured(town, agent, "Fréquentation piscine.csv", "date;baigneurs\n2026-01-05;120\n").dataset
    assert found_titles(town, agent, "fréquentation cantines") == [meals.title]
    assert not services.search(town, agent, "fréquentation cantines", kind="dataset").some_words
    assert found_titles(town, agent, "piscine lunaire") == [pool.title]
    assert services.search(town, agent, "piscine lunaire", kind="dataset").some_words
    assert not services.search(town, agent, "lunaire", kind="dataset").some_words


def test_every_page_has_the_field_and_what_is_typed_comes_back_as_text(
    client: Client, agent: Person, meals: Dataset
):
    client.force_login(agent)
    assert 'action="/t/valbruyere/recherche/"' in client.get("/t/valbruyere/donnees/").content.decode()
    page = client.get("/t/valbruyere/recherche/", {"q": '"><script>zzq(1)</script>'}).content.decode()
    assert "<script>zzq" not in page
    assert "Rien ne correspond" in page
    assert "Que cherchez-vous" in client.get("/t/valbruyere/recherche/").content.decode()
    assert client.get("/t/valbruyere/recherche/", {"q": "x" * 5000, "genre": "n'importe"}).status_code == 200


def test_a_card_corrected_or_a_delivery_undone_changes_what_is_found_at_once(
    town: Territory, steward: Person, agent: Person, meals: Dataset
):
    lifecycle.edit_card(meals, steward, title="Patinoire municipale")
    assert found_titles(town, agent, "patinoire") == ["Patinoire municipale"]
    assert found_titles(town, agent, "fréquentation") == []
    lifecycle.undo(meals.current, steward)
    assert found_titles(town, agent, "tilleuls") == []


def test_the_values_of_the_rows_that_were_replaced_are_forgotten_and_those_added_to_are_kept(
    town: Territory, agent: Person, meals: Dataset
):
    more = poured(
        town,
        agent,
        "Fréquentation cantines 2.csv",
        MEALS.replace("Tilleuls", "Acacias").replace("01-0", "02-0"),
    )
    assert more.dataset == meals and more.mode == "append"
    assert found_titles(town, agent, "acacias") == found_titles(town, agent, "tilleuls") == [meals.title]
    first = Snapshot.objects.get(dataset=meals, number=1)
    assert not any("values" in column for column in first.profile.values())


# What must not be found.


def test_nothing_of_another_territory_is_found(town: Territory, agent: Person, meals: Dataset):
    other = a_territory("Ailleurs", code="99T02")
    with elsewhere(other):
        stranger = a_person(other, "agent", email="ailleurs@example.org")
        assert found_titles(other, stranger, "cantines") == []
        assert services.answering(other, "cantines", "dataset", [meals], lambda row: row.pk) == []
        assert services.search(other, stranger, "cantinne", kind="dataset").corrected == ""
    with scope.inside(town):
        assert found_titles(town, stranger, "cantines") == []
        assert services.index().search(services.parse("cantines"), other.pk) == []


def test_a_stranger_and_a_member_without_the_right_find_nothing(
    client: Client, town: Territory, meals: Dataset
):
    assert client.get("/t/valbruyere/recherche/?q=cantines").status_code == 302
    security = a_person(town, "security_officer")
    client.force_login(security)
    page = client.get("/t/valbruyere/recherche/?q=cantinne").content.decode()
    assert meals.title not in page and "cantines" not in page


def test_no_value_of_personal_data_is_indexed_and_none_is_found(
    town: Territory, steward: Person, agent: Person
):
    families = poured(town, steward, "Familles.csv", FAMILIES).dataset
    assert families.sensitivity == Dataset.Sensitivity.PERSONAL
    assert found_titles(town, agent, "familles") == [families.title]
    for value in ("chantenay", "martin", "lea"):
        assert found_titles(town, steward, value) == []
    assert "chantenay" not in " ".join(Entry.objects.values_list("value_words", flat=True))


def test_values_leave_with_the_protection_of_the_groups_and_with_the_personal_kind(
    town: Territory, steward: Person, agent: Person, meals: Dataset
):
    lifecycle.edit_card(meals, steward, protects="households")
    assert found_titles(town, agent, "tilleuls") == []
    lifecycle.edit_card(meals, steward, protects="")
    assert found_titles(town, agent, "tilleuls") == [meals.title]
    meals.refresh_from_db()
    meals.sensitivity = Dataset.Sensitivity.PERSONAL
    meals.save()
    assert found_titles(town, agent, "tilleuls") == []


def test_a_closed_room_and_a_deleted_dataset_are_not_found(town: Territory, agent: Person, meals: Dataset):
    town.closed = {"room:catalogue": "host"}
    assert found_titles(town, agent, "cantines") == []
    town.closed = {}
    Snapshot.objects.of(town).update(state=Snapshot.State.UNDONE)
    Entry.objects.create(territory=town, kind="dataset", key="987654", title="Fantôme", title_words="fantome")
    assert found_titles(town, agent, "fantome") == []


def test_the_public_finds_what_is_published_and_nothing_else(
    town: Territory, steward: Person, agent: Person, meals: Dataset
):
    assert found_titles(town, None, "cantines") == []
    assert services.search(town, None, "cantinne").corrected == ""
    Dataset.objects.filter(pk=meals.pk).update(licence="Licence Ouverte 2.0", producer="Ville", owner=steward)
    meals.refresh_from_db()
    lifecycle.publish(meals, steward)
    (group,) = services.search(town, None, "repas").groups
    assert group.results[0].address == f"/p/valbruyere/donnees/{meals.slug}/"
    lifecycle.unpublish(meals, steward)
    assert found_titles(town, None, "cantines") == []


# Upkeep, and size.


def test_an_index_made_again_is_the_one_that_was_there(town: Territory, agent: Person, meals: Dataset):
    written = list(
        Entry.objects.order_by("kind", "key").values("kind", "key", "title_words", "value_words", "public")
    )
    Entry.objects.all().delete()
    assert found_titles(town, agent, "cantines") == []
    Entry.objects.create(territory=town, kind="dataset", key="987654", title="Fantôme", title_words="fantome")
    with scope.nowhere():
        indexing.rebuild_all()
    assert (
        list(
            Entry.objects.order_by("kind", "key").values(
                "kind", "key", "title_words", "value_words", "public"
            )
        )
        == written
    )
    assert found_titles(town, agent, "cantines") == [meals.title]


def test_the_sections_of_the_guides_are_found(
    town: Territory, agent: Person, monkeypatch: pytest.MonkeyPatch
):
    section = help_sections.HelpSection(
        "Déposer un fichier", "Choisissez votre tableur, puis versez.", "/aide/demarrer/#deposer"
    )
    monkeypatch.setattr(help_sections, "_sources", [])
    help_sections.register(lambda: [section])
    (group,) = services.search(town, agent, "tableurs", kind="help").groups
    assert (group.label, group.results[0].address) == ("Aide", section.address)
    assert services.search(town, None, "tableurs").groups == []


def test_a_search_takes_as_many_queries_for_a_hundred_datasets_as_for_one(
    client: Client, town: Territory, agent: Person, meals: Dataset
):
    client.force_login(agent)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/t/valbruyere/recherche/?q=repas").status_code == 200
        return len(seen)

    queries()  # the first page of a session asks more
    few = queries()
    Dataset.objects.bulk_create(
        Dataset(territory=town, slug=f"repas-{n}", title=f"Repas {n}", table=f"repas_{n}") for n in range(100)
    )
    assert indexing.rebuild(town) == 101
    page = client.get("/t/valbruyere/recherche/?q=repas").content.decode()
    assert "Voir les 50 premiers" in page
    assert "genre=dataset" in page
    assert page.count("/donnees/jeux/") == services.FIRST
    assert queries() <= few <= 20


@pytest.mark.parametrize(
    ("typed", "page"),
    [
        ("sauvegarde", "/t/valbruyere/reglages/sauvegarde/"),
        ("inviter", "/t/valbruyere/reglages/personnes/"),
        ("second facteur", "/compte/2fa/"),
        ("notifications", "/t/valbruyere/courriels/"),
    ],
)
def test_a_page_of_settings_is_found_by_who_may_open_it(town: Territory, typed: str, page: str):
    (group,) = services.search(town, a_person(town, "administrator"), typed, kind="page").groups
    assert group.results[0].address == page


def test_a_page_that_one_may_not_open_is_not_found(town: Territory, agent: Person):
    assert services.search(town, agent, "sauvegarde", kind="page").groups == []
    assert services.search(town, None, "notifications", kind="page").groups == []
    town.closed = {"room:studio": "hôte"}
    chief = a_person(town, "administrator")
    (pages,) = services.search(town, chief, "tableaux de bord analyses", kind="page").groups
    assert {result.note for result in pages.results} == {"salle fermée"}, "its page says who opens it"
