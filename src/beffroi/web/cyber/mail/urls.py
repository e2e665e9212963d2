"""Addresses of mail."""

from django.urls import path

from . import views as mail

urlpatterns = [
    path("", mail.mail_page, name="mail"),
    path("adresse/", mail.answer_page, name="mail-answer"),
    path("domaines/", mail.declare_page, name="mail-declare"),
    path("second-facteur/", mail.second_factor_page, name="mail-second-factor"),
    path("<int:pk>/", mail.domain_page, name="mail-domain"),
    path("<int:pk>/verifier/", mail.check_page, name="mail-check"),
    path("<int:pk>/selecteurs/", mail.selectors_page, name="mail-selectors"),
    path("<int:pk>/retirer/", mail.withdraw_page, name="mail-withdraw"),
    path("<int:pk>/lettre/", mail.letter_page, name="mail-letter"),
    path("<int:pk>/lettre.txt", mail.letter_text, name="mail-letter-text"),
]
