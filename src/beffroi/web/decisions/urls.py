"""Addresses of the decisions room."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.inbox_page, name="decisions"),
    path("accepter/", views.accept_page, name="decisions-accept"),
    path("a-relire/", views.to_read_page, name="decisions-to-read"),
    path("historique/", views.history_page, name="decisions-history"),
    path("historique.csv", views.history_csv, name="decisions-csv"),
    path("<int:pk>/", views.proposal_page, name="proposal"),
    path("<int:pk>/decider/", views.decide_page, name="proposal-decide"),
    path("<int:pk>/relire/", views.read_page, name="proposal-read"),
    path("<int:pk>/retirer/", views.withdraw_page, name="proposal-withdraw"),
]
