"""`beffroi report`: the annual report on AI of a territory, in one command. It writes a file; it publishes nothing."""

from pathlib import Path

import click

from .common import home_option, opened, territory_named, territory_option

KINDS = (".pdf", ".json", ".html")


@click.command()
@click.argument("year", metavar="ANNÉE", type=int)
@territory_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Fichier à écrire, en .pdf, .json ou .html ; sinon, le JSON à l'écran.",
)
@home_option
def report(year: int, territory: str | None, output: Path | None, folder: Path) -> None:
    """Écrire le rapport annuel sur l'IA (ANNÉE) : tous les services, bons et mauvais résultats. Ne publie rien."""
    if output is not None and output.suffix.lower() not in KINDS:
        raise click.ClickException(f"{output} : donnez un nom qui finit par {', '.join(KINDS)}.")
    if output is not None and not output.absolute().parent.is_dir():
        raise click.ClickException(f"Le dossier de « {output.name} » n'existe pas. Créez-le d'abord.")
    opened(folder)
    from beffroi.web.platform import scope
    from beffroi.web.trust.report import build, paper, presenting, publishing
    from beffroi.web.ui import printing

    place = territory_named(territory)
    with scope.inside(place):
        try:
            made = build(place, year)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        messages = publishing.missing(made)
        if output is None:
            click.echo(publishing.written(made), nl=False)
        elif output.suffix.lower() == ".json":
            _write(output, publishing.written(made).encode())
        elif output.suffix.lower() == ".html":
            _write(output, paper.html(presenting.plain(made)).encode())
        else:
            try:
                _write(output, paper.pdf(presenting.plain(made)))
            except printing.NoPrinter as error:
                raise click.ClickException(str(error)) from error
    if output is not None:
        click.echo(f"Rapport {year} de {place.name} écrit dans {output}. Il n'est pas publié.", err=True)
    for line in messages:
        click.echo(f"  ! {line}", err=True)


def _write(output: Path, content: bytes) -> None:
    try:
        with output.open("xb") as stream:
            stream.write(content)
    except FileExistsError:
        raise click.ClickException(
            f"{output} existe déjà. Rien n'a été écrit. Choisissez un autre nom."
        ) from None


COMMANDS = (report,)
