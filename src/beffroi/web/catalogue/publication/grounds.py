"""Texts that allow personal data to be published without anonymisation, as dated data with their source (`texts.toml`).

In: a key. Out: the category with its article, or None. Read « indicatif »: what waits for a lawyer says so.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final

ACCESS: Final = "CRPA, art. L. 312-1-2"


@dataclass(frozen=True)
class TextOfLaw:
    """The article that lists the categories. `to_check`: what a lawyer has still to read."""

    article: str
    since: date
    source: str
    url: str
    read_on: date
    to_check: str


@dataclass(frozen=True)
class Category:
    """One category of documents that the text lists, summed up."""

    key: str
    point: str
    label: str
    examples: str
    text: TextOfLaw

    @property
    def reference(self) -> str:
        return f"{self.text.article}, {self.point}"


@cache
def categories() -> Mapping[str, Category]:
    """Every category, by key, in the order of the text."""
    data = tomllib.loads((files(__package__) / "texts.toml").read_text("utf-8"))
    head = {name: value for name, value in data["text"].items() if name != "id"}
    text = TextOfLaw(**head)
    return {row["key"]: Category(text=text, **row) for row in data["category"]}


def text_of_law() -> TextOfLaw:
    return next(iter(categories().values())).text
