"""Addresses of backups."""

from django.urls import path, reverse

from beffroi.web.platform.acts.views import ActViews

from ..models import BackupCopy, BackupKey
from . import copy_views, keys, services, views
from .forms import AttestForm


def _system_page(copy: BackupCopy, result: object) -> str:
    return reverse("backup-system", args=[copy.territory.slug, copy.entry_id])


def _copy_page(key: BackupKey, result: object) -> str:
    return reverse("backup-copy", args=[key.territory.slug, key.copy_id])


copies = ActViews(copy_views.copies_of, list_name="backups", row_name="backup-copy")
copy_keys = ActViews(lambda territory: BackupKey.objects.of(territory), list_name="backups")

urlpatterns = [
    path("sauvegardes/", views.board_page, name="backups"),
    path("sauvegardes/<str:form>.fichier/", views.export_page, name="backups-export"),
    path("sauvegardes/systemes/<int:pk>/", views.system_page, name="backup-system"),
    path("sauvegardes/systemes/<int:pk>/ajouter/", copy_views.declare_page, name="backup-declare"),
    path("sauvegardes/outils/<int:pk>/reprendre/", views.take_page, name="backup-take"),
    copies.row(
        "sauvegardes/copies/<int:pk>/",
        copy_views.copy_page,
        "continuity/backup_copy.html",
        right="cyber.read",
    ),
    copies.button("sauvegardes/copies/<int:pk>/essayer/", services.try_now),
    copies.form(
        "sauvegardes/copies/<int:pk>/attester/", services.attest, form=AttestForm, displayed_as="attest"
    ),
    path("sauvegardes/copies/<int:pk>/secret/", copy_views.secret_page, name="backup-secret"),
    path("sauvegardes/copies/<int:pk>/empreintes/", copy_views.expected_page, name="backup-expected"),
    copies.button("sauvegardes/copies/<int:pk>/oublier/", services.forget_checksums, name="backup-forget"),
    copies.button("sauvegardes/copies/<int:pk>/retirer/", services.withdraw, then=_system_page),
    path("sauvegardes/copies/<int:pk>/cle/", copy_views.key_page, name="backup-key"),
    copy_keys.button(
        "sauvegardes/cles/<int:pk>/revoquer/", keys.revoke, name="backup-key-revoke", then=_copy_page
    ),
]
