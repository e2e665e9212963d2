"""`beffroi grant`: hand a person the signed access that opens one dataset in their notebook."""

from pathlib import Path

import click

from .common import home_option, opened, territory_named, territory_option


@click.command()
@click.argument("dataset", metavar="JEU")
@click.option("--purpose", required=True, help="Clé d'un usage du registre des traitements.")
@click.option("--email", required=True, help="La personne qui lira.")
@click.option("--columns", default="", help="Colonnes, séparées par des virgules ; toutes, sinon.")
@click.option("--hours", default=8, show_default=True, type=click.IntRange(1, 24), help="Durée de l'accès.")
@territory_option
@home_option
def grant(
    dataset: str, purpose: str, email: str, columns: str, hours: int, territory: str | None, folder: Path
) -> None:
    """Écrire l'accès d'une personne à un jeu de données, pour son carnet."""
    opened(folder)
    from beffroi.web.catalogue.errors import CatalogueError
    from beffroi.web.catalogue.grants import consultation
    from beffroi.web.catalogue.lifecycle import issue_grant
    from beffroi.web.catalogue.models import Dataset, Processing
    from beffroi.web.platform import scope
    from beffroi.web.platform.models import Person

    place = territory_named(territory)
    with scope.inside(place):
        found = Dataset.objects.of(place).select_related("territory").filter(slug=dataset).first()
        person = Person.objects.filter(email__iexact=email, is_active=True).first()
        if found is None:
            known = ", ".join(Dataset.objects.of(place).values_list("slug", flat=True)[:20]) or "aucun"
            raise click.ClickException(f"Le jeu « {dataset} » n'est pas au catalogue. Jeux connus : {known}.")
        if person is None:
            raise click.ClickException(
                f"Personne n'est connu sous « {email} ». Invitez d'abord cette personne."
            )
        consultation(place)
        row = Processing.objects.of(place).filter(key=purpose).first()
        if row is None:
            keys = ", ".join(Processing.objects.of(place).values_list("key", flat=True))
            raise click.ClickException(
                f"L'usage « {purpose} » n'est pas au registre. Usages inscrits : {keys}."
            )
        wanted = [name.strip() for name in columns.split(",") if name.strip()] or None
        try:
            click.echo(issue_grant(person, found, row, columns=wanted, hours=hours, by=None))
        except CatalogueError as error:
            raise click.ClickException(str(error)) from error


COMMANDS = (grant,)
