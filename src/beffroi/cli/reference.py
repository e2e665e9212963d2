"""`beffroi contours`: import the shapes of communes that the operator allowed."""

from pathlib import Path

import click

from beffroi.home import Home
from beffroi.lake.reference.contours import import_contours

from .common import home_option


@click.command()
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@home_option
def contours(file: Path, folder: Path) -> None:
    """Importer les contours des communes (GeoJSON ou Parquet), pour les cartes."""
    home = Home(folder.resolve())
    home.check_format()
    done = import_contours(file, home.path)
    message = f"{done.imported} contours importés ({done.source}, {done.year or 'année inconnue'})."
    if done.unknown:
        message += f" {len(done.unknown)} codes ne sont plus ceux d'un territoire : laissés de côté."
    click.echo(message, err=True)


COMMANDS = (contours,)
