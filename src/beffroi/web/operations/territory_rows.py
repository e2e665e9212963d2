"""Rows of one territory, taken from a backup of the whole instance: which they are, how they replace those of today.

In: the models (`isolation` says whose rows are whose) and a backup's database, SQLite or a dump of PostgreSQL. Out: the backup's
rows beside today's under names of their own, differences, and one replacement inside the caller's transaction. Rows of other
territories and shared rows are never written, but for a person whom the backup knows and who is gone.
"""

# Names come from our own models and go through `_quoted`: no text of a user is in this SQL.
# ruff: noqa: S608

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import connection, models

from beffroi.ledger.chain import Line
from beffroi.web.cyber.models import MachineKey
from beffroi.web.platform import sealing
from beffroi.web.platform.ledger.lines import LINE_FIELDS
from beffroi.web.platform.models import ApiToken, Delegation, LedgerLine, Membership, Person, Territory
from beffroi.web.platform.postgresql import isolation
from beffroi.web.studio.models import BoardLink
from beffroi.web.tenancy.models import IdentityProvider

from . import dumps

ROWS: Final = "database.rows"
"""Rows of one territory as PostgreSQL copies them, table after table: what a safety copy holds in place of a dump."""
MIGRATIONS: Final = "django_migrations"
_ATTACHED: Final = "backup"
_CLOSED: Final[dict[type[models.Model], tuple[str, ...]]] = {
    Membership: ("until", "suspended_at"),
    ApiToken: ("revoked_at",),
    MachineKey: ("revoked_at",),
    Delegation: ("revoked_at",),
    BoardLink: ("ended_at",),
    IdentityProvider: ("enabled",),
}
"""Columns that close an access: a moment, or false. What was closed since the backup stays closed."""
_OF_TODAY: Final = ("suspended_at", "suspended_why")
"""Acts of the host on the territory's own row: they stand, whatever the backup says."""


class Unrestorable(Exception):
    """The rows of the backup do not fit in this database; the message is French."""


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


@dataclass(frozen=True)
class OwnedTable:
    """Table whose rows are a territory's: by `column`, its key, or the key of a row of the `parent` table."""

    model: type[models.Model]
    column: str
    parent: "OwnedTable | None" = None
    parent_key: str = ""

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        return self.model._meta.pk.column  # type: ignore[union-attr]

    @property
    def depth(self) -> int:
        return self.parent.depth + 1 if self.parent else 0

    @property
    def columns(self) -> list[str]:
        return columns_of(self.model)

    @property
    def listed(self) -> str:
        return ", ".join(map(quoted, self.columns))

    def references(self, model: type[models.Model]) -> list[str]:
        """Columns that name a row of this model."""
        fields = self.model._meta.concrete_fields
        return [f.column for f in fields if isinstance(f, models.ForeignKey) and f.related_model is model]


def columns_of(model: type[models.Model]) -> list[str]:
    fields = model._meta.concrete_fields
    return [str(f.column) for f in fields if not isinstance(f, models.GeneratedField)]


def owned_tables() -> list[OwnedTable]:
    """Every table whose rows belong to a territory, a parent before what hangs on it. Raises `isolation.Undeclared`."""
    found: dict[type[models.Model], OwnedTable | None] = {}

    def table(model: type[models.Model]) -> OwnedTable | None:
        if model not in found:
            owner = isolation.owner_of(model)
            if owner is None:
                found[model] = None
            elif owner.related_model is Territory:
                found[model] = OwnedTable(model, owner.column)
            else:
                parent = table(owner.related_model)
                key = owner.target_field.column
                found[model] = parent and OwnedTable(model, owner.column, parent, key)
        return found[model]

    tables = [each for each in map(table, isolation.house_models()) if each]
    return sorted(tables, key=lambda each: each.depth)


def shared_models() -> list[type[models.Model]]:
    """Models of which the territory's rows name rows that are not its own."""
    tables = owned_tables()
    owned = {each.model for each in tables}
    fields = (field for each in tables for field in each.model._meta.concrete_fields)
    named = {field.related_model for field in fields if isinstance(field, models.ForeignKey)}
    return sorted((m for m in named if m not in owned), key=lambda model: model.__name__)  # type: ignore[union-attr]


class Closed(NamedTuple):
    """Access closed since the backup: the row, and what its columns say today."""

    table: OwnedTable
    pk: Any
    values: dict[str, Any]


@dataclass(frozen=True)
class BackupRows:
    """Rows of the backup within reach of this connection, beside today's."""

    territory: int
    tables: list[OwnedTable]

    def at(self, table: str) -> str:
        """The backup's table, in SQL."""
        if connection.vendor == "sqlite":
            return f"{_ATTACHED}.{quoted(table)}"
        return quoted(_staged(table))

    def today(self, table: str) -> str:
        return f"main.{quoted(table)}" if connection.vendor == "sqlite" else f"public.{quoted(table)}"

    def within(self, table: OwnedTable, *, backup: bool) -> str:
        """Condition: the row is the territory's, in the backup or today."""
        return condition(table, self.territory, self.at if backup else self.today)

    def migrations(self) -> set[tuple[str, str]]:
        return set(_all(f"SELECT app, name FROM {self.at(MIGRATIONS)}"))

    def territories(self) -> dict[str, int]:
        """Territories that the backup's rows know, by slug."""
        return dict(_all(f"SELECT slug, id FROM {self.at(Territory._meta.db_table)}"))

    def first_line(self, owner: int | None, *, backup: bool) -> str | None:
        """Hash of the first line of a chain (None: the host's): what tells one instance from another."""
        place = (self.at if backup else self.today)(LedgerLine._meta.db_table)
        of = "territory_id IS NULL" if owner is None else f"territory_id = {owner:d}"
        return next((hash_ for (hash_,) in _all(f"SELECT hash FROM {place} WHERE {of} AND seq = 1")), None)

    def lines(self) -> Iterator[Line]:
        """The territory's chain, as the backup has it."""
        names = ", ".join(quoted(name) for name in LINE_FIELDS)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {names} FROM {self.at(LedgerLine._meta.db_table)} WHERE territory_id = {self.territory:d} ORDER BY seq"
            )
            while some := cursor.fetchmany(1000):
                yield from (Line(*row) for row in some)

    def line_hashes(self, seqs: Iterable[int]) -> dict[int, str]:
        """Hash of each of these lines of the territory's chain, as the backup has it."""
        listed = ", ".join(str(int(seq)) for seq in seqs)
        place = self.at(LedgerLine._meta.db_table)
        sql = f"SELECT seq, hash FROM {place} WHERE territory_id = {self.territory:d} AND seq IN ({listed})"
        return dict(_all(sql)) if listed else {}

    def last_line(self) -> tuple[int, str]:
        place = self.at(LedgerLine._meta.db_table)
        sql = (
            f"SELECT seq, hash FROM {place} WHERE territory_id = {self.territory:d} ORDER BY seq DESC LIMIT 1"
        )
        return next(iter(_all(sql)), (0, ""))

    def common_lines(self) -> int:
        """How many lines the chains of the backup and of today begin with alike."""
        table = LedgerLine._meta.db_table
        sql = (
            f"SELECT coalesce(max(n.seq), 0) FROM {self.today(table)} n JOIN {self.at(table)} b "
            "ON b.territory_id = n.territory_id AND b.seq = n.seq AND b.hash = n.hash "
            f"WHERE n.territory_id = {self.territory:d}"
        )
        return int(_all(sql)[0][0])

    def members(self) -> set[int]:
        """People who had a role in the territory."""
        sql = f"SELECT person_id FROM {self.at(Membership._meta.db_table)} WHERE territory_id = {self.territory:d}"
        return {pk for (pk,) in _all(sql)}

    def difference(self, model: type[models.Model]) -> tuple[int, int]:
        """Rows of today that the backup does not have, and rows of the backup that are gone."""
        table = self._table(model)
        now, then = (
            f"SELECT {quoted(table.key)} FROM {place} WHERE {self.within(table, backup=backup)}"
            for place, backup in ((self.today(table.name), False), (self.at(table.name), True))
        )
        counts = [
            _all(f"SELECT count(*) FROM ({a} EXCEPT {b}) d")[0][0] for a, b in ((now, then), (then, now))
        ]
        return int(counts[0]), int(counts[1])

    def closed_since(self) -> list[Closed]:
        """Accesses that are closed today and were open in the backup, unless the person has the same role again."""
        found = []
        for model, names in _CLOSED.items():
            table = self._table(model)
            conditions, values = [], []
            for name in names:
                column = quoted(model._meta.get_field(name).column)  # type: ignore[union-attr]
                if isinstance(model._meta.get_field(name), models.BooleanField):
                    conditions.append(f"(b.{column} AND NOT n.{column})")
                else:
                    earlier = f"b.{column} IS NULL OR n.{column} < b.{column}"
                    conditions.append(f"(n.{column} IS NOT NULL AND ({earlier}))")
                values.append(f"n.{column}")
            again = ""
            if model is Membership:
                same = " AND ".join(
                    f"o.{c} = n.{c}" for c in ("territory_id", "person_id", "role", "resource")
                )
                again = (
                    f" AND NOT EXISTS (SELECT 1 FROM {self.today(table.name)} o WHERE {same} AND o.id <> n.id "
                    "AND o.until IS NULL AND o.suspended_at IS NULL)"
                )
            sql = (
                f"SELECT n.{quoted(table.key)}, {', '.join(values)} FROM {self.today(table.name)} n "
                f"JOIN {self.at(table.name)} b ON b.{quoted(table.key)} = n.{quoted(table.key)} "
                f"WHERE n.territory_id = {self.territory:d} AND ({' OR '.join(conditions)}){again}"
            )
            for pk, *now in _all(sql):
                found.append(Closed(table, pk, dict(zip(names, now, strict=True))))
        return found

    def absent_people(self) -> list[Person]:
        """People whom rows of the backup name and who are gone, as the backup has them."""
        missing: set[int] = set()
        for table in self.tables:
            for column in map(quoted, table.references(Person)):
                here = f"SELECT id FROM {self.today(Person._meta.db_table)}"
                missing |= {
                    pk
                    for (pk,) in _all(
                        f"SELECT DISTINCT {column} FROM {self.at(table.name)} WHERE {self.within(table, backup=True)} "
                        f"AND {column} IS NOT NULL AND {column} NOT IN ({here})"
                    )
                }
        listed = ", ".join(map(str, sorted(missing)))
        place = self.at(Person._meta.db_table)
        return list(Person.objects.raw(f"SELECT * FROM {place} WHERE id IN ({listed})")) if missing else []

    def replace(self) -> None:
        """Put the backup's rows in the place of today's. Append-only rules are set aside meanwhile; the caller has the transaction."""
        people = self.absent_people()
        with _rules_suspended([table.name for table in self.tables]), connection.cursor() as cursor:
            for person in people:
                bring_back(person)
            for table in reversed(self.tables):
                where = self.within(table, backup=False)
                cursor.execute(f"DELETE FROM {self.today(table.name)} WHERE {where}")
            for table in self.tables:
                where = self.within(table, backup=True)
                cursor.execute(
                    f"INSERT INTO {self.today(table.name)} ({table.listed}) SELECT {table.listed} "
                    f"FROM {self.at(table.name)} WHERE {where}"
                )
            self._replace_territory()
            self._check()

    def close_again(self, closed: Iterable[Closed]) -> None:
        """Keep closed what was closed since the backup."""
        tables = {each.table.name: each.table for each in closed}
        with _rules_suspended(list(tables)), connection.cursor() as cursor:
            for each in closed:
                assigned = ", ".join(f"{quoted(name)} = %s" for name in each.values)
                cursor.execute(
                    f"UPDATE {self.today(each.table.name)} SET {assigned} WHERE {quoted(each.table.key)} = %s",
                    [*each.values.values(), each.pk],
                )

    def seal_again(self, keys: Mapping[str, str]) -> int:
        """Seal with the key `new` what the key `former` sealed; how many secrets nobody can open any more."""
        if keys["new"] == keys["former"]:
            return 0
        unreadable = 0
        for table in self.tables:
            fields = [
                field
                for field in table.model._meta.concrete_fields
                if isinstance(field, models.TextField) and field.column in table.columns
            ]
            for column in (str(field.column) for field in fields):
                where = f"{self.within(table, backup=False)} AND {quoted(column)} LIKE '{sealing.MARK}%%'"
                sql = f"SELECT {quoted(table.key)}, {quoted(column)} FROM {self.today(table.name)} WHERE {where}"
                for pk, sealed in _all(sql, []):
                    try:
                        text = sealing.unseal(sealed, (keys["new"], keys["former"]))
                    except sealing.CannotUnseal:
                        unreadable += 1
                        continue
                    with _rules_suspended([table.name]), connection.cursor() as cursor:
                        cursor.execute(
                            f"UPDATE {self.today(table.name)} SET {quoted(column)} = %s WHERE {quoted(table.key)} = %s",
                            [sealing.seal(text, keys["new"]), pk],
                        )
        return unreadable

    def _table(self, model: type[models.Model]) -> OwnedTable:
        return next(each for each in self.tables if each.model is model)

    def _replace_territory(self) -> None:
        """The territory's own row: what it says of itself is the backup's; its identity and what the host decided are today's."""
        sql = f"SELECT * FROM {self.at(Territory._meta.db_table)} WHERE id = {self.territory:d}"
        backup, now = Territory.objects.raw(sql)[0], Territory.objects.get(pk=self.territory)
        fixed = {"id", "slug", "code", "created_at", "is_fictional", *_OF_TODAY}
        for field in Territory._meta.concrete_fields:
            if field.name not in fixed:
                setattr(now, field.attname, getattr(backup, field.attname))
        today = Territory.objects.get(pk=self.territory)
        by_host = {what: who for what, who in today.closed.items() if who == "host"}
        now.closed = {what: who for what, who in backup.closed.items() if who != "host"} | by_host
        now.save()

    def _check(self) -> None:
        for table in self.tables:
            counts = [
                _all(f"SELECT count(*) FROM {place} WHERE {self.within(table, backup=backup)}")[0][0]
                for place, backup in ((self.today(table.name), False), (self.at(table.name), True))
            ]
            if counts[0] != counts[1]:
                raise Unrestorable(f"la table {table.name} n'a pas été reprise entière")


def bring_back(person: Person) -> None:
    """Write again a person whom rows name: the name that these rows show, and no way to come in but the one of a new link.

    Who took the address since keeps it: the returned account then has one that nobody receives, and is closed.
    """
    person.password = make_password(None)
    person.last_login = None
    if Person.objects.filter(email__iexact=person.email).exists():
        person.email, person.is_active = f"personne-{person.pk}@restauration.invalid", False
    person.save(force_insert=True)


def condition(table: OwnedTable, territory: int, at: Callable[[str], str]) -> str:
    """Condition, in SQL, on the rows of a table that are a territory's; `at` says where a table is."""
    column = quoted(table.column)
    if table.parent is None:
        return f"{column} = {territory:d}"
    inner = condition(table.parent, territory, at)
    return f"{column} IN (SELECT {quoted(table.parent_key)} FROM {at(table.parent.name)} WHERE {inner})"


def _all(sql: str, parameters: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


@contextmanager
def _rules_suspended(tables: list[str]) -> Iterator[None]:
    """Inside, in the caller's transaction, the rules that refuse a change of these tables do not hold; those of the index do."""
    if not tables:
        yield
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for table in tables:
                cursor.execute(f"ALTER TABLE {quoted(table)} DISABLE TRIGGER USER")
            yield
            # What a statement left to check at the end of the transaction keeps a table from being altered.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for table in tables:
                cursor.execute(f"ALTER TABLE {quoted(table)} ENABLE TRIGGER USER")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            return
        listed = ", ".join(f"'{table}'" for table in tables)
        rules = _all(
            "SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger' "
            f"AND tbl_name IN ({listed}) AND sql LIKE '%RAISE(ABORT%' ORDER BY rowid"
        )
        for name, _ in rules:
            cursor.execute(f"DROP TRIGGER main.{quoted(name)}")
        yield
        for _, sql in rules:
            cursor.execute(sql)


# Reading a backup


@contextmanager
def opened(source: Path, territory: int) -> Iterator[BackupRows]:
    """The rows of a backup within reach. `source`: an SQLite database, a dump, or the rows of a safety copy."""
    rows = BackupRows(territory, owned_tables())
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"ATTACH DATABASE %s AS {_ATTACHED}", [str(source)])
            try:
                yield rows
            finally:
                cursor.execute(f"DETACH DATABASE {_ATTACHED}")
    else:
        _Stage(source, rows).fill()
        try:
            yield rows
        finally:
            connection.close()  # its temporary tables go with it


def _staged(table: str) -> str:
    return f"backup_{table}"


@dataclass(frozen=True)
class _Stage:
    """Copy of a dump's rows in temporary tables, of one territory only: the other territories' are read over."""

    source: Path
    rows: BackupRows

    def fill(self) -> None:
        parents = {table.parent.name for table in self.rows.tables if table.parent}
        keys: dict[str, set[bytes]] = {name: set() for name in parents}
        shared = (Territory._meta.db_table, Person._meta.db_table, MIGRATIONS)
        owner = str(self.rows.territory).encode()
        for depth in range(max(table.depth for table in self.rows.tables) + 1):
            level = {table.name: table for table in self.rows.tables if table.depth == depth}
            wanted = [*level, *(shared if depth == 0 else ())]
            for name in wanted:
                _execute(f"CREATE TEMP TABLE {quoted(_staged(name))} (LIKE public.{quoted(name)})")
            for name, columns, lines in dumps.copied_rows(self.source, wanted):
                table = level.get(name)
                taken = lines if table is None else self._own(table, columns, lines, owner, keys)
                self._write(name, columns, taken)

    def _own(
        self,
        table: OwnedTable,
        columns: list[str],
        lines: Iterable[bytes],
        owner: bytes,
        keys: dict[str, set[bytes]],
    ) -> Iterator[bytes]:
        place = columns.index(table.column)
        known = {owner} if table.parent is None else keys[table.parent.name]
        of_a_chain = bool(getattr(table.model, "of_a_chain", False))
        own_keys = keys.get(table.name)
        key = columns.index(table.key)
        for line in lines:
            values = line.rstrip(b"\n").split(b"\t")
            if values[place] in known:
                if own_keys is not None:
                    own_keys.add(values[key])
                yield line
            elif of_a_chain and values[place] == b"\\N":
                yield line  # the host's chain, which tells whose backup this is

    def _write(self, name: str, columns: list[str], lines: Iterable[bytes]) -> None:
        listed = ", ".join(map(quoted, columns))
        with (
            connection.cursor() as cursor,
            connection.wrap_database_errors,
            cursor.copy(f"COPY {quoted(_staged(name))} ({listed}) FROM STDIN") as writing,  # type: ignore[attr-defined]
        ):
            for line in lines:
                writing.write(line)


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
