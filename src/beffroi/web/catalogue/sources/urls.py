"""Addresses of the sources, under `/t/<slug>/donnees/sources/`."""

from django.urls import path

from . import views, wizard_views

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
    path("<int:pk>/pause/", views.pause, name="source-pause"),
    path("<int:pk>/reprendre/", views.resume, name="source-resume"),
    path("<int:pk>/supprimer/", views.remove, name="source-remove"),
]
