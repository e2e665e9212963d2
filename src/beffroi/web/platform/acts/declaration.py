"""Declaration of an act on its service: who may do it, what the ledger writes of it, what a page says once it is done.

An act is called like the service that it decorates: `withdraw(destination, by)`. Its first argument is a territory or a row of
one; `by` (or `person`) is who acts, None for the platform itself.
"""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, Final, get_args, get_type_hints, overload

from django.db import models, transaction
from django.urls import get_resolver

from beffroi.web.ui.form_errors import FieldError

from .. import ledger
from ..ledger.acts import ACTS as TITLES
from ..models import Person, Territory
from ..rights import RIGHTS, active_roles, require

_ACTORS: Final = ("by", "person")  # the parameter that is who acts
_registry: Final[dict[str, "Act"]] = {}


class RowDeleted(FieldError):
    """The row was deleted, or left the territory, while somebody acted on it."""

    def __init__(self) -> None:
        super().__init__("Ce que vous vouliez changer n'existe plus. Rien n'a été enregistré.")


@dataclass(frozen=True)
class Recorded[R]:
    """What an act did: its result for the caller, the details of its ledger line, and its subject when it is not the row itself."""

    result: R
    details: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""


@dataclass(frozen=True)
class Unchanged[R]:
    """Nothing was left to do, after a double press for example: the ledger has no line of it."""

    result: R


@dataclass(frozen=True)
class Act:
    """One act. `title`: a noun phrase of the ledger; `right`: of the table of rights; `called`: the function whose parameters it
    has; `perform`: the act itself; `label`: its button; `done`: the sentence after it, with `{it}` for its result; `fresh`: whoever
    does it has just proved their identity.
    """

    name: str
    title: str
    right: str
    called: Callable[..., Any]
    perform: Callable[..., Any]
    label: str = ""
    done: str | Callable[[Any], str] = ""
    fresh: bool = False

    @cached_property
    def hints(self) -> dict[str, Any]:
        """The types of the parameters, with what `Annotated` adds to them."""
        return get_type_hints(self.called, include_extras=True)

    @cached_property
    def parameters(self) -> list[str]:
        """What a person fills in: every parameter but the first and the person."""
        names = list(inspect.signature(self.called).parameters)[1:]
        return [name for name in names if name != self.actor]

    @cached_property
    def actor(self) -> str:
        """The parameter that is who acts."""
        return _actor_of(inspect.signature(self.called))

    @cached_property
    def on(self) -> type[models.Model]:
        """`Territory`, or the model of the rows on which the act is done."""
        found: type[models.Model] = self.hints[next(iter(inspect.signature(self.called).parameters))]
        return found

    def sentence(self, it: Any) -> str:
        """What a page says once it is done; `it`: the result."""
        return self.done.format(it=it) if isinstance(self.done, str) else self.done(it)


@overload
def act[**P, R](
    name: str,
    title: str,
    *,
    right: str,
    label: str = "",
    done: str | Callable[[Any], str] = "",
    fresh: bool = False,
) -> Callable[[Callable[P, Recorded[R] | Unchanged[R]]], Callable[P, R]]: ...


@overload
def act[**P, T, R](
    name: str,
    title: str,
    *,
    right: str,
    label: str = "",
    done: str | Callable[[Any], str] = "",
    fresh: bool = False,
    prepare: Callable[P, T],
) -> Callable[[Callable[[Any, Any, T], Recorded[R] | Unchanged[R]]], Callable[P, R]]: ...


def act(
    name: str,
    title: str,
    *,
    right: str,
    label: str = "",
    done: str | Callable[[Any], str] = "",
    fresh: bool = False,
    prepare: Callable[..., Any] | None = None,
) -> Any:
    """Declare a service as an act: the right is asked, the row locked, the right asked again, the service run and its ledger
    line written, all in one transaction.

    `prepare`, where there is one, takes the arguments and runs between the first question and the transaction (a network call, a
    file, a key); the service then gets the row, `by` and what it returned. Refusals are `FieldError`s. Raises ValueError for a name
    that is already declared or a right that no role has.
    """
    if name in TITLES:
        raise ValueError(f"the act {name!r} is declared twice")
    if not any(right in rights for rights in RIGHTS.values()):
        raise ValueError(f"no role has the right {right!r} that the act {name!r} asks")
    noun = name.partition(".")[0]

    def declare(service: Callable[..., Recorded[Any] | Unchanged[Any]]) -> Callable[..., Any]:
        called = prepare or service
        signature = inspect.signature(called)
        first, actor = next(iter(signature.parameters)), _actor_of(signature)

        @wraps(service)
        def perform(*args: Any, **kwargs: Any) -> Any:
            bound = signature.bind(*args, **kwargs)
            resource, by = bound.arguments[first], bound.arguments[actor]
            _require(by, right, resource)
            prepared = prepare(*args, **kwargs) if prepare is not None else None
            with transaction.atomic():
                row = bound.arguments[first] = _locked(resource)
                about = (
                    "" if isinstance(row, Territory) else f"{noun}:{row.pk}"
                )  # before the service deletes it
                active_roles.clear_cache()
                _require(by, right, row)
                outcome = (
                    service(*bound.args, **bound.kwargs) if prepare is None else service(row, by, prepared)
                )
                if isinstance(outcome, Recorded):
                    subject = outcome.subject or about or f"{noun}:{outcome.result.pk}"
                    ledger.append(_territory_of(row), name, by, subject, dict(outcome.details))
            _refresh(resource, row)
            return outcome.result

        TITLES[name] = title
        _registry[name] = Act(name, title, right, called, perform, label, done, fresh)
        perform.act = _registry[name]  # type: ignore[attr-defined]
        return perform

    return declare


def _actor_of(signature: inspect.Signature) -> str:
    return next(each for each in _ACTORS if each in signature.parameters)


def _require(by: Person | None, right: str, resource: Any) -> None:
    if by is not None:
        require(by, right, resource)


def _territory_of(resource: Any) -> Territory:
    return resource if isinstance(resource, Territory) else resource.territory


def _locked(resource: Any) -> Any:
    """The row as it stands now, held until the end of the transaction; a territory is not locked. Raises RowDeleted."""
    if isinstance(resource, Territory):
        return resource
    row = (
        type(resource)
        .objects.of(resource.territory)
        .select_for_update(of=("self",), no_key=True)  # others may still add rows that point to it
        .filter(pk=resource.pk)
        .first()
    )
    if row is None:
        raise RowDeleted
    row.territory = resource.territory
    return row


def _refresh(resource: Any, row: Any) -> None:
    """Show the caller's own instance what was written."""
    if row is not resource:
        for each in row._meta.concrete_fields:
            setattr(resource, each.attname, getattr(row, each.attname))


def act_of(service: Any) -> Act | None:
    """The act that a service was declared as, or None."""
    found: Act | None = getattr(service, "act", None)
    return found


def registered() -> dict[str, Act]:
    """Every act of the site by its name. Loads the site's addresses, and with them each room's services."""
    with suppress(AttributeError):
        _ = get_resolver().url_patterns
    return dict(_registry)


def title_of(name: str) -> str:
    """What the ledger calls an act, in French; its name when nothing declares it any more."""
    if name not in TITLES:
        registered()
    return TITLES.get(name, name)


def annotation_of[T](hint: Any, kind: type[T]) -> T | None:
    """What `Annotated` says of this kind beside a type."""
    return next((each for each in get_args(hint)[1:] if isinstance(each, kind)), None)
