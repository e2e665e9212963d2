"""`beffroi guides`: the questionnaires, rules, registers and papers of the house, or of who writes one, checked."""

from pathlib import Path

import click

from beffroi.home import Home

from .common import home_option


@click.group()
def guides() -> None:
    """Les questionnaires, règles, registres et documents : du contenu daté, avec ses sources."""


@guides.command()
@click.argument(
    "folders",
    metavar="DOSSIER",
    nargs=-1,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
)
@home_option
def check(folders: tuple[Path, ...], folder: Path) -> None:
    """Vérifier des guides : chaque problème avec son fichier, sa ligne et que faire ; sans DOSSIER, ceux de Beffroi et de l'instance."""
    from beffroi.guides import CONTENT, KINDS
    from beffroi.guides.loading import load
    from beffroi.guides.weaknesses import check as weaknesses
    from beffroi.web.ui.formats import counted

    content = CONTENT.resolve()
    chosen = [each.resolve() for each in folders] or [content, Home(folder.resolve()).guides]
    house = load([content], KINDS)
    added = [each for each in chosen if not each.is_relative_to(content)]
    library = load(added, KINDS, house) if added else house
    own = [each for each in library.files.values() if any(each.is_relative_to(one) for one in chosen)]
    problems = [each for each in library.problems if any(each.file.is_relative_to(one) for one in chosen)]
    found = [*problems, *weaknesses(library, own)]
    for each in found:
        click.echo(str(each))
    good = counted(len(own), "guide lu", "guides lus")
    if found:
        raise click.ClickException(f"{good} ; {counted(len(found), 'problème', 'problèmes')} à corriger.")
    click.echo(f"{good}, rien à corriger.")


COMMANDS = (guides,)
