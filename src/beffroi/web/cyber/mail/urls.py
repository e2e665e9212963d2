"""Addresses of mail."""

from django.urls import path

from beffroi.web.platform.acts.views import ActViews

from ..models import MailDomain
from . import check_jobs, services
from . import views as mail
from .forms import DomainForm, SecondFactorForm, SelectorsForm

acts = ActViews(
    lambda territory: MailDomain.objects.of(territory).select_related("by"),
    list_name="mail",
    row_name="mail-domain",
)

urlpatterns = [
    acts.list("", mail.mail_page, "cyber/mail.html", right="cyber.read"),
    path("adresse/", mail.answer_page, name="mail-answer"),
    acts.form(
        "domaines/",
        services.declare,
        form=lambda territory, *sent: DomainForm(*sent),
        displayed_as="domain_form",
    ),
    acts.form(
        "second-facteur/",
        services.attest,
        form=lambda territory, *sent: SecondFactorForm(*sent),
        displayed_as="factor_form",
        name="mail-second-factor",
        then="mail",
    ),
    acts.row("<int:pk>/", mail.domain_page, "cyber/mail_domain.html", right="cyber.read"),
    acts.button("<int:pk>/verifier/", check_jobs.request_check),
    acts.form(
        "<int:pk>/selecteurs/",
        services.change_selectors,
        form=lambda row, *sent: SelectorsForm(*sent),
        name="mail-selectors",
    ),
    acts.button("<int:pk>/retirer/", services.withdraw, then="mail"),
    path("<int:pk>/lettre/", mail.letter_page, name="mail-letter"),
    path("<int:pk>/lettre.txt", mail.letter_text, name="mail-letter-text"),
]
