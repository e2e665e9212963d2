"""Values of a hosting file: words that must be known, addresses, numbers of French authorities, names of files and variables.

In: what was written. Out: the value, or a ValueError whose French words go after the place where it is written.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final

from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.validators import validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from beffroi.lake.reference.kinds import siren_is_valid
from beffroi.recipes.errors import closest
from beffroi.web.platform.rights import BUNDLES, NOT_ASSIGNABLE, ROLES, find_bundle
from beffroi.web.tenancy.hosting import BAD_SIREN

ASSIGNABLE: Final = tuple(role for role in ROLES if role not in NOT_ASSIGNABLE and role != "service")


class Form(BaseModel):
    """A part of the file: a name that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, populate_by_name=True)


def nearest(word: str, known: list[str]) -> str:
    """What to write instead of a word that is not known."""
    guess = closest(word, known)
    return f"Vouliez-vous dire « {guess} » ?" if guess else f"Sont possibles : {', '.join(known)}"


def known_word(what: str, known: list[str]) -> Callable[[str], str]:
    def check(word: str) -> str:
        if word not in known:
            raise ValueError(f"{what} « {word} » n'existe pas. {nearest(word, known)}")
        return word

    return check


def _bundle(word: str) -> str:
    found = find_bundle(word)
    if found is None:
        known = [bundle.key for bundle in BUNDLES]
        raise ValueError(f"« {word} » n'est pas connu ici. {nearest(word, known)}")
    return found.key


def _email(text: str) -> str:
    try:
        validate_email(text)
    except DjangoValidationError:
        raise ValueError(f"« {text} » n'est pas une adresse électronique") from None
    return text.lower()


def _siren(text: str) -> str:
    digits = re.sub(r"\s", "", text)
    if not siren_is_valid(digits):
        raise ValueError(BAD_SIREN.format(siren=text))
    return digits


def as_list(value: Any) -> Any:
    """One word alone is a list of one word."""
    return [value] if isinstance(value, str) else value


def as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Line = Annotated[str, Field(max_length=200), BeforeValidator(as_text)]
Word = Annotated[str, Field(min_length=1, max_length=200), BeforeValidator(as_text)]
Email = Annotated[str, Field(max_length=254), AfterValidator(_email)]
Siren = Annotated[str, AfterValidator(_siren), BeforeValidator(as_text)]
RoleName = Annotated[
    str,
    AfterValidator(known_word("le rôle", list(ASSIGNABLE))),
    Field(json_schema_extra={"enum": list(ASSIGNABLE)}),
]
BundleName = Annotated[
    str, AfterValidator(_bundle), Field(json_schema_extra={"enum": [bundle.key for bundle in BUNDLES]})
]


def _whole_path(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError("un chemin entier est attendu, comme « /etc/beffroi/jeton », non le secret lui-même")
    return text


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", name):
        raise ValueError("le nom d'une variable est attendu, en capitales, non le secret lui-même")
    return name


FileName = Annotated[str, Field(max_length=1000), AfterValidator(_whole_path)]
Variable = Annotated[str, Field(max_length=100), AfterValidator(_variable)]


class Duplicate(ValueError):
    """An item of a list that is there already; `rank`: its place in the list."""

    def __init__(self, message: str, rank: int) -> None:
        super().__init__(message)
        self.rank = rank


def unique[T](what: str, key: Callable[[T], str]) -> Callable[[tuple[T, ...]], tuple[T, ...]]:
    def check(items: tuple[T, ...]) -> tuple[T, ...]:
        found: set[str] = set()
        for rank, item in enumerate(items):
            if key(item).casefold() in found:
                raise Duplicate(f"{what} « {key(item)} » est écrit deux fois. Gardez-en un", rank)
            found.add(key(item).casefold())
        return items

    return check
