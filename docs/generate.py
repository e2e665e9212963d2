"""Writes the parts of the documentation that the code itself decides: the rights, the commands, the API, the formulas, the
dates of the law, the quality scale, the systems with what was measured of them, their folders, the libraries that they ask
for, the requirements with their tests, the recipes' form.

In: the table of rights, click's tree of commands, the API's operations, the functions of formulas, the data of the law, the
points of the scale, the systems' manifests and the `measured.json` beside each, the marks of the tests, the models of the recipes.
Out: the block between two markers of the pages named in `BLOCKS`, and the whole of `recettes.schema.json`. Run `.venv/bin/python docs/generate.py` after a change; the tests refuse a block that is late.
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

    acts = _table(
        ["Acte", "À qui il est donné"],
        [[f"{sentence} (`{act}`)", given(act)] for act, sentence in ACTS.items()],
    )
    roles = _table(
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
    return "\n\n".join(f"## {tag}\n\n{_table(head, rows)}" for tag, rows in groups.items())


def schema_of_recipes() -> str:
    """The JSON Schema of a written recipe."""
    from beffroi.recipes import serialization

    return json.dumps(serialization.recipe_schema(), ensure_ascii=False, indent=1) + "\n"


def formulas() -> str:
    """A section a group of functions, a row a function."""
    from beffroi.recipes import formula

    head = ["Fonction", "Ce qu'elle donne", "Exemple"]
    return "\n\n".join(
        f"### {title}\n\n{_table(head, [[f'`{f.signature}`', f.description, f'`{f.example}`'] for f in functions])}"
        for title, functions in formula.GROUPS.items()
    )


def law() -> str:
    """A section a text, a row a provision, with the dates of its last calendar and where it was read."""
    from beffroi.systems import law

    rules = law.load_rules()
    head = ["Article", "Ce qu'il dit", "S'applique à partir du", "Relevé le"]
    return "\n\n".join(
        f"### {text.title}\n\n{text.reference}. Source : {text.source}.\n\n{_table(head, rows)}"
        for text in rules.texts
        if (
            rows := [
                [p.article, p.title, law.format_date(p.dates[-1].applies_from), law.format_date(p.read_on)]
                for p in rules.provisions
                if p.text == text.title
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
        + _table(
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


def systems() -> str:
    """A section an installed system of ours: what its manifest says of it, then what was measured, good or bad."""
    ours = systems_of_the_house()
    figures = {system.manifest.id: _figures(system.folder) for system in ours}
    head = ["Système", "Niveau", "Mesure", "Valeur", "Sans IA", "Objectif", "Unité", "Calcul (s)"]
    rows = [_measured_row(system.manifest, figures[system.manifest.id]["sample"]) for system in ours]
    sections = "\n\n".join(
        _system(system.manifest, system.folder, figures[system.manifest.id]) for system in ours
    )
    return f"{_table(head, rows)}\n\n{sections}"


def house() -> str:
    """A line a folder of a system, with the title of its manifest."""
    return "\n".join(
        f"- `systems/{system.manifest.id}/` – {system.manifest.title}" for system in systems_of_the_house()
    )


def dependencies() -> str:
    """A row a package that a system of the house names in its manifest."""
    rows = [
        [f"`{one.package}`", f"{system.manifest.title} (`{system.manifest.id}`)", one.why, one.licence]
        for system in systems_of_the_house()
        for one in system.manifest.dependencies
        if one.package
    ]
    return _table(["package", "what for", "why it and not our own code", "licence"], rows)


def systems_of_the_house() -> list[Any]:
    """The installed systems that come with Beffroi, in the order of their ids."""
    from beffroi.systems import registry

    return [system for system in registry.all_systems() if system.distribution == "beffroi"]


def _figures(folder: Path) -> dict[str, Any]:
    """What `python -m benchmarks.systems` measured of a system; empty where it was not run."""
    file = folder / "measured.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {"sample": {}, "real": {}}


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
    table = _table(["Requirement", "What it asks", "Proved by"], rows)
    return f"{proved} of {len(rows)} are proved by a test.\n\n{table}"


def _measured_row(manifest: Any, sample: dict[str, Any]) -> list[str]:
    from beffroi.systems.check.scale import TIER_NAMES

    if not sample:
        return [
            f"`{manifest.id}`",
            "–",
            manifest.measure.label,
            "pas encore mesuré",
            "",
            "",
            manifest.measure.unit,
            "",
        ]
    figures = [_figure(sample[name]) for name in ("value", "baseline", "target")]
    return [
        f"`{manifest.id}`",
        TIER_NAMES[sample["tier"]],
        manifest.measure.label,
        *figures,
        manifest.measure.unit,
        _figure(sample["cpu_s"]),
    ]


def _system(manifest: Any, folder: Path, kept: dict[str, Any]) -> str:
    """One system: who uses it and for what, its tables, its limits, its figures on real files, how it works."""
    sample = kept["sample"]
    inputs = [
        [
            schema.title + ("" if schema.required else " (facultatif)"),
            ", ".join(f"`{need.name}`" + ("" if need.required else "?") for need in schema.columns),
        ]
        for schema in manifest.inputs
    ]
    outputs = [
        [output.title, " ; ".join(column.label for column in output.columns)] for output in manifest.outputs
    ]
    parts = [
        f"## {manifest.title} (`{manifest.id}` {manifest.version})",
        f"{manifest.purpose} {manifest.helps}",
        f"Référence. {manifest.baseline}",
        _table(["Entrée", "Colonnes"], inputs),
        _table(["Résultat", "Colonnes"], outputs),
        "Pas encore mesuré."
        if not sample
        else f"Sur son échantillon inventé (version {sample['version']}, {sample['on']}) : "
        f"{_figure(sample['value'])} contre {_figure(sample['baseline'])} {manifest.measure.unit} sans IA ; "
        f"objectif {_figure(sample['target'])}, {'atteint' if sample['met'] else 'manqué'}."
        + (f" Points manqués : {', '.join(sample['missed'])}." if sample["missed"] else ""),
    ]
    if kept["real"]:
        head = [
            "Fichiers réels",
            "Valeur",
            "Sans IA",
            "Autres façons",
            "Intervalles tenus",
            "Calcul (s)",
            "Version",
        ]
        parts.append(_table(head, [_on_real(title, one) for title, one in sorted(kept["real"].items())]))
    parts.append("\n".join(["Limites :", "", *(f"- {limit}" for limit in manifest.limits)]))
    if (folder / "README.md").exists():
        parts.append(
            f"[Comment il fonctionne, ses tableaux entiers](../src/beffroi/systems/{manifest.id}/README.md)"
        )
    return "\n\n".join(parts)


def _on_real(title: str, one: dict[str, Any]) -> list[str]:
    others = one["without_ai"] | one["ablations"] | one["bounds"]
    ways = ", ".join(f"{name} : {_figure(value)}" for name, value in others.items()) or "aucune"
    coverage = "–" if one["coverage"] is None else f"{100 * one['coverage']:.1f} %".replace(".", ",")
    told = [
        _figure(one["value"]),
        _figure(one["baseline"]),
        ways,
        coverage,
        _figure(one["cpu_s"]),
        one["version"],
    ]
    return [f"{title} ({one['held_out']})" + ("" if one["recommended"] else " : **non recommandé**"), *told]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}".replace(".", ",")


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
    return f"{text}\n\n{_table(['Argument ou option', 'Ce que c’est', 'Si rien n’est dit'], rows)}"


def _row(parameter: click.Parameter) -> list[str]:
    from beffroi.cli.french import METAVARS

    if isinstance(parameter, click.Option):
        metavar = parameter.make_metavar(click.Context(click.Command("x")))
        value = "" if parameter.is_flag else f" {METAVARS.get(metavar, metavar)}"
        return [f"`{', '.join(parameter.opts)}{value}`", parameter.help or "", _default(parameter)]
    name = parameter.human_readable_name.upper()
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


def _table(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---"] * len(head)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


WHOLE: dict[str, Callable[[], str]] = {"recettes.schema.json": schema_of_recipes}
BLOCKS: dict[str, Callable[[], str]] = {
    "rights.md": rights,
    "commands.md": commands,
    "api.md": api,
    "formules.md": formulas,
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
