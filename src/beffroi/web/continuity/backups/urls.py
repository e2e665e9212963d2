"""Addresses of backups."""

from django.urls import path

from . import copy_views, views

urlpatterns = [
    path("sauvegardes/", views.board_page, name="backups"),
    path("sauvegardes/<str:form>.fichier/", views.export_page, name="backups-export"),
    path("sauvegardes/systemes/<int:pk>/", views.system_page, name="backup-system"),
    path("sauvegardes/systemes/<int:pk>/ajouter/", copy_views.declare_page, name="backup-declare"),
    path("sauvegardes/outils/<int:pk>/reprendre/", views.take_page, name="backup-take"),
    path("sauvegardes/copies/<int:pk>/", copy_views.copy_page, name="backup-copy"),
    path("sauvegardes/copies/<int:pk>/essayer/", copy_views.try_page, name="backup-try"),
    path("sauvegardes/copies/<int:pk>/attester/", copy_views.attest_page, name="backup-attest"),
    path("sauvegardes/copies/<int:pk>/secret/", copy_views.secret_page, name="backup-secret"),
    path("sauvegardes/copies/<int:pk>/empreintes/", copy_views.expected_page, name="backup-expected"),
    path("sauvegardes/copies/<int:pk>/oublier/", copy_views.forget_page, name="backup-forget"),
    path("sauvegardes/copies/<int:pk>/retirer/", copy_views.withdraw_page, name="backup-withdraw"),
    path("sauvegardes/copies/<int:pk>/cle/", copy_views.key_page, name="backup-key"),
    path("sauvegardes/cles/<int:pk>/revoquer/", copy_views.revoke_page, name="backup-key-revoke"),
]
