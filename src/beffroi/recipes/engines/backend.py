"""Ibis backend of Spark with our dialect, without pandas between server and client. Needs the extra `distributed`."""

from typing import Any, Self

from ibis.backends.pyspark import Backend as PySpark
from pyspark.sql.connect.client import DefaultChannelBuilder
from pyspark.sql.connect.session import SparkSession

from beffroi.recipes.engines.dialect import COMPILERS


class _ChannelBuilder(DefaultChannelBuilder):
    """Channel builder that exposes its channel: the client's own way to close it waits for the pending answers."""

    channel: Any

    def toChannel(self) -> Any:
        self.channel = super().toChannel()
        return self.channel


class Backend(PySpark):
    compiler = COMPILERS["spark"]
    session: Any
    channel_builder: _ChannelBuilder

    @classmethod
    def open_session(cls, name: str, address: str) -> Self:
        """Backend with its own session at this Spark Connect address; `name`: the dialect."""
        made, channel_builder = cls(), _ChannelBuilder(address)
        session = SparkSession.builder.channelBuilder(channel_builder).create()
        made.do_connect(session)
        made.compiler, made.session, made.channel_builder = COMPILERS[name], session, channel_builder
        return made

    def abandon(self) -> None:
        """Stop waiting for the running query; the server may go on with it."""
        self.session.release_session_on_close = False
        self.channel_builder.channel.close()

    def to_pyarrow(self, expr: Any, /, *, params: Any = None, limit: Any = None, **kwargs: Any) -> Any:
        """Result as Arrow throughout: through pandas, integers with nulls would become floats."""
        self._run_pre_execute_hooks(expr)
        table = expr.as_table()
        found = self.session.sql(self.compile(table, params=params, limit=limit)).toArrow()
        return expr.__pyarrow_result__(found.cast(table.schema().to_pyarrow()))

    def _register_in_memory_table(self, op: Any) -> None:
        rows = op.data.to_pyarrow(op.schema)
        self.session.createDataFrame(rows).createOrReplaceTempView(op.name)

    def _finalize_memtable(self, name: str) -> None:
        """Dropped with its session."""
