"""Python script that runs a recipe with this library, in a notebook or on its own.

In: a recipe, the labels of its sources. Out: the text of the script. User texts enter it as one-line comments or as
literals: none of them is ever code.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from beffroi.recipes import serialization
from beffroi.recipes.model import Recipe
from beffroi.recipes.sentences import sentences

FOLDER: Final = "/var/lib/beffroi"


def build_script(
    recipe: Recipe,
    *,
    step_sentences: Sequence[str] | None = None,
    counted: Mapping[str, tuple[str, str]] | None = None,
    purpose: str = "",
    origin: str = "",
) -> str:
    """Text of the script. `step_sentences`: the sentences of its steps; `counted`: see `notebook.run`; `purpose`: the one that accesses must name."""
    access = {alias: f"{slug}.acces.json" for alias, slug in recipe.sources.items()}
    lines = [f"# {_line(recipe.title)}"]
    if origin:
        lines.append(f"# {_line(origin)}")
    lines += [
        "#",
        *(f"# {n}. {_line(text)}" for n, text in enumerate(step_sentences or sentences(recipe), 1)),
        "#",
    ]
    lines += [
        "# Pour chaque jeu, demandez un accès sur sa page (« Ouvrir dans un carnet »), et posez le fichier à côté de ce script.",
    ]
    if purpose:
        lines.append(f"# L'usage à choisir : « {_line(purpose)} ».")
    lines += [
        "",
        "from beffroi.recipes.notebook import run",
        "",
        f"DOSSIER = {FOLDER!r}  # le dossier de l'instance",
        f"ACCES = {_table(access)}",
    ]
    if counted:
        lines += [
            "# Les petits effectifs sont cachés comme sur le site, qui tient compte aussi de ce que montrent ses tableaux.",
            f"EFFECTIFS = {_table(counted)}",
        ]
    lines += [f"RECETTE = {_text(serialization.dump_recipe(recipe.model_copy(update={'examples': ()})))}", ""]
    extra_argument = "counted=EFFECTIFS" if counted else ""
    lines += [
        f"resultat = run(RECETTE, DOSSIER, access=ACCES{', ' if extra_argument else ''}{extra_argument})",
        "tableau = resultat.table  # une table Arrow ; tableau.to_pandas() en fait un DataFrame",
        "print(tableau.slice(0, 20).to_pylist())",
        "if resultat.reason:",
        "    print(resultat.reason)",
        "",
    ]
    return "\n".join(lines)


def _line(text: str) -> str:
    """One line of a comment, whatever the text contains."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _table(values: Mapping[str, object]) -> str:
    return "{\n" + "".join(f"    {name!r}: {value!r},\n" for name, value in values.items()) + "}"


def _text(text: str) -> str:
    """Literal that evaluates to this text, on several lines where possible."""
    plain = all(sign.isprintable() or sign == "\n" for sign in text)
    if plain and "\\" not in text and '"""' not in text:
        return f'"""\\\n{text}"""' if text.endswith("\n") else repr(text)
    return "(\n" + "".join(f"    {line!r}\n" for line in text.splitlines(keepends=True)) + ")"
