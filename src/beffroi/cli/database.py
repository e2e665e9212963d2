"""`beffroi database`: the PostgreSQL of a host that outgrew SQLite: carry the rows there, empty it before a restore."""

from contextlib import nullcontext
from pathlib import Path

import click

from beffroi.home import Home, HomeError

from .common import confirmed, home_option, setup_django


@click.group()
def database() -> None:
    """La base de l'instance : la porter dans PostgreSQL, l'y vider avant une restauration."""


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


@database.command()
@click.argument("copy", metavar="COPIE", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Ne pas demander confirmation.")
@home_option
def empty(copy: Path, yes: bool, folder: Path) -> None:
    """Vider la base PostgreSQL d'une instance arrêtée, avant de restaurer dedans ; ses lignes sont gardées dans COPIE.

    Les catalogues des données partent avec elle : ils reviennent par la restauration, qui les a.
    """
    home = Home(folder.resolve())
    setup_django(home)
    from beffroi.web.operations import dumps
    from beffroi.web.operations.locks import exclusive
    from beffroi.web.platform.postgresql import owner

    if not owner.is_used():
        raise HomeError("Cette instance n'a pas de base PostgreSQL. Rien n'a été modifié.")
    if copy.exists():
        raise HomeError(f"{copy} existe déjà. Rien n'a été modifié. Choisissez un autre nom de fichier.")
    if not yes and not confirmed(f"Vider la base, ses lignes étant gardées dans {copy} ?"):
        raise click.ClickException("Rien n'a été modifié.")
    refusal = (
        "Cette instance est en service : arrêtez-la d'abord (systemctl stop beffroi). Rien n'a été modifié."
    )
    with exclusive(home, "serve", refusal) if home.identity_file.is_file() else nullcontext():
        saved = dumps.empty(copy.resolve())
    click.echo(
        f"La base est vide. Ses lignes sont gardées dans {copy}." if saved else "La base était déjà vide."
    )


COMMANDS = (database,)
