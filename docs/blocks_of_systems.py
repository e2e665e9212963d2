"""What the pages say of the systems of the house: their section, their line of the house, the packages that they lean on.

In: the manifests, and the `measured.json` beside each. Out: Markdown, which `generate.py` puts into the pages.
"""

import json
from pathlib import Path
from typing import Any

from markdown_tables import table


def systems() -> str:
    """A section an installed system of ours: what its manifest says of it, then what was measured, good or bad."""
    ours = systems_of_the_house()
    figures = {system.manifest.id: _figures(system.folder) for system in ours}
    head = ["Système", "Niveau", "Mesure", "Valeur", "Sans IA", "Objectif", "Unité", "Calcul (s)"]
    rows = [_measured_row(system.manifest, figures[system.manifest.id]["sample"]) for system in ours]
    sections = "\n\n".join(
        _system(system.manifest, system.folder, figures[system.manifest.id]) for system in ours
    )
    return f"{table(head, rows)}\n\n{sections}"


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
    return table(["package", "what for", "why it and not our own code", "licence"], rows)


def systems_of_the_house() -> list[Any]:
    """The installed systems that come with Beffroi, in the order of their ids."""
    from beffroi.systems import registry

    return [system for system in registry.all_systems() if system.distribution == "beffroi"]


def _figures(folder: Path) -> dict[str, Any]:
    """What `python -m benchmarks.systems` measured of a system; empty where it was not run."""
    file = folder / "measured.json"
    return json.loads(file.read_text("utf-8")) if file.exists() else {"sample": {}, "real": {}}


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
        table(["Entrée", "Colonnes"], inputs),
        table(["Résultat", "Colonnes"], outputs),
        "Pas encore mesuré."
        if not sample
        else f"Sur son échantillon inventé (version {sample['version']}, {sample['on']}) : "
        f"{_figure(sample['value'])} contre {_figure(sample['baseline'])} {manifest.measure.unit} sans IA ; "
        f"objectif {_figure(sample['target'])}, {'atteint' if sample['met'] else 'manqué'}."
        + (f" Points manqués : {', '.join(sample['missed'])}." if sample["missed"] else ""),
    ]
    if manifest.forecast_why_not:
        parts.append(f"Aucun intervalle à tenir. {manifest.forecast_why_not}")
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
        parts.append(table(head, [_on_real(title, one) for title, one in sorted(kept["real"].items())]))
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
