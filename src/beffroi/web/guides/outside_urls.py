"""Addresses of the guides under no territory: the helper's pages, and what a third party fills in."""

from .contributions.views import public_urlpatterns
from .offers import host_views

urlpatterns = [*host_views.urlpatterns, *public_urlpatterns]
