"""What tests of the site start from: a territory and people with roles, made by the real services.

The first territory that a test makes is opened for it; `elsewhere` opens another one. A request never sees what is open.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from beffroi.web.territories import scope
from beffroi.web.territories.models import Person, Territory
from beffroi.web.territories.services import NewTerritory, admit, found_territory


def a_territory(name: str = "Valbruyère", *, fictional: bool = True, code: str = "99T01") -> Territory:
    with scope.nowhere():
        made = found_territory(
            NewTerritory(code=code, name=name, kind="commune", population=48_000, is_fictional=fictional)
        )
    if scope.current() is None:
        enter(made)
    return made


def a_person(territory: Territory, *roles: str, email: str | None = None) -> Person:
    email = email or f"{'-'.join(roles)}@example.org"
    with scope.nowhere():
        return admit(
            territory, email, " ".join(roles), list(roles), by=None, simulated=territory.is_fictional
        )


def enter(territory: Territory | None) -> None:
    """Leave the territory open for the rest of the test (`None`: close it); the next test starts outside of all."""
    scope._current.set(None if territory is None else territory.pk)


@contextmanager
def elsewhere(territory: Territory) -> Iterator[None]:
    """Another territory than the test's own."""
    with scope.nowhere(), scope.inside(territory):
        yield
