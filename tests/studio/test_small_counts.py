"""Boards of protected data: small groups hidden and why, the later figure hiding more, the order kept for good."""

from typing import Any

import pytest
from canteens import poured
from django.db import DatabaseError, transaction
from django.urls import reverse

from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.grants import processing
from beffroi.web.studio import answers, disclosure_history, labelling, services
from beffroi.web.studio.models import FirstDisclosure, Result
from places import a_person

pytestmark = pytest.mark.django_db

# Households with three bills each: 20 in the town, 14 in the village, 4 in the hamlet.
PLACES = [("Bourg", 20), ("Village", 14), ("Hameau", 4)]


def file_of() -> str:
    lines, number = ["Compteur;Lieu;Mois;Montant"], 0
    for place, households in PLACES:
        for _ in range(households):
            number += 1
            lines += [
                f"FR-{number:04}X;{place};{month};{20 + number % 7}" for month in ("mai", "juin", "juillet")
            ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def bills(town, agent, steward):
    dataset = poured(town, agent, file_of(), "factures.csv").dataset
    return catalogue.edit_card(dataset, steward, protects="households", unit="compteur")


@pytest.fixture
def purpose(town, bills):
    return processing(
        town,
        "facturation",
        title="Facturation",
        purpose="Facturer",
        legal_basis="Mission",
        covers_personal=True,
        datasets=[bills],
    )


@pytest.fixture
def stored(town, agent, bills, purpose):
    def made(slug: str, *by: str, where: tuple[str, str, str] | None = None, **figure: Any) -> Any:
        steps: list[dict[str, Any]] = [{"step": "source", "source": "f"}]
        if where:
            steps.append(
                {"step": "filter", "conditions": [dict(zip(("column", "op", "value"), where, strict=True))]}
            )
        measures = [{"name": "factures", "operation": "count"}]
        steps.append({"step": "group", "by": list(by), "measures": measures})
        definition = {"title": slug, "sources": {"f": bills.slug}, "steps": steps}
        if figure:
            definition["figure"] = figure
        return services.save_recipe(town, agent, slug, definition, purpose)

    return made


def rows(answer: answers.Answer) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in answer.released.table.to_pylist()]


def test_a_small_group_is_hidden_and_the_page_explains_why(client, town, agent, stored):
    recipe = stored("par-lieu", "lieu")
    found = services.answer(agent, recipe)
    assert rows(found) == [("Bourg", 60)]
    assert "moins de 11 ménages" in found.released.reason
    board = services.save_board(town, agent, "factures", "Factures", "", [recipe.slug])
    client.force_login(agent)
    page = client.get(reverse("board", args=[town.slug, board.slug])).content.decode()
    assert "moins de 11 ménages" in page
    assert "soustraction" in page


def test_a_later_figure_of_the_board_does_not_complete_an_earlier(town, agent, stored):
    places, outside = stored("par-lieu", "lieu"), stored("hors-hameau", where=("lieu", "!=", "Hameau"))
    services.save_board(town, agent, "factures", "Factures", "", [places.slug, outside.slug])
    assert rows(services.answer(agent, places)) == [("Bourg", 60)]
    # 114 bills are announced under the first figure: 102 outside the hamlet would tell its 12.
    assert services.answer(agent, places).figure.base == "les 114 lignes du fichier"
    later = services.answer(agent, outside)
    assert rows(later) == [(None,)]
    assert later.released.reason == services.answer(agent, places).released.reason
    assert later.figure.base == "un petit nombre de lignes"


def test_on_separate_boards_each_figure_is_disclosed_on_its_own(town, agent, stored):
    places, outside = stored("par-lieu", "lieu"), stored("hors-hameau", where=("lieu", "!=", "Hameau"))
    services.save_board(town, agent, "un", "Un", "", [places.slug])
    services.save_board(town, agent, "deux", "Deux", "", [outside.slug])
    services.answer(agent, places)
    assert rows(services.answer(agent, outside)) == [(102,)]


def test_the_order_is_that_of_the_first_readers_whatever_the_board_becomes(town, agent, stored):
    places, outside = stored("par-lieu", "lieu"), stored("hors-hameau", where=("lieu", "!=", "Hameau"))
    services.save_board(town, agent, "factures", "Factures", "", [outside.slug, places.slug])
    assert rows(services.answer(agent, outside)) == [(102,)]
    first = rows(services.answer(agent, places))
    services.save_board(town, agent, "factures", "Factures", "", [places.slug, outside.slug])
    Result.objects.all().delete()
    other = a_person(town, "auditor")
    assert rows(services.answer(other, outside)) == [(102,)]
    assert rows(services.answer(other, places)) == first
    assert FirstDisclosure.objects.count() == 2


def test_an_analysis_that_changes_comes_after_what_it_was(town, agent, stored):
    outside = stored("figure", where=("lieu", "!=", "Hameau"))
    services.save_board(town, agent, "factures", "Factures", "", [outside.slug])
    services.answer(agent, outside)
    changed = stored("figure")
    # Everything less all but the hamlet: what this figure said before its change is still in mind.
    assert rows(services.answer(agent, changed)) == [(None,)]
    assert [
        one["steps"][1]["step"]
        for one in disclosure_history.find_earlier(changed, _grants(agent, town, changed))
    ] == ["filter"]


def _grants(agent: Any, town: Any, stored: Any) -> Any:
    recipe = answers.read_definition(stored.definition)
    return answers.open_sources(agent, town, recipe, stored.processing).grants


def test_a_first_disclosure_is_never_rewritten_and_is_deleted_with_its_board(town, agent, stored):
    places = stored("par-lieu", "lieu")
    board = services.save_board(town, agent, "factures", "Factures", "", [places.slug])
    services.answer(agent, places)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        FirstDisclosure.objects.update(digest="0" * 64)
    services.remove_board(board, agent)
    assert not FirstDisclosure.objects.exists()


def test_analyses_of_ordinary_data_are_not_listed(town, agent, steward, bills, stored):
    catalogue.edit_card(bills, steward, protects="", unit="")
    places = stored("par-lieu", "lieu")
    services.save_board(town, agent, "factures", "Factures", "", [places.slug])
    assert len(rows(services.answer(agent, places))) == 3
    assert not FirstDisclosure.objects.exists()
    assert Result.objects.get().suppressed == 0


def test_the_rows_that_a_step_loses_are_not_counted_when_few_and_protected(town, agent, bills):
    opened = {"f": _opened(agent, town, bills)}
    assert labelling.safe_difference(114, 102, opened) == 12
    assert labelling.safe_difference(114, 110, opened) is None
    assert labelling.safe_difference(114, 114, opened) is None
    assert labelling.safe_difference(114, None, opened) is None


def _opened(agent: Any, town: Any, dataset: Any) -> Any:
    from beffroi.web.catalogue.grants import Shows, grant

    return grant(agent, dataset, services.steering(town), shows=Shows.GROUPS)
