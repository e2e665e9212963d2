"""Addresses of the restart order."""

from django.urls import path

from . import views

urlpatterns = [
    path("remise-en-route/", views.order_page, name="restart"),
    path("remise-en-route/commencer/", views.begin_page, name="restart-begin"),
    path("remise-en-route/ordre.<slug:form>", views.order_file, name="restart-file"),
    path("remise-en-route/<int:pk>/", views.run_page, name="restart-run"),
    path("remise-en-route/<int:pk>/compte-rendu.pdf", views.run_file, name="restart-run-pdf"),
    path("remise-en-route/<int:pk>/etapes/<slug:step>/", views.step_page, name="restart-run-step"),
]
