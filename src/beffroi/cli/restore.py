"""`beffroi restore`: a whole instance rebuilt from a backup, or one territory alone brought back in a live one."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beffroi.home import Home, HomeError

from .common import confirmed, home_option, opened, progress, setup_django, territory_named

if TYPE_CHECKING:
    from beffroi.web.operations.backup import BackupReport


@click.command()
@click.argument("file", metavar="[FICHIER]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--snapshot",
    metavar="INSTANTANÉ",
    help="Sans FICHIER : l'instantané du dépôt, tel que « beffroi repository list » le nomme ; sans elle, le dernier ; avec --territory, le dernier entier pour elle.",
)
@click.option(
    "--territory",
    metavar="NOM",
    help="Ne restaurer que cette collectivité, par son nom court, son nom ou son code, dans l'instance en place ; les autres ne changent pas.",
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
    file: Path | None,
    snapshot: str | None,
    folder: Path,
    territory: str | None,
    yes: bool,
    accept_less: bool,
    reopen: bool,
    wait: int,
    as_json: bool,
) -> None:
    """Reconstruire une instance dans un dossier vide, ou une seule collectivité, après avoir vérifié chaque octet.

    Sans FICHIER : depuis le dépôt de sauvegarde (BEFFROI_BACKUP_REPOSITORY).
    """
    if file is not None and snapshot is not None:
        raise click.UsageError("Donnez un fichier, ou un instantané du dépôt : pas les deux.")
    if file is not None and not file.is_file() and not (territory and file.is_dir()):
        raise click.ClickException(f"Le fichier {file} n'existe pas. Rien n'a été modifié.")
    if territory is None:
        home = Home(folder.resolve())
        setup_django(home)
        display_restored(_rebuild(home, file, snapshot or "latest"), home, as_json=as_json)
        return
    home, slug = _opened_but_for(territory, folder)
    options = {"yes": yes, "accept_less": accept_less, "reopen": reopen, "wait": wait}
    if file is not None:
        _restore_territory(home, file.resolve(), slug, f"beffroi restore {file.name}", **options)
        return
    from beffroi.web.operations.repository import snapshots

    with tempfile.TemporaryDirectory(prefix=".depot-", dir=home.path) as made:
        source = Path(made) / "instance"
        progress("Lecture du dépôt…")
        chosen = snapshots.choose(home, snapshot, slug)
        if snapshot is None:
            progress(
                f"Instantané {chosen.id} : le dernier {'entier pour' if chosen.is_whole_for(slug) else 'qui a'} {slug}."
            )
        manifest = snapshots.extract(home, chosen, slug, source)
        command = f"beffroi restore (sauvegarde du {manifest['made_at'][:16]})"
        _restore_territory(home, source, slug, command, **options)


def _rebuild(home: Home, file: Path | None, snapshot: str) -> "BackupReport":
    from beffroi.web.operations import backup
    from beffroi.web.operations.repository import snapshots

    if file is not None:
        return backup.restore(file.resolve(), home, progress=progress)
    return snapshots.restore(home, snapshot, progress=progress)


def display_restored(report: "BackupReport", home: Home, *, as_json: bool = False) -> None:
    """Open the restored instance, and tell what came back."""
    opened(home.path)
    from beffroi.web.ui.formats import counted

    tables = sum(len(sums) for sums in report.checksums.values())
    click.echo(
        f"Instance restaurée dans {home.path} : {counted(report.members, 'fichier')}{f', {counted(tables, "table identique", "tables identiques")}' if tables else ''}.",
        err=True,
    )
    if as_json:
        click.echo(json.dumps(report.checksums, indent=1))
    if report.lacks:
        listed = "\n".join(f"- {what}" for what in report.lacks.values())
        click.echo(f"Cette sauvegarde n'était pas entière :\n{listed}", err=True)


def _opened_but_for(name: str, folder: Path) -> tuple[Home, str]:
    """The home, opened, and the territory's short name; what is harmed of it, about to be replaced, stops nothing."""
    try:
        home = opened(folder)
    except HomeError as error:
        found = getattr(error, "findings", [])
        if not found or not all(each.territory for each in found):
            raise
        slug = territory_named(name).slug
        if any(each.territory != slug for each in found):
            raise
        return Home(folder.resolve()), slug
    return home, territory_named(name).slug


def _restore_territory(
    home: Home,
    source: Path,
    slug: str,
    command: str,
    *,
    yes: bool,
    accept_less: bool,
    reopen: bool,
    wait: int,
) -> None:
    from beffroi.web.operations.territory_losses import Losses
    from beffroi.web.operations.territory_restore import restore_territory
    from beffroi.web.ui.formats import french_date

    name = territory_named(slug).name

    def confirm(losses: Losses) -> bool:
        listed = "".join(f"\n- {line}" for line in [*losses.lost, *losses.remarks])
        click.echo(f"{name} revient à son état du {french_date(losses.made_at)}.{listed}", err=True)
        if losses.lacks:
            lacking = "".join(f"\n- {line}" for line in losses.lacks)
            click.echo(f"À cette sauvegarde, il manquait :{lacking}", err=True)
            if yes and not accept_less:
                raise HomeError(
                    "Rien n'a été modifié. Prenez une autre sauvegarde, ou ajoutez --accept-less si cette perte est connue."
                )
        return yes or confirmed("Restaurer cette collectivité ?")

    done = restore_territory(
        home,
        source,
        slug,
        confirm=confirm,
        command=f"{command} --territory {slug}",
        reopen=reopen,
        wait=wait,
        progress=progress,
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


COMMANDS = (restore,)
