"""The zero-code analyses of the demonstration: boards made through the services, from what a territory holds.

`analyse_town` for the invented town, whose exports are known; `analyse_folder` for a real folder, whose files are
not: what is made of it is chosen from what its columns are. Both may be called again: nothing is made twice.
"""

from .folder import analyse_folder
from .town import analyse_town

__all__ = ["analyse_folder", "analyse_town"]
