"""Addresses of the operations room."""

from django.urls import path

from . import backup_views, health_views, views

urlpatterns = [
    path("sante/", views.health, name="health"),
    path("metrics", views.metrics_page, name="metrics"),
    path("hote/sante/", health_views.host_page, name="host-health"),
    path("hote/sante/verifier/", health_views.host_check, name="host-health-check"),
    path("t/<slug:slug>/reglages/sante/", health_views.page, name="instance-health"),
    path("t/<slug:slug>/reglages/sante/verifier/", health_views.check, name="instance-health-check"),
    path("t/<slug:slug>/reglages/sauvegarde/", backup_views.page, name="backup"),
    path("t/<slug:slug>/reglages/sauvegarde/faire/", backup_views.make, name="backup-make"),
    path("t/<slug:slug>/reglages/sauvegarde/telecharger/", backup_views.download, name="backup-download"),
    path("t/<slug:slug>/reglages/sauvegarde/copie/", backup_views.copied, name="backup-copied"),
]
