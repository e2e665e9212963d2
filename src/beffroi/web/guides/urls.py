"""Addresses of the guides, by kind."""

from .contributions import views as contributions
from .offers import views as offers
from .pages import listing, papers, pieces, questionnaires, runbooks

urlpatterns = [
    *listing.urlpatterns,
    *questionnaires.urlpatterns,
    *runbooks.urlpatterns,
    *papers.urlpatterns,
    *pieces.urlpatterns,
    *offers.urlpatterns,
    *contributions.urlpatterns,
]
