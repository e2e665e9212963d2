"""Addresses of the territories room: coming in, the home, long work, the ledger, people."""

from django.urls import include, path

from . import (
    control_views,
    host_views,
    joining_views,
    ledger_views,
    notification_views,
    people_views,
    place_views,
    settings_views,
    token_views,
    views,
)

person = [
    path("", people_views.person, name="person"),
    path("inviter-encore/", people_views.invite_again, name="person-invite-again"),
    path("roles/", people_views.give_roles, name="person-roles"),
    path("roles/<int:membership>/", people_views.change_term, name="person-term"),
    path("roles/<int:membership>/retirer/", people_views.end_role, name="person-end"),
    path("deleguer/", people_views.delegate, name="person-delegate"),
    path("delegations/<int:delegation>/revoquer/", people_views.revoke, name="person-revoke"),
    path("remplacer/", people_views.replace, name="person-replace"),
    path("suspendre/", people_views.suspend, name="person-suspend"),
    path("retablir/", people_views.reactivate, name="person-reactivate"),
    path("depart/", people_views.depart, name="person-depart"),
]

settings = [
    path("", settings_views.settings_page, name="settings"),
    path("personnes/", people_views.people, name="people"),
    path("personnes/inviter/", people_views.invite, name="people-invite"),
    path("personnes/<int:pk>/", include(person)),
    path("droits/", control_views.rights, name="rights"),
    path("preuves/", control_views.proofs, name="proofs"),
]

urlpatterns = [
    path("", include("beffroi.web.tenancy.signin.urls")),
    path("entree/<str:secret>/", views.entry, name="entry"),
    path("rejoindre/<str:secret>/", joining_views.join, name="join"),
    path("accueil/", views.home, name="home"),
    path("t/<slug:slug>/", views.territory_home, name="territory"),
    path("t/<slug:slug>/courriels/", notification_views.notifications_page, name="notifications"),
    path("t/<slug:slug>/premiers-pas/", settings_views.hide_first_steps, name="first-steps-hide"),
    path("t/<slug:slug>/travaux/<int:pk>/", views.job_page, name="job"),
    path("t/<slug:slug>/travaux/<int:pk>/etat.json", views.job_state, name="job-state"),
    path("t/<slug:slug>/travaux/<int:pk>/abandonner/", views.job_cancel, name="job-cancel"),
    path("t/<slug:slug>/travaux/<int:pk>/recommencer/", views.job_retry, name="job-retry"),
    path("t/<slug:slug>/reglages/", include(settings)),
    path("t/<slug:slug>/reglages/collectivite/", place_views.place, name="place"),
    path("t/<slug:slug>/reglages/collectivite/coordonnees/", place_views.contact, name="place-contact"),
    path("t/<slug:slug>/reglages/collectivite/ouvertures/", place_views.switches, name="place-switches"),
    path(
        "t/<slug:slug>/reglages/collectivite/protection/<slug:key>/lever/",
        place_views.safeguard_lift,
        name="safeguard-lift",
    ),
    path(
        "t/<slug:slug>/reglages/collectivite/protection/<slug:key>/remettre/",
        place_views.safeguard_put_back,
        name="safeguard-put-back",
    ),
    path("t/<slug:slug>/reglages/competences/", place_views.competence_add, name="competence-add"),
    path("t/<slug:slug>/reglages/competences/loi/", place_views.competence_load, name="competence-load"),
    path(
        "t/<slug:slug>/reglages/competences/<int:pk>/fin/", place_views.competence_end, name="competence-end"
    ),
    path("hote/", host_views.territories, name="host"),
    path("hote/reglages/", host_views.settings_page, name="host-settings"),
    path("hote/registre.csv", host_views.register, name="host-register"),
    path("hote/ajouter/", host_views.choose, name="host-add"),
    path("hote/ajouter/a-la-main/", host_views.by_hand, name="host-add-by-hand"),
    path("hote/ajouter/<str:code>/", host_views.from_reference, name="host-add-place"),
    path("hote/t/<slug:which>/", host_views.territory, name="host-territory"),
    path("hote/t/<slug:which>/ouvertures/", host_views.switches, name="host-switches"),
    path("hote/t/<slug:which>/suspendre/", host_views.suspend, name="host-suspend"),
    path("hote/t/<slug:which>/rouvrir/", host_views.reopen, name="host-reopen"),
    path("t/<slug:slug>/reglages/jetons/", token_views.token_page, name="tokens"),
    path("t/<slug:slug>/reglages/jetons/comptes/", token_views.service_new, name="service-new"),
    path(
        "t/<slug:slug>/reglages/jetons/comptes/<int:pk>/responsable/",
        token_views.service_entrust,
        name="service-entrust",
    ),
    path("t/<slug:slug>/reglages/jetons/<int:pk>/revoquer/", token_views.token_revoke, name="token-revoke"),
    path("t/<slug:slug>/registre/", ledger_views.ledger_page, name="ledger"),
    path("t/<slug:slug>/registre/verifier/", ledger_views.verify, name="ledger-verify"),
    path("t/<slug:slug>/registre/export.jsonl", ledger_views.export, name="ledger-export"),
    path("t/<slug:slug>/registre/<int:seq>/", ledger_views.line_page, name="ledger-line"),
    path("t/<slug:slug>/registre/<int:seq>/preuve.json", ledger_views.proof, name="ledger-proof"),
    path("t/<slug:slug>/registre/<int:seq>/effacer/", ledger_views.erase, name="ledger-erase"),
]
