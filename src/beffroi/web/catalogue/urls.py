"""Addresses of the catalogue room, under `/t/<slug>/donnees/`."""

from django.urls import include, path

from . import comparison_views, delivery_views, notebook_views, row_views, views
from .publication import views as publication_views
from .sources import push_views

urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("deposer/", delivery_views.upload, name="upload"),
    path("livraisons/", delivery_views.deliveries, name="deliveries"),
    path("livraisons/<int:pk>/", delivery_views.delivery, name="delivery"),
    path("livraisons/<int:pk>/relire/", delivery_views.read_again, name="delivery-read"),
    path("livraisons/<int:pk>/corriger/", delivery_views.correct, name="delivery-correct"),
    path("livraisons/<int:pk>/abandonner/", delivery_views.give_up, name="delivery-cancel"),
    path("sources/", include("beffroi.web.catalogue.sources.urls")),
    path("finalites/", views.purposes, name="purposes"),
    path("jeux/<slug:dataset>/", views.dataset, name="dataset"),
    path("jeux/<slug:dataset>/fiche/", views.card, name="dataset-card"),
    path("jeux/<slug:dataset>/publier/", views.publish, name="dataset-publish"),
    path("jeux/<slug:dataset>/depublier/", views.unpublish, name="dataset-unpublish"),
    path("publications/", publication_views.publications, name="publications"),
    path("jeux/<slug:dataset>/publication/", publication_views.publication, name="publication"),
    path(
        "jeux/<slug:dataset>/publication/demander/",
        publication_views.request_page,
        name="publication-request",
    ),
    path("jeux/<slug:dataset>/publication/avis/", publication_views.advise, name="publication-advise"),
    path(
        "jeux/<slug:dataset>/publication/decision/",
        publication_views.authorise_or_refuse,
        name="publication-decide",
    ),
    path("jeux/<slug:dataset>/publication/retirer/", publication_views.withdraw, name="publication-withdraw"),
    path("jeux/<slug:dataset>/portail/", push_views.push, name="dataset-push"),
    path("jeux/<slug:dataset>/carnet/", notebook_views.notebook, name="dataset-notebook"),
    path(
        "jeux/<slug:dataset>/corrections/<int:saved>/retirer/",
        views.forget_corrections,
        name="corrections-forget",
    ),
    path("jeux/<slug:dataset>/comparer/", comparison_views.compare, name="dataset-compare"),
    path("jeux/<slug:dataset>/comparer/differences.csv", comparison_views.export, name="dataset-compare-csv"),
    path(
        "jeux/<slug:dataset>/lignes/<int:number>/<int:origin>/<int:line>/",
        row_views.correct_row,
        name="row-correct",
    ),
    path("jeux/<slug:dataset>/export.csv", views.export, name="dataset-export"),
    path("jeux/<slug:dataset>/livraisons/<int:number>/", views.snapshot, name="snapshot"),
    path(
        "jeux/<slug:dataset>/livraisons/<int:number>/lignes-ecartees.csv",
        views.export_rejected,
        name="snapshot-aside",
    ),
    path("jeux/<slug:dataset>/livraisons/<int:number>/annuler/", views.undo, name="snapshot-undo"),
]
