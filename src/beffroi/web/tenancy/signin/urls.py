"""Addresses of sign-in. Those under `compte/` stand before allauth's own of the same name."""

from django.conf import settings
from django.urls import path

from beffroi.web.platform.guards import public

from . import journal_pages, pages, provider_pages

_oidc = "compte/oidc/<str:provider_id>"

urlpatterns = [
    path("entrer/", pages.find_place, name="find-place"),
    path("entrer/<slug:slug>/", pages.enter_place, name="enter-place"),
    path("compte/login/", public(pages.Login.as_view()), name="account_login"),
    path("compte/logout/", public(pages.sign_out), name="account_logout"),
    path("t/<slug:slug>/reglages/acces/", journal_pages.journal_page, name="access-journal"),
    path("t/<slug:slug>/reglages/acces/acces.jsonl", journal_pages.export, name="access-journal-export"),
    path("compte/second-facteur/", pages.second_factor, name="second-factor"),
    path("compte/reprendre/", pages.resume_form, name="resume-form"),
    path("compte/moyens/", pages.own_means_page, name="own-means"),
    path("compte/sessions/", pages.my_sessions, name="usersessions_list"),
    path("compte/sessions/<int:pk>/fermer/", pages.end_session, name="session-end"),
    path(f"{_oidc}/login/", provider_pages.go, name="openid_connect_login"),
    path(f"{_oidc}/login/callback/", provider_pages.come_back, name="openid_connect_callback"),
    path(f"{_oidc}/fin/", provider_pages.channel, name="oidc-channel"),
    # An address is what an invitation was sent to: nobody changes it alone, nobody signs up through a provider.
    path("compte/email/", pages.not_here, name="account_email"),
    path("compte/confirm-email/", pages.not_here, name="account_email_verification_sent"),
    path("compte/3rdparty/signup/", pages.not_here, name="socialaccount_signup"),
    path("t/<slug:slug>/reglages/connexion/", provider_pages.settings_page, name="signin-settings"),
    path(
        "t/<slug:slug>/reglages/connexion/ajouter/", provider_pages.provider_page, name="signin-provider-add"
    ),
    path("t/<slug:slug>/reglages/connexion/<int:pk>/", provider_pages.provider_page, name="signin-provider"),
    path(
        "t/<slug:slug>/reglages/personnes/<int:pk>/sessions/",
        provider_pages.end_member_sessions,
        name="end-member-sessions",
    ),
]
if not settings.MAIL_HOST:
    urlpatterns.append(path("compte/password/reset/", pages.not_here, name="account_reset_password"))
