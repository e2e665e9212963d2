"""Every address of the site: each room declares its own, and each route declares the right it needs."""

from django.urls import include, path

handler500 = "beffroi.web.platform.storage.middleware.server_error"
urlpatterns = [
    path("", include("beffroi.web.portal.urls")),
    path("", include("beffroi.web.tenancy.urls")),
    path("", include("beffroi.web.operations.urls")),
    path("", include("beffroi.web.guides.outside_urls")),
    path("", include("beffroi.web.cyber.outside_urls")),
    path("api/v1/", include("beffroi.web.api")),
    path("compte/", include("allauth.urls")),
    path("machines/", include("beffroi.web.cyber.inventory.machine_urls")),
    path("machines/", include("beffroi.web.continuity.backups.report_urls")),
    path("cartes/", include("beffroi.web.studio.tile_urls")),
    path("t/<slug:slug>/recherche/", include("beffroi.web.search.urls")),
    path("t/<slug:slug>/donnees/", include("beffroi.web.catalogue.urls")),
    path("t/<slug:slug>/analyses/", include("beffroi.web.studio.urls")),
    path("t/<slug:slug>/services-ia/", include("beffroi.web.workshop.urls")),
    path("t/<slug:slug>/transparence/", include("beffroi.web.trust.urls")),
    path("t/<slug:slug>/decisions/", include("beffroi.web.decisions.urls")),
    path("t/<slug:slug>/guides/", include("beffroi.web.guides.urls")),
    path("t/<slug:slug>/securite/", include("beffroi.web.cyber.urls")),
    path("t/<slug:slug>/continuite/", include("beffroi.web.continuity.urls")),
]
