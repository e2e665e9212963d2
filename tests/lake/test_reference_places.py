"""Names and codes of real places, as people type them."""

import json
from collections import Counter
from pathlib import Path

import pytest

from beffroi.lake.errors import LakeError
from beffroi.lake.reference import (
    AmbiguousPlace,
    UnknownPlace,
    commune_centres,
    communes_of,
    find_place,
    reference,
    search_places,
)
from beffroi.lake.reference.build import build_reference, fold
from beffroi.lake.reference.place_queries import every_commune, every_epci
from beffroi.lake.reference.places import EPCI
from reference_data import package_data, require_reference


@pytest.fixture(autouse=True, scope="module")
def _places() -> None:
    require_reference()


def test_every_commune_and_every_intercommunalite_is_listed() -> None:
    assert len(every_commune()) == 34_969
    assert len({epci for _, epci in every_epci()}) == 1_255


def test_a_commune_belongs_to_one_intercommunalite_at_most() -> None:
    assert max(Counter(commune for commune, _ in every_epci()).values()) == 1


def test_reference_gives_its_source_and_year() -> None:
    provenance = reference()
    assert provenance.source == "@etalab/decoupage-administratif"
    assert provenance.version and provenance.licence == "MIT"
    assert provenance.year in str(provenance)


def test_what_is_built_agrees_with_the_package(tmp_path: Path) -> None:
    folder = package_data()
    build_reference(folder, tmp_path / "places.sqlite")
    for epci in json.loads((folder / "epci.json").read_text(encoding="utf-8"))[::50]:
        place = find_place(epci["code"])
        assert place.name == epci["nom"]
        assert set(place.members) == {member["code"] for member in epci["membres"]}
        assert place.population == sum(commune.population or 0 for commune in communes_of(place))


def test_an_interrupted_build_leaves_the_former_list_whole(tmp_path: Path) -> None:
    target = tmp_path / "data" / "places.sqlite"
    target.parent.mkdir()
    target.write_bytes(b"former")
    with pytest.raises(FileNotFoundError):
        build_reference(tmp_path / "nothing here", target)
    assert target.read_bytes() == b"former"
    assert [path.name for path in target.parent.iterdir()] == ["places.sqlite"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Nantes", "44109"),
        ("  nantes ", "44109"),
        ("Nantes Métropole", "244400404"),
        ("NANTES METROPOLE", "244400404"),
        ("métropole de Nantes", "244400404"),
        ("St-Herblain", "44162"),
        ("L’Haÿ les Roses", "94038"),
        ("ville du Mans", "72181"),
        ("Saint-Denis (93)", "93066"),
        ("Saint-Denis, La Réunion", "97411"),
        ("valence 26", "26362"),
        ("CA du Pays Basque", "200067106"),
        ("communauté d'agglomération du Pays basque", "200067106"),
        ("Pays Basque", "200067106"),
        ("communauté urbaine du Grand Reims", "200067213"),
        ("Eurométropole de Strasbourg", "246700488"),
        ("Métropole de Lyon", "200046977"),
        ("CAVGP", "247800584"),
        ("Plaine Commune", "200057867"),
        ("Montpellier Méditerranée Métropole", "243400017"),
        ("Paris", "75056"),
        ("244 400 404", "244400404"),
        ("217500016", "75056"),
        ("2a004", "2A004"),
        ("2A", "2A"),
        ("974", "974"),
        ("département de la Mayenne", "53"),
        ("région Bretagne", "R-53"),
        ("R53", "R-53"),
    ],
)
def test_a_place_is_found_as_people_write_it(typed: str, code: str) -> None:
    assert find_place(typed).code == code


def test_every_intercommunalite_is_found_by_its_own_name_or_offered_among_its_homonyms() -> None:
    for code in sorted({epci for _, epci in every_epci()})[::5]:
        place = find_place(code)
        assert place.kind in EPCI
        try:
            assert find_place(place.name).code == code
        except AmbiguousPlace as choice:
            assert code in {offered.code for offered in choice.choices}


def test_a_name_borne_by_several_places_is_a_choice_with_the_option_to_type() -> None:
    with pytest.raises(AmbiguousPlace) as raised:
        find_place("Saint-Denis")
    populations = [place.population or 0 for place in raised.value.choices]
    assert len(populations) >= 4
    assert populations == sorted(populations, reverse=True)
    message = str(raised.value)
    assert "--territory 93066" in message
    assert "Seine-Saint-Denis (93)" in message
    assert "habitants" in message
    assert isinstance(raised.value, LakeError)


def test_a_commune_and_a_departement_of_one_name_are_a_choice() -> None:
    with pytest.raises(AmbiguousPlace) as raised:
        find_place("Mayenne")
    assert {place.code for place in raised.value.choices} == {"53", "53147"}


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("Nante", "44109"),
        ("lhay les roses", "94038"),
        ("Lille métropole", "200093201"),
        ("CU Angers", "244900015"),
        ("44000", "44109"),
        ("75101", "75056"),
        ("Vieu", "01036"),
    ],
)
def test_a_name_that_is_not_quite_right_offers_the_place_that_was_meant(typed: str, offered: str) -> None:
    with pytest.raises(UnknownPlace) as raised:
        find_place(typed)
    assert offered in {place.code for place in raised.value.choices}
    assert f"--territory {offered}" in str(raised.value)


@pytest.mark.parametrize(
    "typed", ["", "   ", "zzzz", "99999", "999999999", "R-99", "%", "' OR 1=1 --", "(", "é" * 500]
)
def test_unknown_place_error_gives_the_next_step(typed: str) -> None:
    with pytest.raises(UnknownPlace) as raised:
        find_place(typed)
    assert "Rien n'a été modifié" in str(raised.value)


def test_search_puts_the_exact_name_then_the_biggest_first() -> None:
    assert search_places("nantes", 3)[0].code == "44109"
    assert {place.code for place in search_places("saint den", 3)} >= {"93066", "97411"}
    assert search_places("communauté d'agglomération pays basque")[0].code == "200067106"
    assert [place.code for place in search_places("4410", 2)] == ["44100", "44101"]
    assert search_places(" ") == []
    assert len(search_places("saint", 7)) == 7


def test_the_communes_of_a_departement_are_its_own() -> None:
    loire_atlantique = find_place("44")
    assert {commune.department for commune in communes_of(loire_atlantique)} == {"44"}
    assert communes_of(loire_atlantique)[0].name == "Nantes"
    assert communes_of(find_place("44109")) == [find_place("44109")]


def test_names_lose_accents_case_and_signs_but_no_letter() -> None:
    assert fold("Œuilly-sur-Ste-Æde") == "oeuilly sur sainte aede"


def test_centres_cover_most_people_and_none_is_invented() -> None:
    population = {row[0]: row[3] or 0 for row in every_commune()}
    centres = commune_centres(population)
    assert sum(population[code] for code in centres) / sum(population.values()) > 0.8
    assert commune_centres(["99F01"]) == {}


def test_centres_lie_inside_their_commune(real_data: Path) -> None:
    from beffroi.lake.engine import connect

    centres = commune_centres(row[0] for row in every_commune())
    with connect(extensions=["spatial"]) as database:
        database.execute("CREATE TABLE centres (code VARCHAR, lon DOUBLE, lat DOUBLE)")
        database.execute(
            "INSERT INTO centres SELECT unnest(?), unnest(?), unnest(?)",
            [list(centres), [lon for lon, _ in centres.values()], [lat for _, lat in centres.values()]],
        )
        far, checked = database.execute(
            # 0.02 degree, 2 km: the shapes are simplified and of 2018.
            "SELECT count(*) FILTER (ST_Distance(geom, ST_Point(lon, lat)) > 0.02), count(*)"
            " FROM centres JOIN read_parquet(?) USING (code)",
            [str(real_data / "geography/communes2018_ign_simplifie.parquet")],
        ).fetchone() or (0, 0)
    assert checked > 13_000
    assert far / checked < 0.001
