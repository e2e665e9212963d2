"""Ibis's backend of Spark, with our dialect, and without pandas between the server and us. Needs the extra `distributed`."""

from typing import Any, Self

from ibis.backends.pyspark import Backend as PySpark

from beffroi.recipes.engines.dialect import COMPILERS


class Backend(PySpark):
    compiler = COMPILERS["spark"]
    session: Any

    @classmethod
    def speaking(cls, name: str, session: Any) -> Self:
        """On this session of Spark Connect; `name`: whose dialect."""
        made = cls()
        made.do_connect(session)
        made.compiler, made.session = COMPILERS[name], session
        return made

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **kwargs: Any) -> Any:
        """As Arrow all the way: by pandas, whole numbers with missing values would become floats."""
        self._run_pre_execute_hooks(expr)
        asked = expr.as_table()
        found = self.session.sql(self.compile(asked, params=params, limit=limit)).toArrow()
        return expr.__pyarrow_result__(found.cast(asked.schema().to_pyarrow()))

    def _register_in_memory_table(self, op: Any) -> None:
        rows = op.data.to_pyarrow(op.schema)
        self.session.createDataFrame(rows).createOrReplaceTempView(op.name)

    def _finalize_memtable(self, name: str) -> None:
        """It ends with its session."""
