"""`beffroi check`: hold a system against its contract and its own figures."""

import json

import click

from beffroi.systems.check import CheckReport
from beffroi.systems.check import check as examine


@click.command()
@click.argument("system")
@click.option("--json", "as_json", is_flag=True, help="Écrire le résultat en JSON.")
def check(system: str, as_json: bool) -> None:
    """Vérifier un service d'IA : manifeste, colonnes déclarées, épreuve contre sa référence sans IA."""
    report = examine(system)
    click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=1) if as_json else _told(report))
    if not report.ok:
        raise click.ClickException(
            f"Le service « {system} » a des points à corriger : voyez les lignes « ✗ »."
        )


def _told(report: CheckReport) -> str:
    """The report as a person reads it: the points, then the verdict."""
    marks = {(True, True): "✓", (True, False): "✓", (False, True): "✗", (False, False): "!"}
    lines = [f"{report.title} {report.version} ({report.on})"]
    lines += [f"  {marks[point.ok, point.blocking]} {point.name} : {point.told}" for point in report.points]
    if report.verdict:
        lines.append(f"  {report.verdict}")
    return "\n".join(lines)


COMMANDS = (check,)
