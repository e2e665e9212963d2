"""`beffroi lake upkeep`: what the clock has the workers do each day, now and with its report."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from .common import home_option, opened, territory_named


@click.group()
def lake() -> None:
    """Les données gardées : leur entretien."""


@lake.command()
@click.option("--territory", default=None, help="Un seul territoire ; sinon, tous.")
@click.option("--json", "as_json", is_flag=True, help="Écrire le rapport en JSON.")
@home_option
def upkeep(territory: str | None, as_json: bool, folder: Path) -> None:
    """Regrouper les petits fichiers, oublier ce qui n'a plus à être conservé, ôter les restes d'un arrêt."""
    opened(folder)
    from beffroi.web.catalogue.lifecycle import run_upkeep
    from beffroi.web.platform import scope
    from beffroi.web.platform.models import Territory

    if territory is not None:
        chosen = [territory_named(territory)]
    else:
        with scope.host():
            chosen = list(Territory.objects.all())
    reports = {}
    for each in chosen:
        with scope.inside(each):
            done = run_upkeep(each, on_progress=lambda what: click.echo(f"  {what}", err=True))
        reports[each.slug] = {**asdict(done), "freed": done.freed}
        if not as_json:
            click.echo(f"{each.name} : {done.summary()}")
    if as_json:
        click.echo(json.dumps(reports, ensure_ascii=False, indent=1))


COMMANDS = (lake,)
