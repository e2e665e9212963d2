"""Django's PostgreSQL backend, which tells each transaction the territory that its thread works for.

Row-level security compares `beffroi.scope` with each row. A statement outside a transaction gets one of its own:
nothing is ever left set on a connection that another request, or a pooler's other client, will use.
"""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.backends.postgresql import base

from .. import scope


class DatabaseWrapper(base.DatabaseWrapper):
    """`_session_scope` is what this transaction was last told; None: nothing yet, or a rollback may have undone it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._session_scope: int | str | None = None
        self.execute_wrappers.append(self._scoped)

    def _scoped(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if self.get_autocommit():
            if scope.current() is None:
                return execute(sql, params, many, context)
            with transaction.atomic(using=self.alias):
                self._set_session_scope(context["cursor"])
                return execute(sql, params, many, context)
        self._set_session_scope(context["cursor"])
        return execute(sql, params, many, context)

    def _set_session_scope(self, cursor: Any) -> None:
        wanted = scope.current()
        wanted = "" if wanted is None else wanted
        if wanted != self._session_scope:
            # The driver's own cursor: this statement is ours and passes no wrapper.
            cursor.cursor.execute("SELECT set_config('beffroi.scope', %s, true)", [str(wanted)])
            self._session_scope = wanted

    # A transaction that begins or ends, and a rollback to a savepoint, undo what was told.

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)
        self._session_scope = None

    def _commit(self) -> Any:
        try:
            return super()._commit()
        finally:
            self._session_scope = None

    def _rollback(self) -> Any:
        try:
            return super()._rollback()
        finally:
            self._session_scope = None

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)
        self._session_scope = None

    def connect(self) -> None:
        super().connect()
        self._session_scope = None
