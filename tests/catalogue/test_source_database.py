"""The database of a business application, from the wizard to the dataset: the table is chosen among what answered."""

import sqlite3

import pytest
from django.test import Client
from django.urls import reverse
from source_helpers import again, make_due, rows, turn

from beffroi.web.catalogue.models import Source
from places import strongly

pytestmark = pytest.mark.django_db

SCREENS = [
    ("suite", {"growing": ""}),
    ("jeu", {"dataset": "+", "dataset_title": "Tournées"}),
    ("mode", {"mode": "replace"}),
    ("rythme", {"rhythm": "hour-1", "at": "06:00", "weekday": "0", "day": "1"}),
    ("promesse", {"promise": "week-1", "grace": "0", "first_due": ""}),
    ("clause", {}),
    ("verifier", {"title": "Logiciel déchets"}),
]


@pytest.fixture
def waste(tmp_path, settings, town):
    """The waste software's file, with two tables, in a folder that the operator opened."""
    folder = tmp_path / "logiciels"
    folder.mkdir()
    settings.SOURCE_FOLDERS = [f"{town.slug}={folder}"]
    path = folder / "dechets.sqlite"
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE tournees (numero INTEGER PRIMARY KEY, commune TEXT, tonnes REAL)")
        base.execute("CREATE TABLE agents (nom TEXT, courriel TEXT)")
        base.executemany(
            "INSERT INTO tournees VALUES (?, ?, ?)", [(1, "44109", 3.4), (2, "01004", 2.9), (3, "44190", 3.1)]
        )
    base.close()
    return path


def test_a_table_is_chosen_among_those_of_the_database_then_follows_it(town, steward, waste):
    client = strongly(Client(), steward)

    def answer(step, sent):
        return client.post(reverse("source-add-step", args=[town.slug, step]), sent)

    for step, sent in (("genre", {"kind": "sqlite"}), ("lieu", {"path": str(waste)}), ("essai", {})):
        assert answer(step, sent).status_code == 302
    html = (
        client.get(reverse("source-add-step", args=[town.slug, "table"]))
        .content.decode()
        .replace("\xa0", " ")
    )
    assert "tournees" in html and "colonnes : numero, commune, tonnes" in html and "agents" in html
    (rank,) = [
        n
        for n, offer in enumerate(client.session[f"source-draft:{town.pk}"]["offers"])
        if offer["name"] == "tournees"
    ]
    assert answer("table", {"offer": str(rank)}).status_code == 302
    for step, sent in SCREENS:
        if step == "promesse":
            assert answer("responsable", {"owner": steward.pk}).status_code == 302
        assert answer(step, sent).status_code == 302, step
    source = Source.objects.of(town).get()
    assert source.spec["table"] == "tournees"
    turn(town)
    dataset = again(source).dataset
    assert rows(dataset) == 3
    types = {column["name"]: column["type"] for column in dataset.current.columns}
    assert types["commune"] in ("text", "code")
    with sqlite3.connect(waste) as base:
        base.execute("INSERT INTO tournees VALUES (4, '44109', 2.2)")
    base.close()
    make_due(source)
    turn(town)
    assert rows(again(source).dataset) == 4
    make_due(source)
    turn(town)
    assert [fetch.state for fetch in source.fetches.order_by("pk")] == ["poured", "poured", "unchanged"]
