"""Addresses of the trust room."""

from django.urls import path

from .committee import views as committee
from .legal import views as legal
from .recommendations import views as recommendations
from .registers import views as registers
from .report import views as reports

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
    path("comite/", committee.committee_page, name="committee"),
    path("comite/membres/", committee.seat_page, name="committee-seat"),
    path("comite/membres/<int:pk>/fin/", committee.leave_page, name="committee-leave"),
    path("comite/seances/", committee.session_page, name="committee-session"),
    path("comite/avis/<int:pk>/publier/", committee.publish_page, name="committee-publish"),
    path("comite/avis/<int:pk>/deliberation/", committee.overrule_page, name="committee-overrule"),
    path("comite/<slug:system>/", committee.system_page, name="committee-system"),
    path("comite/<slug:system>/interets/", committee.interest_page, name="committee-interest"),
    path("comite/<slug:system>/avis/", committee.opinion_page, name="committee-opinion"),
    path("rapport/", reports.reports_page, name="reports"),
    path("rapport/<int:year>/", reports.report_page, name="report"),
    path("rapport/<int:year>.pdf", reports.report_pdf, name="report-pdf"),
    path("rapport/<int:year>.json", reports.report_json, name="report-json"),
    path("rapport/<int:year>/publier/", reports.publish_page, name="report-publish"),
    *recommendations.urlpatterns,
]
