"""`beffroi repository`: the backups outside the instance: prepared, listed, tried."""

import json
from pathlib import Path

import click

from beffroi.home import Home

from .common import home_option, progress, setup_django


@click.group()
def repository() -> None:
    """Le dépôt de sauvegarde, hors de l'instance (BEFFROI_BACKUP_REPOSITORY)."""


@repository.command()
@home_option
def init(folder: Path) -> None:
    """Préparer le dépôt, et sa clé s'il n'y en a pas."""
    home = _home(folder)
    from beffroi.web.operations.repository import snapshots

    made = snapshots.prepare(home)
    place = f"Le dépôt {made.repository.address}"
    click.echo(f"{place} est prêt." if made.created else f"{place} existe déjà, et sa clé l'ouvre.", err=True)
    if made.new_key:
        click.echo(
            f"Sa clé est dans {made.repository.key_file}. Imprimez ce fichier et mettez-le au coffre, loin de cette machine : "
            "sans lui, aucune sauvegarde ne se restaure, et personne ne peut le refaire.",
            err=True,
        )
    if made.created and not made.repository.is_outside:
        click.echo(
            "Ce dépôt est sur le disque de l'instance : il ne protège ni du feu ni d'une attaque. Préférez un autre disque, ou "
            "une autre machine.",
            err=True,
        )
    click.echo(made.repository.address)


@repository.command("list")
@home_option
@click.option("--json", "as_json", is_flag=True, help="Écrire la liste en JSON.")
def list_snapshots(folder: Path, as_json: bool) -> None:
    """Montrer les instantanés du dépôt : date, taille, territoires, ce qui y manque."""
    home = _home(folder)
    from beffroi.web.operations.repository import restic
    from beffroi.web.ui.formats import counted, french_date
    from beffroi.web.ui.formats import size as octets

    there = restic.configured(home)
    there.check_key()
    found = there.snapshots()
    if as_json:
        click.echo(json.dumps([vars(each) | {"at": each.at.isoformat()} for each in found], indent=1))
        return
    for each in found:
        state = (
            "entier" if each.whole else f"il y manque quelque chose : {', '.join(each.lacking) or 'à voir'}"
        )
        towns = counted(each.towns, "territoire", "territoires")
        size = f"{octets(each.size)} (+ {octets(each.added)})"
        click.echo(f"{each.id}  {french_date(each.at)}  {towns}  {size}  {state}")
    if not found:
        click.echo("Aucun instantané. « beffroi backup » fait le premier.", err=True)


@repository.command()
@home_option
def trial(folder: Path) -> None:
    """Essayer la restauration de la dernière sauvegarde, sans rien changer à l'instance, et retirer du dépôt les instantanés trop vieux."""
    home = _home(folder)
    home.check_format()
    from beffroi.web.operations.repository import restore_trial
    from beffroi.web.ui.formats import counted

    tried = restore_trial.run(home, progress=progress)
    if tried.fault:
        raise click.ClickException(f"L'essai a échoué ({tried.source}). {tried.fault}")
    share = f", {tried.share:.0%} des octets".replace("%", "\N{NO-BREAK SPACE}%") if tried.share < 1 else ""
    click.echo(
        f"{tried.source} : restaurée à l'identique, {counted(tried.tables, 'table comparée', 'tables comparées')}{share}, en {tried.seconds:.0f} s.",
    )


def _home(folder: Path) -> Home:
    home = Home(folder.resolve())
    setup_django(home)
    return home


COMMANDS = (repository,)
