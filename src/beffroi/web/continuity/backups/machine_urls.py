"""Address for scripts, under no territory: the key says which copy it speaks of."""

from django.urls import path

from . import machine_views

urlpatterns = [path("sauvegarde", machine_views.report, name="machine-backup")]
