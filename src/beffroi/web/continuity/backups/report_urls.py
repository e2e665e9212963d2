"""Address for scripts, under no territory: the key says which copy it speaks of."""

from django.urls import path

from . import report_views

urlpatterns = [path("sauvegarde", report_views.report, name="machine-backup")]
