"""Addresses of the guides, by kind."""

from .offers import views as offers
from .pages import listing, papers, pieces, questionnaires, runbooks

urlpatterns = [
    *listing.urlpatterns,
    *questionnaires.urlpatterns,
    *runbooks.urlpatterns,
    *papers.urlpatterns,
    *pieces.urlpatterns,
    *offers.urlpatterns,
]
