"""`beffroi key`: the keys of an instance, exchanged for new ones."""

from pathlib import Path

import click

from .common import home_option, opened


@click.group()
def key() -> None:
    """Les clés de l'instance."""


@key.command()
@home_option
def renew(folder: Path) -> None:
    """Remplacer la clé secrète de l'instance arrêtée : les secrets gardés sont scellés à nouveau, chacun se reconnecte."""
    home = opened(folder)
    from beffroi.web.operations.keys import renew_secret

    count = renew_secret(home)
    click.echo(
        f"La clé est remplacée. Secrets scellés à nouveau : {count}. Toutes les sessions sont fermées."
    )
    click.echo("Les sauvegardes d'avant gardent l'ancienne clé : faites-en une nouvelle.", err=True)


COMMANDS = (key,)
