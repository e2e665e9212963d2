"""Ready-made board as data: the files it needs, what their columns mean, its figures. In: a TOML file of `content`.

Out: `ReadymadeBoard`s. A column is named by its meaning (« les repas servis ») and recognised by the words of its header.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

CONTENT = Path(__file__).parent / "content"
type Meaning = Literal["time", "name", "amount"]
"""A date or a year; a name or a code; a number that adds up."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Role(_Frozen):
    """What a column of a file means; `words`: those of headers that announce it, the surest first.

    `optional`: many such files do without it.
    """

    key: str
    label: str
    meaning: Meaning
    words: tuple[str, ...]
    optional: bool = False


class NeededFile(_Frozen):
    """A file that the board reads; one that is `optional` only adds figures. `words`: those of a title or of headers that name it."""

    key: str
    label: str
    roles: tuple[Role, ...]
    optional: bool = False
    words: tuple[str, ...] = ()

    def role(self, key: str) -> Role | None:
        return next((role for role in self.roles if role.key == key), None)


class ReadymadeFigure(_Frozen):
    """A figure, in the roles of its `file`; `joined` adds another file, by the roles of `on`.

    `measure`: « sum|served », « rows »… `group`: a role, with the part of a date behind a bar; none gives one number.
    A role of the joined file bears its key before a colon. `only`: where the file has this role, the rows of which the value
    begins with one of the letters of `begins`: a budget has expenses and receipts.
    """

    title: str
    file: str
    measure: str = "rows"
    compare: Literal["", "ratio", "difference"] = ""
    divisor: str = ""
    group: str = ""
    unit: str = ""
    joined: str = ""
    on: tuple[str, ...] = ()
    only: str = ""
    begins: tuple[str, ...] = ()

    @property
    def roles(self) -> set[str]:
        """The roles that it reads, those of the joined file with their prefix."""
        read = {self.measure.partition("|")[2], self.divisor, self.group.partition("|")[0], *self.on[:1]}
        return {role for role in read if role} | {f"{self.joined}:{role}" for role in self.on[1:]}


class ReadymadeBoard(_Frozen):
    key: str
    title: str
    question: str
    files: tuple[NeededFile, ...] = Field(min_length=1, max_length=2)
    figures: tuple[ReadymadeFigure, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _roles_exist(self) -> "ReadymadeBoard":
        known = {file.key: {role.key for role in file.roles} for file in self.files}
        for figure in self.figures:
            for role in figure.roles | ({figure.only} if figure.only else set()):
                file, _, key = role.rpartition(":")
                if key not in known.get(file or figure.file, set()):
                    raise ValueError(f"« {figure.title} » lit « {role} », qui n'est pas dans ses fichiers.")
        return self

    def file(self, key: str) -> NeededFile:
        return next(file for file in self.files if file.key == key)


@cache
def readymade_boards() -> tuple[ReadymadeBoard, ...]:
    """Every board of the folder, by title."""
    found = [
        ReadymadeBoard.model_validate(tomllib.loads(path.read_text("utf-8")))
        for path in CONTENT.glob("*.toml")
    ]
    return tuple(sorted(found, key=lambda board: board.title))
