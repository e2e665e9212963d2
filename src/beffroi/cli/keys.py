"""`beffroi key`: the keys of an instance, listed, and exchanged for new ones."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from beffroi.home import Home

from .common import home_option, opened
from .ledger import name_of_chain, read_roots

if TYPE_CHECKING:
    from beffroi.ledger.keys import KeyChange

_BACKUP = "Les sauvegardes d'avant gardent l'ancienne clé : faites-en une nouvelle."


@click.group()
def key() -> None:
    """Les clés de l'instance."""


@key.command("list")
@home_option
def list_keys(folder: Path) -> None:
    """Dire à quoi sert chaque clé, son empreinte, et quand elle a été remplacée."""
    home = opened(folder)
    from beffroi.web.operations.keys import states_of
    from beffroi.web.ui.formats import french_date

    for state in states_of(home):
        click.echo(f"{state.name} : {state.purpose}")
        if state.fingerprint:
            click.echo(f"  empreinte {state.fingerprint}")
        if state.renewed_at:
            click.echo(f"  remplacée le {french_date(state.renewed_at, hour=False)}")
        else:
            click.echo(
                "  jamais remplacée" if (home.path / state.name).is_file() else "  faite au premier usage"
            )
        if state.unfinished:
            click.echo(f"  remplacement interrompu : relancez « beffroi key renew --which {state.which} »")


@key.command()
@click.option(
    "--which",
    type=click.Choice(["secret", "ledger", "grants"]),
    default="secret",
    show_default=True,
    help="La clé : secret (cookies, secrets gardés), ledger (empreintes du registre), grants (accès de carnet).",
)
@click.option(
    "--stolen", is_flag=True, help="Avec ledger : quelqu'un d'autre connaît peut-être l'ancienne clé."
)
@click.option(
    "--root",
    "root_files",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Avec --stolen : empreintes d'avant le vol, gardées ailleurs, répétable.",
)
@home_option
def renew(which: str, stolen: bool, root_files: tuple[Path, ...], folder: Path) -> None:
    """Remplacer une clé de l'instance arrêtée. Interrompue, la même commande termine."""
    if (stolen or root_files) and which != "ledger":
        raise click.ClickException(
            "--stolen et --root vont avec --which ledger : rien n'a été modifié. Les autres clés se remplacent de la même façon, "
            "volées ou non."
        )
    if stolen != bool(root_files):
        raise click.ClickException(
            "Pour une clé volée, donnez --stolen et, par --root, au moins une empreinte que vous tenez pour sûre (une par "
            "registre : fichiers de roots/ d'une sauvegarde, ou gardés ailleurs). Rien n'a été modifié."
        )
    trusted = [root for file in root_files for root in read_roots(file)] if stolen else None
    home = opened(folder)
    if which == "ledger":
        from beffroi.web.operations.ledger_key import renew_ledger

        _print_renewed(renew_ledger(home, trusted=trusted))
    elif which == "grants":
        _renew_grants(home)
    else:
        _renew_secret(home)
    click.echo(_BACKUP, err=True)


def _renew_secret(home: Home) -> None:
    from beffroi.web.operations.keys import renew_secret

    count = renew_secret(home)
    click.echo(
        f"La clé est remplacée. Secrets scellés à nouveau : {count}. Toutes les sessions sont fermées."
    )


def _renew_grants(home: Home) -> None:
    from beffroi.web.operations.keys import renew_grants

    renew_grants(home)
    click.echo(
        "La clé est remplacée. Les accès de carnet remis avant n'ouvrent plus rien : qui en a besoin en demande un nouveau sur la "
        "page du jeu de données."
    )


def _print_renewed(changes: "list[KeyChange]") -> None:
    click.echo(f"La clé du registre est remplacée. Empreinte de la nouvelle : {changes[0].new_fingerprint}")
    for change in changes:
        text = (
            f"les empreintes de l'ancienne clé comptent jusqu'à la ligne {change.size}"
            if change.size
            else "les empreintes de l'ancienne clé ne comptent plus, faute d'une empreinte d'avant le vol"
        )
        click.echo(f"{name_of_chain(change.chain)}, ligne {change.line} : {text}.")
    if changes[0].stolen:
        click.echo(
            "L'ancienne clé ne se porte pas garante de la nouvelle : donnez l'empreinte de celle-ci, par un autre chemin que le "
            "site, à qui garde des empreintes du registre.",
            err=True,
        )
    else:
        click.echo(
            "L'ancienne clé a signé ce remplacement. Chaque page publique du registre publie la nouvelle et cette déclaration.",
            err=True,
        )


COMMANDS = (key,)
