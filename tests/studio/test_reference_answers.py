"""An answer that brings from the packaged reference cites it, and is computed again with another one."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from canteens import poured, saved

from beffroi.lake.reference import place_queries, reference
from beffroi.web.studio import answers, presentation, result_cache
from reference_data import require_reference

pytestmark = pytest.mark.django_db
GRANTS = (
    "Association;Code INSEE;Code postal;Montant;Population\n"
    "Fanfare;44109;44000;300;5\nAviron;75101;75001;200;7\nRugby;22016;22870;100;3\nChorale;;35000;50;1\n"
    "Judo;2A004;20000;20;2\n"
)


@pytest.fixture(autouse=True)
def _reference():
    require_reference()


@pytest.fixture
def subsidies(town, agent):
    return poured(town, agent, GRANTS, "Subventions.csv").dataset


@pytest.fixture
def stored(town, agent, subsidies):
    by = {"step": "group", "by": ["nom_region"]}
    definition = {
        "title": "Subventions par région",
        "sources": {"a": subsidies.slug},
        "steps": [
            {"step": "source", "source": "a"},
            {"step": "reference", "column": "code_insee", "bring": ["region_name"]},
            {**by, "measures": [{"name": "total", "operation": "sum", "column": "montant"}]},
        ],
    }
    return saved(town, agent, definition, "regions")


def another_reference(path):
    """The same places, said to be of another version."""
    shutil.copy(place_queries.REFERENCE_FILE, path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE meta SET value = '7.0.0' WHERE key = 'version'")
        database.execute("UPDATE meta SET value = '2027' WHERE key = 'year'")
        database.commit()
    return path


def test_the_source_of_a_figure_cites_the_reference_and_another_one_is_another_cache_key(
    agent, stored, tmp_path, monkeypatch
):
    def question():
        opened = answers.open_sources(
            agent, stored.territory, answers.read_definition(stored.definition), stored.processing
        )
        return result_cache.CacheKey(stored, opened.grants, tuple(opened.snapshots.values()))

    found = answers.answer(agent, stored)
    source = presentation.source_of(found)
    assert source.startswith("« Subventions »") and source.endswith(f" ; {reference()}")
    assert {row["nom_region"] for row in found.released.table.to_pylist()} >= {"Bretagne", "Corse"}
    assert result_cache.load(question()) is not None
    key, rights = question().key, question().rights
    monkeypatch.setattr(place_queries, "REFERENCE_FILE", another_reference(tmp_path / "autre.sqlite"))
    assert question().key != key and question().rights != rights
    assert result_cache.load(question()) is None and result_cache.load_last_good(question()) is None
    assert presentation.source_of(answers.answer(agent, stored)).endswith(
        "7.0.0, découpage 2027, licence MIT"
    )


def test_an_analysis_without_the_step_does_not_depend_on_the_reference(
    town, agent, subsidies, tmp_path, monkeypatch
):
    definition = {
        "title": "Subventions",
        "sources": {"a": subsidies.slug},
        "steps": [{"step": "source", "source": "a"}],
    }
    plain = saved(town, agent, definition, "plain")
    before = answers.answer(agent, plain)
    assert "découpage" not in presentation.source_of(before)
    monkeypatch.setattr(place_queries, "REFERENCE_FILE", another_reference(tmp_path / "autre.sqlite"))
    assert answers.answer(agent, plain).at == before.at
