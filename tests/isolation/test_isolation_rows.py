"""Every model of the house is held to its territory: by the manager on both databases, by the rows' own rules on PostgreSQL."""

import json

import pytest
from django.db import DatabaseError, connection, models, transaction

from beffroi.web.platform import scope
from beffroi.web.platform.access_log import journal
from beffroi.web.platform.models import AccessEvent, TerritoryOwned
from beffroi.web.platform.postgresql import isolation

from . import watch
from .visitors import Attempts
from .world import Side

MODELS = watch.our_models()
OWNED = [model for model in MODELS if watch.way_to_territory(model) is not None]
GUARDED = [model for model in OWNED if issubclass(model, TerritoryOwned)]
CHAINS = [
    m for m in OWNED if m not in GUARDED and watch.way_to_territory(m) == "territory"
]  # the host's chain too
THROUGH = [model for model in OWNED if model not in GUARDED and model not in CHAINS]
# Asked in full by the house's own rules, as no more than these models are the host's.
postgresql = pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="row-level security is PostgreSQL's"
)


def named(model: type[models.Model]) -> str:
    return model.__name__


def test_every_model_says_whose_its_rows_are():
    silent = [
        model.__name__
        for model in MODELS
        if not issubclass(model, TerritoryOwned)
        and not getattr(model, "belongs_to_host", False)
        and not getattr(model, "scope_through", None)
        and not model._meta.auto_created
        and model not in CHAINS
    ]
    assert not silent, f"derive from TerritoryOwned, or say scope_through or belongs_to_host: {silent}"


def test_the_world_holds_rows_of_every_model_on_both_sides(attempts: Attempts):
    """An empty table would be tried for nothing: make its rows in tests/isolation/world.py."""
    empty = []
    for side in (attempts.world.a, attempts.world.b):
        with scope.inside(side.territory):
            empty += [m.__name__ for m in OWNED if not watch.rows_of(m, side.territory).exists()]
    assert not empty, f"no row of {sorted(set(empty))}: make some in tests/isolation/world.py"


def keys(model: type[models.Model], side: Side) -> list[object]:
    with scope.inside(side.territory):
        return list(watch.rows_of(model, side.territory).values_list("pk", flat=True))


@pytest.mark.parametrize("model", [m for m in OWNED if m not in THROUGH], ids=named)
def test_from_within_a_territory_only_its_own_rows_answer(attempts: Attempts, model: type[models.Model]):
    a, b = attempts.world.a, attempts.world.b
    own, theirs = keys(model, a), keys(model, b)
    assert own and theirs and not set(own) & set(theirs)
    with scope.inside(a.territory):
        attempts.count += 4
        assert set(model._default_manager.values_list("pk", flat=True)) == set(own)
        assert set(model._base_manager.values_list("pk", flat=True)) == set(own)
        assert not model._default_manager.filter(pk__in=theirs).exists()
        assert not model._default_manager.filter(territory=b.territory).exists()
        with pytest.raises(model.DoesNotExist):
            model._default_manager.get(pk=theirs[0])


@pytest.mark.parametrize("model", GUARDED, ids=named)
def test_from_within_a_territory_no_row_of_another_is_written(attempts: Attempts, model: type[models.Model]):
    a, b = attempts.world.a, attempts.world.b
    with scope.inside(b.territory):
        theirs = watch.rows_of(model, b.territory).first()
    assert theirs is not None
    with attempts.undone(f"writing {model.__name__}"), scope.inside(a.territory):
        for act in (theirs.save, theirs.delete, theirs.refresh_from_db):
            attempts.count += 1
            with pytest.raises((scope.OutsideTerritory, model.DoesNotExist)), transaction.atomic():
                act()
        with pytest.raises(scope.OutsideTerritory), transaction.atomic():
            model._default_manager.bulk_create([theirs])
        assert model._default_manager.filter(pk=theirs.pk).delete()[0] == 0
        assert model._default_manager.filter(pk=theirs.pk).update(territory=a.territory) == 0


@pytest.mark.parametrize("model", [m for m in OWNED if m not in THROUGH], ids=named)
def test_outside_of_every_territory_no_row_answers(attempts: Attempts, model: type[models.Model]):
    with scope.nowhere():
        attempts.count += 2
        with pytest.raises(scope.OutsideTerritory):
            model._default_manager.exists()
        with pytest.raises(scope.OutsideTerritory):
            model._base_manager.exists()
    with scope.host():
        if model in CHAINS:
            assert set(model._default_manager.values_list("territory", flat=True)) <= {None}
        elif not getattr(model, "host_reads", False):
            with pytest.raises(scope.OutsideTerritory):
                model._default_manager.exists()


def test_one_territory_is_not_opened_from_within_another(attempts: Attempts):
    a, b = attempts.world.a.territory, attempts.world.b.territory
    with scope.inside(a):
        for opening in (lambda: scope.inside(b), scope.host):
            with pytest.raises(scope.OutsideTerritory), opening():
                pass


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL itself refuses what is done here")
def test_the_watch_sees_a_changed_row_and_a_tie_across_territories(attempts: Attempts):
    """Without this, finding nothing would prove nothing."""
    a, b = attempts.world.a, attempts.world.b
    before = watch.digest(b.territory)
    assert watch.crossed(a.territory) == []
    with attempts.undone("what the watch must see", may_change_b=True):
        ask("UPDATE catalogue_dataset SET title = title || 'x' WHERE id = %s", b.meals.pk)
        moved = "UPDATE catalogue_snapshot SET dataset_id = %s, number = 900 WHERE id = %s"
        ask(moved, b.meals.pk, a.last_meals.pk)
        after = watch.digest(b.territory)
        assert [table for table in after if after[table] != before[table]] == ["catalogue_dataset"]
        assert watch.crossed(a.territory) == ["Snapshot.dataset names a Dataset of elsewhere"]


# PostgreSQL: what the application's own connection can do with SQL of its choice.


def ask(sql: str, *values: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def quoted(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def key_of(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.pk.column)


@postgresql
@pytest.mark.parametrize("model", OWNED, ids=named)
def test_sql_sees_the_rows_of_the_open_territory_only(attempts: Attempts, model: type[models.Model]):
    a, b = attempts.world.a, attempts.world.b
    own, theirs = set(keys(model, a)), set(keys(model, b))
    attempts.count += 3
    with scope.inside(a.territory):
        seen = {row[0] for row in ask(f"SELECT {key_of(model)} FROM {quoted(model)}")}
        assert seen == own
    with scope.nowhere():
        assert ask(f"SELECT {key_of(model)} FROM {quoted(model)}") == []
    assert theirs


@postgresql
@pytest.mark.parametrize("model", OWNED, ids=named)
def test_sql_changes_no_row_of_another_territory(attempts: Attempts, model: type[models.Model]):
    a, b = attempts.world.a, attempts.world.b
    theirs, table, key = keys(model, b)[0], quoted(model), key_of(model)
    columns = [connection.ops.quote_name(f.column) for f in model._meta.concrete_fields if not f.primary_key]
    # A column that the database generates is never written.
    written = ", ".join([connection.ops.quote_name(model._meta.pk.column), *columns])
    with scope.inside(b.territory):
        (row,) = ask(f"SELECT to_jsonb(t) FROM {table} t WHERE {key} = %s", theirs)
    with attempts.undone(f"SQL on {table}"), scope.inside(a.territory):
        attempts.count += 3
        for sql, values in (
            (f"UPDATE {table} SET {columns[0]} = {columns[0]} WHERE {key} = %s RETURNING 1", [theirs]),
            (f"DELETE FROM {table} WHERE {key} = %s RETURNING 1", [theirs]),
        ):
            try:
                with transaction.atomic():
                    assert ask(sql, *values) == [], sql
            except DatabaseError as error:
                assert "permission denied" in str(error), error
        # A rule of the table, which looks at what this territory sees, may speak before the policy: both are asked for.
        assert ask("SELECT 1 FROM pg_policies WHERE tablename = %s AND cmd = 'INSERT' AND with_check IS NOT NULL",
                   model._meta.db_table)  # fmt: skip
        with (
            pytest.raises(DatabaseError, match=r"row-level security|permission denied|at RAISE"),
            transaction.atomic(),
        ):
            ask(
                f"INSERT INTO {table} ({written}) "
                f"SELECT {written} FROM jsonb_populate_record(NULL::{table}, %s::jsonb || %s::jsonb)",
                row[0] if isinstance(row[0], str) else json.dumps(row[0]),
                f'{{"{model._meta.pk.column}": {_another(model, theirs)}}}',
            )


def _another(model: type[models.Model], key: object) -> str:
    return "987654" if isinstance(key, int) else '"00000000-0000-4000-8000-000000000000"'


@postgresql
def test_every_table_has_its_rules_forced_and_the_role_owns_nothing():
    tables = {model._meta.db_table for model in OWNED}
    rules = {name: (on, forced) for name, on, forced in ask(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relkind = 'r'"
    )}  # fmt: skip
    assert {table: rules[table] for table in tables} == dict.fromkeys(tables, (True, True))
    assert ask(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    ) == [(False, False, False, False)]
    assert (
        ask(
            "SELECT relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE rolname = current_user"
        )
        == []
    )
    assert (
        ask(
            "SELECT 1 FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE rolname = current_user"
        )
        == []
    )


def test_every_table_that_names_a_territory_declares_who_reads_and_writes_its_rows():
    """By the columns of the database, whatever the models say: also those of a library."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        naming = {
            table
            for table in tables
            if any(
                c.name == "territory_id"
                for c in connection.introspection.get_table_description(cursor, table)
            )
        }
    protected = {each.table: each for each in isolation.protected()}
    assert naming - protected.keys() == set(), "without a policy on PostgreSQL"
    open_to_all = {table for table in naming if protected[table].reads in ("true", "")}
    assert open_to_all == set(), "read from within any territory"
    assert {
        "platform_accessevent",
        "platform_territoryfigures",
        "platform_turn",
        "tenancy_entrylink",
    } <= naming


def test_a_model_of_the_host_that_names_a_territory_says_who_reads_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(AccessEvent, "read_policy")
    with pytest.raises(isolation.Undeclared, match="AccessEvent"):
        list(isolation.protected())


@postgresql
def test_every_table_that_names_a_territory_has_its_four_policies_forced():
    unguarded = ask(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
        " WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace"
        " AND a.attname = 'territory_id' AND NOT a.attisdropped"
        " AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity OR 4 <>"
        " (SELECT count(DISTINCT p.cmd) FROM pg_policies p WHERE p.tablename = c.relname))"
    )
    assert unguarded == []


@postgresql
def test_sql_sees_of_the_journal_and_of_the_figures_what_concerns_the_open_territory(attempts: Attempts):
    a, b = attempts.world.a, attempts.world.b
    mine, theirs = a.people["agent"], b.people["agent"]
    with attempts.undone("events written on both sides"):
        kind = AccessEvent.Kind.DENIED
        for person, territory in ((mine, a.territory), (theirs, b.territory), (mine, None), (theirs, None)):
            journal.record(None, kind, person, detail="try", territory=territory)
        journal.record(None, kind, None, detail="try")
        events = "SELECT person_id, territory_id FROM platform_accessevent WHERE detail = 'try'"
        figures = "SELECT territory_id FROM platform_territoryfigures"
        attempts.count += 4
        with scope.inside(a.territory):
            assert set(ask(events)) == {(mine.pk, a.territory.pk), (mine.pk, None)}
            assert ask(figures) == [(a.territory.pk,)]
            for sql in (
                f"UPDATE platform_territoryfigures SET people = 0 WHERE territory_id = {b.territory.pk} RETURNING 1",
                f"DELETE FROM platform_territoryfigures WHERE territory_id = {b.territory.pk} RETURNING 1",
            ):
                assert ask(sql) == []
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                ask(
                    "INSERT INTO platform_accessevent (at, kind, detail, address, device) VALUES (now(), 'left', '', '', '')"
                )
        with scope.nowhere():
            assert ask(events) == [] and ask(figures) == []
        with scope.host():
            assert len(ask(events)) == 5 and len(ask(figures)) >= 2


@postgresql
@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE {table} ADD COLUMN extra integer",
        "DROP TABLE {table}",
        "TRUNCATE {table}",
        "DROP POLICY beffroi_scope_select ON {table}",
        "CREATE POLICY open ON {table} USING (true)",
        "CREATE OR REPLACE FUNCTION beffroi_territory() RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'",
        "CREATE OR REPLACE FUNCTION beffroi_host() RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE TABLE copies AS SELECT * FROM {table}",
        "SET ROLE beffroi_owner",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION beffroi_owner",
        "GRANT beffroi_owner TO CURRENT_USER",
        "ALTER ROLE CURRENT_USER BYPASSRLS",
        "CREATE ROLE other BYPASSRLS",
        "COPY {table} TO PROGRAM 'cat'",
        "SELECT pg_read_file('postgresql.auto.conf')",
        "SET session_replication_role = replica",
        "CREATE TEMP TABLE platform_membership (id bigint)",
        "CREATE TEMP VIEW platform_membership AS SELECT 1 AS id",
        "INSERT INTO platform_hostoperator (person_id, since) SELECT id, now() FROM platform_person LIMIT 1",
        "UPDATE platform_hostoperator SET until = NULL RETURNING 1 / 0",
        "SELECT beffroi_prepare_lakes(987654, 'SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy')",
        "INSERT INTO platform_territory SELECT * FROM jsonb_populate_record(NULL::platform_territory, "
        '(SELECT to_jsonb(t) || \'{{"id": 987654, "slug": "autre", "code": "99T99"}}\' FROM platform_territory t LIMIT 1))',
    ],
)
def test_the_applications_role_cannot_undo_the_rules(attempts: Attempts, sql: str):
    attempts.count += 1
    with scope.inside(attempts.world.a.territory), pytest.raises(DatabaseError), transaction.atomic():
        ask(sql.format(table="catalogue_dataset").replace("%", "%%"))


@postgresql
def test_a_link_is_made_for_a_member_and_a_territory_changed_by_itself(attempts: Attempts):
    a, b = attempts.world.a, attempts.world.b
    link = (
        "INSERT INTO tenancy_entrylink (person_id, purpose, digest, expires_at, created_at) "
        "VALUES (%s, 'signin', %s, now(), now())"
    )
    columns = {
        row[0]
        for row in ask(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'tenancy_entrylink'"
        )
    }
    if "created_at" not in columns:
        link = link.replace(", created_at", "").replace(", now())", ")", 1)
    mine, theirs = a.people["agent"].pk, b.people["agent"].pk
    with attempts.undone("links and territories by SQL"), scope.inside(a.territory):
        attempts.count += 3
        with connection.cursor() as cursor:
            cursor.execute(link, [mine, "0" * 64])
            with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
                cursor.execute(link, [theirs, "1" * 64])
            cursor.execute("UPDATE platform_territory SET contact = contact WHERE id = %s", [b.territory.pk])
            assert cursor.rowcount == 0
            cursor.execute("UPDATE platform_territory SET contact = contact WHERE id = %s", [a.territory.pk])
            assert cursor.rowcount == 1


@postgresql
def test_every_rule_finds_our_tables_whatever_the_session_has():
    assert (
        ask(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype "
            "AND NOT coalesce(array_to_string(proconfig, ',') LIKE '%%search_path=public, pg_temp%%', false)"
        )
        == []
    )
