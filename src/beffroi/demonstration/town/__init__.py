"""The demonstration town: an invented intercommunalité that no reader can take for a real one.

In: a folder, a seed, today's date. Out: files as its business applications would export them, faults included, the
same bytes for the same seed and day. Its names are borne by no place, its codes cannot exist, its land is at sea,
its mail goes to example.org, and every file says « données simulées ».
"""

from beffroi.demonstration.town.geography import contours
from beffroi.demonstration.town.make import install_contours, make_next_delivery, make_town
from beffroi.demonstration.town.model import KIND, NAME, NOTICE, SLUG, Commune, School, Town, WrittenFile

__all__ = [
    "KIND",
    "NAME",
    "NOTICE",
    "SLUG",
    "Commune",
    "School",
    "Town",
    "WrittenFile",
    "contours",
    "install_contours",
    "make_next_delivery",
    "make_town",
]
