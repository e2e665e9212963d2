"""Addresses of the territories room: coming in, the home, long work, the ledger, people."""

from django.urls import path

from . import ledger_views, views

urlpatterns = [
    path("entree/<str:secret>/", views.entry, name="entry"),
    path("accueil/", views.home, name="home"),
    path("t/<slug:slug>/", views.territory_home, name="territory"),
    path("t/<slug:slug>/travaux/<int:pk>/", views.job_page, name="job"),
    path("t/<slug:slug>/travaux/<int:pk>/etat.json", views.job_state, name="job-state"),
    path("t/<slug:slug>/travaux/<int:pk>/abandonner/", views.job_cancel, name="job-cancel"),
    path("t/<slug:slug>/travaux/<int:pk>/recommencer/", views.job_retry, name="job-retry"),
    path("t/<slug:slug>/reglages/personnes/", views.people, name="people"),
    path("t/<slug:slug>/registre/", ledger_views.ledger_page, name="ledger"),
    path("t/<slug:slug>/registre/verifier/", ledger_views.verify, name="ledger-verify"),
    path("t/<slug:slug>/registre/export.jsonl", ledger_views.export, name="ledger-export"),
    path("t/<slug:slug>/registre/<int:seq>/", ledger_views.line_page, name="ledger-line"),
    path("t/<slug:slug>/registre/<int:seq>/preuve.json", ledger_views.proof, name="ledger-proof"),
    path("t/<slug:slug>/registre/<int:seq>/effacer/", ledger_views.erase, name="ledger-erase"),
]
