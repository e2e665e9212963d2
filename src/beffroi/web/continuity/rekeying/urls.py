"""Addresses of re-keying."""

from django.urls import path, reverse

from beffroi.web.platform.acts.views import ActViews

from ..models import RefusedEntry
from . import (
    batch_views,
    batches,
    civil_views,
    entries,
    exporting,
    scan_views,
    scans,
    typing_views,
)
from .forms import ScanForm

acts = ActViews(batch_views.batches_of, list_name="rekeying", row_name="rekeying-batch")
drafts = ActViews(RefusedEntry.objects.of, list_name="rekeying")


def _batch_page(draft: RefusedEntry, result: object) -> str:
    return reverse("rekeying-batch", args=[draft.territory.slug, draft.batch_id])


urlpatterns = [
    path("ressaisie/", batch_views.queue_page, name="rekeying"),
    path("ressaisie/totaux/", batch_views.totals_page, name="rekeying-totals"),
    path("ressaisie/totaux.<slug:extension>", batch_views.totals_file, name="rekeying-totals-export"),
    acts.row(
        "ressaisie/lots/<int:pk>/",
        batch_views.batch_page,
        "continuity/rekeying_batch.html",
        right=batches.ANSWER,
    ),
    acts.form(
        "ressaisie/lots/<int:pk>/annonce/",
        batches.change_announced,
        form=batch_views.announce_form,
        displayed_as="announce",
    ),
    path("ressaisie/lots/<int:pk>/fermer/", batch_views.close_page, name="rekeying-close"),
    acts.button("ressaisie/lots/<int:pk>/effacer/", batches.erase),
    acts.button("ressaisie/lots/<int:pk>/deposer/", exporting.deposit, name="rekeying-deposit"),
    path("ressaisie/lots/<int:pk>/export.<slug:extension>", batch_views.export_file, name="rekeying-export"),
    path("ressaisie/lots/<int:pk>/saisir/", typing_views.entry_page, name="rekeying-entry"),
    path("ressaisie/lots/<int:pk>/image/", scan_views.sheet_picture, name="rekeying-picture"),
    path("ressaisie/feuilles/<int:pk>/", typing_views.sheet_page, name="rekeying-sheet"),
    path("ressaisie/feuilles/<int:pk>/seconde/", typing_views.second_page, name="rekeying-second"),
    path("ressaisie/feuilles/<int:pk>/ecarts/", typing_views.differences_page, name="rekeying-differences"),
    drafts.button(
        "ressaisie/brouillons/<int:pk>/ecarter/",
        entries.discard,
        name="rekeying-draft-discard",
        then=_batch_page,
    ),
    acts.form(
        "ressaisie/numerisations/",
        scans.receive,
        "continuity/rekeying_scans.html",
        form=lambda territory, *sent: ScanForm(*sent),
        context=lambda request, territory: {"unfiled": scans.unfiled(territory)},
        name="rekeying-scans",
        then="rekeying-scans",
    ),
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
