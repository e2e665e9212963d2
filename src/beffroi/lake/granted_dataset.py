"""Dataset of a grant in a notebook: its rows and columns, masks applied, and no access to the rest of the lake.

In: a grant. Out: pandas, Arrow or an Ibis table. Rows are read once, then stay in memory, separate from the lake.
"""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from beffroi.lake.engine import connect
from beffroi.lake.errors import LakeError
from beffroi.lake.grants import Grant
from beffroi.lake.store import Lake

if TYPE_CHECKING:
    import ibis.expr.types as ir


class GrantedDataset:
    """Granted dataset. Every read checks that the grant is still valid (GrantExpired)."""

    def __init__(self, grant: Grant) -> None:
        grant.check()
        if grant.aggregate_only or grant.floor:
            raise LakeError(
                f"Les lignes de « {grant.dataset} » ne sortent pas une à une : seuls des groupes peuvent être lus. "
                "Faites-en une analyse sur le site."
            )
        self.grant = grant
        self._rows: pa.Table | None = None
        self._connection: Any = None

    @property
    def columns(self) -> tuple[str, ...]:
        return self.grant.columns

    def to_pyarrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        self.grant.check()
        if self._rows is None:
            with Lake(Path(self.grant.lake), read_only=True) as lake:
                self._rows = lake.relation(self.grant).to_pyarrow()
        return self._rows

    def to_pandas(self) -> Any:
        """The rows as a pandas `DataFrame`."""
        return self.to_pyarrow().to_pandas()

    def table(self) -> "ir.Table":
        """Ibis table of the rows, in a separate in-memory DuckDB."""
        import ibis

        rows = self.to_pyarrow()
        if self._connection is None:
            connection = connect()
            connection.register("rows", rows)
            connection.execute("CREATE TABLE jeu AS FROM rows")
            connection.unregister("rows")
            self._connection = ibis.duckdb.from_connection(connection)
        return self._connection.table("jeu")

    def close(self) -> None:
        """Release the rows and the connection."""
        self._rows = None
        if self._connection is not None:
            self._connection.disconnect()
            self._connection = None

    def __len__(self) -> int:
        return int(self.to_pyarrow().num_rows)

    def __repr__(self) -> str:
        return (
            f"<Granted {self.grant.dataset} ({self.grant.territory}), {len(self.grant.columns)} colonnes, "
            f"jusqu'au {self.grant.expires:%d/%m/%Y %H:%M}>"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
