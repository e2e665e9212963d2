"""Addresses of the workshop."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.list_page, name="systems"),
    path("<slug:system>/", views.card_page, name="system"),
    path("<slug:system>/prendre-en-service/", views.adopt_page, name="system-adopt"),
    path("<slug:system>/superviseur/", views.supervise_page, name="system-supervise"),
    path("<slug:system>/liaison/", views.binding_page, name="system-bind"),
    path("<slug:system>/executer/", views.run_page, name="system-run"),
    path("<slug:system>/executions/<int:pk>/", views.result_page, name="run"),
    path("<slug:system>/executions/<int:pk>/previsions.csv", views.result_csv, name="run-csv"),
]
