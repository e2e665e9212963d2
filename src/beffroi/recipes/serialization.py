"""Recipe files: YAML, or JSON with the same fields. In: a text. Out: the recipe, and back.

Default values are not written. Errors list in French each invalid place, with its line.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal, NoReturn, get_args

from pydantic import ValidationError

from beffroi.recipes import strict_yaml
from beffroi.recipes.errors import RecipeError, closest
from beffroi.recipes.french import join_words
from beffroi.recipes.model import Recipe, Step
from beffroi.recipes.strict_yaml import Loaded, Place
from beffroi.validation_messages import reason_of

VERSION: Final = 1
MAX_CHARACTERS = 100_000
MAX_MESSAGES = 10

_STEPS: dict[str, Any] = {kind.model_fields["step"].default: kind for kind in get_args(get_args(Step)[0])}


class VersionedRecipe(Recipe):
    """Recipe, with the version of its file format."""

    version: Literal[1]


def load_recipe(text: str) -> Recipe:
    """Recipe of a YAML or JSON text. Raises RecipeError: a line for each invalid place, ten at most."""
    if len(text) > MAX_CHARACTERS:
        raise RecipeError(
            f"Cette recette fait plus de {MAX_CHARACTERS} caractères : elle n'est pas lue. Retirez-en ce qui n'en est pas."
        )
    loaded = _json(text) if text.lstrip().startswith("{") else strict_yaml.load(text)
    if not isinstance(loaded.data, dict):
        raise RecipeError("Une recette s'écrit avec « version: 1 », un titre, des sources et des étapes.")
    version = loaded.data.get("version")
    if version != VERSION or isinstance(version, bool):
        raise RecipeError(
            f"Cette recette ne dit pas une version connue : commencez-la par « version: {VERSION} ». Si elle en dit une plus "
            "grande, elle vient d'un Beffroi plus récent."
        )
    try:
        return Recipe.model_validate(
            {name: value for name, value in loaded.data.items() if name != "version"}
        )
    except ValidationError as error:
        raise RecipeError("\n".join(_messages(error, loaded))) from error


def dump_recipe(recipe: Recipe, form: Literal["yaml", "json"] = "yaml") -> str:
    """Text that `load_recipe` reads back as this recipe."""
    data = recipe.model_dump(mode="json", exclude_defaults=True)
    steps = zip(recipe.steps, data.pop("steps"), strict=True)
    # Each step begins with its kind, and a recipe reads from its sources to its figure.
    whole = {"version": VERSION, "title": data.pop("title"), "sources": data.pop("sources")}
    whole |= {"steps": [{"step": step.step, **fields} for step, fields in steps], **data}
    if form == "json":
        return json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
    return strict_yaml.dump(whole)


def recipe_schema() -> dict[str, Any]:
    """JSON Schema of recipe files, for editors and other programs."""
    made = VersionedRecipe.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "Recette de Beffroi"}


def _json(text: str) -> Loaded:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise RecipeError(f"« {twice} » est écrit deux fois au même endroit. Gardez-en un.")
        return table

    def refuse(word: str) -> NoReturn:
        raise RecipeError(f"« {word} » n'est pas un nombre. Écrivez-en un, ou null.")

    try:
        return Loaded(json.loads(text, object_pairs_hook=once, parse_constant=refuse), {})
    except json.JSONDecodeError as error:
        raise RecipeError(
            f"Ce texte n'est pas du JSON : ligne {error.lineno}, caractère {error.colno}. Vérifiez-y les guillemets, les "
            "virgules et les accolades."
        ) from error
    except (RecursionError, ValueError) as error:
        raise RecipeError("Ce JSON est trop imbriqué, ou l'un de ses nombres est trop long.") from error


def _messages(error: ValidationError, loaded: Loaded) -> list[str]:
    """One message a place, in the order of the file."""
    found: dict[Place, list[str]] = {}
    for one in error.errors(include_url=False):
        place = _place(one["type"], one["loc"], loaded.data)
        why = _describe_error(one["type"], one.get("ctx", {}), place, loaded.data)
        if why is not None and why not in found.setdefault(place, []):
            found[place].append(why)
    messages = [f"{_format_place(place, loaded)} : {_sentence(why)}" for place, why in found.items() if why]
    more = len(messages) - MAX_MESSAGES
    return messages if more <= 0 else [*messages[:MAX_MESSAGES], f"{more} autres endroits sont à revoir."]


def _sentence(why: list[str]) -> str:
    # A value that fits none of several types has one error for each.
    text = why[0] if len(why) == 1 else "cette valeur n'est d'aucune des sortes permises ici"
    return text if text.endswith("?") else f"{text}."


def _place(kind: str, loc: tuple[str | int, ...], data: Any) -> Place:
    """Place as it is written: pydantic also names the step's kind and the types that it tried."""
    written = [part for index, part in enumerate(loc) if loc[0] != "steps" or index != 2]
    place: list[str | int] = []
    for part in written:
        there = part in data if isinstance(data, dict) else isinstance(data, list) and isinstance(part, int)
        if not there:
            return (*place, part) if kind == "missing" else tuple(place)
        place.append(part)
        data = data[part]
    return tuple(place)


def _format_place(place: Place, loaded: Loaded) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).removeprefix(".")
    step = (
        f"Étape {place[1] + 1}, "
        if len(place) > 1 and place[0] == "steps" and isinstance(place[1], int)
        else ""
    )
    position = loaded.position(place)
    return f"{step}{path or 'La recette'}{f' (ligne {position[0]})' if position else ''}"


def _describe_error(kind: str, context: Mapping[str, Any], place: Place, data: Any) -> str | None:
    """Description of an error; None for one that only follows from another."""
    value = _value_at(place, data)
    if kind == "extra_forbidden":
        return _unknown(place, data)
    if kind == "union_tag_invalid":
        return f"l'étape « {context['tag']} » n'existe pas. {_advice(context['tag'], list(_STEPS))}"
    if kind == "literal_error":
        choices = re.findall(r"'([^']*)'|\b([0-9]+)\b", context["expected"])
        return f"« {value} » n'est pas prévu ici. {_advice(str(value), [word or number for word, number in choices])}"
    if kind == "too_short" and isinstance(value, list | dict) and len(value) >= context["min_length"]:
        return None
    return _OF_STEPS.get(kind) or reason_of(kind, context, value)


def _unknown(place: Place, data: Any) -> str:
    name = str(place[-1])
    known: list[str] = []
    if len(place) == 1:
        known = list(VersionedRecipe.model_fields)
    elif len(place) == 3 and place[0] == "steps":
        known = list(_STEPS[str(_value_at(place[:2], data)["step"])].model_fields)
    return (
        f"« {name} » n'est pas connu ici. {_advice(name, known)}"
        if known
        else f"« {name} » n'est pas connu ici"
    )


def _advice(name: str, known: list[str]) -> str:
    guess = closest(name, known)
    return f"Vouliez-vous dire « {guess} » ?" if guess else f"Sont possibles : {join_words(known)}"


def _value_at(place: Place, data: Any) -> Any:
    for part in place:
        if isinstance(data, dict):
            data = data.get(str(part))
        else:
            data = data[part] if isinstance(data, list) and isinstance(part, int) else None
    return data


_OF_STEPS = {
    "union_tag_not_found": "une étape dit d'abord laquelle elle est, par « step »",
    "model_attributes_type": "une étape est attendue, avec un nom et une valeur par ligne",
}
