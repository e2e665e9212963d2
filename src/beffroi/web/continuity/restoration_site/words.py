"""Fixed words of the restoration page, by language (`words.toml`): states, dates, links, how to check the key. No Django here."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

_FRENCH: Final = "fr"


@dataclass(frozen=True)
class Words:
    """Words of one language: `words["since"]`, or `words("since", "29 novembre")` for a sentence with a value."""

    texts: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.texts[name]

    def __call__(self, name: str, value: str) -> str:
        return self.texts[name].replace("{moment}", value).replace("{number}", value)


@cache
def _content() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text("utf-8"))


@cache
def all_words() -> dict[str, Words]:
    """By language."""
    return {
        language: Words({name: text for name, text in content.items() if isinstance(text, str)})
        for language, content in _content().items()
        if language != "names"
    }


def has(language: str) -> bool:
    return language in all_words()


def of(language: str) -> Words:
    """Words of this language, or else of French."""
    return all_words().get(language, all_words()[_FRENCH])


def name_of(language: str) -> str:
    """What a language calls itself; its code where we do not know."""
    if has(language):
        return of(language)["name"]
    return str(_content()["names"].get(language, language))


def known_languages() -> dict[str, str]:
    """Languages with a name here: those with words first."""
    named = {language: str(name) for language, name in _content()["names"].items()}
    return {language: of(language)["name"] for language in all_words()} | named
