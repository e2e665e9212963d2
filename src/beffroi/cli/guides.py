"""`beffroi guides`: the questionnaires, rules, registers and papers of the house, or of who writes one, checked."""

from pathlib import Path

import click


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
def check(folders: tuple[Path, ...]) -> None:
    """Vérifier des guides : chaque problème avec son fichier, sa ligne, sa clé ; sans DOSSIER, ceux de Beffroi."""
    from beffroi.guides import CONTENT, KINDS
    from beffroi.guides.loading import load
    from beffroi.guides.weaknesses import check as weaknesses
    from beffroi.web.ui.formats import counted

    library = load(folders or (CONTENT,), KINDS)
    found = [*library.problems, *weaknesses(library)]
    for each in found:
        click.echo(str(each))
    good = counted(len(library.guides), "guide lu", "guides lus")
    if found:
        raise click.ClickException(f"{good} ; {counted(len(found), 'problème', 'problèmes')} à corriger.")
    click.echo(f"{good}, rien à corriger.")


COMMANDS = (guides,)
