"""While a system is at work, nobody decides nor answers in the same thread: not even with a person's name borrowed."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from .errors import DecisionError

_machine_at_work: ContextVar[bool] = ContextVar("machine_at_work", default=False)


@contextmanager
def machine_at_work() -> Iterator[None]:
    """Open this around the execution of a system."""
    token = _machine_at_work.set(True)
    try:
        yield
    finally:
        _machine_at_work.reset(token)


def by_a_person_only(what: str = "La proposition reste à valider par une personne.") -> None:
    """Raise DecisionError inside `machine_at_work`."""
    if _machine_at_work.get():
        raise DecisionError(f"Un système est en cours d'exécution : il peut proposer, jamais décider. {what}")
