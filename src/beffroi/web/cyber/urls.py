"""Addresses of the cyber room."""

from django.urls import URLPattern, path

from .mail import views as mail

urlpatterns: list[URLPattern] = [
    path("messagerie/", mail.mail_page, name="mail"),
    path("messagerie/adresse/", mail.answer_page, name="mail-answer"),
    path("messagerie/domaines/", mail.declare_page, name="mail-declare"),
    path("messagerie/second-facteur/", mail.second_factor_page, name="mail-second-factor"),
    path("messagerie/<int:pk>/", mail.domain_page, name="mail-domain"),
    path("messagerie/<int:pk>/verifier/", mail.check_page, name="mail-check"),
    path("messagerie/<int:pk>/selecteurs/", mail.selectors_page, name="mail-selectors"),
    path("messagerie/<int:pk>/retirer/", mail.withdraw_page, name="mail-withdraw"),
    path("messagerie/<int:pk>/lettre/", mail.letter_page, name="mail-letter"),
    path("messagerie/<int:pk>/lettre.txt", mail.letter_text, name="mail-letter-text"),
]
