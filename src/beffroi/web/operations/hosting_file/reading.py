"""Reading a hosting file: its size, its YAML, its form; each fault with its line, its column and what to do.

In: a path. Out: the file's form and its SHA-256. Raises HostingFileError: a line a fault, ten at most; no secret is repeated.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from beffroi.recipes import strict_yaml
from beffroi.recipes.errors import RecipeError
from beffroi.recipes.strict_yaml import Loaded, Place
from beffroi.validation_messages import reason_of

from .form import HostingFile
from .value_types import Duplicate, nearest

MAX_BYTES: Final = 1 << 20
MAX_MESSAGES: Final = 10
SECRETS: Final = {
    "password": "password",
    "passphrase": "password",
    "secret": "password",
    "token": "token",
    "secret_key": "key",
    "private_key": "key",
    "client_secret": "client_secret",
}
"""Names under which somebody would write a secret itself, and the beginning of those to use instead."""


class HostingFileError(Exception):
    """A file that cannot be applied as it is written; nothing was changed."""


@dataclass(frozen=True)
class ReadFile:
    """A hosting file, and the fingerprint that the ledger records."""

    form: HostingFile
    sha256: str
    positions: Mapping[Place, tuple[int, int]] = field(default_factory=dict)

    def line(self, *place: str | int) -> int:
        return self.positions.get(place, (1, 1))[0]


def read(path: Path) -> ReadFile:
    """The hosting file at this path. Raises HostingFileError."""
    content = _content(path)
    try:
        loaded = strict_yaml.load(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise HostingFileError("Ce fichier n'est pas un texte en UTF-8. Enregistrez-le en UTF-8.") from None
    except (RecipeError, RecursionError) as error:
        raise HostingFileError(str(error)) from None
    if not isinstance(loaded.data, dict):
        raise HostingFileError("Un fichier d'hébergement commence par « version: 1 », puis « territories: ».")
    try:
        form = HostingFile.model_validate(loaded.data)
    except ValidationError as error:
        raise HostingFileError("\n".join(_messages(error, loaded))) from None
    return ReadFile(form, sha256(content).hexdigest(), loaded.positions)


def _content(path: Path) -> bytes:
    try:
        content = read_regular(path, MAX_BYTES + 1)
    except FileNotFoundError:
        raise HostingFileError(f"Le fichier {path} n'existe pas.") from None
    except IsADirectoryError:
        raise HostingFileError(f"{path} n'est pas un fichier.") from None
    except ValueError:
        raise HostingFileError("Ce nom de fichier n'est pas possible.") from None
    if len(content) > MAX_BYTES:
        raise HostingFileError(
            "Ce fichier fait plus d'un Mo : il n'est pas lu. Mille communes tiennent dans la moitié ; « defaults » évite de se répéter."
        )
    return content


def read_regular(path: Path, most: int) -> bytes:
    """At most so many bytes of a file. Raises OSError (IsADirectoryError for a device, a pipe, which are not waited for), ValueError."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise IsADirectoryError(path)
        return file.read(most)


def _messages(error: ValidationError, loaded: Loaded) -> list[str]:
    """A line a fault, in the order of the models; beyond the last one, only how many."""
    faults = error.errors(include_url=False)
    found: dict[str, None] = {}
    for rank, fault in enumerate(faults):
        if len(found) == MAX_MESSAGES:
            return [*found, f"{len(faults) - rank} autres endroits sont à revoir."]
        place = _place(fault["type"], fault["loc"], loaded.data)
        context = fault.get("ctx", {})
        why = _why(fault["type"], context, place, loaded.data)
        if isinstance(duplicate := context.get("error"), Duplicate):
            place = (*place, duplicate.rank)
        found[f"{_where(place, loaded)} : {why}{'' if why.endswith('?') else '.'}"] = None
    return list(found)


def _place(kind: str, loc: tuple[str | int, ...], data: Any) -> Place:
    """Where a fault is written: pydantic also names the kinds that it tried."""
    place: list[str | int] = []
    for part in loc:
        is_there = (
            part in data
            if isinstance(data, dict)
            else isinstance(data, list) and isinstance(part, int) and part < len(data)
        )
        if is_there:
            place.append(part)
            data = data[part]
        elif kind == "missing" and part == loc[-1]:
            return (*place, part)
    return tuple(place)


def _where(place: Place, loaded: Loaded) -> str:
    position = loaded.position(place) or (1, 1)
    path = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(
        "."
    )
    return f"Ligne {position[0]}, caractère {position[1]}{f' ({path})' if path else ''}"


def _why(kind: str, context: Mapping[str, Any], place: Place, data: Any) -> str:
    for part in place:
        data = data[part] if (isinstance(data, dict) and part in data) or isinstance(part, int) else None
    if kind == "extra_forbidden":
        return _unknown(place)
    if kind == "missing":
        return f"il manque « {place[-1]} »"
    if kind in ("union_tag_invalid", "literal_error"):
        known = [
            word.strip("' ")
            for word in str(context.get("expected_tags") or context["expected"])
            .replace(" or ", ", ")
            .split(",")
        ]
        word = context.get("tag", data)
        return f"« {word} » n'est pas prévu ici. {nearest(str(word), known)}"
    if kind == "union_tag_not_found":
        return "dites d'abord de quel genre est la source, par « kind »"
    if kind == "model_type":
        return "des noms et leurs valeurs sont attendus"
    if kind == "value_error" or not {"secret", "connection", "providers"} & set(place):
        return reason_of(kind, context, data)
    # What stands here may be a secret written in the wrong place: it is not repeated.
    return reason_of(kind, context, "…")


def _unknown(place: Place) -> str:
    name = str(place[-1])
    if where := SECRETS.get(name.casefold()):
        return f"un secret ne s'écrit pas dans ce fichier : donnez « {where}_file » ou « {where}_env », où le lire"
    known = _names_at(place[:-1])
    return (
        f"« {name} » n'est pas connu ici. {nearest(name, known)}"
        if known
        else f"« {name} » n'est pas connu ici"
    )


def _names_at(place: Place) -> list[str]:
    """The names that may be written at this place, from the models."""
    models: list[type[BaseModel]] = [HostingFile]
    for part in place:
        if isinstance(part, int):
            continue
        annotations = [
            field.annotation
            for model in models
            for name, field in model.model_fields.items()
            if part in (name, field.alias)
        ]
        models = [found for annotation in annotations for found in _models_in(annotation)]
    names = (field.alias or name for model in models for name, field in model.model_fields.items())
    return list(dict.fromkeys(names))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if get_origin(annotation) is Literal:
        return []
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple, list):
        return [found for part in get_args(annotation) for found in _models_in(part)]
    return [annotation] if isinstance(annotation, type) and issubclass(annotation, BaseModel) else []
