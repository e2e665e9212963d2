"""Declaration of a function: its help, its arity, and how its expression is built."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from beffroi.recipes.formula.tree import Call
from beffroi.recipes.formula.values import Value


@dataclass(frozen=True)
class Invocation:
    """Call of a function: its arguments, their position, and the day of AUJOURDHUI."""

    call: Call
    arguments: list[Value]
    today: date


@dataclass(frozen=True)
class Function:
    """Function of formulas. `signature`, `description` and `example` are French; `max_arguments` is None when unlimited."""

    name: str
    signature: str
    description: str
    example: str
    min_arguments: int
    max_arguments: int | None
    build: Callable[[Invocation], Value] = field(repr=False, compare=False)

    @property
    def arity(self) -> str:
        """Arity in French: « 2 valeurs », « 2 ou 3 valeurs », « au moins 2 valeurs »."""
        if self.max_arguments is None:
            return f"au moins {self.min_arguments} valeur{'s' if self.min_arguments > 1 else ''}"
        if self.max_arguments == 0:
            return "aucune valeur"
        if self.min_arguments == self.max_arguments:
            return f"{self.min_arguments} valeur{'s' if self.min_arguments > 1 else ''}"
        return f"{self.min_arguments} {'ou' if self.max_arguments == self.min_arguments + 1 else 'à'} {self.max_arguments} valeurs"
