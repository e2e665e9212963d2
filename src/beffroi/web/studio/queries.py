"""Client of the query processes: the one way from this room to the engine.

In: a recipe and its grants, or any request. Out: its result; QueryRefused when it cannot be computed, in French.
"""

import os

from django.conf import settings

from beffroi.lake.grants import Grant
from beffroi.recipes import pool
from beffroi.recipes.errors import QueryRefused
from beffroi.recipes.model import Recipe
from beffroi.recipes.release import Released
from beffroi.recipes.requests import GrantedRecipe, Query, Request
from beffroi.web.catalogue.row_queries import SERVING
from beffroi.web.platform.concurrency.middleware import release_slot

MAX_ROWS = 5_000


def run_recipe(
    recipe: Recipe, grants: dict[str, Grant], limit: int = MAX_ROWS, earlier: tuple[GrantedRecipe, ...] = ()
) -> Released:
    """Run a recipe in the query processes."""
    return submit(Request(recipe=recipe, grants=grants, limit=limit, earlier=earlier))


def submit[A](request: Query[A]) -> A:
    """Put a request to the query processes; to this process for commands and tests, never in the served site."""
    socket = settings.HOME.query_socket
    if not socket.exists():
        if os.environ.get(SERVING):
            raise QueryRefused(
                "Le moteur de calcul redémarre. Vos données et vos analyses sont gardées. Rechargez la page dans une minute."
            )
        socket = None
    with release_slot():
        return pool.send_request(socket, request)
