"""Addresses of the cyber room under no territory: the helper's pages, and the page of calls without account."""

from . import host_views
from .incidents import call_views

urlpatterns = [*host_views.urlpatterns, *call_views.public_urlpatterns]
