"""Addresses of the trust room."""

from django.db.models import QuerySet
from django.urls import path, reverse

from beffroi.web.platform.acts.views import ActViews
from beffroi.web.platform.models import Territory
from beffroi.web.workshop.models import SystemUse

from .committee import services as ethics
from .committee import views as committee
from .committee.forms import OpinionForm, SeatForm, SessionForm
from .legal import services as law
from .legal import views as legal
from .legal.forms import CertificateForm
from .models import Opinion
from .recommendations import views as recommendations
from .registers import views as registers
from .report import views as reports


def _uses(territory: Territory) -> QuerySet[SystemUse]:
    return SystemUse.objects.of(territory).select_related("territory", "supervisor", "processing")


systems = ActViews(_uses, list_name="trust-register", row_name="trust-law", lookup="system")
committees = ActViews(_uses, list_name="committee", row_name="committee-system", lookup="system")
opinions = ActViews(
    lambda territory: Opinion.objects.of(territory).select_related("use"), list_name="committee"
)

urlpatterns = [
    path("", legal.register_page, name="trust-register"),
    path("registre.csv", registers.register_csv, name="trust-register-csv"),
    path("registre.json", registers.register_json, name="trust-register-json"),
    path("registre-nl.csv", registers.register_nl_csv, name="trust-register-nl-csv"),
    path("registre-nl.json", registers.register_nl_json, name="trust-register-nl-json"),
    path("droit/<slug:system>/", legal.law_page, name="trust-law"),
    path("droit/<slug:system>/repondre/", legal.answer_page, name="trust-answer"),
    path("droit/<slug:system>/analyse-d-impact/", legal.assessment_page, name="trust-assessment"),
    systems.form(
        "droit/<slug:system>/certificat/",
        law.certify,
        "trust/certificate.html",
        form=lambda use, *sent: CertificateForm(*sent),
        context=legal.certificate_page,
        name="trust-certificate",
    ),
    committees.list("comite/", committee.committee_page, "trust/committee.html", right="system.read"),
    committees.form("comite/membres/", ethics.seat, form=SeatForm, displayed_as="seat", then="committee"),
    path("comite/membres/<int:pk>/fin/", committee.leave_page, name="committee-leave"),
    committees.form(
        "comite/seances/", ethics.meet, form=SessionForm, displayed_as="session", then="committee"
    ),
    opinions.button(
        "comite/avis/<int:pk>/publier/",
        ethics.publish,
        name="committee-publish",
        then=lambda opinion, done: reverse(
            "committee-system", args=[opinion.territory.slug, opinion.use.system]
        ),
    ),
    path("comite/avis/<int:pk>/deliberation/", committee.overrule_page, name="committee-overrule"),
    committees.row(
        "comite/<slug:system>/", committee.system_page, "trust/committee_system.html", right="system.read"
    ),
    path("comite/<slug:system>/interets/", committee.interest_page, name="committee-interest"),
    committees.form(
        "comite/<slug:system>/avis/",
        ethics.opine,
        form=OpinionForm,
        displayed_as="opinion",
        name="committee-opinion",
    ),
    path("rapport/", reports.reports_page, name="reports"),
    path("rapport/<int:year>/", reports.report_page, name="report"),
    path("rapport/<int:year>.pdf", reports.report_pdf, name="report-pdf"),
    path("rapport/<int:year>.json", reports.report_json, name="report-json"),
    path("rapport/<int:year>/publier/", reports.publish_page, name="report-publish"),
    *recommendations.urlpatterns,
]
