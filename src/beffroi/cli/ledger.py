"""`beffroi ledger verify`: verify an exported chain without the database, or the chains of an instance."""

import json
from pathlib import Path

import click

from beffroi.ledger import chain

from .common import home_option, opened


@click.group()
def ledger() -> None:
    """Le registre des actes."""


@ledger.command()
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@home_option
def verify(file: Path | None, folder: Path) -> None:
    """Vérifier une copie exportée (FILE), ou toutes les chaînes de l'instance."""
    if file is not None:
        results = {file.name: chain.verify(_lines(file))}
    else:
        opened(folder)
        from beffroi.web.territories import ledger as kept
        from beffroi.web.territories.models import Territory

        results = {"hébergeur": kept.verify(None)}
        results |= {t.slug: kept.verify(t) for t in Territory.objects.all()}
    for name, result in results.items():
        state = (
            f"intact jusqu'à la ligne {result.size}"
            if result.ok
            else f"MODIFIÉ à partir de la ligne {result.first_bad}"
        )
        click.echo(f"{name} : {result.size} lignes, {state}, empreinte {result.root}")
    if file is not None and all(result.ok for result in results.values()):
        click.echo(
            "Pour savoir si la copie va jusqu'au bout, comparez cette ligne avec la page Registre du site.",
            err=True,
        )
    if not all(result.ok for result in results.values()):
        raise click.ClickException("Le registre a été modifié. Comparez avec une sauvegarde antérieure.")


def _lines(file: Path) -> list[chain.Line]:
    lines = []
    for rank, text in enumerate(file.read_text("utf-8").splitlines(), start=1):
        try:
            lines.append(chain.Line(**json.loads(text)))
        except (ValueError, TypeError):
            raise click.ClickException(
                f"{file}, ligne {rank} : ce n'est pas une ligne de registre. Exportez-le à nouveau depuis la page Registre."
            ) from None
    return lines


COMMANDS = (ledger,)
