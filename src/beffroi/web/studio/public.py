"""Boards as the public sees them."""

from typing import Any

from .models import Board


def figures(board: Board) -> list[Any]:
    from . import showing

    return showing.figures(None, board)


def drawing(board: Board, rank: int) -> dict[str, Any] | None:
    from . import showing

    return showing.drawing(None, board, rank)
