"""Commands that run an instance and keep it: serve, backup, restore, and the supervisor that serve becomes."""

import json
import os
from pathlib import Path
from typing import NoReturn

import click

from beffroi.home import VARIABLE, Home, HomeError

from .common import home_option, opened, setup_django


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
    """Sauvegarder toute l'instance dans un fichier (données, base, registre, fichiers, clés)."""
    home = Home(folder.resolve())
    home.check_format()
    setup_django(home)
    from beffroi.web.operations import archives
    from beffroi.web.operations.backup import backup as save
    from beffroi.web.ui.formats import size as octets

    report = save(
        home,
        file.resolve() if file else None,
        accept_less=accept_less,
        progress=lambda text: click.echo(f"  {text}", err=True),
    )
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
    click.echo(report.file)
    if report.lacks:
        listed = "\n".join(f"- {what}" for what in report.lacks.values())
        raise click.ClickException(
            f"La sauvegarde est écrite, mais elle n'est pas entière :\n{listed}\n"
            "La dernière qui ne manquait de rien ne sera pas effacée. Remettez ce qui manque, ou, si la perte est connue et "
            "sans retour : « beffroi backup --accept-less »."
        )


@click.command()
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path))
@click.option(
    "--territory",
    metavar="NOM",
    help="Ne restaurer que cette collectivité, par son nom court, dans l'instance en place ; les autres ne changent pas.",
)
@click.option("--yes", is_flag=True, help="Avec --territory : ne pas demander confirmation.")
@click.option(
    "--accept-less",
    is_flag=True,
    help="Avec --territory et --yes : ce qui manque à cette sauvegarde est connu.",
)
@click.option(
    "--reopen",
    is_flag=True,
    help="Avec --territory : ouvrir à nouveau les accès fermés depuis la sauvegarde (rôles, jetons, liens).",
)
@click.option(
    "--wait",
    type=click.IntRange(min=0),
    default=300,
    show_default=True,
    metavar="SECONDES",
    help="Avec --territory : temps laissé à ce qui est en cours dans cette collectivité, fermée entre-temps.",
)
@home_option
@click.option("--json", "as_json", is_flag=True, help="Écrire les empreintes en JSON.")
def restore(
    file: Path,
    folder: Path,
    territory: str | None,
    yes: bool,
    accept_less: bool,
    reopen: bool,
    wait: int,
    as_json: bool,
) -> None:
    """Reconstruire une instance dans un dossier vide, ou une seule collectivité, après avoir vérifié chaque octet."""
    if not file.is_file() and not (territory and file.is_dir()):
        raise click.ClickException(f"Le fichier {file} n'existe pas. Rien n'a été modifié.")
    if territory:
        _restore_territory(
            file.resolve(), folder, territory, yes=yes, accept_less=accept_less, reopen=reopen, wait=wait
        )
        return
    home = Home(folder.resolve())
    setup_django(home)
    from beffroi.web.operations.backup import restore as rebuild

    report = rebuild(file.resolve(), home, progress=lambda text: click.echo(f"  {text}", err=True))
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


def _opened_but_for(slug: str, folder: Path) -> Home:
    """The home, opened; what is harmed of this territory, which is about to be replaced, does not stop it."""
    try:
        return opened(folder)
    except HomeError as error:
        found = getattr(error, "findings", [])
        if not found or any(each.territory != slug for each in found):
            raise
        return Home(folder.resolve())


def _restore_territory(
    file: Path, folder: Path, slug: str, *, yes: bool, accept_less: bool, reopen: bool, wait: int
) -> None:
    home = _opened_but_for(slug, folder)
    from beffroi.web.operations.territory_losses import Losses
    from beffroi.web.operations.territory_restore import restore_territory
    from beffroi.web.ui.formats import french_date

    def confirm(losses: Losses) -> bool:
        listed = "".join(f"\n- {line}" for line in [*losses.lost, *losses.remarks])
        click.echo(f"{slug} revient à son état du {french_date(losses.made_at)}.{listed}", err=True)
        if losses.lacks:
            lacking = "".join(f"\n- {line}" for line in losses.lacks)
            click.echo(f"À cette sauvegarde, il manquait :{lacking}", err=True)
            if yes and not accept_less:
                raise HomeError(
                    "Rien n'a été modifié. Prenez une autre sauvegarde, ou ajoutez --accept-less si cette perte est connue."
                )
        return yes or click.confirm("Restaurer cette collectivité ?", default=False, err=True)

    done = restore_territory(
        home,
        file,
        slug,
        confirm=confirm,
        command=f"beffroi restore {file.name} --territory {slug}",
        reopen=reopen,
        wait=wait,
        progress=lambda text: click.echo(f"  {text}", err=True),
    )
    if done is None:
        raise click.ClickException("Rien n'a été modifié.")
    click.echo(
        f"{done.territory.name} est restaurée. Elle seule a été fermée, {max(1, round(done.seconds))} s ; les autres n'ont pas changé.",
        err=True,
    )
    for remark in done.remarks:
        click.echo(f"- {remark}", err=True)
    click.echo(
        f"Ce qui était là est gardé dans {done.safety}, avec les données et les clés : effacez ce dossier quand tout va bien. "
        f"Pour revenir en arrière : beffroi restore {done.safety} --territory {slug}",
        err=True,
    )
    click.echo(done.safety)


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


COMMANDS = (serve, backup, restore, supervise)
