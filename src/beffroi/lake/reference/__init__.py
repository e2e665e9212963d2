"""Reference data of French geography: communes, intercommunalités, départements and régions, their centres and
contours.

In: a name or a code as people write it. Out: places with their population and members; nothing invented. The list is
built into the wheel (`build.py`), the centres come from a packaged gazetteer, the contours from a file imported by
the operator.
"""

from beffroi.lake.reference.centres import commune_centres
from beffroi.lake.reference.contours import ImportedContours, commune_contours, import_contours
from beffroi.lake.reference.errors import AmbiguousPlace, ReferenceMissing, UnknownPlace, UnusableContours
from beffroi.lake.reference.model import Place, Reference
from beffroi.lake.reference.places import communes_of, find_place, reference, search_places

__all__ = [
    "AmbiguousPlace",
    "ImportedContours",
    "Place",
    "Reference",
    "ReferenceMissing",
    "UnknownPlace",
    "UnusableContours",
    "commune_centres",
    "commune_contours",
    "communes_of",
    "find_place",
    "import_contours",
    "reference",
    "search_places",
]
