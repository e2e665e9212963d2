"""Addresses of the public site: no account, nothing to accept."""

from django.urls import path

from . import ai_views, contest_views, help_views, ledger_views, views

urlpatterns = [
    path("", views.front, name="portal"),
    path("p/<slug:slug>/", views.territory, name="portal-territory"),
    path("p/<slug:slug>/donnees/", views.datasets, name="portal-datasets"),
    path("p/<slug:slug>/donnees/<slug:dataset>/", views.dataset, name="portal-dataset"),
    path("p/<slug:slug>/donnees/<slug:dataset>/csv/", views.dataset_csv, name="portal-dataset-csv"),
    path("p/<slug:slug>/tableaux/<slug:board>/", views.board, name="portal-board"),
    path("p/<slug:slug>/tableaux/<slug:board>/<int:rank>.json", views.figure_json, name="portal-figure"),
    path("p/<slug:slug>/liens/<str:secret>/", views.shared_board, name="portal-link"),
    path(
        "p/<slug:slug>/liens/<str:secret>/<int:rank>.json",
        views.shared_figure_json,
        name="portal-link-figure",
    ),
    path("p/<slug:slug>/services-ia/registre.csv", views.register_csv, name="portal-register-csv"),
    path("p/<slug:slug>/services-ia/registre.json", views.register_json, name="portal-register-json"),
    path(
        "p/<slug:slug>/services-ia/registre-nl.json", views.register_nl_json, name="portal-register-nl-json"
    ),
    path("p/<slug:slug>/contester/", contest_views.contest, name="portal-contest"),
    path("p/<slug:slug>/contester/suivi/", contest_views.follow, name="portal-contest-follow"),
    path("p/<slug:slug>/contester/lettre/", contest_views.letter, name="portal-contest-letter"),
    path("p/<slug:slug>/services-ia/", ai_views.services, name="portal-systems"),
    path("p/<slug:slug>/services-ia/<slug:system>/", ai_views.system, name="portal-system"),
    path("p/<slug:slug>/services-ia/<slug:system>/panneau/", ai_views.sign, name="portal-sign"),
    path("p/<slug:slug>/mots-de-l-ia/", ai_views.words, name="portal-words"),
    path("p/<slug:slug>/comite-ethique/", ai_views.committee, name="portal-committee"),
    path("p/<slug:slug>/recommandations/", ai_views.recommendation_list, name="portal-recommendations"),
    path("p/<slug:slug>/rapport-ia/", ai_views.report_list, name="portal-reports"),
    path("p/<slug:slug>/rapport-ia/<int:year>/", ai_views.report, name="portal-report"),
    path("p/<slug:slug>/rapport-ia/<int:year>.pdf", ai_views.report_pdf, name="portal-report-pdf"),
    path("p/<slug:slug>/rapport-ia/<int:year>.json", ai_views.report_json, name="portal-report-json"),
    path("p/<slug:slug>/registre/", ledger_views.ledger, name="portal-ledger"),
    path("p/<slug:slug>/registre/empreinte.json", ledger_views.signed_root, name="portal-ledger-root"),
    path("p/<slug:slug>/registre/cle.pem", ledger_views.public_key, name="portal-ledger-key"),
    path("p/<slug:slug>/registre/cles.jsonl", ledger_views.key_changes, name="portal-ledger-keys"),
    path("p/<slug:slug>/registre/preuve.json", ledger_views.consistency, name="portal-ledger-proof"),
    path("aide/", help_views.guide_list, name="help"),
    path("aide/<slug:guide>/", help_views.guide, name="help-guide"),
    path("robots.txt", views.robots, name="robots"),
]
