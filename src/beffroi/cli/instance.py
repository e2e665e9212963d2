"""Commands that make an instance and let people in: init, invite, signin."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import beffroi.web
from beffroi.home import Home, HomeError
from beffroi.lake.reference import Place, find_place
from beffroi.lake.reference.errors import UnknownPlace
from beffroi.lake.reference.kinds import siren_is_valid

from .common import (
    JOINS,
    by_hand_options,
    home_option,
    new_territory,
    opened,
    setup_django,
    territory_named,
    territory_option,
    warn_of_local_links,
)
from .french import Misused

if TYPE_CHECKING:
    from beffroi.web.tenancy.services import NewTerritory


def _day(_context: click.Context, parameter: click.Parameter, value: str | None) -> date | None:
    try:
        return date.fromisoformat(value) if value else None
    except ValueError:
        raise click.ClickException(
            f"« {value} » n'est pas un jour (--{parameter.human_readable_name.replace('_', '-')}). "
            "Écrivez par exemple 2026-03-22."
        ) from None


def mandate_options(help_text: str) -> Callable[[Any], Any]:
    """The reference and the day of the legal act by which somebody is elected."""

    def decorate(command: Any) -> Any:
        command = click.option(
            "--deed-date",
            "legal_act_date",
            default=None,
            metavar="JOUR",
            help="Date de cet acte (2026-03-22).",
            callback=_day,
        )(command)
        return click.option("--deed", "legal_act", default="", metavar="ACTE", help=help_text)(command)

    return decorate


def check_mandate(reference: str, day: date | None) -> None:
    if reference and day is None:
        raise click.ClickException("Donnez aussi la date de l'acte, avec --deed-date.")


@click.command()
@click.option("--territory", metavar="NOM_OU_CODE", help="Nom, code INSEE ou SIREN de la collectivité.")
@by_hand_options
@click.option("--email", required=True, help="La première personne : elle pourra tout faire, sauf décider.")
@click.option("--name", default="", help="Son nom.")
@mandate_options("Si elle est élue, pour décider aussi : référence de l'acte d'élection.")
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port où elle sera servie, que porte le lien affiché (sauf si BEFFROI_URL donne l'adresse).",
)
@click.option(
    "--preset",
    metavar="NOM",
    default="",
    help="Réglages de départ : « petite-commune » ferme ce qui ne sert pas et protège les réglages sûrs.",
)
@home_option
def init(
    territory: str | None,
    hand_name: str | None,
    kind: str | None,
    siren: str | None,
    seat: str,
    members: tuple[str, ...],
    email: str,
    name: str,
    legal_act: str,
    legal_act_date: date | None,
    port: int,
    preset: str,
    folder: Path,
) -> None:
    """Créer l'instance vide d'une vraie collectivité, avec sa première personne, qui peut tout y faire."""
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    check_mandate(legal_act, legal_act_date)
    _check_preset(preset)
    if (territory is None) == (hand_name is None):
        raise Misused(
            "Donnez soit --territory (nom ou code), soit --by-hand NOM, pour un syndicat ou un établissement."
        )
    place = _listed_place(territory) if territory is not None else None
    try:
        validate_email(email)
    except ValidationError:
        raise HomeError(f"« {email} » n'est pas une adresse électronique. Rien n'a été créé.") from None
    home = Home(folder.resolve())
    home.create(demo=False)
    try:
        setup_django(home, base_url=f"http://127.0.0.1:{port}")
        new = new_territory(place, hand_name, kind, siren, seat, members)
        link = _furnish(home, new, email, name, legal_act, legal_act_date, preset)
    except BaseException:
        # Half an instance is worse than none: the folder was empty or absent before.
        shutil.rmtree(home.path, ignore_errors=True)
        raise
    click.echo(f"L'instance de {new.name} ({new.code}) est prête dans {home.path}.", err=True)
    for line in _introduce(email, elected=bool(legal_act)):
        click.echo(line, err=True)
    if preset:
        from beffroi.web.operations import presets

        click.echo("Pour commencer :", err=True)
        for step in presets.preset(preset).next_steps:
            click.echo(f"  - {step}", err=True)
    click.echo(
        f"Démarrez-la avec « beffroi serve --home {home.path}{f' --port {port}' if port != 8000 else ''} », puis ouvrez ce lien, valable une fois et 7 jours :",
        err=True,
    )
    warn_of_local_links()
    click.echo(link)


def _listed_place(name_or_code: str) -> Place:
    """The place of the packaged list. Raises PlaceError: for a SIREN that it lacks, with the way to enter it by hand."""
    try:
        return find_place(name_or_code)
    except UnknownPlace as error:
        siren = "".join(name_or_code.split())
        if not siren_is_valid(siren):
            raise
        raise UnknownPlace(
            f"Le SIREN {siren} n'est pas dans la liste des communes, intercommunalités, départements et régions. Rien n'a été "
            "créé. Un syndicat ou un établissement public s'inscrit à la main : "
            f"beffroi init --by-hand NOM --kind SMF --siren {siren} --email ADRESSE (natures : beffroi init --help).",
            error.choices,
        ) from None


def _check_preset(name: str) -> None:
    """Before anything is made. Raises HomeError."""
    folder = Path(beffroi.web.__file__).parent / "operations/presets"
    known = sorted(path.stem for path in folder.glob("*.toml"))
    if name and name not in known:
        raise HomeError(
            f"« {name} » n'est pas un réglage de départ. Rien n'a été créé. Écrivez : {', '.join(known)}."
        )


def _introduce(email: str, *, elected: bool) -> Iterator[str]:
    """What the first person may do, in one sentence, and what to give away when somebody else comes."""
    from beffroi.web.platform.rights import SEPARATE_LATER

    missing = "" if elected else " Décider demande un mandat d'élu : invitez l'élu (« Décider »)."
    yield (
        f"{email} peut tout y faire : inviter, apporter les données, analyser, partager"
        f"{', décider' if elected else ''}.{missing}"
    )
    yield "Quand vous serez deux, séparez :"
    yield from (f"  - {line} ;" for line in SEPARATE_LATER[:-1])
    yield f"  - {SEPARATE_LATER[-1]}."


def _furnish(
    home: Home,
    new: "NewTerritory",
    email: str,
    name: str,
    legal_act: str = "",
    legal_act_date: date | None = None,
    preset: str = "",
) -> str:
    """The database, the territory and its first person; their invitation link."""
    from beffroi.web.operations.upgrade import prepare
    from beffroi.web.platform.models import Person
    from beffroi.web.platform.rights import SMALL_TOWN
    from beffroi.web.tenancy.hosting import set_host_operator
    from beffroi.web.tenancy.services import LegalAct, PeopleError, found_territory, invite

    prepare(home)
    mandate = LegalAct(legal_act, legal_act_date) if legal_act and legal_act_date else None
    roles = SMALL_TOWN.roles_for(mandate=mandate is not None)
    try:
        territory = found_territory(new)
        link = invite(territory, email, name, roles, by=None, legal_act=mandate)
    except PeopleError as error:
        raise click.ClickException(str(error)) from error
    # Who makes the instance runs the host too, until someone else is named.
    person = Person.objects.get(email__iexact=email)
    set_host_operator(person, active=True, by=None)
    if preset:
        from beffroi.web.operations import presets

        presets.apply(territory, presets.preset(preset), person)
    return link


@click.command()
@click.argument("email", metavar="ADRESSE")
@click.option(
    "--as",
    "bundles",
    multiple=True,
    metavar="CE_QU_ELLE_FAIT",
    help="Ce que la personne fera : tout, données, décider ou lire ; répétable.",
)
@click.option(
    "--role", "roles", multiple=True, help="En détail : un rôle, répétable (agent, data_officer, decider…)."
)
@click.option("--name", default="", help="Nom de la personne.")
@click.option(
    "--thing",
    "limited_to",
    multiple=True,
    metavar="OBJET",
    help="Objet auquel le rôle est limité, répétable (dataset:12, system:canteen).",
)
@mandate_options("Pour décider : référence de l'acte d'élection.")
@click.option(
    "--until", default=None, metavar="JOUR", help="Dernier jour du rôle, compris (2026-12-31).", callback=_day
)
@territory_option
@home_option
def invite(
    email: str,
    bundles: tuple[str, ...],
    roles: tuple[str, ...],
    name: str,
    limited_to: tuple[str, ...],
    legal_act: str,
    legal_act_date: date | None,
    until: date | None,
    territory: str | None,
    folder: Path,
) -> None:
    """Inviter une personne : affiche son lien d'entrée, à usage unique, ou le lien pour rejoindre si elle a déjà un compte."""
    opened(folder)
    from django.utils import timezone

    from beffroi.web.tenancy.invitation_mail import send_link
    from beffroi.web.tenancy.services import LegalAct, PeopleError, Term
    from beffroi.web.tenancy.services import invite as make_invitation

    check_mandate(legal_act, legal_act_date)
    last = datetime.combine(until + timedelta(days=1), time()) if until else None
    try:
        place = territory_named(territory)
        link = make_invitation(
            place,
            email,
            name,
            _roles(bundles, roles, mandate=bool(legal_act)),
            by=None,
            limited_to=limited_to,
            legal_act=LegalAct(legal_act, legal_act_date) if legal_act and legal_act_date else None,
            term=Term(until=timezone.make_aware(last) if last else None),
        )
        if "/rejoindre/" in link:
            click.echo(JOINS, err=True)
        click.echo(link)
        if send_link(place, email, link):
            click.echo(f"Ce lien vient aussi de partir par courriel à {email}.", err=True)
    except PeopleError as error:
        raise click.ClickException(str(error)) from error


def _roles(bundles: tuple[str, ...], roles: tuple[str, ...], *, mandate: bool) -> list[str]:
    """The roles of these bundles, named in French, and those named one by one."""
    from beffroi.web.platform.rights import BUNDLES, find_bundle

    known = " ; ".join(f"« {bundle.key} » ({bundle.label})" for bundle in BUNDLES)
    if not bundles and not roles:
        raise click.ClickException(f"Dites ce que la personne fera, avec --as : {known}.")
    found = [*roles]
    for words in bundles:
        bundle = find_bundle(words)
        if bundle is None:
            raise click.ClickException(f"« {words} » n'est pas connu (--as). Choisissez : {known}.")
        found += bundle.roles_for(mandate=mandate)
    return list(dict.fromkeys(found))


@click.command()
@click.argument("email", metavar="ADRESSE")
@click.option(
    "--anew",
    is_flag=True,
    help="Quelqu'un d'autre tient ce compte : fermer d'abord mot de passe, seconds facteurs, fournisseurs, sessions et liens.",
)
@click.option(
    "--recognised",
    default="",
    metavar="COMMENT",
    help="Avec --anew : par qui et comment la personne a été reconnue ; c'est gardé au registre.",
)
@home_option
def signin(email: str, anew: bool, recognised: str, folder: Path) -> None:
    """Afficher un lien de connexion à usage unique pour une personne déjà invitée."""
    opened(folder)
    from beffroi.web.platform import scope
    from beffroi.web.platform.errors import PeopleError
    from beffroi.web.platform.models import Person
    from beffroi.web.tenancy.signin import make_link
    from beffroi.web.tenancy.signin.reclaim import reclaim

    person = Person.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise click.ClickException(
            f"Personne n'est connu sous « {email} ». Invitez-la : « beffroi invite {email} --as lire »."
        )
    with scope.host():
        try:
            link = reclaim(person, recognised) if anew else make_link(person, "signin")
        except PeopleError as error:
            raise click.ClickException(f"{error} (--recognised)") from error
    if anew:
        click.echo(
            "Tout ce qui ouvrait ce compte est fermé. Ce lien, valable une fois et 7 jours, le rouvre :",
            err=True,
        )
    click.echo(link)


COMMANDS = (init, invite, signin)
