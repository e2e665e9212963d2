"""Addresses of the public site: no account, nothing to accept."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.front, name="portal"),
    path("p/<slug:slug>/", views.territory, name="portal-territory"),
    path("p/<slug:slug>/donnees/<slug:dataset>/", views.dataset, name="portal-dataset"),
    path("p/<slug:slug>/donnees/<slug:dataset>/csv/", views.dataset_csv, name="portal-dataset-csv"),
    path("p/<slug:slug>/tableaux/<slug:board>/", views.board, name="portal-board"),
    path("p/<slug:slug>/tableaux/<slug:board>/<int:rank>.json", views.figure, name="portal-figure"),
    path("p/<slug:slug>/services-ia/<slug:system>/", views.system, name="portal-system"),
    path("robots.txt", views.robots, name="robots"),
]
