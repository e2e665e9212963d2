"""`beffroi doctor`: everything that its operator should know of an instance, each with what to do; which backup has what it lacks."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from beffroi.home import Home

from .common import home_option, setup_django

if TYPE_CHECKING:
    from beffroi.web.operations.health.report import HealthReport

_MARKS: Final = {"good": "bien      ", "watch": "à regarder", "bad": "À TRAITER "}


@click.command()
@click.option(
    "--full", is_flag=True, help="Relire chaque octet de chaque fichier, et toutes les lignes du registre."
)
@click.option(
    "--accept",
    is_flag=True,
    help="Ce qui manque est connu et sans retour : l'instance est servie sans. Rien n'est effacé.",
)
@click.option("--json", "as_json", is_flag=True, help="Écrire ce qui est trouvé en JSON.")
@home_option
def doctor(full: bool, accept: bool, as_json: bool, folder: Path) -> None:
    """Vérifier la santé de l'instance : ce qu'elle doit garder, ses sauvegardes, son service, sa machine, ses réglages."""
    home = Home(folder.resolve())
    home.check_format()
    setup_django(home)
    from beffroi.web.operations import accepted_losses, integrity
    from beffroi.web.operations.health import checks, stored
    from beffroi.web.operations.health.report import State

    found, share = stored.check_files(home, full=full)
    new = integrity.unaccepted(home, found)
    known = [each for each in found if each not in new]
    report = None if accept else checks.of_files(home, found, share)
    if as_json:
        rows = [{**each.to_dict(), "accepted": each in known} for each in found]
        health = report.to_dict() if report else {}
        click.echo(json.dumps({**health, "findings": rows}, ensure_ascii=False, indent=1))
    elif report:
        _print(report)
    for title, some in (("Perte connue", known), ("À régler", new)):
        if some and not as_json:
            click.echo(f"{title} :\n{integrity.listed(home, some)}")
    if accept and new:
        if refused := accepted_losses.accept(home, new):
            raise click.ClickException(
                f"{integrity.listed(home, refused)}\nL'instance ne peut pas être servie sans cela. {integrity.advice(home, refused)}"
            )
        click.echo("C'est noté : l'instance sera servie sans cela.", err=True)
        for sentence in accepted_losses.consequences(home, new):
            click.echo(sentence, err=True)
        return
    if full:
        accepted_losses.forget_repaired(home, found)
    if new:
        stands = (
            "n'est pas entière" if not all(each.is_of_the_machine for each in new) else "demande un geste"
        )
        raise click.ClickException(f"Cette instance {stands}. {integrity.advice(home, new)}")
    if report and report.state == State.BAD:
        raise click.ClickException("Cette instance demande un geste : voyez plus haut ce qui est à traiter.")


def _print(report: "HealthReport") -> None:
    for check in report.sorted:
        click.echo(f"{_MARKS[check.state]} {check.title} : {check.text}")
        if check.action:
            click.echo(f"    {check.action}")


COMMANDS = (doctor,)
