"""Commands that run an instance and keep it: serve, backup, and the supervisor that serve becomes."""

import os
from pathlib import Path
from typing import NoReturn

import click

from beffroi.home import VARIABLE, Home

from .common import home_option, opened, progress, setup_django


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


def serve_home(home: Home, host: str, port: int, ready: str, *, workers: int = 2) -> NoReturn:
    """Serve a prepared home until interrupted; `ready` is printed when the site answers."""
    from django.db import connections

    from beffroi.web.operations import integrity, supervisor
    from beffroi.web.operations.health import machine, report
    from beffroi.web.platform.storage import disk_space

    if found := integrity.before_serving(home):
        click.echo(f"Il manque quelque chose à cette instance :\n{integrity.listed(home, found)}", err=True)
    for verdict in (machine.disk(home), machine.memory(home)):
        if verdict.state != report.State.GOOD:
            click.echo(f"{verdict.text} {verdict.action}", err=True)
    for slug in disk_space.quotas_of_nobody():
        click.echo(
            f"BEFFROI_QUOTAS nomme « {slug} », qui n'est le nom court d'aucun territoire de cette instance : cette limite ne "
            "s'applique à personne.",
            err=True,
        )
    connections.close_all()
    supervisor.replace_this_process(home, host, port, workers=workers, ready=ready)


@click.command()
@click.argument("file", metavar="[FICHIER]", required=False, type=click.Path(path_type=Path, dir_okay=False))
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
    from beffroi.web.operations import archives, backup_log
    from beffroi.web.operations.backup import backup as save
    from beffroi.web.operations.repository import restic, restore_trial, snapshots
    from beffroi.web.ui.formats import counted
    from beffroi.web.ui.formats import size as octets

    if file is None and restic.is_configured():
        with backup_log.recorded_failures(home):
            report = snapshots.save(home, accept_less=accept_less, progress=progress)
        click.echo(
            f"{counted(report.members, 'fichier')} ; {octets(report.size)} de plus dans le dépôt, chiffrés.",
            err=True,
        )
    else:
        with backup_log.recorded_failures(home):
            report = save(home, file.resolve() if file else None, accept_less=accept_less, progress=progress)
        click.echo(
            f"{counted(report.members, 'fichier')}, {octets(report.size)}. Cette sauvegarde contient les clés et les données",
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


@click.command(hidden=True)
@click.argument("host")
@click.argument("port", type=int)
@click.argument("workers", type=int)
def supervise(host: str, port: int, workers: int) -> None:
    """What `serve` becomes once the home is prepared: the parent of the processes."""
    home = Home(Path(os.environ[VARIABLE]))
    home.check_format()
    setup_django(home)
    from beffroi.web.operations import supervisor

    if home.is_demo:
        from beffroi.demonstration import background

        background.register()
    supervisor.serve(home, host, port, workers=workers)
    click.echo("Beffroi est arrêté. Tout ce qui était enregistré est gardé.", err=True)


COMMANDS = (serve, backup, supervise)
