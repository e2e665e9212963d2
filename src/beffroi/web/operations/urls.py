"""Addresses of the operations room."""

from django.urls import path

from . import backup_views, views

urlpatterns = [
    path("sante/", views.health, name="health"),
    path("t/<slug:slug>/reglages/sauvegarde/", backup_views.page, name="backup"),
    path("t/<slug:slug>/reglages/sauvegarde/faire/", backup_views.make, name="backup-make"),
    path("t/<slug:slug>/reglages/sauvegarde/telecharger/", backup_views.download, name="backup-download"),
    path("t/<slug:slug>/reglages/sauvegarde/copie/", backup_views.copied, name="backup-copied"),
]
