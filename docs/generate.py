"""Writes the parts of the documentation that the code itself decides: the rights, the commands, the API, the formulas, the
dates of the law, the quality scale, the systems with what was measured of them, their folders, the libraries that they ask
for, the requirements with their tests, the forms of recipes and of hosting files.

In: the table of rights, click's tree of commands, the API's operations, the functions of formulas, the data of the law, the
points of the scale, the systems' manifests and the `measured.json` beside each, the marks of the tests, the models of the recipes and of the hosting file.
Out: the block between two markers of the pages named in `BLOCKS`, and the whole of the files in `WHOLE`. Run `.venv/bin/python docs/generate.py` after a change; the tests refuse a block that is late.
"""

import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

DOCS = Path(__file__).resolve().parent
sys.path.append(str(DOCS))  # where another program loads this file

from blocks_of_systems import dependencies, house, systems  # noqa: E402
from markdown_tables import table  # noqa: E402

OPENING = "<!-- engendré par docs/generate.py : ne pas modifier à la main -->"
CLOSING = "<!-- fin de ce qui est engendré -->"


def rights() -> str:
    """A row an act with the roles that it is given to; then a row a role, with its code."""
    from beffroi.web.platform.rights import ACTS, BOUND, DATED, NOT_ASSIGNABLE, RIGHTS, ROLES

    def given(act: str) -> str:
        roles = [
            f"{label} (les siens)" if role in BOUND and act in BOUND[role].acts else label
            for role, label in ROLES.items()
            if act in RIGHTS[role]
        ]
        return ", ".join(roles) or "personne"

    def kept(role: str) -> str:
        if role in NOT_ASSIGNABLE:
            return "ne se donne pas dans un territoire"
        if role in BOUND:
            thing = {"dataset": "jeux de données", "system": "services d'IA"}[BOUND[role].noun]
            return f"limité à des {thing} nommés" if BOUND[role].must else f"tous, ou des {thing} nommés"
        words = {
            "decider": "avec l'acte d'élection, ou une délégation",
            "service": "jamais avec un autre rôle",
        }
        return "avec une date de fin" if role in DATED else words.get(role, "")

    acts = table(
        ["Acte", "À qui il est donné"],
        [[f"{sentence} (`{act}`)", given(act)] for act, sentence in ACTS.items()],
    )
    roles = table(
        ["Rôle", "Code", "Comment il se donne"],
        [[label, f"`{role}`", kept(role)] for role, label in ROLES.items()],
    )
    return f"{acts}\n\n{roles}"


def commands() -> str:
    """A section a command, with its arguments and options, in alphabetical order."""
    return "\n\n".join(_section(words, command) for words, command in shown_commands())


def api() -> str:
    """A section a room, a row an operation, then what each is given."""
    from beffroi.web import api as house
    from beffroi.web.platform.rights import ACTS

    described = house.description()["paths"]
    groups: dict[str, list[list[str]]] = {}
    for route in house.operations():
        given = described[route.path][route.method.lower()]
        asked = [f"`{p['name']}`" for p in given.get("parameters", []) if p["in"] == "query"]
        for content in given.get("requestBody", {}).get("content", {}).values():
            asked += [f"`{name}`" for name in content["schema"].get("properties", {})]
        act = f"{ACTS[route.act]} (`{route.act}`)" if route.act in ACTS else "sans jeton"
        row = [f"`{route.method} {route.path}`", route.summary, ", ".join(asked) or "–", act]
        groups.setdefault(route.tag, []).append(row)
    head = ["Adresse", "Ce qu'elle fait", "Ce qu'on précise", "Droit du jeton"]
    return "\n\n".join(f"## {tag}\n\n{table(head, rows)}" for tag, rows in groups.items())


def schema_of_recipes() -> str:
    """The JSON Schema of a written recipe."""
    from beffroi.recipes import serialization

    return json.dumps(serialization.recipe_schema(), ensure_ascii=False, indent=1) + "\n"


def schema_of_hosting() -> str:
    """The JSON Schema of a hosting file."""
    from beffroi.web.operations import hosting_file

    return json.dumps(hosting_file.schema(), ensure_ascii=False, indent=1) + "\n"


def hosting() -> str:
    """A section a part of the hosting file, a row a key."""
    from beffroi.web.operations.hosting_file import PARTS

    def rows(part: Any) -> list[list[str]]:
        # A part's own keys before those that it shares with others.
        names = sorted(part.model_fields, key=lambda name: name not in part.__annotations__)
        fields = [(name, part.model_fields[name]) for name in names]
        return [
            [f"`{field.alias or name}`", field.description or "", "oui" if field.is_required() else ""]
            for name, field in fields
        ]

    head = ["Clé", "Ce que c'est", "Obligatoire"]
    return "\n\n".join(f"### {title}\n\n{table(head, rows(part))}" for title, part in PARTS.items())


def formulas() -> str:
    """A section a group of functions, a row a function."""
    from beffroi.recipes import formula

    head = ["Fonction", "Ce qu'elle donne", "Exemple"]
    return "\n\n".join(
        f"### {title}\n\n{table(head, [[f'`{f.signature}`', f.description, f'`{f.example}`'] for f in functions])}"
        for title, functions in formula.GROUPS.items()
    )


def law() -> str:
    """A section a text, a row a provision, with the dates of its last calendar and where it was read."""
    from beffroi.systems import law
    from beffroi.text import long_date

    rules = law.load_rules()
    head = ["Article", "Ce qu'il dit", "S'applique à partir du", "Relevé le"]
    return "\n\n".join(
        f"### {text.title}\n\n{text.reference}. Source : {text.source}.\n\n{table(head, rows)}"
        for text in rules.texts
        if (
            rows := [
                [
                    p.article,
                    p.title,
                    long_date(p.dates[-1].applies_from),
                    long_date(p.read_on or text.read_on),
                ]
                for p in rules.provisions
                if p.text == text.key
            ]
        )
    )


def quality() -> str:
    """A section a tier of the quality scale, a row a point."""
    from beffroi.systems.check import SCALE, TIERS
    from beffroi.systems.check.scale import TIER_NAMES

    head = ["Point", "What is asked", "If it fails"]
    return "\n\n".join(
        f"### {tier.capitalize()} (« {TIER_NAMES[tier]} »)\n\n"
        + table(
            head,
            [
                [
                    f"{rule.name} (`{rule.key}`)",
                    rule.requirement,
                    "fault" if rule.blocking else "the tier is missed",
                ]
                for rule in SCALE
                if rule.tier == tier
            ],
        )
        for tier in TIERS
    )


def life() -> str:
    """A section a state, a row a gate at its entrance."""
    from beffroi.web.workshop.life import gates
    from beffroi.web.workshop.life.states import State

    entered = (State.CHECKED, State.SANDBOX, State.PRODUCTION, State.REVIEWED)
    sections = []
    for state in entered:
        asked = "\n".join(f"- {gate.label}" for gate in gates.guarding(state))
        sections.append(f"### Pour entrer : {state.label}\n\n{asked}")
    return "\n\n".join(sections)


def requirements() -> str:
    """A row a requirement of the report, with the tests that bear its mark."""
    sys.path.append(str(DOCS.parent / "tests"))
    import requirement_marks

    proofs = requirement_marks.proofs()
    rows = [
        [
            requirement,
            title,
            "<br>".join(
                f"`tests/{proof.module}::{proof.test}`{' (long ring)' if proof.long else ''}"
                for proof in proofs.get(requirement, [])
            )
            or "nothing",
        ]
        for requirement, title in requirement_marks.titles().items()
    ]
    proved = sum(requirement in proofs for requirement in requirement_marks.titles())
    proofs_of_each = table(["Requirement", "What it asks", "Proved by"], rows)
    return f"{proved} of {len(rows)} are proved by a test.\n\n{proofs_of_each}"


def shown_commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that a person types, with its full name."""
    from beffroi.cli.main import beffroi

    yield from _walk("beffroi", beffroi)


def _walk(words: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            if not command.commands[name].hidden:
                yield from _walk(f"{words} {name}", command.commands[name])
    else:
        yield words, command


def _section(words: str, command: click.Command) -> str:
    rows = [_row(parameter) for parameter in command.params]
    text = f"## {words}\n\n{(command.help or '').strip()}"
    return f"{text}\n\n{table(['Argument ou option', 'Ce que c’est', 'Si rien n’est dit'], rows)}"


def _row(parameter: click.Parameter) -> list[str]:
    from beffroi.cli.french import METAVARS

    if isinstance(parameter, click.Option):
        metavar = parameter.make_metavar(click.Context(click.Command("x")))
        value = "" if parameter.is_flag else f" {METAVARS.get(metavar, metavar)}"
        return [f"`{', '.join(parameter.opts)}{value}`", parameter.help or "", _default(parameter)]
    name = parameter.human_readable_name.strip("[]").upper()
    return [f"`{METAVARS.get(name, name)}`", "argument", "à donner" if parameter.required else "facultatif"]


def _default(option: click.Option) -> str:
    if option.prompt:
        return "demandé"
    if option.required:
        return "à donner"
    if isinstance(option.show_default, str):
        return option.show_default
    if option.is_flag:
        return "non"
    return f"`{option.default}`" if option.show_default and option.default is not None else ""


WHOLE: dict[str, Callable[[], str]] = {
    "recettes.schema.json": schema_of_recipes,
    "hosting.schema.json": schema_of_hosting,
}
BLOCKS: dict[str, Callable[[], str]] = {
    "rights.md": rights,
    "commands.md": commands,
    "api.md": api,
    "formules.md": formulas,
    "hosting.md": hosting,
    "droit-de-lia.md": law,
    "quality-scale.md": quality,
    "life-of-a-system.md": life,
    "systems.md": systems,
    "house.md": house,
    "decisions/dependencies.md": dependencies,
    "requirements.md": requirements,
}


def block_of(text: str) -> str:
    """What stands between the two markers of a page."""
    return text.partition(OPENING)[2].partition(CLOSING)[0].strip()


def rewritten(text: str, block: str) -> str:
    """The page with this block between its markers."""
    pattern = re.escape(OPENING) + ".*?" + re.escape(CLOSING)
    return re.sub(pattern, lambda _: f"{OPENING}\n\n{block}\n\n{CLOSING}", text, flags=re.DOTALL)


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"BEFFROI_HOME": home, "DJANGO_SETTINGS_MODULE": "beffroi.web.settings"}
        import django

        django.setup()
        for name, block in BLOCKS.items():
            page = DOCS / name
            page.write_text(rewritten(page.read_text("utf-8"), block()), "utf-8")
            sys.stdout.write(f"{page.name}\n")
        for name, whole in WHOLE.items():
            (DOCS / name).write_text(whole(), "utf-8")
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
