"""`beffroi recipe`: a recipe written in a file is checked and told in French; an analysis of a territory is written out."""

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
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
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
        click.echo(f"Exemple « {verdict.title} » : {'juste' if verdict.holds else verdict.told}")
    if failing := sum(not verdict.holds for verdict in verdicts):
        raise click.ClickException(f"Exemples à revoir : {failing} sur {len(verdicts)}.")


@recipe.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def python(file: Path) -> None:
    """Écrire une recette en Python : un script qui la calcule, à ouvrir dans un carnet."""
    from beffroi.recipes.python import script

    click.echo(script(_read(file)), nl=False)


def _read(file: Path) -> "Recipe":
    from beffroi.recipes import written
    from beffroi.recipes.errors import RecipeError

    try:
        with file.open(encoding="utf-8-sig") as text:
            return written.read(text.read(written.MOST_CHARACTERS + 1))
    except UnicodeDecodeError as error:
        raise click.ClickException(
            f"« {file.name} » n'est pas en UTF-8. Enregistrez-le dans cet encodage, puis recommencez."
        ) from error
    except RecipeError as error:
        raise click.ClickException(str(error)) from error


@recipe.command()
@click.argument("slug")
@click.option("--territory", default=None, help="Le territoire ; inutile s'il n'y en a qu'un.")
@click.option("--json", "as_json", is_flag=True, help="Écrire la recette en JSON.")
@home_option
def show(slug: str, territory: str | None, as_json: bool, folder: Path) -> None:
    """Écrire en YAML la recette d'une analyse, nommée comme dans son adresse."""
    opened(folder)
    from beffroi.recipes import written
    from beffroi.web.studio.answers import StudioError, read_definition
    from beffroi.web.studio.models import StoredRecipe
    from beffroi.web.territories import scope

    place = territory_named(territory)
    with scope.inside(place):
        held = {each.slug: each for each in StoredRecipe.objects.of(place).order_by("slug")}
        if slug not in held:
            known = ", ".join(list(held)[:20]) or "aucune"
            raise click.ClickException(
                f"Aucune analyse ne s'appelle « {slug} ». Analyses de {place.name} : {known}."
            )
        try:
            text = written.write(read_definition(held[slug].definition), "json" if as_json else "yaml")
        except StudioError as error:
            raise click.ClickException(str(error)) from error
    click.echo(text, nl=False)


COMMANDS = (recipe,)
