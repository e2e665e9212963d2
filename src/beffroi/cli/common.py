"""What the commands share: the `--home` option, waking the site's services in a home, and progress on standard error."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from beffroi.home import VARIABLE, Home, default_path
from beffroi.lake.reference import Place
from beffroi.lake.reference.kinds import KINDS

home_option = click.option(
    "--home",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    envvar=VARIABLE,
    default=default_path,
    show_default="BEFFROI_HOME, sinon le dossier de l'utilisateur",
    help="Dossier où cette instance garde tout.",
)

JOINS = (
    "Cette personne a déjà un compte : ses rôles commencent quand elle ouvre ce lien, se connecte et accepte."
)


def by_hand_options(command: Any) -> Any:
    """The options that describe a syndicate or an establishment, which the packaged list does not hold."""
    options = (
        click.option(
            "--by-hand", "hand_name", metavar="NOM", help="Saisir un syndicat ou un établissement de ce nom."
        ),
        click.option(
            "--kind",
            metavar="NATURE",
            help=f"Avec --by-hand : {', '.join(kind.key for kind in KINDS.values() if not kind.listed)}.",
        ),
        click.option("--siren", metavar="SIREN", help="Avec --by-hand : ses neuf chiffres."),
        click.option("--seat", default="", help="Avec --by-hand : son siège."),
        click.option(
            "--member", "members", multiple=True, help="Avec --by-hand : une commune membre, répétable."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def new_territory(
    place: Place | None,
    name: str | None,
    kind: str | None,
    siren: str | None,
    seat: str,
    members: Iterable[str],
) -> Any:
    """What founds the place, or what was entered by hand. Raises ClickException. Call once Django is set up."""
    from beffroi.web.tenancy import host_founding

    if place is not None:
        return host_founding.new_from_place(place)
    try:
        return host_founding.new_by_hand(
            name=name or "", kind=kind or "", siren=siren or "", seat=seat, members="\n".join(members)
        )
    except host_founding.HostingError as error:
        raise click.ClickException(str(error)) from error


territory_option = click.option("--territory", default=None, help="Territoire, s'il y en a plusieurs.")


def warn_of_local_links() -> None:
    """Say where the links lead when the site's address is this machine's own. Call once Django is set up."""
    from django.conf import settings

    from beffroi.web import public_address

    if not public_address.is_reachable():
        click.echo(
            f"{public_address.SETTING} n'est pas réglée : les liens mènent à {settings.BASE_URL}, sur cette machine seule.",
            err=True,
        )


def progress(text: str) -> None:
    """Show a stage of the work."""
    click.echo(f"  {text}", err=True)


def confirmed(question: str) -> bool:
    """Whether the person at the keyboard answers « oui »; no answer is a no."""
    try:
        answer = click.prompt(
            f"{question} (oui/non)", default="non", show_default=False, prompt_suffix=" ", err=True
        )
    except click.Abort:
        click.echo("", err=True)
        return False
    return str(answer).strip().lower() in ("o", "oui")


def setup_django(home: Home, *, base_url: str | None = None) -> None:
    """Make Django's services usable on this home, in this process."""
    os.environ[VARIABLE] = str(home.path)
    os.environ["DJANGO_SETTINGS_MODULE"] = "beffroi.web.settings"
    if base_url is None and home.address_file.is_file():
        base_url = home.address_file.read_text("utf-8").strip()
    if base_url:
        os.environ.setdefault("BEFFROI_URL", base_url)
    import django

    django.setup()


def opened(folder: Path, *, base_url: str | None = None) -> Home:
    """An existing home, checked, upgraded if older, with what a crash left settled."""
    home = Home(folder.resolve())
    home.check_format()
    setup_django(home, base_url=base_url)
    from beffroi.web.catalogue.lifecycle import reconcile
    from beffroi.web.operations.upgrade import prepare

    prepare(home)
    reconcile()
    return home


def territory_named(name: str | None) -> Any:
    """The territory that a command is about: the only one, or the one named by slug, else by code, else by name."""
    from beffroi.web.platform.models import Territory

    ways = [{}] if name is None else [{"slug": name}, {"code": name}, {"name__iexact": name}]
    found = next((some for way in ways if (some := list(Territory.objects.filter(**way)[:2]))), [])
    if len(found) != 1:
        known = ", ".join(f"{t.slug} ({t.name})" for t in Territory.objects.all()[:20]) or "aucun"
        message = "Précisez le territoire par --territory"
        if name is not None:
            how_many = "Plusieurs territoires s'appellent" if found else "Aucun territoire ne s'appelle"
            message = f"{how_many} « {name} »"
        raise click.ClickException(f"{message}. Territoires de cette instance : {known}.")
    return found[0]


class Steps:
    """Progress told on standard error, and how long each step took, in seconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._displayed = 0.0

    def do[T](self, name: str, label: str, work: Callable[[], T]) -> T:
        click.echo(f"▸ {label}…", err=True)
        start = time.monotonic()
        try:
            return work()
        finally:
            self.seconds[name] = round(self.seconds.get(name, 0) + time.monotonic() - start, 2)

    def report(self, percent: float, message: str) -> None:
        """Called often: shows at most two lines a second."""
        now = time.monotonic()
        if now - self._displayed > 0.5:
            self._displayed = now
            click.echo(f"  {int(percent):3d} % {message}", err=True)
