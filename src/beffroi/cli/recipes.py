"""`beffroi recipe`: a recipe written in a file is checked and told in French; an analysis of a territory is written out, or
computed on another engine than this machine's."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .common import home_option, opened, territory_named

if TYPE_CHECKING:
    from beffroi.recipes.model import Recipe


@click.group()
def recipe() -> None:
    """Les recettes écrites en YAML ou en JSON."""


@recipe.command()
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def check(file: Path) -> None:
    """Vérifier une recette écrite dans un fichier et la dire en phrases, puis la calculer sur ses exemples ; aucune donnée n'est lue."""
    from beffroi.recipes.sentences import sentences

    read = _read(file)
    for number, sentence in enumerate(sentences(read), start=1):
        click.echo(f"{number}. {sentence}")
    if not read.examples:
        return
    from beffroi.recipes.engine import answer
    from beffroi.recipes.examples import ExamplesRequest

    verdicts = ExamplesRequest.read(answer(ExamplesRequest(read, "")))
    for verdict in verdicts:
        click.echo(f"Exemple « {verdict.title} » : {'juste' if verdict.passed else verdict.mismatch}")
    if failing := sum(not verdict.passed for verdict in verdicts):
        raise click.ClickException(f"Exemples à revoir : {failing} sur {len(verdicts)}.")


@recipe.command()
@click.argument("file", metavar="FICHIER", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def python(file: Path) -> None:
    """Écrire une recette en Python : un script qui la calcule, à ouvrir dans un carnet."""
    from beffroi.recipes.python_script import build_script

    click.echo(build_script(_read(file)), nl=False)


def _read(file: Path) -> "Recipe":
    from beffroi.recipes import serialization
    from beffroi.recipes.errors import RecipeError

    try:
        with file.open(encoding="utf-8-sig") as text:
            return serialization.load_recipe(text.read(serialization.MAX_CHARACTERS + 1))
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"« {file.name} » n'est pas en UTF-8. Enregistrez-le dans cet encodage, puis recommencez."
        ) from error
    except RecipeError as error:
        raise click.ClickException(str(error)) from error


@recipe.command()
@click.argument("slug", metavar="ANALYSE")
@click.option("--territory", default=None, help="Le territoire ; inutile s'il n'y en a qu'un.")
@click.option("--json", "as_json", is_flag=True, help="Écrire la recette en JSON.")
@home_option
def show(slug: str, territory: str | None, as_json: bool, folder: Path) -> None:
    """Écrire en YAML la recette d'une analyse, nommée comme dans son adresse."""
    opened(folder)
    from beffroi.recipes import serialization
    from beffroi.web.platform import scope
    from beffroi.web.studio.answers import StudioError, read_definition
    from beffroi.web.studio.models import StoredRecipe

    place = territory_named(territory)
    with scope.inside(place):
        stored = {each.slug: each for each in StoredRecipe.objects.of(place).order_by("slug")}
        if slug not in stored:
            known = ", ".join(list(stored)[:20]) or "aucune"
            raise click.ClickException(
                f"Aucune analyse ne s'appelle « {slug} ». Analyses de {place.name} : {known}."
            )
        try:
            text = serialization.dump_recipe(
                read_definition(stored[slug].definition), "json" if as_json else "yaml"
            )
        except StudioError as error:
            raise click.ClickException(str(error)) from error
    click.echo(text, nl=False)


@recipe.command()
@click.argument("slug", metavar="ANALYSE")
@click.option("--email", required=True, help="La personne dont les droits sont appliqués.")
@click.option(
    "--engine",
    envvar="BEFFROI_ENGINE",
    required=True,
    help="sail, sail=sc://hôte:port ou spark=sc://hôte:port ; sinon, BEFFROI_ENGINE.",
)
@click.option("--territory", default=None, help="Le territoire ; inutile s'il n'y en a qu'un.")
@home_option
def compute(slug: str, email: str, engine: str, territory: str | None, folder: Path) -> None:
    """Calculer une analyse sur Sail ou Spark, et garder son résultat pour le site."""
    opened(folder)
    from django.core.exceptions import PermissionDenied

    from beffroi.recipes.engines.connect import Server
    from beffroi.recipes.engines.distributed import RemoteEngine
    from beffroi.recipes.errors import QueryRefused
    from beffroi.recipes.french import humanize_number
    from beffroi.web.catalogue.grants import NotGranted
    from beffroi.web.platform import scope
    from beffroi.web.platform.models import Person
    from beffroi.web.studio import distributed
    from beffroi.web.studio.answers import StudioError
    from beffroi.web.studio.models import StoredRecipe

    place = territory_named(territory)
    extracts = os.environ.get("BEFFROI_ENGINE_FOLDER")
    with scope.inside(place):
        stored = StoredRecipe.objects.of(place).filter(slug=slug).first()
        person = Person.objects.filter(email__iexact=email, is_active=True).first()
        if stored is None:
            raise click.ClickException(f"Aucune analyse de {place.name} ne s'appelle « {slug} ».")
        if person is None:
            raise click.ClickException(
                f"Personne n'est connu sous « {email} ». Invitez d'abord cette personne."
            )
        try:
            server = Server.read(engine)
            found = distributed.compute_distributed(
                person, stored, RemoteEngine(server, Path(extracts) if extracts else None)
            )
        except PermissionDenied as error:
            raise click.ClickException(
                f"« {email} » n'a pas le droit de lire les analyses de {place.name}. Rien n'a été lu."
            ) from error
        except (QueryRefused, NotGranted, StudioError) as error:
            raise click.ClickException(str(error)) from error
    rows = "1 ligne" if found.row_count == 1 else f"{humanize_number(found.row_count)} lignes"
    click.echo(f"« {stored.title} » est calculée sur {server.title} : {rows}. {found.reason}".rstrip())


COMMANDS = (recipe,)
