"""Addresses of the trust room."""

from django.urls import path

from .legal import views as legal

urlpatterns = [
    path("", legal.register_page, name="trust-register"),
    path("droit/<slug:system>/", legal.law_page, name="trust-law"),
    path("droit/<slug:system>/repondre/", legal.answer_page, name="trust-answer"),
    path("droit/<slug:system>/analyse-d-impact/", legal.assessment_page, name="trust-assessment"),
    path("droit/<slug:system>/certificat/", legal.certificate_page, name="trust-certificate"),
]
