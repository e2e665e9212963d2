"""Formula error: what is wrong, what to write, and the position of the characters."""

from typing import NoReturn

from beffroi.recipes.errors import RecipeError


class FormulaError(RecipeError):
    """Invalid formula. `position`: the first character concerned and the one after the last, counted from 0; `reason`: the
    message alone; `where`: the step, at the head of the message.
    """

    def __init__(self, reason: str, position: tuple[int, int], where: str = "") -> None:
        super().__init__(f"{where}caractère {position[0] + 1} de la formule : {reason}")
        self.reason = reason
        self.position = position
        self.where = where


def refuse(reason: str, start: int, end: int) -> NoReturn:
    raise FormulaError(reason, (start, end))
