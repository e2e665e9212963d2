"""Two versions of a table, compared through two grants: which rows came, left or changed, and which cells.

In: two grants on the same table, a connection to which its lake is attached, columns that tell the rows apart (or none).
Out: a `Compared`: how many rows of each kind, what the columns became, and some of the differing rows. Only what both
grants show is compared: a column that one of them masks is left out.
"""

# Names go through `identifier`, texts through `literal` or parameters: no text of a user becomes SQL.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self

import duckdb
import ibis
import pyarrow as pa

from beffroi.lake import keying
from beffroi.lake.changes import changes
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.lake.shapes import as_text, identifier, literal, meet, of_query
from beffroi.lake.store import HOUSE, Attached, granted

type Kind = Literal["added", "removed", "changed"]
KINDS: Final[tuple[Kind, ...]] = ("added", "removed", "changed")
KIND, BEFORE, AFTER, DIFFERS = "kind", "before_", "after_", "differs_"
"""The columns of the differing rows: the kind, then for each column its value before, after, and whether it differs."""


class NotAKey(LakeError):
    """The columns chosen do not tell the rows apart."""


@dataclass(frozen=True)
class Drift:
    """What the columns became. `hidden`: those that one of the grants masks, which are not compared."""

    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    retyped: tuple[tuple[str, str, str], ...] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compared:
    """`key`: the columns that tell the rows apart; without any, whole rows are compared, each as often as it occurs.

    `before`, `after`: the rows on each side. A count is None when too few people stand behind it to be shown, for the
    `reason`. `table`: the differing rows asked for, see KIND.
    """

    table: pa.Table
    key: tuple[str, ...]
    columns: tuple[str, ...]
    drift: Drift
    before: int | None
    after: int | None
    added: int | None
    removed: int | None
    changed: int | None
    unchanged: int | None
    reason: str = ""

    def head(self) -> dict[str, Any]:
        """Everything but the rows, as JSON holds it."""
        return {name: value for name, value in asdict(self).items() if name != "table"}

    @classmethod
    def from_head(cls, head: dict[str, Any], table: pa.Table) -> Self:
        told = head.pop("drift")
        drift = Drift(
            only_before=tuple(told["only_before"]),
            only_after=tuple(told["only_after"]),
            retyped=tuple((name, one, other) for name, one, other in told["retyped"]),
            hidden=tuple(told["hidden"]),
        )
        return cls(
            **{**head, "key": tuple(head["key"]), "columns": tuple(head["columns"])}, drift=drift, table=table
        )


@dataclass(frozen=True)
class Asked:
    """`key`: None to have one proposed, () to compare whole rows. `kinds`, `offset`, `limit`: the rows to give back."""

    key: tuple[str, ...] | None = None
    kinds: tuple[Kind, ...] = KINDS
    offset: int = 0
    limit: int = 50


def compare(lake: Attached, before: Grant, after: Grant, asked: Asked) -> Compared:
    """Raises GrantExpired, NotAKey, LakeError. Temporary tables are left to the next comparison, which replaces them."""
    for grant in (before, after):
        grant.check()
    if (before.lake, before.table) != (after.lake, after.table):
        raise LakeError("Deux versions d'un même jeu de données se comparent, pas deux jeux différents.")
    wholes = tuple(str(ibis.to_sql(granted(lake.backend, grant, name=lake.name))) for grant in (before, after))
    shapes = tuple(of_query(lake.connection, f"FROM ({whole})") for whole in wholes)
    drift, types = _met(before, after, *shapes)
    if not types:
        raise LakeError(
            f"Les deux versions de « {before.dataset} » n'ont aucune colonne en commun qui puisse être comparée. "
            "Ouvrez-les l'une après l'autre."
        )
    if unknown := [name for name in asked.key or () if name not in types]:
        raise NotAKey(
            f"Les lignes ne peuvent pas être reconnues par {', '.join(f'« {name} »' for name in unknown)} : cette colonne "
            "n'est pas lisible des deux côtés. Choisissez-en une autre."
        )
    counts = tuple(int(_one(lake.connection, f"SELECT count(*) FROM ({whole})")) for whole in wholes)
    parts = changes(lake, before, after, counts) or wholes
    comparison = _Comparison(lake.connection, types, wholes, parts)
    comparison.find_differing_rows()
    key = comparison.key(asked.key)
    found = comparison.count(key)
    return Compared(
        table=comparison.rows(key, asked),
        key=key,
        columns=tuple(types),
        drift=drift,
        before=counts[0],
        after=counts[1],
        added=found["added"],
        removed=found["removed"],
        changed=found["changed"],
        unchanged=counts[0] - found["removed"] - found["changed"],
    )


def _met(
    before: Grant, after: Grant, old: dict[str, str], new: dict[str, str]
) -> tuple[Drift, dict[str, str]]:
    """What the columns became, and those compared with the type in which the two sides meet."""
    masks, later = dict(before.masks), dict(after.masks)
    hidden = tuple(
        name
        for name in dict.fromkeys([*old, *new])
        if masks.get(name) != later.get(name) or "hide" in (masks.get(name), later.get(name))
    )
    shown = [name for name in old if name in new and name not in HOUSE and name not in hidden]
    drift = Drift(
        only_before=tuple(n for n in old if n not in new and n not in HOUSE and n not in hidden),
        only_after=tuple(n for n in new if n not in old and n not in HOUSE and n not in hidden),
        retyped=tuple((n, old[n], new[n]) for n in shown if old[n] != new[n]),
        hidden=hidden,
    )
    return drift, {name: meet(old[name], new[name]) for name in shown}


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None


class _Comparison:
    """The steps of one comparison. `wholes`: the two sides; `parts`: where their differences are, the wholes or less.

    A row is known by a digest of its values as text: 128 bits, for a whole table to be weighed in little memory.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        types: dict[str, str],
        wholes: Sequence[str],
        parts: Sequence[str],
    ) -> None:
        self._connection = connection
        self.types = types
        self.wholes = [self._typed(whole) for whole in wholes]
        self.parts = [self._typed(part) for part in parts]

    def find_differing_rows(self) -> None:
        """`_differing`: the digest of each row that is not as often on both sides, how many more there are after."""
        sides = " UNION ALL ".join(
            f"SELECT _digest, {sign} AS _times, _at FROM ({part})" for sign, part in zip((-1, 1), self.parts, strict=True)
        )
        self._run(
            "CREATE OR REPLACE TEMP TABLE _differing AS SELECT _digest, CAST(sum(_times) AS BIGINT) AS _times, min(_at) AS _at "
            f"FROM ({sides}) GROUP BY _digest HAVING sum(_times) <> 0"
        )

    def key(self, wished: tuple[str, ...] | None) -> tuple[str, ...]:
        """The columns that tell the rows apart, `_keyed` made for them; () when none does. Raises NotAKey."""
        if wished is not None:
            if wished and not self._told_apart(wished):
                raise NotAKey(
                    f"Plusieurs lignes partagent la même valeur de {', '.join(f'« {name} »' for name in wished)} : ces "
                    "colonnes ne suffisent pas à reconnaître une ligne. Ajoutez-en une, ou comparez les lignes entières."
                )
            return wished
        differing = [self._differing(side) for side in (0, 1)]
        for key in keying.proposals(self._connection, self.types, self.wholes, differing):
            if self._told_apart(key):
                return key
        return ()

    def count(self, key: tuple[str, ...]) -> dict[Kind, int]:
        if key:
            rows = self._connection.execute("SELECT _kind, count(*) FROM _keyed GROUP BY _kind").fetchall()
        else:
            rows = self._connection.execute(
                "SELECT CASE WHEN _times > 0 THEN 'added' ELSE 'removed' END, sum(abs(_times)) FROM _differing GROUP BY ALL"
            ).fetchall()
        counted = {kind: int(number) for kind, number in rows}
        return {kind: counted.get(kind, 0) for kind in KINDS}

    def rows(self, key: tuple[str, ...], asked: Asked) -> pa.Table:
        """The differing rows asked for: those that came, that left, that changed; in the order of the key or of the file."""
        kinds = ", ".join(literal(kind) for kind in asked.kinds) or "NULL"
        if key:
            order = ", ".join(f"{identifier(name)} NULLS LAST" for name in key)
            source = f"SELECT _kind, _before, _after, row_number() OVER (ORDER BY {order}) AS _place FROM _keyed"
        else:
            source = (
                "SELECT CASE WHEN _times > 0 THEN 'added' ELSE 'removed' END AS _kind, "
                "CASE WHEN _times < 0 THEN _digest END AS _before, CASE WHEN _times > 0 THEN _digest END AS _after, "
                "row_number() OVER (ORDER BY _at, _digest) AS _place "
                "FROM (SELECT *, unnest(range(abs(_times))) FROM _differing)"
            )
        rank = f"list_position({[*KINDS]!r}, _kind)"
        self._run(
            f"CREATE OR REPLACE TEMP TABLE _page AS SELECT *, row_number() OVER (ORDER BY {rank}, _place) AS _rank "
            f"FROM ({source}) WHERE _kind IN ({kinds}) ORDER BY {rank}, _place "
            f"LIMIT {int(asked.limit)} OFFSET {int(asked.offset)}"
        )
        values = ", ".join(
            f"b.{identifier(name)} AS {identifier(BEFORE + name)}, a.{identifier(name)} AS {identifier(AFTER + name)}, "
            f"p._kind = 'changed' AND {_text('a', name)} IS DISTINCT FROM {_text('b', name)} AS {identifier(DIFFERS + name)}"
            for name in self.types
        )
        return self._connection.execute(
            f"SELECT p._kind AS {KIND}, {values} FROM _page p LEFT JOIN ({self._of_page(0)}) b ON b._digest = p._before "
            f"LEFT JOIN ({self._of_page(1)}) a ON a._digest = p._after ORDER BY p._rank"
        ).to_arrow_table()

    def _told_apart(self, key: tuple[str, ...]) -> bool:
        """Make `_keyed`, the differing rows by their key. False when one key stands for several rows of a side."""
        names = ", ".join(identifier(name) for name in key)
        sides = " UNION ALL ".join(
            f"SELECT {names}, _digest, abs(_times) AS _times, {side} AS _side FROM ({self._differing(side)})" for side in (0, 1)
        )
        self._run(
            f"CREATE OR REPLACE TEMP TABLE _keyed AS SELECT {names}, "
            "any_value(_digest) FILTER (_side = 0) AS _before, any_value(_digest) FILTER (_side = 1) AS _after, "
            "CASE WHEN _before IS NULL THEN 'added' WHEN _after IS NULL THEN 'removed' ELSE 'changed' END AS _kind, "
            "coalesce(sum(_times) FILTER (_side = 0), 0) > 1 OR coalesce(sum(_times) FILTER (_side = 1), 0) > 1 AS _many "
            f"FROM ({sides}) GROUP BY {names}"
        )
        if _one(self._connection, "SELECT bool_or(_many) FROM _keyed"):
            return False
        same = " AND ".join(f"w.{identifier(n)} IS NOT DISTINCT FROM k.{identifier(n)}" for n in key)
        grouped = ", ".join(f"w.{identifier(name)}" for name in key)
        return not any(
            _one(
                self._connection,
                f"SELECT 1 FROM ({whole}) w SEMI JOIN _keyed k ON {same} GROUP BY {grouped} HAVING count(*) > 1 LIMIT 1",
            )
            for whole in self.wholes
        )

    def _differing(self, side: int) -> str:
        """The rows of a side that differ, once each, with how many times more it has them."""
        sign = ">" if side else "<"
        return (
            f"SELECT DISTINCT p.* EXCLUDE (_at), d._times FROM ({self.parts[side]}) p JOIN _differing d "
            f"ON d._digest = p._digest AND d._times {sign} 0"
        )

    def _of_page(self, side: int) -> str:
        column = "_after" if side else "_before"
        return f"SELECT DISTINCT * EXCLUDE (_at) FROM ({self.parts[side]}) WHERE _digest IN (SELECT {column} FROM _page)"

    def _typed(self, source: str) -> str:
        """The compared columns of a side in their common types, the digest of each row, and its place in the files."""
        casts = ", ".join(f"CAST({identifier(n)} AS {kind}) AS {identifier(n)}" for n, kind in self.types.items())
        parts = ", ".join(f"coalesce(length({t}) || ':' || {t}, '~')" for t in map(as_text, self.types))
        held = of_query(self._connection, f"FROM ({source})")
        place = f"struct_pack(d := {', l := '.join(HOUSE)})" if all(name in held for name in HOUSE) else "NULL"
        return (
            f"SELECT *, md5_number(concat({parts})) AS _digest FROM (SELECT {casts}, {place} AS _at FROM ({source}))"
        )

    def _run(self, sql: str) -> None:
        self._connection.execute(sql)


def _text(side: str, name: str) -> str:
    return f"CAST({side}.{identifier(name)} AS VARCHAR)"
