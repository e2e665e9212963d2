"""Rules that migrations give to the database: a later one can lift a rule, put another in its place, and go back."""

import os
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from beffroi.web import databases
from beffroi.web.platform.triggers import lift, refuse

pytestmark = pytest.mark.django_db

NAMED = {"name": "note_length", "when": "INSERT", "table": "note"}
SHORT = refuse(**NAMED, condition="length(NEW.text) > 3", why="a note is short")
SHORTER = refuse(**NAMED, condition="length(NEW.text) > 1", why="a note is one letter")
REPLACED = (lift(**NAMED, condition=SHORT.condition, why=SHORT.why), SHORTER)


@pytest.fixture
def base() -> Iterator[BaseDatabaseWrapper]:
    """A table of ours and nothing else, as the role that makes tables."""
    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    if connections["default"].vendor == "postgresql":
        settings = databases.postgresql(os.environ[databases.OWNER])
    made = ConnectionHandler({"default": settings})["default"]
    with made.cursor() as cursor:
        cursor.execute("CREATE TABLE note (text varchar(10))")
        yield made
        cursor.execute("DROP TABLE note")
    made.close()


def migrate(base: BaseDatabaseWrapper, *steps: refuse, back: bool = False) -> None:
    editor = base.SchemaEditorClass(base)
    for step in reversed(steps) if back else steps:
        (step.database_backwards if back else step.database_forwards)("territories", editor, None, None)


def write(base: BaseDatabaseWrapper, text: str) -> None:
    with base.cursor() as cursor:
        cursor.execute("INSERT INTO note VALUES (%s)", [text])


def test_a_rule_is_lifted_and_replaced_and_put_back(base: BaseDatabaseWrapper):
    migrate(base, SHORT)
    write(base, "abc")
    with pytest.raises(DatabaseError, match="a note is short"):
        write(base, "abcd")
    migrate(base, *REPLACED)
    with pytest.raises(DatabaseError, match="a note is one letter"):
        write(base, "abc")
    migrate(base, *REPLACED, back=True)
    write(base, "abc")
    with pytest.raises(DatabaseError, match="a note is short"):
        write(base, "abcd")
    migrate(base, SHORT, back=True)
    write(base, "abcd")
