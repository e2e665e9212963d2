"""Addresses of the sources, under `/t/<slug>/donnees/sources/`."""

from django.urls import path

from beffroi.web.platform.acts.views import ActViews

from ..models import Source
from . import source_registry, views, wizard_views

acts = ActViews(Source.objects.of, list_name="sources", row_name="source")

urlpatterns = [
    path("", views.sources, name="sources"),
    path("retards/", views.late, name="late-deliveries"),
    path("retards.csv", views.late_csv, name="late-deliveries-csv"),
    path("ajouter/", wizard_views.begin, name="source-add"),
    path("ajouter/abandonner/", wizard_views.give_up, name="source-add-cancel"),
    path("ajouter/<slug:step>/", wizard_views.screen, name="source-add-step"),
    path("<int:pk>/", views.source, name="source"),
    path("<int:pk>/relever/", views.fetch_now, name="source-fetch"),
    path("<int:pk>/deposer/", views.deposit, name="source-deposit"),
    path("<int:pk>/modifier/", views.edit, name="source-edit"),
    path("<int:pk>/secret/", views.secret, name="source-secret"),
    acts.button("<int:pk>/pause/", source_registry.pause),
    acts.button("<int:pk>/reprendre/", source_registry.resume),
    path("<int:pk>/supprimer/", views.remove, name="source-remove"),
]
