"""`beffroi doctor`: whether the home holds all that it must, and which backup has what it lacks."""

import json
from pathlib import Path

import click

from beffroi.home import Home

from .common import home_option, setup_django


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
    """Vérifier que l'instance tient tout ce qu'elle doit garder : base, données, fichiers reçus, registre, clés."""
    home = Home(folder.resolve())
    home.check_format()
    setup_django(home)
    from beffroi.web.operations import accepted_losses, integrity

    found = integrity.check(home, full=full)
    new = integrity.unaccepted(home, found)
    known = [each for each in found if each not in new]
    if as_json:
        rows = [{**each.to_dict(), "accepted": each in known} for each in found]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    for title, some in (("Perte connue", known), ("Il manque", new)):
        if some and not as_json:
            click.echo(f"{title} :\n{integrity.listed(home, some)}")
    if accept and new:
        if refused := accepted_losses.accept(home, new):
            raise click.ClickException(
                f"{integrity.listed(home, refused)}\nL'instance ne peut pas être servie sans cela : restaurez une "
                "sauvegarde (« beffroi restore »)."
            )
        click.echo("C'est noté : l'instance sera servie sans cela.", err=True)
        for sentence in accepted_losses.consequences(home, new):
            click.echo(sentence, err=True)
        return
    if full:
        accepted_losses.forget_repaired(home, found)
    if new:
        raise click.ClickException(
            "Cette instance n'est pas entière. Remettez à leur place les fichiers d'une sauvegarde, ou restaurez-la "
            "ailleurs (« beffroi restore »). Si cette perte est connue et sans retour : « beffroi doctor --accept »."
        )
    if not as_json:
        deep = "" if full else " (contrôle rapide ; « --full » relit chaque octet)"
        click.echo(
            f"Rien d'autre ne manque à cette instance{deep}."
            if known
            else f"Rien ne manque à cette instance{deep}."
        )


COMMANDS = (doctor,)
