"""A definition validated by a named person, four eyes, and the boards marked when it changes."""

import pytest
from canteens import MEALS, poured, published, saved, served_by_site
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from beffroi.web.platform import ledger
from beffroi.web.studio import public, services, validation
from beffroi.web.studio.answers import StudioError
from places import a_person, strongly

pytestmark = pytest.mark.django_db
CHECKED = "Les repas sont ceux du rapport annuel."


@pytest.fixture
def meals(town, agent):
    return poured(town, agent, MEALS).dataset


@pytest.fixture
def stored(town, agent, meals):
    return saved(town, agent, served_by_site(meals))


@pytest.fixture
def board(town, agent, stored):
    return services.save_board(town, agent, "cantine", "Cantine", "", [stored.slug])


def changed(town, person, meals):
    definition = served_by_site(meals)
    definition["steps"][1]["conditions"] = [{"column": "reel", "op": ">", "value": 0}]
    return saved(town, person, definition)


def test_a_person_validates_what_another_wrote(town, steward, stored):
    validation.validate(stored, steward, 1, f"  {CHECKED} ")
    state = validation.state_of(stored)
    assert state.last.checked == CHECKED
    assert state.describe(named=True).startswith(f"Définition validée par {steward} le ")
    assert str(steward) not in state.describe(named=False)
    assert [line.act for line in ledger.lines_of(town)][-1] == "recipe.validate"
    assert not validation.may_validate(steward, stored)


def test_nobody_validates_their_own_version(town, steward, agent, meals, stored):
    own_version = changed(town, steward, meals)
    with pytest.raises(StudioError, match="une autre personne"):
        validation.validate(own_version, steward, 2, CHECKED)
    # A colleague's touch after it does not make one's own work somebody else's.
    again = saved(town, agent, served_by_site(meals))
    assert not validation.may_validate(steward, again)
    other = a_person(town, "supervisor")
    validation.validate(again, other, 3, CHECKED)
    after = changed(town, agent, meals)
    assert validation.may_validate(steward, after)


def test_the_state_names_the_latest_version_and_its_author(town, steward, agent, meals, stored):
    validation.validate(stored, steward, 1, CHECKED)
    changed(town, agent, meals)
    other = a_person(town, "supervisor")
    state = validation.state_of(saved(town, other, served_by_site(meals)))
    assert (state.last.version, state.changed.number, state.changed.author) == (1, 3, other)
    assert f" par {other}, depuis sa validation" in state.describe(named=True)


def test_an_agent_does_not_validate(town, steward, agent, meals):
    own_version = saved(town, steward, served_by_site(meals))
    with pytest.raises(PermissionDenied):
        validation.validate(own_version, agent, 1, CHECKED)


def test_what_changed_while_one_was_reading_is_not_validated(town, steward, agent, meals, stored):
    changed(town, agent, meals)
    with pytest.raises(StudioError, match="a changé pendant"):
        validation.validate(stored, steward, 1, CHECKED)
    with pytest.raises(StudioError, match="en une phrase"):
        validation.validate(stored, steward, 2, " ")


def test_a_changed_definition_marks_the_boards_until_it_is_validated(
    client, town, agent, steward, meals, board
):
    stored = board.figures.get().recipe
    strongly(client, agent)
    page = reverse("board", args=[town.slug, board.slug])
    assert "Définition" not in client.get(page).content.decode()
    validation.validate(stored, steward, 1, CHECKED)
    assert f"Définition validée par {steward}" in client.get(page).content.decode()
    changed(town, agent, meals)
    page_text = client.get(page).content.decode()
    assert "Définition changée depuis sa validation" in page_text
    assert f"par {agent}" in page_text
    assert "/recettes/repas/#definition" in page_text
    assert "définition changée" in client.get(reverse("boards", args=[town.slug])).content.decode()
    analysis = client.get(reverse("recipe", args=[town.slug, "repas"])).content.decode()
    assert "<del>" in analysis
    assert "est renseigné" in analysis.split("<del>")[1].split("</del>")[0]
    assert CHECKED in analysis
    stored.refresh_from_db()
    validation.validate(stored, steward, 2, CHECKED)
    assert "Définition changée" not in client.get(page).content.decode()


def test_the_public_sees_the_date_and_no_name(client, town, agent, steward, meals, stored):
    published(meals, steward)
    board = services.save_board(town, steward, "cantine", "Cantine", "", [stored.slug], public=True)
    validation.validate(stored, steward, 1, CHECKED)
    (view,) = public.figures(board)
    assert view.definition.startswith("Définition validée le ")
    page = client.get(reverse("portal-board", args=[town.slug, board.slug])).content.decode()
    assert "Définition validée le" in page
    assert CHECKED not in page


def test_the_page_shows_what_is_validated_and_keeps_what_was_written(client, town, agent, steward, stored):
    strongly(client, agent)
    address = reverse("recipe-validate", args=[town.slug, stored.slug])
    assert client.get(address).status_code == 404
    strongly(client, steward)
    page = client.get(address).content.decode()
    assert "Prendre les données de « Cantines »" in page
    assert client.post(address, {"version": 9, "checked": CHECKED}).status_code == 422
    assert client.post(address, {"version": 1, "checked": CHECKED}).status_code == 302
    assert "déjà validée" in client.get(address).content.decode()


def test_the_page_explains_who_may_validate_and_why_this_person_may_not(
    client, town, steward, agent, meals, stored
):
    address = reverse("recipe", args=[town.slug, stored.slug])

    def read(person):
        strongly(client, person)
        return client.get(address).content.decode()

    assert "Relire et valider" in read(steward)
    page = read(agent)
    assert "Relire et valider" not in page
    assert "gestionnaire des données" in page
    assert "Vous n&#x27;en avez aucun" in page
    own_version = changed(town, steward, meals)
    assert "une autre personne doit la vérifier" in read(steward)
    validation.validate(own_version, a_person(town, "supervisor"), 2, CHECKED)
    assert "une autre personne doit la vérifier" not in read(steward)
    assert "Vous n&#x27;en avez aucun" not in read(agent)
