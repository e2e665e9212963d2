"""`beffroi check`: hold a system against its contract and its own figures."""

import json

import click


@click.command()
@click.argument("system")
@click.option("--json", "as_json", is_flag=True, help="Écrire le résultat en JSON.")
def check(system: str, as_json: bool) -> None:
    """Vérifier un service d'IA : manifeste, colonnes déclarées, épreuve contre sa référence sans IA."""
    from beffroi.systems import check as checking

    report = checking.check(system)
    if as_json:
        click.echo(json.dumps(report.to_dict(), ensure_ascii=False, indent=1))
    else:
        click.echo(report.as_text())
    if not report.ok:
        raise click.ClickException(
            f"Le service « {system} » ne respecte pas son contrat : voyez les points en défaut."
        )


COMMANDS = (check,)
