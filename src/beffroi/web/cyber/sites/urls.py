"""Addresses of watched sites."""

from django.urls import path, reverse

from beffroi.web.platform.acts.views import ActViews
from beffroi.web.platform.models import Job

from ..models import SiteAlert, WatchedSite
from . import services, views
from .forms import DeclareForm

acts = ActViews(
    lambda territory: (
        WatchedSite.objects.of(territory)
        .exclude(state=WatchedSite.State.REMOVED)
        .select_related("declared_by")
    ),
    list_name="sites",
    row_name="site",
)
alerts = ActViews(
    lambda territory: SiteAlert.objects.of(territory).select_related("site", "answered_by"),
    list_name="sites",
    row_name="site-alert",
)


def _site_page(site: WatchedSite, job: Job | None) -> str:
    return reverse("site", args=[site.territory.slug, site.pk])


urlpatterns = [
    acts.list("", views.sites_page, "cyber/sites.html", right="cyber.read"),
    acts.form(
        "declarer/",
        services.declare,
        "cyber/site_declare.html",
        form=lambda territory, *sent: DeclareForm(*sent),
    ),
    path("page-de-secours/", views.fallback_page, name="site-fallback"),
    alerts.row("alertes/<int:pk>/", views.alert_page, "cyber/site_alert.html", right="cyber.read"),
    path("alertes/<int:pk>/repondre/", views.answer_page, name="site-alert-answer"),
    acts.row("<int:pk>/", views.site_page, "cyber/site.html", right="cyber.read"),
    acts.form("<int:pk>/reglages/", services.change, form=views.settings_form, name="site-settings"),
    acts.button("<int:pk>/visiter/", services.visit_now, then=_site_page),
    acts.button("<int:pk>/pause/", services.pause),
    acts.button("<int:pk>/reprendre/", services.resume),
    acts.button("<int:pk>/retirer/", services.remove, then="sites"),
]
