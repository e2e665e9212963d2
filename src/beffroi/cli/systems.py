"""`beffroi check`: hold systems against the quality scale and their own figures; `beffroi new-system`: begin one."""

import json
from pathlib import Path

import click

from beffroi.systems import registry
from beffroi.systems.binding import BindingError
from beffroi.systems.check import TIERS, CheckReport, Tier
from beffroi.systems.check import check as examine
from beffroi.systems.check.cache import Request, cached_check
from beffroi.systems.check.scale import TIER_NAMES
from beffroi.systems.contract import Tables
from beffroi.systems.kit import new
from beffroi.systems.table_files import read_folder
from beffroi.text import format_number

from .french import Misused

_HEADINGS = ("service", "niveau", "mesure", "valeur", "sans IA", "objectif", "unité")


@click.command()
@click.argument("system", metavar="[SERVICE]", required=False)
@click.option("--all", "every", is_flag=True, help="Vérifier tous les services installés, un par ligne.")
@click.option("--json", "as_json", is_flag=True, help="Écrire le résultat en JSON.")
@click.option(
    "--up-to",
    type=click.Choice(TIERS),
    default="platinum",
    help="S'arrêter à ce niveau (le dernier demande une minute de calcul).",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DOSSIER",
    help="Éprouver sur vos tables : un fichier par entrée déclarée (attendance.csv, .parquet ou .arrow), aux noms de la fiche.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Graine des tirages et de l'échantillon.",
)
@click.option(
    "--brief",
    is_flag=True,
    help="Examen bref, de quelques secondes : sur un échantillon réduit, sans donner de niveau.",
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DOSSIER",
    help="Y reprendre un examen réussi dont rien n'a changé (code, contrat, bibliothèques, données), et y garder les nouveaux.",
)
def check(
    system: str | None,
    every: bool,
    as_json: bool,
    up_to: Tier,
    data: Path | None,
    seed: int,
    brief: bool,
    cache: Path | None,
) -> None:
    """Vérifier un service d'IA : l'échelle de qualité, du bronze au platine, et l'épreuve contre sa référence sans IA."""
    if every == (system is not None):
        raise click.ClickException(
            "Nommez un service, ou demandez-les tous : « beffroi check canteen », « beffroi check --all »."
        )
    if system is not None:
        try:
            registry.get(system)
        except registry.UnknownSystem as error:
            raise Misused(str(error)) from error
    if every and data is not None:
        raise Misused("« --data » va avec un service nommé : les tables d'un dossier sont celles d'un seul.")
    if brief and data is not None:
        raise Misused("« --brief » examine un échantillon réduit : il ne va pas avec « --data ».")
    names = [each.manifest.id for each in registry.all_systems()] if every else [str(system)]
    own = _tables(str(system), data) if data is not None else None
    request: Request = {"seed": seed, "up_to": up_to, "brief": brief}
    reports = [
        examine(name, own, **request) if cache is None else cached_check(name, own, folder=cache, **request)
        for name in names
    ]
    if every:
        text = json.dumps([report.summary() for report in reports], ensure_ascii=False, indent=1)
        click.echo(text if as_json else _table(reports))
        for fault in registry.list_faults():
            click.echo(fault.message, err=True)
    else:
        click.echo(
            json.dumps(reports[0].to_dict(), ensure_ascii=False, indent=1)
            if as_json
            else _report_text(reports[0])
        )
    wrong = [report.id for report in reports if not report.ok]
    if wrong:
        raise click.ClickException(
            f"Le service « {wrong[0]} » a des points à corriger : voyez les lignes « ✗ »."
            if not every
            else f"Services qui ont des points à corriger : {', '.join(wrong)}. Voyez « beffroi check {wrong[0]} »."
        )


@click.command("new-system")
@click.argument("identifier", metavar="NOM")
@click.option(
    "--like",
    type=click.Choice(new.archetypes()),
    default="forecast",
    show_default=True,
    help="Ce à quoi il ressemble : « forecast » prévoit des nombres par jour, « anomaly » signale ce qui sort de l'habitude, « ranking » classe sous un budget, « plan » ordonne des tournées, « drafts » prépare des réponses.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DOSSIER",
    help="Le dossier où l'écrire ; celui d'ici, sinon.",
)
def new_system(identifier: str, like: str, into: Path) -> None:
    """Commencer un service d'IA : un dossier qui passe déjà le bronze, avec les questions à se poser, dans l'ordre."""
    try:
        written = new.write_system(identifier, like, into)
    except new.NotWritten as error:
        raise Misused(str(error)) from error
    for path in written:
        click.echo(path)
    click.echo(
        "Répondez aux « TODO » dans l'ordre, puis « beffroi check » avec ce nom. Le guide : docs/add-a-system.md."
    )


def _tables(system: str, folder: Path) -> Tables:
    try:
        return read_folder(folder, registry.get(system).manifest)
    except BindingError as error:
        raise Misused(str(error)) from error


def _report_text(report: CheckReport) -> str:
    """Report as a person reads it: the points by tier, the tier, then the verdict."""
    marks = {(True, True): "✓", (True, False): "✓", (False, True): "✗", (False, False): "!"}
    lines = [f"{report.title} {report.version} ({report.on})"]
    for tier in TIERS:
        points = [
            point for point in report.points if point.tier == tier and not (report.brief and point.unseen)
        ]
        lines += [f"  {TIER_NAMES[tier]}"] if points else []
        lines += [f"    {marks[point.ok, point.blocking]} {point.name} : {point.told}" for point in points]
    lines.append(
        "  Examen bref : aucun niveau n’est donné."
        if report.brief
        else f"  Niveau atteint : {TIER_NAMES[report.tier]}."
    )
    if report.verdict and not report.brief:
        lines.append(f"  {report.verdict}")
    return "\n".join(lines)


def _table(reports: list[CheckReport]) -> str:
    """One line a system, in columns."""
    rows = [_HEADINGS] + [
        (
            report.id,
            "examen bref" if report.brief else TIER_NAMES[report.tier],
            _measured(report),
            *(_figure(value) for value in (report.value, report.baseline, report.target)),
            report.unit,
        )
        for report in reports
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _measured(report: CheckReport) -> str:
    """The measure in its own words; JSON keeps its name in the code."""
    return registry.get(report.id).manifest.measure.label if report.metric else ""


def _figure(value: float | None) -> str:
    return "–" if value is None else format_number(value, ".3g")


COMMANDS = (check, new_system)
