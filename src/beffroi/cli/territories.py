"""Commands of the host: its territories (`territory add|list|show`), its operators and its identity."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from beffroi.lake.reference import find_place
from beffroi.lake.reference.kinds import kind_name

from .common import JOINS, by_hand_options, home_option, new_territory, opened, territory_named

DAY = click.DateTime(formats=["%Y-%m-%d", "%d/%m/%Y"])


@click.group()
def territory() -> None:
    """Les territoires que cette instance héberge."""


@territory.command("add")
@click.argument("place", required=False, metavar="[NOM_OU_CODE]")
@click.option("--email", required=True, help="La première personne : elle pourra tout faire, sauf décider.")
@click.option("--admin", "admin_name", default="", help="Son nom.")
@by_hand_options
@click.option(
    "--role",
    type=click.Choice(["processor", "joint", "own"]),
    default="processor",
    show_default=True,
    help="Rôle de l'hébergeur : article 28, article 26, ou lui-même.",
)
@click.option(
    "--deed", "reference", default="", metavar="RÉFÉRENCE", help="Référence de l'acte d'hébergement."
)
@click.option("--signed-on", type=DAY, help="Date de l'acte (AAAA-MM-JJ).")
@click.option("--signatory", default="", help="Signataire de l'acte.")
@home_option
def add(
    place: str | None,
    email: str,
    admin_name: str,
    hand_name: str | None,
    kind: str | None,
    siren: str | None,
    seat: str,
    members: tuple[str, ...],
    role: str,
    reference: str,
    signed_on: Any,
    signatory: str,
    folder: Path,
) -> None:
    """Ajouter une collectivité : affiche l'invitation de sa première personne."""
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    if (place is None) == (hand_name is None):
        raise click.ClickException(
            "Donnez soit le nom ou le code d'une collectivité, soit --by-hand NOM. Rien n'a été créé."
        )
    try:
        validate_email(email)
    except ValidationError:
        raise click.ClickException(
            f"« {email} » n'est pas une adresse électronique. Rien n'a été créé."
        ) from None
    found = find_place(place) if place is not None else None
    opened(folder)
    from beffroi.web.tenancy import host_founding
    from beffroi.web.tenancy.hosting import HostingContract, HostingError

    day: date | None = signed_on.date() if signed_on else None
    try:
        new = new_territory(found, hand_name, kind, siren, seat, members)
        written = host_founding.own_contract(new, HostingContract(role, reference, day, signatory))
        made = host_founding.found(new, written, email=email, name=admin_name, by=None)
    except HostingError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"L'espace de {new.name} ({new.code}) est prêt, sous /t/{made.territory.slug}/.", err=True)
    if written.role != "own" and not reference:
        click.echo("Sans acte d'hébergement, il est en préparation : enregistrez-le sur /hote/.", err=True)
    if "/rejoindre/" in made.link:
        click.echo(JOINS, err=True)
    click.echo("Transmettez ce lien, valable une fois et 7 jours :", err=True)
    click.echo(made.link)


@territory.command("list")
@click.option("--json", "as_json", is_flag=True, help="Écrire le résultat en JSON.")
@home_option
def list_territories(as_json: bool, folder: Path) -> None:
    """Lister les territoires et l'état de leur acte."""
    opened(folder)
    from beffroi.web.platform import scope
    from beffroi.web.platform.models import Territory
    from beffroi.web.tenancy import hosting
    from beffroi.web.tenancy.models import Hosting

    latest: dict[int, Any] = {}
    with scope.host():
        for row in Hosting.objects.all():
            latest.setdefault(row.territory_id, row)
        found = list(Territory.objects.defer("members"))
    rows = [
        {
            "slug": t.slug,
            "code": t.code,
            "name": t.name,
            "kind": kind_name(t.kind),
            "population": t.population,
            "deed": hosting.STATES[hosting.state_of(t, latest.get(t.pk))],
            "suspended": t.suspended_at is not None,
        }
        for t in found
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    for row in rows:
        state = "suspendu" if row["suspended"] else row["deed"]
        click.echo(f"{row['slug']:<40} {row['code']:<10} {row['name']}, {row['kind']} : {state}")


@territory.command("show")
@click.argument("name", metavar="TERRITOIRE")
@click.option("--json", "as_json", is_flag=True, help="Écrire le résultat en JSON.")
@home_option
def show(name: str, as_json: bool, folder: Path) -> None:
    """Montrer un territoire : son acte, ses compétences, ce qui y est fermé."""
    opened(folder)
    from beffroi.lake.reference import competences as law
    from beffroi.web.platform import scope
    from beffroi.web.tenancy import hosting, places
    from beffroi.web.ui.formats import size

    found = territory_named(name)
    with scope.inside(found):
        relation = hosting.in_force(found)
        competences = places.exercised(found)
    facts = {
        "name": found.name,
        "code": found.code,
        "siren": found.siren,
        "kind": kind_name(found.kind),
        "address": f"/t/{found.slug}/",
        "role": relation.get_role_display() if relation else "",
        "deed": hosting.STATES[hosting.state_of(found, relation)],
        "reference": relation.reference if relation else "",
        "competences": sorted(law.title(key) for key in competences or ()),
        "closed": dict(found.closed),
        "quota": found.quota,
        "suspended": found.suspended_why if found.suspended_at else "",
    }
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=1))
        return
    click.echo(f"{facts['name']} ({facts['code']}), {facts['kind']}, {facts['address']}")
    click.echo(f"  hébergement : {facts['role']} ; {facts['deed']} {facts['reference']}".rstrip())
    click.echo(f"  compétences : {', '.join(facts['competences']) or 'aucune décrite, tout est proposé'}")
    click.echo(f"  fermé : {', '.join(sorted(facts['closed'])) or 'rien'}")
    if found.quota:
        click.echo(f"  place réservée : {size(found.quota)}")
    if facts["suspended"]:
        click.echo(f"  suspendu : {facts['suspended']}")


@territory.command("export")
@click.argument("name", metavar="TERRITOIRE")
@click.argument("target", metavar="DOSSIER", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Écrire les empreintes en JSON.")
@home_option
def export_territory(name: str, target: Path, as_json: bool, folder: Path) -> None:
    """Écrire tout ce que tient un territoire dans un dossier de fichiers ouverts."""
    opened(folder)
    from beffroi.web.operations.carrying_out import export

    done = export(
        territory_named(name), target.resolve(), progress=lambda text: click.echo(f"  {text}", err=True)
    )
    tables = sum(len(members) for members in done.checksums.values())
    click.echo(f"{done.files} fichiers, {tables} tables. Manifeste : SHA-256 {done.manifest}", err=True)
    click.echo(
        f"Signé par la clé d'empreinte {done.key} : donnez-la au repreneur par un autre chemin.", err=True
    )
    click.echo("Ce dossier peut contenir des données personnelles : gardez-le chiffré.", err=True)
    click.echo(json.dumps(done.checksums, indent=1) if as_json else str(done.folder))


@territory.command("import")
@click.argument("source", metavar="DOSSIER", type=click.Path(path_type=Path, file_okay=False))
@click.option("--email", required=True, help="Son premier administrateur ici.")
@click.option("--admin", "admin_name", default="", help="Son nom.")
@click.option(
    "--key",
    default="",
    metavar="CLÉ",
    help="La clé de l'hébergeur d'où il vient : son empreinte, ou le fichier PEM qu'il a publié.",
)
@click.option("--json", "as_json", is_flag=True, help="Écrire les empreintes en JSON.")
@home_option
def import_territory(
    source: Path, email: str, admin_name: str, key: str, as_json: bool, folder: Path
) -> None:
    """Reprendre un territoire exporté par un autre hébergeur : affiche l'invitation de son administrateur."""
    if not source.is_dir():
        raise click.ClickException(f"Le dossier {source} n'existe pas. Rien n'a été repris.")
    home = opened(folder)
    from beffroi.web.operations.carrying_in import bring_in, key_of
    from beffroi.web.tenancy.hosting import HostingError
    from beffroi.web.ui.formats import counted

    if not key:
        raise click.ClickException(
            f"Cet export est signé par la clé d'empreinte {key_of(source.resolve())}. Rien n'a été repris. Demandez à l'hébergeur "
            "d'où il vient si c'est bien la sienne, par un autre chemin que ce dossier ; si oui, relancez avec --key et "
            "cette empreinte."
        )
    try:
        done = bring_in(
            home,
            source.resolve(),
            key=_fingerprint(key),
            email=email,
            name=admin_name,
            progress=lambda text: click.echo(f"  {text}", err=True),
        )
    except HostingError as error:
        raise click.ClickException(str(error)) from error
    tables = sum(len(members) for members in done.checksums.values())
    click.echo(
        f"{done.territory.name} est repris sous /t/{done.territory.slug}/ : {counted(tables, 'table identique', 'tables identiques')}.",
        err=True,
    )
    if as_json:
        click.echo(json.dumps({"link": done.link, "checksums": done.checksums}, indent=1))
        return
    click.echo("Transmettez ce lien, valable une fois et 7 jours :", err=True)
    click.echo(done.link)


def _fingerprint(key: str) -> str:
    """The fingerprint that was typed, or that of the key in a file."""
    from beffroi.ledger.roots import fingerprint, read_public_key

    typed = key.replace(" ", "").replace(":", "").lower()
    if len(typed) == 64 and set(typed) <= set("0123456789abcdef"):
        return typed
    try:
        return fingerprint(read_public_key(Path(key).read_bytes()))
    except (OSError, ValueError) as error:
        raise click.ClickException(
            f"« {key} » n'est ni une empreinte (64 chiffres et lettres de a à f) ni le fichier d'une clé publique. Rien n'a été "
            "repris."
        ) from error


@click.group()
def operator() -> None:
    """Les personnes qui exploitent l'hébergement."""


@operator.command("add")
@click.argument("email", metavar="ADRESSE")
@home_option
def operator_add(email: str, folder: Path) -> None:
    """Donner la page « Hébergement » à une personne déjà invitée."""
    _set_host_operator(folder, email, active=True)


@operator.command("remove")
@click.argument("email", metavar="ADRESSE")
@home_option
def operator_remove(email: str, folder: Path) -> None:
    """Retirer la page « Hébergement » à une personne."""
    _set_host_operator(folder, email, active=False)


def _set_host_operator(folder: Path, email: str, *, active: bool) -> None:
    opened(folder)
    from beffroi.web.platform import scope
    from beffroi.web.platform.models import Person
    from beffroi.web.tenancy import hosting

    person = Person.objects.filter(email__iexact=email, is_active=True).first()
    if person is None:
        raise click.ClickException(
            f"Personne n'est connu sous « {email} ». Rien n'a changé. Invitez d'abord la personne dans un "
            f"territoire : « beffroi invite {email} --as lire »."
        )
    changed = hosting.set_host_operator(person, active=active, by=None)
    status = "exploite l'hébergement" if active else "n'exploite pas l'hébergement"
    click.echo(f"{person.email} {status}{'' if changed else ' : rien à changer'}.", err=True)
    with scope.host():
        no_operator = not hosting.operators()
    if no_operator:
        click.echo(
            "Plus personne n'ouvre la page « Hébergement » : « beffroi operator add ADRESSE ».", err=True
        )


@click.command()
@click.option("--name", help="Nom de l'hébergeur.")
@click.option("--siren", help="Son SIREN, neuf chiffres.")
@click.option("--contact", help="À qui s'adresser.")
@home_option
def host(name: str | None, siren: str | None, contact: str | None, folder: Path) -> None:
    """Dire qui héberge cette instance ; sans option, le montrer."""
    opened(folder)
    from beffroi.web.tenancy import hosting

    host = hosting.the_host()
    if not (name is None and siren is None and contact is None):
        try:
            host = hosting.name_host(
                name=name if name is not None else (host.name if host else ""),
                siren="".join(siren.split()) if siren is not None else (host.siren if host else ""),
                contact=contact if contact is not None else (host.contact if host else ""),
                by=None,
            )
        except hosting.HostingError as error:
            raise click.ClickException(str(error)) from error
    if host is None:
        raise click.ClickException("Aucun hébergeur n'est nommé. Donnez --name NOM.")
    click.echo(", ".join(filter(None, [host.name, host.siren and f"SIREN {host.siren}", host.contact])))


COMMANDS = (territory, operator, host)
