"""Comparison of two versions of a table through two grants: added, removed and changed rows, and the cells that
differ.

In: two grants on the same table, a connection with its lake attached, key columns (or none). Out: a
`ComparisonResult`: counts by kind, column drift, and some of the differing rows. A column masked by either grant is
not compared.
"""

# Names go through `quote_identifier`, texts through `quote_literal` or parameters: no text of a user becomes SQL.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Self

import duckdb
import ibis
import pyarrow as pa

from beffroi.lake import comparison_keys
from beffroi.lake.attached import AttachedLake, granted_table
from beffroi.lake.change_feed import changed_row_queries
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.lake.quoting import quote_identifier, quote_literal
from beffroi.lake.schemas import common_type, query_column_types
from beffroi.lake.tables import HOUSE

type Kind = Literal["added", "removed", "changed"]
KINDS: Final[tuple[Kind, ...]] = ("added", "removed", "changed")
KIND, BEFORE, AFTER, DIFFERS = "kind", "before_", "after_", "differs_"
"""The columns of the differing rows: the kind, then for each column its value before, after, and whether it differs."""
ROWS_AT_ONCE: Final = 8_000_000


class NotAKey(LakeError):
    """The chosen columns do not identify the rows."""


@dataclass(frozen=True)
class ColumnDrift:
    """Differences between the columns of both versions. `hidden`: columns masked by a grant, which are not compared."""

    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    retyped: tuple[tuple[str, str, str], ...] = ()
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class ComparisonResult:
    """`key`: the columns that identify the rows; without any, whole rows are compared as a multiset.

    `before`, `after`: row counts of each version. A count is None when too few people stand behind it to be released, for the
    `reason`. `table`: the requested differing rows, see KIND.
    """

    table: pa.Table
    key: tuple[str, ...]
    columns: tuple[str, ...]
    drift: ColumnDrift
    before: int | None
    after: int | None
    added: int | None
    removed: int | None
    changed: int | None
    unchanged: int | None
    reason: str = ""

    def head(self) -> dict[str, Any]:
        """Everything but the rows, as JSON values."""
        return {name: value for name, value in asdict(self).items() if name != "table"}

    @classmethod
    def from_head(cls, head: dict[str, Any], table: pa.Table) -> Self:
        data = head.pop("drift")
        drift = ColumnDrift(
            only_before=tuple(data["only_before"]),
            only_after=tuple(data["only_after"]),
            retyped=tuple((name, one, other) for name, one, other in data["retyped"]),
            hidden=tuple(data["hidden"]),
        )
        return cls(
            **{**head, "key": tuple(head["key"]), "columns": tuple(head["columns"])}, drift=drift, table=table
        )


@dataclass(frozen=True)
class ComparisonOptions:
    """`key`: None to have one proposed, () to compare whole rows. `kinds`, `offset`, `limit`: the rows to return."""

    key: tuple[str, ...] | None = None
    kinds: tuple[Kind, ...] = KINDS
    offset: int = 0
    limit: int = 50


def compare(lake: AttachedLake, before: Grant, after: Grant, request: ComparisonOptions) -> ComparisonResult:
    """Compare two versions. Temporary tables stay until the next comparison. Raises GrantExpired, NotAKey, LakeError."""
    for grant in (before, after):
        grant.check()
    if (before.lake, before.table) != (after.lake, after.table):
        raise LakeError("Deux versions d'un même jeu de données se comparent, pas deux jeux différents.")
    wholes = tuple(
        str(ibis.to_sql(granted_table(lake.backend, grant, name=lake.name))) for grant in (before, after)
    )
    shapes = tuple(query_column_types(lake.connection, f"FROM ({whole})") for whole in wholes)
    drift, types = _column_drift(before, after, *shapes)
    if not types:
        raise LakeError(
            f"Les deux versions de « {before.dataset} » n'ont aucune colonne en commun qui puisse être comparée. "
            "Ouvrez-les l'une après l'autre."
        )
    if unknown := [name for name in request.key or () if name not in types]:
        raise NotAKey(
            f"Les lignes ne peuvent pas être reconnues par {', '.join(f'« {name} »' for name in unknown)} : cette colonne "
            "n'est pas lisible des deux côtés. Choisissez-en une autre."
        )
    counts = tuple(int(_one(lake.connection, f"SELECT count(*) FROM ({whole})")) for whole in wholes)
    parts = changed_row_queries(lake, before, after, counts) or wholes
    comparison = _Comparison(lake.connection, types, wholes, parts)
    comparison.find_differing_rows(sum(counts) if parts is wholes else 0)
    key = comparison.key(request.key)
    found = comparison.count()
    return ComparisonResult(
        table=comparison.rows(request),
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


def _column_drift(
    before: Grant, after: Grant, old: dict[str, str], new: dict[str, str]
) -> tuple[ColumnDrift, dict[str, str]]:
    """Column drift, and the compared columns with the type common to both versions."""
    masks, later = dict(before.masks), dict(after.masks)
    hidden = tuple(
        name
        for name in dict.fromkeys([*old, *new])
        if masks.get(name) != later.get(name) or "hide" in (masks.get(name), later.get(name))
    )
    common = [name for name in old if name in new and name not in HOUSE and name not in hidden]
    drift = ColumnDrift(
        only_before=tuple(n for n in old if n not in new and n not in HOUSE and n not in hidden),
        only_after=tuple(n for n in new if n not in old and n not in HOUSE and n not in hidden),
        retyped=tuple((n, old[n], new[n]) for n in common if old[n] != new[n]),
        hidden=hidden,
    )
    return drift, {name: common_type(old[name], new[name]) for name in common}


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None


class _Comparison:
    """Steps of one comparison. `wholes`: queries of both versions; `parts`: queries of the rows that may differ, or the wholes.

    Rows are identified by a 128-bit digest of their values (two 64-bit hashes), so that large tables need little memory.
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
        self.parts = [self._digested(part) for part in parts]

    def find_differing_rows(self, rows: int) -> None:
        """Create `_differing`: each row that does not occur equally often in both versions, once, with its side and
        its surplus.

        Digests are grouped in several passes, by their remainder, so that those of 20 million `rows` fit in memory.
        """
        sides = " UNION ALL ".join(
            f"SELECT _digest, _half, {sign} AS _times FROM ({part})"
            for sign, part in zip((-1, 1), self.parts, strict=True)
        )
        turns = 1 + rows // ROWS_AT_ONCE
        self._run("CREATE OR REPLACE TEMP TABLE _weighed (_digest UHUGEINT, _times BIGINT)")
        for turn in range(turns):
            some = f"WHERE _half % {turns} = {turn}" if turns > 1 else ""
            self._run(
                f"INSERT INTO _weighed SELECT _digest, sum(_times) FROM ({sides}) {some} GROUP BY _digest "
                "HAVING sum(_times) <> 0"
            )
        names = ", ".join(
            f"any_value({quote_identifier(name)}) AS {quote_identifier(name)}" for name in self.types
        )
        differing = " UNION ALL ".join(
            f"SELECT {side} AS _side, p._digest, abs(any_value(w._times)) AS _times, min(p._at) AS _at, {names} "
            f"FROM ({part}) p JOIN _weighed w ON w._digest = p._digest AND w._times {sign} 0 GROUP BY p._digest"
            for side, sign, part in zip((0, 1), "<>", self.parts, strict=True)
        )
        self._run(f"CREATE OR REPLACE TEMP TABLE _differing AS {differing}")
        self._run("DROP TABLE _weighed")

    def key(self, wished: tuple[str, ...] | None) -> tuple[str, ...]:
        """Key columns, with `_pairs` created for them; () when no key exists. Raises NotAKey."""
        if wished is not None:
            if wished and not self._pair_by_key(wished):
                raise NotAKey(
                    f"Plusieurs lignes partagent la même valeur de {', '.join(f'« {name} »' for name in wished)} : ces "
                    "colonnes ne suffisent pas à reconnaître une ligne. Ajoutez-en une, ou comparez les lignes entières."
                )
            key = wished
        else:
            proposed = comparison_keys.propose_keys(self._connection, self.types, self.wholes)
            key = next((one for one in proposed if self._pair_by_key(one)), ())
        if not key:
            # Whole rows: one that is there three times more makes three differences.
            self._run(
                "CREATE OR REPLACE TEMP TABLE _pairs AS SELECT CASE _side WHEN 1 THEN 'added' ELSE 'removed' END AS _kind, "
                "CASE _side WHEN 0 THEN _digest END AS _before, CASE _side WHEN 1 THEN _digest END AS _after, "
                "row_number() OVER (ORDER BY _at, _digest) AS _place FROM (SELECT *, unnest(range(_times)) FROM _differing)"
            )
        return key

    def count(self) -> dict[Kind, int]:
        rows = self._connection.execute("SELECT _kind, count(*) FROM _pairs GROUP BY _kind").fetchall()
        counted = {kind: int(number) for kind, number in rows}
        return {kind: counted.get(kind, 0) for kind in KINDS}

    def rows(self, request: ComparisonOptions) -> pa.Table:
        """Requested differing rows: added, removed, then changed; in the order of the key or of the file."""
        kinds = ", ".join(quote_literal(kind) for kind in request.kinds) or "NULL"
        rank = f"list_position({[*KINDS]!r}, _kind)"
        values = ", ".join(
            f"b.{quote_identifier(name)} AS {quote_identifier(BEFORE + name)}, a.{quote_identifier(name)} AS {quote_identifier(AFTER + name)}, "
            f"p._kind = 'changed' AND a.{quote_identifier(name)} IS DISTINCT FROM b.{quote_identifier(name)} AS {quote_identifier(DIFFERS + name)}"
            for name in self.types
        )
        return self._connection.execute(
            f"SELECT p._kind AS {KIND}, {values} FROM (SELECT * FROM _pairs WHERE _kind IN ({kinds}) "
            f"ORDER BY {rank}, _place LIMIT {int(request.limit)} OFFSET {int(request.offset)}) p "
            "LEFT JOIN _differing b ON b._side = 0 AND b._digest = p._before "
            "LEFT JOIN _differing a ON a._side = 1 AND a._digest = p._after "
            f"ORDER BY {rank}, _place"
        ).to_arrow_table()

    def _pair_by_key(self, key: tuple[str, ...]) -> bool:
        """Create `_pairs`, the differing rows joined by their key. False when a key matches several rows of one version."""
        names = ", ".join(quote_identifier(name) for name in key)
        self._run(
            f"CREATE OR REPLACE TEMP TABLE _pairs AS SELECT {names}, "
            "any_value(_digest) FILTER (_side = 0) AS _before, any_value(_digest) FILTER (_side = 1) AS _after, "
            "CASE WHEN _before IS NULL THEN 'added' WHEN _after IS NULL THEN 'removed' ELSE 'changed' END AS _kind, "
            "coalesce(sum(_times) FILTER (_side = 0), 0) > 1 OR coalesce(sum(_times) FILTER (_side = 1), 0) > 1 AS _many, "
            f"row_number() OVER (ORDER BY {names}) AS _place FROM _differing GROUP BY {names}"
        )
        if _one(self._connection, "SELECT bool_or(_many) FROM _pairs"):
            return False
        same = " AND ".join(
            f"w.{quote_identifier(n)} IS NOT DISTINCT FROM k.{quote_identifier(n)}" for n in key
        )
        grouped = ", ".join(f"w.{quote_identifier(name)}" for name in key)
        return not any(
            _one(
                self._connection,
                f"SELECT 1 FROM ({whole}) w SEMI JOIN _pairs k ON {same} GROUP BY {grouped} HAVING count(*) > 1 LIMIT 1",
            )
            for whole in self.wholes
        )

    def _typed(self, source: str) -> str:
        """Compared columns of one version, cast to the types common to both."""
        casts = ", ".join(
            f"CAST({quote_identifier(n)} AS {kind}) AS {quote_identifier(n)}"
            for n, kind in self.types.items()
        )
        return f"SELECT {casts} FROM ({source})"

    def _digested(self, source: str) -> str:
        """The same columns, with the digest of each row and its position in the files."""
        columns = query_column_types(self._connection, f"FROM ({source})")
        delivery, line = HOUSE if all(name in columns for name in HOUSE) else (0, 0)
        place = f"struct_pack(delivery := {delivery}, line := {line})"
        casts = self._typed(source).replace("SELECT ", f"SELECT {place} AS _at, ", 1)
        once = ", ".join(quote_identifier(name) for name in self.types)
        # Backwards, and a text with one more sign: two rows that one hash confuses, the other does not.
        again = ", ".join(
            f"{quote_identifier(n)} || '~'" if kind == "VARCHAR" else quote_identifier(n)
            for n, kind in reversed(self.types.items())
        )
        digest = f"CAST(_half AS UHUGEINT) * 18446744073709551616::UHUGEINT + hash('~', {again})"
        return f"SELECT *, {digest} AS _digest FROM (SELECT *, hash({once}) AS _half FROM ({casts}))"

    def _run(self, sql: str) -> None:
        self._connection.execute(sql)
