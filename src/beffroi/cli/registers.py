"""`beffroi register`: the public register of a territory's AI systems, written in the form of another register."""

from pathlib import Path
from typing import Literal

import click

from .common import home_option, opened, territory_named


@click.command()
@click.option("--territory", default=None, help="Le territoire ; inutile s'il n'y en a qu'un.")
@click.option(
    "--form",
    type=click.Choice(["fr", "nl"]),
    default="fr",
    show_default=True,
    help="fr : inventaire français des algorithmes publics ; nl : registre néerlandais.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    required=True,
    help="Le fichier à écrire, en .csv ou en .json.",
)
@home_option
def register(territory: str | None, form: Literal["fr", "nl"], output: Path, folder: Path) -> None:
    """Écrire le registre public des services d'IA d'un territoire, tel que le site public le montre."""
    if output.suffix not in (".csv", ".json"):
        raise click.ClickException(f"« {output.name} » doit finir par .csv ou .json. Rien n'a été écrit.")
    if not output.absolute().parent.is_dir():
        raise click.ClickException(f"Le dossier de « {output.name} » n'existe pas. Créez-le d'abord.")
    opened(folder)
    from beffroi.web.platform import scope
    from beffroi.web.trust import registers

    place, chosen = territory_named(territory), registers.FORMS[form]
    with scope.inside(place):
        text = (registers.as_csv if output.suffix == ".csv" else registers.as_json)(place, chosen)
        count = len(registers.entries(place, chosen))
    partial = output.with_name(f"{output.name}.partiel")
    partial.write_text(text, "utf-8", newline="")
    partial.replace(output)
    click.echo(f"{chosen.title} : {count} système{'s' if count > 1 else ''} dans « {output} ».", err=True)


COMMANDS = (register,)
