"""The zero-code analyses of the demonstration: boards made through the services, from what a territory holds.

`analyse_town` for the invented town, whose exports are known; `analyse_folder` for a real folder, whose files are
not: what is made of it is chosen from what its columns are. Both may be called again: nothing is made twice.
"""

from collections.abc import Callable

from beffroi.web.platform.models import Person, Territory
from beffroi.web.studio.models import Board

from .folder import analyse_folder
from .town import analyse_town

__all__ = ["analyse_folder", "analyse_town", "make_boards"]


def make_boards(
    territory: Territory,
    person: Person,
    *,
    town: object | None = None,
    progress: Callable[[float, str], None] = lambda percent, message: None,
) -> list[Board]:
    """The boards of the invented town when there is one (`town`), otherwise those of a real folder."""
    return (analyse_folder if town is None else analyse_town)(territory, person, progress)
