"""`beffroi database`: the PostgreSQL of a host that outgrew SQLite: carry the rows there."""

from pathlib import Path

import click

from beffroi.home import Home

from .common import home_option, setup_django


@click.group()
def database() -> None:
    """La base de l'instance : la porter dans PostgreSQL."""


@database.command()
@home_option
def move(folder: Path) -> None:
    """Porter une instance de SQLite dans une base PostgreSQL vide ; la base SQLite est gardée en copie."""
    home = Home(folder.resolve())
    home.check_format()
    setup_django(home)
    from beffroi.web.operations import moving

    moved = moving.move(home, progress=lambda text: click.echo(f"  {text}", err=True))
    click.echo(
        f"{moved.total} lignes de {len(moved.rows)} tables portées et comptées. Gardez BEFFROI_DATABASE dans "
        "l'environnement de « beffroi serve », sans BEFFROI_DATABASE_OWNER."
    )
    click.echo(f"L'ancienne base est gardée : {home.backups / moving.COPY_NAME}", err=True)


COMMANDS = (database,)
