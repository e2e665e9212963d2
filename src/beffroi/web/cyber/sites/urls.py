"""Addresses of watched sites."""

from django.urls import path

from . import views

urlpatterns = [
    path("", views.list_page, name="sites"),
    path("declarer/", views.declare_page, name="site-declare"),
    path("page-de-secours/", views.fallback_page, name="site-fallback"),
    path("alertes/<int:pk>/", views.alert_page, name="site-alert"),
    path("alertes/<int:pk>/repondre/", views.answer_page, name="site-alert-answer"),
    path("<int:pk>/", views.site_page, name="site"),
    path("<int:pk>/reglages/", views.settings_page, name="site-settings"),
    path("<int:pk>/visiter/", views.visit_page, name="site-visit"),
    path("<int:pk>/pause/", views.pause_page, name="site-pause"),
    path("<int:pk>/reprendre/", views.resume_page, name="site-resume"),
    path("<int:pk>/retirer/", views.remove_page, name="site-remove"),
]
