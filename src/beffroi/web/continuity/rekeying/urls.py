"""Addresses of re-keying."""

from django.urls import path

from . import batch_views, civil_views, scan_views, typing_views

urlpatterns = [
    path("ressaisie/", batch_views.queue_page, name="rekeying"),
    path("ressaisie/totaux/", batch_views.totals_page, name="rekeying-totals"),
    path("ressaisie/totaux.<slug:extension>", batch_views.totals_file, name="rekeying-totals-export"),
    path("ressaisie/lots/<int:pk>/", batch_views.batch_page, name="rekeying-batch"),
    path("ressaisie/lots/<int:pk>/annonce/", batch_views.announce_page, name="rekeying-announce"),
    path("ressaisie/lots/<int:pk>/fermer/", batch_views.close_page, name="rekeying-close"),
    path("ressaisie/lots/<int:pk>/effacer/", batch_views.erase_page, name="rekeying-erase"),
    path("ressaisie/lots/<int:pk>/deposer/", batch_views.deposit_page, name="rekeying-deposit"),
    path("ressaisie/lots/<int:pk>/export.<slug:extension>", batch_views.export_file, name="rekeying-export"),
    path("ressaisie/lots/<int:pk>/saisir/", typing_views.entry_page, name="rekeying-entry"),
    path("ressaisie/lots/<int:pk>/image/", scan_views.sheet_picture, name="rekeying-picture"),
    path("ressaisie/feuilles/<int:pk>/", typing_views.sheet_page, name="rekeying-sheet"),
    path("ressaisie/feuilles/<int:pk>/seconde/", typing_views.second_page, name="rekeying-second"),
    path("ressaisie/feuilles/<int:pk>/ecarts/", typing_views.differences_page, name="rekeying-differences"),
    path("ressaisie/brouillons/<int:pk>/ecarter/", typing_views.discard_draft, name="rekeying-draft-discard"),
    path("ressaisie/numerisations/", scan_views.scans_page, name="rekeying-scans"),
    path("ressaisie/numerisations/<int:pk>.jpg", scan_views.picture, name="rekeying-scan-picture"),
    path("ressaisie/numerisations/<int:pk>/classer/", scan_views.file_page, name="rekeying-scan-file"),
    path("ressaisie/numerisations/<int:pk>/ecarter/", scan_views.discard_page, name="rekeying-scan-discard"),
    path("ressaisie/etat-civil/", civil_views.resumption_page, name="civil-resumption"),
    path(
        "ressaisie/etat-civil/reprise.<slug:extension>",
        civil_views.export_file,
        name="civil-resumption-export",
    ),
]
