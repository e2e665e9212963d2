"""`beffroi upgrade`: a stopped instance brought to this version, as its start would do, so that a failure is known before."""

from pathlib import Path

import click

from beffroi import __version__
from beffroi.home import Home

from .common import home_option, opened, setup_django


@click.command()
@click.option(
    "--pending",
    is_flag=True,
    help="Ne rien modifier : écrire combien d'étapes manquent, 0 quand l'instance est à jour.",
)
@home_option
def upgrade(pending: bool, folder: Path) -> None:
    """Mettre une instance arrêtée au niveau de cette version, sur place ; une copie de sa base SQLite est gardée.

    Dans PostgreSQL, avec BEFFROI_DATABASE_OWNER : les tables et leurs protections.
    """
    home = Home(folder.resolve())
    home.check_format()
    setup_django(home)
    from django.db import connections

    from beffroi.web.operations import database_findings
    from beffroi.web.operations import upgrade as upgrading
    from beffroi.web.operations.locks import exclusive
    from beffroi.web.platform.postgresql import lakes, owner

    steps = upgrading.pending_steps(home)
    if pending:
        click.echo(steps)
        return
    refusal = (
        "Cette instance est en service : arrêtez-la d'abord (systemctl stop beffroi). Rien n'a été modifié."
    )
    with exclusive(home, "serve", refusal):
        opened(home.path)
        if not owner.is_used() and (count := database_findings.put_rules_back()):
            click.echo(
                f"{count} règle{'s' if count > 1 else ''} de la base remise{'s' if count > 1 else ''}."
            )
        if owner.is_used() and owner.is_known():
            with owner.as_owner():
                owner.protect()
            lakes.adopt(home)
        connections.close_all()
    click.echo(
        f"L'instance est au niveau de la version {__version__} ({steps} étape{'s' if steps > 1 else ''})."
    )


COMMANDS = (upgrade,)
