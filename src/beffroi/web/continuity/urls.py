"""Addresses of the continuity room."""

from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.home_page, name="continuity"),
    path("", include("beffroi.web.continuity.essential_services.urls")),
    path("", include("beffroi.web.continuity.restart.urls")),
    path("", include("beffroi.web.continuity.recovery_plans.urls")),
    path("", include("beffroi.web.continuity.backups.urls")),
    path("", include("beffroi.web.continuity.service_sheets.urls")),
    path("", include("beffroi.web.continuity.offline_kit.urls")),
    path("", include("beffroi.web.continuity.destinations.urls")),
    path("", include("beffroi.web.continuity.restoration_site.urls")),
    path("", include("beffroi.web.continuity.offline_pages.urls")),
    path("", include("beffroi.web.continuity.crisis.urls")),
    path("", include("beffroi.web.continuity.paper_forms.urls")),
    path("", include("beffroi.web.continuity.exercises.urls")),
    path("", include("beffroi.web.continuity.billing.urls")),
    path("", include("beffroi.web.continuity.rekeying.urls")),
]
