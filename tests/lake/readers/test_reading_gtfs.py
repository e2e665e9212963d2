"""A GTFS feed: one type an identifier in all tables, hours past midnight, marks of order, headers without rows."""

import csv
import io
from datetime import date

import pytest

from beffroi.lake.readers import stage_folder
from beffroi.lake.tables import StagedTable

FEED = {
    "agency.txt": "agency_id,agency_name,agency_timezone,agency_phone\r\n1,TAN,Europe/Paris,0240444444\r\n",
    "stops.txt": 'stop_id,stop_code,stop_name,stop_lat,stop_lon,parent_station\r\n101,12,"Commerce, place",47.2133,-1.5587,\r\n'
    "102,13,Gare,47.2173,-1.5418,101\r\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_type,route_color\r\n1,1,1,0,007A45\r\n2,1,2,3,000000\r\n",
    "trips.txt": "route_id,service_id,trip_id,direction_id\r\n1,10,1000001,0\r\n2,20,1000002,1\r\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\r\n1000001,23:58:00,23:58:00,101,1\r\n"
    "1000001,24:05:30,24:06:00,102,2\r\n1000002,6:00:00,06:00:00,101,1\r\n",
    "calendar_dates.txt": "service_id,date,exception_type\r\n10,20240501,2\r\n20,20240714,1\r\n",
    "feed_info.txt": "feed_publisher_name,feed_lang,feed_version\r\nTAN,fr,2024.10\r\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs\r\n",
}


@pytest.fixture
def feed(make_zip, look_all):
    content = make_zip({name: b"\xef\xbb\xbf" + text.encode() for name, text in FEED.items()})
    tables, refused = look_all(content, "reseau.zip")
    assert not refused
    return {origin.partition("!")[2]: looked for origin, looked in tables.items()}


def test_every_row_of_every_table_is_there(feed):
    for name, text in FEED.items():
        assert feed[name].table.rows_read == len(list(csv.reader(io.StringIO(text)))) - 1, name


def test_an_identifier_has_one_type_in_all_tables(feed):
    for name, looked in feed.items():
        for column, type_ in looked.types.items():
            if column.endswith("_id") and column != "direction_id":
                assert type_ == "code", (name, column)
    assert feed["stop_times.txt"].column("stop_id") == ["101", "102", "101"]
    assert feed["routes.txt"].types["route_color"] == "code"
    assert feed["routes.txt"].column("route_color") == ["007A45", "000000"]
    assert feed["feed_info.txt"].column("feed_version") == ["2024.10"]


def test_hours_past_midnight_are_preserved(feed):
    looked = feed["stop_times.txt"]
    assert looked.column("arrival_time") == ["23:58:00", "24:05:30", "6:00:00"]
    assert looked.guess("Heures de passage").value == "2 colonne(s) en texte"
    assert looked.types["stop_sequence"] == "integer"


def test_dates_and_places_are_typed(feed):
    assert feed["calendar_dates.txt"].column("date") == [date(2024, 5, 1), date(2024, 7, 14)]
    assert "WGS 84" in feed["stops.txt"].guess("Coordonnées").value


def test_a_feed_in_a_folder_is_a_feed_too(tmp_path):
    folder = tmp_path / "gtfs"
    folder.mkdir()
    for name, text in FEED.items():
        (folder / name).write_text(text, encoding="utf-8-sig")
    tables = [one for one in stage_folder(folder, tmp_path / "staging") if isinstance(one, StagedTable)]
    assert len(tables) == len(FEED)
    types = {column.name: column.type for table in tables for column in table.columns}
    assert types["trip_id"] == "code"
