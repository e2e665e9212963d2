"""Addresses of crisis."""

from . import clock_views, duty_views, journal_views, message_views, views, wall_views

urlpatterns = [
    *views.urlpatterns,
    *clock_views.urlpatterns,
    *journal_views.urlpatterns,
    *wall_views.urlpatterns,
    *message_views.urlpatterns,
    *duty_views.urlpatterns,
]
