"""`beffroi sources`: what a territory receives by itself, and reading a source now."""

from pathlib import Path

import click

from .common import home_option, opened, territory_named, territory_option


@click.group()
def sources() -> None:
    """Les sources d'un territoire : leur état, leur relève."""


@sources.command("list")
@territory_option
@home_option
def list_sources(territory: str | None, folder: Path) -> None:
    """Lister les sources, celles en retard d'abord."""
    opened(folder)
    from beffroi.web.catalogue.sources import source_lists
    from beffroi.web.platform import scope

    place = territory_named(territory)
    with scope.inside(place):
        rows = source_lists.rows(place)
        for row in rows:
            when = f"{row.source.arrived_at:%Y-%m-%d}" if row.source.arrived_at else "jamais"
            cells = (str(row.source.pk), row.source.title, row.kind, row.freshness[0], when, row.state[0])
            click.echo(" | ".join(cells))
    if not rows:
        click.echo("Aucune source. Ajoutez-en une sur la page Données, Sources.")


@sources.command("fetch")
@click.argument("source", metavar="SOURCE", type=int)
@territory_option
@home_option
def fetch_source(source: int, territory: str | None, folder: Path) -> None:
    """Relever une source maintenant ; SOURCE est son numéro dans « beffroi sources list »."""
    opened(folder)
    from beffroi.web.catalogue.errors import CatalogueError
    from beffroi.web.catalogue.models import Source
    from beffroi.web.catalogue.sources import fetch_jobs
    from beffroi.web.platform import jobs, scope

    place = territory_named(territory)
    with scope.inside(place):
        found = Source.objects.of(place).select_related("territory", "owner").filter(pk=source).first()
        if found is None:
            raise click.ClickException(
                f"La source {source} n'existe pas dans ce territoire. Voyez « beffroi sources list »."
            )
        try:
            job = fetch_jobs.request_fetch_by_host(found)
        except CatalogueError as error:
            raise click.ClickException(str(error)) from error
        done = jobs.run(job)
        last = found.fetches.first()
    if done.state == done.State.FAILED:
        raise click.ClickException(done.message)
    if last is not None:
        click.echo(f"{found.title} : {last.get_state_display()}. {last.message}".strip())


COMMANDS = (sources,)
