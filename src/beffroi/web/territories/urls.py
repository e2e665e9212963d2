"""Addresses of the territories room: coming in, the home, long work, the ledger, people."""

from django.urls import path

from . import ledger_views, token_views, views

urlpatterns = [
    path("entree/<str:secret>/", views.entry, name="entry"),
    path("accueil/", views.home, name="home"),
    path("t/<slug:slug>/", views.territory_home, name="territory"),
    path("t/<slug:slug>/travaux/<int:pk>/", views.job_page, name="job"),
    path("t/<slug:slug>/travaux/<int:pk>/etat.json", views.job_state, name="job-state"),
    path("t/<slug:slug>/reglages/personnes/", views.people, name="people"),
    path("t/<slug:slug>/reglages/jetons/", token_views.token_page, name="tokens"),
    path("t/<slug:slug>/reglages/jetons/comptes/", token_views.service_new, name="service-new"),
    path(
        "t/<slug:slug>/reglages/jetons/comptes/<int:pk>/responsable/",
        token_views.service_entrust,
        name="service-entrust",
    ),
    path("t/<slug:slug>/reglages/jetons/<int:pk>/revoquer/", token_views.token_revoke, name="token-revoke"),
    path("t/<slug:slug>/registre/", ledger_views.ledger_page, name="ledger"),
    path("t/<slug:slug>/registre/verifier/", ledger_views.verify, name="ledger-verify"),
    path("t/<slug:slug>/registre/export.jsonl", ledger_views.export, name="ledger-export"),
    path("t/<slug:slug>/registre/<int:seq>/", ledger_views.line_page, name="ledger-line"),
]
