"""How a function is declared: what a person reads of it, how many values it takes, and what it makes of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from beffroi.recipes.formula.tree import Call
from beffroi.recipes.formula.values import Value


@dataclass(frozen=True)
class Invocation:
    """What a function is given: the values between its parentheses, where they stand, and the day of AUJOURDHUI."""

    call: Call
    arguments: list[Value]
    today: date


@dataclass(frozen=True)
class Function:
    """`signature`, `does` and `example` are French; `most` is None when there is no end to the values."""

    name: str
    signature: str
    does: str
    example: str
    least: int
    most: int | None
    build: Callable[[Invocation], Value] = field(repr=False, compare=False)

    @property
    def arity(self) -> str:
        """« 2 valeurs », « 2 ou 3 valeurs », « au moins 2 valeurs »."""
        if self.most is None:
            return f"au moins {self.least} valeur{'s' if self.least > 1 else ''}"
        if self.most == 0:
            return "aucune valeur"
        if self.least == self.most:
            return f"{self.least} valeur{'s' if self.least > 1 else ''}"
        return f"{self.least} {'ou' if self.most == self.least + 1 else 'à'} {self.most} valeurs"
