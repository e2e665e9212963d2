"""`beffroi demo`: a demonstration home, the main job in it, then the site (or one JSON document)."""

import json
import os
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import click

from beffroi.home import Home, HomeError, default_path
from beffroi.lake.reference import Place, find_place

from .common import Steps, home_option, opened, setup_django
from .operate import serve_home


@click.command()
@click.option(
    "--from", "source", type=click.Path(path_type=Path), help="Dossier de vrais fichiers à rassembler."
)
@click.option(
    "--territory", metavar="NOM_OU_CODE", help="Avec --from : la collectivité dont parlent les fichiers."
)
@click.option(
    "--only", metavar="SERVICE", help="Ne montrer que ce service d'IA, pour qui l'écrit : c'est plus court."
)
@home_option
@click.option("--once", is_flag=True, help="Tout faire sans mettre en service.")
@click.option(
    "--json", "as_json", is_flag=True, help="Avec --once : un document JSON sur la sortie standard."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Adresse d'écoute.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port d'écoute.")
def demo(
    source: Path | None,
    territory: str | None,
    only: str | None,
    folder: Path,
    once: bool,
    as_json: bool,
    host: str,
    port: int,
) -> None:
    """Montrer tout le chemin, sur une ville fictive ou sur vos fichiers (--from)."""
    from beffroi.web.operations.locks import exclusive
    from beffroi.web.operations.supervisor import ALREADY, check_port

    if folder == default_path():
        folder = folder.with_name("beffroi-demonstration")
    home = Home(folder.resolve())
    place = _checked_source(source, territory)
    if only is not None:
        _check_demonstrated(only)
    if home.exists() and not home.is_demo:
        raise HomeError(
            f"{home.path} est une vraie instance : la démonstration n'y touche pas. Choisissez un autre dossier (--home)."
        )
    address = f"http://{host}:{port}"
    if not once:
        check_port(host, port)
    if home.exists() and home.identity().get("prepared") and source is None and only is None:
        report = None
        opened(home.path, base_url=address)
    else:
        _create_fresh_home(home)
        with exclusive(home, "serve", ALREADY):
            if once or only is not None:
                report = _prepare(home, source, place, once, address, only)
            else:
                report = None
                _begin(home, source, place, address)
    if once:
        if report is None:
            raise HomeError(
                f"{home.path} contient déjà une démonstration. Indiquez un dossier neuf avec --home."
            )
        click.echo(json.dumps(report, ensure_ascii=False, indent=1) if as_json else _summary(report, address))
        return
    from beffroi.web.platform import scope
    from beffroi.web.platform.models import Person
    from beffroi.web.tenancy.signin import make_link

    with scope.host():
        link = make_link(Person.objects.get(email="guide@demonstration.example"), "signin")
    ready = (
        f"\nBeffroi est en service : {os.environ['BEFFROI_URL']}/\nEntrez avec ce lien, valable une fois et 15 minutes :\n{link}"
        f"\nComme une autre personne : beffroi signin ADRESSE --home {home.path}\n(Ctrl+C pour arrêter)"
    )
    serve_home(home, host, port, ready)


def _checked_source(source: Path | None, territory: str | None) -> Place | None:
    """The place that the files are about; refuses what cannot be gathered before anything is made."""
    if source is None:
        if territory is not None:
            raise HomeError(
                "--territory va avec --from : sans vos fichiers, la démonstration montre une ville fictive. "
                "Pour une vraie instance vide : « beffroi init --territory NOM »."
            )
        return None
    if not source.is_dir():
        raise HomeError(f"Le dossier {source} n'existe pas. Indiquez le dossier qui contient vos fichiers.")
    if not any(path.is_file() for path in source.rglob("*")):
        raise HomeError(
            f"Le dossier {source} ne contient aucun fichier. Déposez-y vos exports, puis recommencez."
        )
    if territory is None:
        raise HomeError("Indiquez la collectivité dont parlent ces fichiers : --territory NOM_OU_CODE.")
    return find_place(territory)


def _create_fresh_home(home: Home) -> None:
    """Create a fresh demonstration home. One whose making was interrupted holds nothing of anyone's: it is made again."""
    if not home.exists():
        home.create(demo=True)
        return
    from beffroi.web.operations.locks import exclusive
    from beffroi.web.operations.supervisor import ALREADY

    if home.identity().get("prepared"):
        raise HomeError(f"{home.path} contient déjà une démonstration. Indiquez un dossier neuf avec --home.")
    with exclusive(home, "serve", ALREADY):
        click.echo("La préparation précédente avait été interrompue : elle est reprise.", err=True)
        for entry in home.path.iterdir():
            if entry == home.run:
                continue
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.rmtree(home.run)
    home.create(demo=True)


def _check_demonstrated(system: str) -> None:
    from beffroi.demonstration.demonstrated_systems import demonstrated_systems

    known = [one.id for one in demonstrated_systems()]
    if system not in known:
        raise HomeError(f"La démonstration ne montre pas « {system} ». Elle montre : {', '.join(known)}.")


def _prepare(
    home: Home,
    source: Path | None,
    place: Place | None,
    once: bool,
    address: str,
    only: str | None = None,
) -> dict[str, Any]:
    steps = Steps()
    setup_django(home, base_url=address)
    from beffroi.demonstration import main_job
    from beffroi.web.operations.upgrade import prepare

    steps.do("database", "La base", lambda: prepare(home))
    report = main_job.run(
        home,
        folder=source.resolve() if source else None,
        place=place,
        today=date.today(),
        decide=once,
        narrator=steps,
        only=only,
    )
    home.declare(prepared=True)
    return report


def _begin(home: Home, source: Path | None, place: Place | None, address: str) -> None:
    """Prepare the first pages only: the workers go on with the rest while the site is served."""
    steps = Steps()
    setup_django(home, base_url=address)
    from beffroi.demonstration import background, main_job
    from beffroi.web.operations.upgrade import prepare
    from beffroi.web.platform import scope

    steps.do("database", "La base", lambda: prepare(home))
    folder = source.resolve() if source else None
    sources, members, secured = main_job.begin(
        home, folder=folder, place=place, today=date.today(), narrator=steps
    )
    with scope.inside(sources.territory):
        background.start(sources, members)
    home.declare(prepared=True)
    if secured is not None:
        click.echo(
            f"▸ L'adresse du prestataire, sans compte : {address}{secured.addresses['provider']}", err=True
        )
    click.echo("▸ La suite se prépare : la page d'accueil dit où elle en est.", err=True)


def _summary(report: dict[str, Any], address: str) -> str:
    lines = [
        f"{report['territory']['name']} : {len(report['datasets'])} livraisons, {len(report['refused'])} fichiers refusés"
    ]
    lines += [f"  refusé : {r['file']} — {r['reason']}" for r in report["refused"]]
    lines += [f"  tableau : {b['name']} ({b['figures']} figures)" for b in report["boards"]]
    lines += [
        f"  service d'IA : {s['id']} — {s.get('verdict') or s.get('reason')}" for s in report["systems"]
    ]
    lines += [
        f"  sécurité, {w['words']} : {w['who'] or address + w['pages'][0]} ({len(w['pages'])} page{'s' * (len(w['pages']) > 1)})"
        for w in report["security"]
    ]
    lines.append(
        f"  {report['proposals']} propositions, {report['decisions']} décision, registre de {report['ledger']['size']} lignes"
    )
    return "\n".join(lines)


COMMANDS = (demo,)
