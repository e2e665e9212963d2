"""Addresses of the trust room."""

from django.urls import path

from .legal import views as legal
from .registers import views as registers

urlpatterns = [
    path("", legal.register_page, name="trust-register"),
    path("registre.csv", registers.register_csv, name="trust-register-csv"),
    path("registre.json", registers.register_json, name="trust-register-json"),
    path("registre-nl.csv", registers.register_nl_csv, name="trust-register-nl-csv"),
    path("registre-nl.json", registers.register_nl_json, name="trust-register-nl-json"),
    path("droit/<slug:system>/", legal.law_page, name="trust-law"),
    path("droit/<slug:system>/repondre/", legal.answer_page, name="trust-answer"),
    path("droit/<slug:system>/analyse-d-impact/", legal.assessment_page, name="trust-assessment"),
    path("droit/<slug:system>/certificat/", legal.certificate_page, name="trust-certificate"),
]
