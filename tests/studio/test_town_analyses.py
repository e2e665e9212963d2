"""The boards of the invented town: two exports together, one answer, on its own map."""

from datetime import date

import pytest

from beffroi.demonstration import analyses
from beffroi.demonstration import town as invented
from beffroi.lake.reference.contours import import_contours
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.models import Dataset
from beffroi.web.studio import presentation, services
from beffroi.web.tenancy.services import NewTerritory, found_territory
from places import a_person, enter

pytestmark = [pytest.mark.django_db, pytest.mark.long]


@pytest.fixture
def boards(tmp_path, db):
    made = invented.make_town(tmp_path / "town", seed=2024, today=date(2026, 11, 24))
    place = found_territory(
        NewTerritory(
            code=made.code,
            name=made.name,
            kind=made.kind,
            population=made.population,
            members=tuple(commune.code for commune in made.communes),
            is_fictional=True,
        )
    )
    enter(place)
    guide = a_person(place, "administrator", "agent", "data_officer")
    catalogue.deposit_folder(place, tmp_path / "town", guide)
    Dataset.objects.of(place).update(simulated=True)
    found = {board.slug: board for board in analyses.make_boards(place, guide, town=made)}
    return found, guide, tmp_path / "town", made


def answer(boards, slug, title):
    recipe = boards[0][slug].figures.get(recipe__title=title).recipe
    return services.answer(boards[1], recipe)


def test_waste_and_communes_together_give_one_figure_and_a_whole_map(boards, home):
    found, guide, folder, made = boards
    total = answer(boards, "dechets-et-energie", "Déchets collectés par habitant")
    value = total.released.table["kilos"][0].as_py()
    # The generator's rates add up to 384 kg a person, more or less chance: nothing was lost on the way.
    assert 340 < value < 440
    assert (len(total.sources), total.figure.year, total.figure.simulated) == (2, "2025", True)
    mapped = answer(boards, "dechets-et-energie", "Déchets collectés par habitant, commune par commune")
    assert mapped.released.table.num_rows == 12
    own = presentation.drawing(mapped, guide, found["dechets-et-energie"].territory)
    assert len(own["features"]) == 12 and own["unmatched"] == []
    assert all(f["geometry"]["type"] == "Polygon" and f["properties"]["value"] for f in own["features"])
    shapes = next(folder.rglob("*.geojson"))
    import_contours(shapes, home.path, invented={c.code: c.name for c in made.communes})
    imported = presentation.drawing(mapped, guide, found["dechets-et-energie"].territory)
    assert sorted(imported["codes"].split()) == sorted(c.code for c in made.communes)
    assert imported["classes"].count("-") == 0 and len(imported["places"]) == 12
    # Cut in the same way, whether the shapes come with the values or as tiles.
    assert imported["legend"] == own["legend"]
    assert sum(line["places"] for line in own["legend"]) == 12


def test_the_boards_answer_in_large_then_explain_from_two_exports_and_are_public(boards):
    board = boards[0]["un-matin-a-la-cantine"]
    kinds = [figure.recipe.definition["figure"]["kind"] for figure in board.figures.all()]
    assert kinds == ["number", "bar", "line", "bar", "bar"]
    schools = answer(boards, "un-matin-a-la-cantine", "Les dix écoles où le surplus est le plus fort")
    assert len(schools.sources) == 2
    assert schools.released.table["nom_ecole"][0].as_py().startswith("École")
    top = answer(boards, "dechets-et-energie", "Les dix bâtiments qui consomment le plus de gaz")
    assert top.released.table["nom"][0].as_py() == "Centre aquatique de l'Ysane"
    assert all(board.public for board in boards[0].values())
