"""Commands that run an instance and keep it: serve, backup, restore, and the processes that serve supervises."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beffroi.home import VARIABLE, Home

from .common import home_option, opened, setup_django

if TYPE_CHECKING:
    from beffroi.web.operations.backup import BackupReport


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Adresse d'écoute.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port d'écoute.")
@click.option(
    "--workers",
    default=2,
    show_default=True,
    type=click.IntRange(1, 32),
    help="Processus pour le travail long ; un territoire n'en occupe jamais la totalité s'il y en a d'autres.",
)
@home_option
def serve(host: str, port: int, workers: int, folder: Path) -> None:
    """Mettre l'instance en service : web, tâches, horloge et requêtes, relancés s'ils s'arrêtent."""
    address = f"http://{host}:{port}"
    home = opened(folder, base_url=address)
    ready = f"Beffroi est en service : {os.environ['BEFFROI_URL']}/ (Ctrl+C pour arrêter)"
    serve_home(home, host, port, ready, workers=workers)


def serve_home(home: Home, host: str, port: int, ready: str, *, workers: int = 2) -> None:
    """Serve a prepared home until interrupted; `ready` is printed when the site answers."""
    from django.db import connections

    from beffroi.web.operations import integrity, supervisor
    from beffroi.web.platform.storage import disk_space

    if found := integrity.before_serving(home):
        click.echo(f"Il manque quelque chose à cette instance :\n{integrity.listed(home, found)}", err=True)
    for slug in disk_space.quotas_of_nobody():
        click.echo(
            f"BEFFROI_QUOTAS nomme « {slug} », qui n'est le nom court d'aucun territoire de cette instance : cette limite ne "
            "s'applique à personne.",
            err=True,
        )
    connections.close_all()
    supervisor.serve(home, host, port, workers=workers, on_ready=lambda: click.echo(ready))
    click.echo("Beffroi est arrêté. Tout ce qui était enregistré est gardé.", err=True)


@click.command()
@click.argument("file", metavar="FICHIER", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--keep",
    "days",
    type=click.IntRange(min=1),
    help="Effacer ensuite les sauvegardes de plus de JOURS jours ; la dernière qui ne manquait de rien reste toujours.",
    metavar="JOURS",
)
@click.option(
    "--accept-less",
    is_flag=True,
    help="Ce qui manque est connu et sans retour : cette sauvegarde compte comme entière.",
)
@home_option
def backup(file: Path | None, days: int | None, accept_less: bool, folder: Path) -> None:
    """Sauvegarder toute l'instance (données, base, registre, fichiers, clés) dans un fichier.

    Sans FICHIER : dans le dépôt de sauvegarde s'il y en a un (BEFFROI_BACKUP_REPOSITORY), sinon dans le dossier des
    sauvegardes de l'instance ; chaque semaine, la restauration est ensuite essayée.
    """
    home = Home(folder.resolve())
    home.check_format()
    setup_django(home)
    from beffroi.web.operations import archives
    from beffroi.web.operations.backup import backup as save
    from beffroi.web.operations.repository import restic, restore_trial, snapshots
    from beffroi.web.ui.formats import size as octets

    if file is None and restic.is_configured():
        report = snapshots.save(home, accept_less=accept_less, progress=progress)
        click.echo(
            f"{report.members} fichiers ; {octets(report.size)} de plus dans le dépôt, chiffrés.", err=True
        )
    else:
        report = save(home, file.resolve() if file else None, accept_less=accept_less, progress=progress)
        click.echo(
            f"{report.members} fichiers, {octets(report.size)}. Cette sauvegarde contient les clés et les données",
            err=True,
        )
        click.echo(
            "personnelles : gardez-la chiffrée, hors de cette machine, et essayez-la (« beffroi restore »).",
            err=True,
        )
    for old in archives.rotate(home, days) if days else []:
        click.echo(f"  Effacée : {old.name}", err=True)
    click.echo(report.file or report.snapshot)
    faults = []
    if file is None and restore_trial.is_due(home):
        tried = restore_trial.run(home, progress=progress)
        faults = [f"L'essai de restauration a échoué : {tried.fault}"] if tried.fault else []
    if report.lacks:
        listed = "\n".join(f"- {what}" for what in report.lacks.values())
        faults.insert(
            0,
            f"La sauvegarde est écrite, mais elle n'est pas entière :\n{listed}\n"
            "La dernière qui ne manquait de rien ne sera pas effacée. Remettez ce qui manque, ou, si la perte est connue et "
            "sans retour : « beffroi backup --accept-less ».",
        )
    if faults:
        raise click.ClickException("\n".join(faults))


@click.command()
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path, dir_okay=False))
@home_option
@click.option("--json", "as_json", is_flag=True, help="Écrire les empreintes en JSON.")
def restore(file: Path, folder: Path, as_json: bool) -> None:
    """Reconstruire une instance dans un dossier vide, après avoir vérifié chaque octet."""
    if not file.is_file():
        raise click.ClickException(f"Le fichier {file} n'existe pas. Rien n'a été modifié.")
    home = Home(folder.resolve())
    setup_django(home)
    from beffroi.web.operations.backup import restore as rebuild

    display_restored(rebuild(file.resolve(), home, progress=progress), home, as_json=as_json)


def display_restored(report: "BackupReport", home: Home, *, as_json: bool = False) -> None:
    """Open the restored instance, and tell what came back."""
    opened(home.path)
    tables = sum(len(sums) for sums in report.checksums.values())
    click.echo(
        f"Instance restaurée dans {home.path} : {report.members} fichiers{f', {tables} tables identiques' if tables else ''}.",
        err=True,
    )
    if as_json:
        click.echo(json.dumps(report.checksums, indent=1))
    if report.lacks:
        listed = "\n".join(f"- {what}" for what in report.lacks.values())
        click.echo(f"Cette sauvegarde n'était pas entière :\n{listed}", err=True)


def progress(text: str) -> None:
    """Show a stage of the work."""
    click.echo(f"  {text}", err=True)


def _child_home() -> Home:
    """The home that the supervisor named in the environment."""
    home = Home(Path(os.environ[VARIABLE]))
    home.check_format()
    return home


@click.command(hidden=True)
@click.option("--of", "workers", default=1, type=click.IntRange(1, 32))
def worker(workers: int) -> None:
    """Process of `serve`: does the long work, with the others."""
    home = _child_home()
    setup_django(home)
    from beffroi.web.operations.worker import run_for_ever
    from beffroi.web.platform import jobs

    if home.is_demo:
        from beffroi.demonstration import background

        background.register()
    jobs.serve_with(workers)
    run_for_ever()


@click.command(hidden=True)
def scheduler() -> None:
    """Process of `serve`: the clock."""
    home = _child_home()
    setup_django(home)
    from beffroi.web.operations.scheduler import run_for_ever

    run_for_ever(home)


@click.command(hidden=True)
def queries() -> None:
    """Process of `serve`: the pool that reads the lakes."""
    home = _child_home()
    from beffroi.recipes import pool

    pool.serve(home.query_socket)


COMMANDS = (serve, backup, restore, worker, scheduler, queries)
