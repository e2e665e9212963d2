"""The steps of set-up that tests replay (`replay.py`) leave the rows, the files and the lake that the services made."""

from pathlib import Path
from typing import Any

import pytest
from deliveries import FEBRUARY, JANUARY
from django.apps import apps
from django.db import connection, transaction

import replay
from beffroi.home import Home
from beffroi.web.catalogue.lake_access import open_lake
from places import a_person, a_territory, enter, poured

pytestmark = pytest.mark.django_db


class UndoError(Exception):
    pass


def test_a_step_that_is_replayed_leaves_what_it_made_the_first_time(settings: Any, tmp_path: Path) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("steps are done for real there: its sequences do not go back")

    def once(name: str, **again: str) -> tuple[dict[str, list[Any]], dict[str, int], list[Any]]:
        """A town with a poured file, from nothing, in a home of its own; its rows, files and lake. Then nothing is left."""
        settings.HOME = Home(tmp_path / name)
        settings.HOME.create(demo=True)
        replay.at_the_start()
        enter(None)
        found: Any = None
        with pytest.raises(UndoError), transaction.atomic():
            town = a_territory("Essai rejoué")
            agent = a_person(town, "agent")
            dataset = poured(town, agent, "Cantines.csv", JANUARY).dataset
            rows = {
                model.__name__: list(model._base_manager.order_by("pk").values())
                for model in apps.get_models()
            }
            home = settings.HOME.path
            files = {
                path.relative_to(home).as_posix(): path.stat().st_mode for path in sorted(home.rglob("*"))
            }
            with open_lake(dataset, read_only=True) as lake:
                stored = [lake.version(), lake.count(dataset.table), *lake.tables()[dataset.table]]
            found = rows, files, stored
            # The lake that was put back takes a next delivery.
            added = poured(town, agent, "Cantines février.csv", FEBRUARY)
            assert added.rows_total == len(JANUARY.splitlines()) + len(FEBRUARY.splitlines()) - 2
            raise UndoError
        return found

    rows, files, stored = once("first")
    # The name of the folder of a delivery is drawn: the same one shows that nothing was poured a second time.
    assert len(rows["Delivery"]) == 1
    assert once("second") == (rows, files, stored)
    assert stored[1] == len(JANUARY.splitlines()) - 1


def test_after_anything_else_a_step_is_done_for_real() -> None:
    town = a_territory()
    agent = a_person(town, "agent")
    first = poured(town, agent, "Cantines.csv", JANUARY).dataset
    first.description = "Écrit entre deux."
    first.save()
    second = poured(town, agent, "Cantines février.csv", FEBRUARY)
    assert (second.dataset.description, second.number) == ("Écrit entre deux.", 2)


def test_a_home_of_another_kind_stays_what_it_is(settings: Any, tmp_path: Path) -> None:
    for name, demo in (("invented", True), ("real", False), ("invented again", True)):
        settings.HOME = Home(tmp_path / name)
        settings.HOME.create(demo=demo)
        replay.at_the_start()
        enter(None)
        with pytest.raises(UndoError), transaction.atomic():
            a_territory("Essai rejoué")
            assert settings.HOME.is_demo is demo
            raise UndoError
