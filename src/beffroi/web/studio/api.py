"""API of the boards: their figures as data, with base, year, unit and source."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import Field

from beffroi.recipes.errors import FigureError
from beffroi.recipes.figures import histogram_table
from beffroi.web.catalogue.api import plain
from beffroi.web.catalogue.errors import CatalogueError
from beffroi.web.platform.api.guards import Bearer, opens

from .answers import Answer, StudioError, answer
from .models import Board, StoredRecipe
from .presentation import columns_of, source_of

router = Router(auth=Bearer(), tags=["Tableaux"])


class BoardOut(Schema):
    slug: str
    title: str
    question: str
    public: bool


class FigureOut(Schema):
    title: str
    kind: str = Field(description="number, bar, line, map ou table.")
    unit: str
    base: str = Field(description="Sur combien de lignes porte la figure.")
    year: str
    source: str
    simulated: bool
    columns: dict[str, str] = Field(description="Nom de chaque colonne et ce qu'elle dit.")
    rows: list[dict[str, Any]]
    hidden: str = Field(description="Pourquoi de petits groupes ne sont pas montrés.")
    late: str = Field(description="Pourquoi ce résultat n'est pas celui d'aujourd'hui ; vide : il l'est.")
    trouble: str = Field(description="Pourquoi il n'y a rien à montrer ; vide : tout va bien.")


class BoardFiguresOut(BoardOut):
    figures: list[FigureOut]


def _board_fields(board: Board) -> dict[str, Any]:
    return {"slug": board.slug, "title": board.title, "question": board.question, "public": board.public}


@router.get("/t/{slug}/boards", response=list[BoardOut], summary="Les tableaux du territoire")
@opens("board.read")
def boards(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    return [_board_fields(board) for board in Board.objects.of(request.territory)]  # type: ignore[attr-defined]


@router.get(
    "/t/{slug}/boards/{board}",
    response=BoardFiguresOut,
    summary="Les chiffres d'un tableau, avec leur source",
)
@opens("board.read")
def board_figures(request: HttpRequest, slug: str, board: str) -> dict[str, Any]:
    found = Board.objects.of(request.territory).filter(slug=board).first()  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    placed = found.figures.select_related("recipe__territory", "recipe__processing")
    return {**_board_fields(found), "figures": [_figure(request, figure.recipe) for figure in placed]}


def _figure(request: HttpRequest, stored: StoredRecipe) -> dict[str, Any]:
    try:
        return _answered(answer(request.user, stored))  # type: ignore[arg-type]
    except (StudioError, CatalogueError, FigureError) as error:
        empty: dict[str, Any] = dict.fromkeys(("unit", "base", "year", "source", "hidden", "late"), "")
        return {
            "title": stored.title,
            "kind": "table",
            **empty,
            "simulated": stored.territory.is_fictional,
            "columns": {},
            "rows": [],
            "trouble": str(error),
        }


def _answered(found: Answer) -> dict[str, Any]:
    figure, table = found.figure, histogram_table(found.figure, found.released.table)
    names = table.column_names if figure.kind == "histogram" else columns_of(figure, table)
    labels = figure.encodings.labels
    return {
        "title": figure.title,
        "kind": figure.kind,
        "unit": figure.unit,
        "base": figure.base,
        "year": figure.year,
        "source": source_of(found),
        "simulated": figure.simulated,
        "columns": {name: labels.get(name, name) for name in names},
        "rows": [
            {name: plain(value) for name, value in row.items()} for row in table.select(names).to_pylist()
        ],
        "hidden": found.released.reason,
        "late": found.failure or "",
        "trouble": "",
    }
