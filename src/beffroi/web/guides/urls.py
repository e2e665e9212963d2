"""Addresses of the guides, by kind."""

from .contributions import views as contributions
from .offers import views as offers
from .pages import (
    answer_files,
    arbitrations,
    comparisons,
    evidence,
    listing,
    papers,
    plans,
    questionnaires,
    registers,
    runbooks,
)

urlpatterns = [
    *listing.urlpatterns,
    *questionnaires.urlpatterns,
    *answer_files.urlpatterns,
    *comparisons.urlpatterns,
    *runbooks.urlpatterns,
    *papers.urlpatterns,
    *registers.urlpatterns,
    *plans.urlpatterns,
    *evidence.urlpatterns,
    *arbitrations.urlpatterns,
    *offers.urlpatterns,
    *contributions.urlpatterns,
]
