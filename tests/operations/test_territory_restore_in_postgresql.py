"""One town restored alone in PostgreSQL, from a dump and without a scratch database: its rows come back, no other row moves."""

from pathlib import Path

import pytest
import towns_home

import postgres
from beffroi.home import Home
from beffroi.web.operations import territory_rows
from blank import blank
from commands import beffroi
from postgres import Cluster
from reference_data import require_reference

pytestmark = pytest.mark.long  # a server, two instances' lives
KEY = 2


def rows_of(server: Cluster, database: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Rows of the territory, and all the others, table by table."""
    own, others = {}, {}
    for table in territory_rows.owned_tables():
        condition = territory_rows.condition(table, KEY, lambda name: f'"{name}"')
        for found, where in ((own, condition), (others, f"({condition}) IS NOT TRUE")):
            said = server.sql(f'SELECT to_jsonb(t) FROM "{table.name}" t WHERE {where}', database=database)
            found[table.name] = sorted(said.splitlines())
    for table in ("platform_person", "platform_territory", "platform_accessevent", "mfa_authenticator"):
        said = server.sql(f'SELECT to_jsonb(t) FROM "{table}" t', database=database)
        others[table] = sorted(said.splitlines())
    return own, others


def differing(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, int]:
    found = {name: len(set(rows) ^ set(after[name])) for name, rows in before.items()}
    return {name: count for name, count in found.items() if count}


def test_one_town_comes_back_from_a_dump_and_no_other_row_moves(tmp_path: Path):
    require_reference()
    server = postgres.shared()
    database = server.database()
    environment = server.environment(database)
    home = blank(tmp_path / "home", demo=False)
    towns_home.run(towns_home.FILL, home.path)
    for command in (("database", "move"), ("backup", tmp_path / "night.tar.gz")):
        done = beffroi(*command, "--home", home.path, **environment)
        assert done.returncode == 0, done.stderr
    that_night, _ = rows_of(server, database)
    towns_home.run(towns_home.DAY, home.path, **environment)
    own, others = rows_of(server, database)
    policies = server.sql("SELECT count(*) FROM pg_policies", database=database)
    triggers = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'O'"
    enabled = server.sql(triggers, database=database)

    arguments = ("--territory", "saint-mure", "--home", home.path, "--yes")
    done = beffroi("restore", tmp_path / "night.tar.gz", *arguments, "--reopen", **environment)
    assert done.returncode == 0, done.stderr
    restored, untouched = rows_of(server, database)
    line = {"platform_ledgerline": 1, "platform_ledgerdetail": 1}
    assert differing(that_night, restored) == line
    assert differing(others, untouched) == line  # the host's chain
    assert server.sql("SELECT count(*) FROM pg_policies", database=database) == policies
    assert server.sql(triggers, database=database) == enabled
    for kind in ("lasting", "personal"):
        assert (home.lake("saint-mure", kind) / "catalog.json").is_file()
    _healthy(home, environment)

    # And back, from the safety copy, which has the catalogues as files.
    again = beffroi("restore", done.stdout.strip(), *arguments, "--reopen", **environment)
    assert again.returncode == 0, again.stderr
    back, _ = rows_of(server, database)
    assert set(differing(own, back)) == set(line)
    assert set(own["platform_ledgerline"]) < set(back["platform_ledgerline"])
    _healthy(home, environment)
    # A backup of SQLite is refused here.
    made = towns_home.made()
    other = beffroi("restore", made / "night.tar.gz", *arguments, **environment)
    assert other.returncode == 1 and "base SQLite" in other.stderr


def _healthy(home: Home, environment: dict[str, str]) -> None:
    less = {"BEFFROI_DATABASE": environment["BEFFROI_DATABASE"]}
    verified = beffroi("ledger", "verify", "--home", home.path, **less)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    checked = beffroi("doctor", "--full", "--home", home.path, **less)
    assert "chaque octet relu, base, catalogues et registre compris" in checked.stdout, checked.stdout
