"""Addresses of the decisions room."""

from django.urls import path

from . import case_views, contest_views, draft_views, sheet_views, system_views, usage_views, views

urlpatterns = [
    path("", views.inbox_page, name="decisions"),
    path("accepter/", views.accept_page, name="decisions-accept"),
    path("feuille/", sheet_views.sheet_page, name="decisions-sheet"),
    path("feuille.csv", sheet_views.sheet_csv, name="decisions-sheet-csv"),
    path("a-relire/", case_views.to_read_page, name="decisions-to-read"),
    path("historique/", views.history_page, name="decisions-history"),
    path("historique.csv", views.history_csv, name="decisions-csv"),
    path("usage/", usage_views.usage_page, name="decisions-usage"),
    path("usage/consultation/", usage_views.consultation_page, name="decisions-consultation"),
    path("brouillons/", draft_views.list_page, name="reply-drafts"),
    path("brouillons/<int:pk>/", draft_views.draft_page, name="reply-draft"),
    path("brouillons/<int:pk>/ecrire/", draft_views.write_page, name="reply-draft-write"),
    path("brouillons/<int:pk>/ecarter/", draft_views.dismiss_page, name="reply-draft-set-aside"),
    path("infractions/", case_views.offences_page, name="offences"),
    path("infractions/<int:pk>/", case_views.offence_page, name="offence"),
    path("infractions/<int:pk>/decider/", case_views.offence_decide_page, name="offence-decide"),
    path("infractions/<int:pk>/relire/", case_views.offence_read_page, name="offence-read"),
    path("infractions/<int:pk>/retirer/", case_views.offence_withdraw_page, name="offence-withdraw"),
    path("contestations/", contest_views.list_page, name="contestations"),
    path("contestations/inscrire/", contest_views.write_down_page, name="contestation-write"),
    path("contestations/<int:pk>/", contest_views.record_page, name="contestation"),
    path("contestations/<int:pk>/examiner/", contest_views.take_page, name="contestation-take"),
    path("contestations/<int:pk>/rapprocher/", contest_views.tie_page, name="contestation-tie"),
    path("contestations/<int:pk>/repondre/", contest_views.answer_page, name="contestation-answer"),
    path("contestations/<int:pk>/systeme/", system_views.system_page, name="contestation-system"),
    path("contestations/<int:pk>/systeme/apprendre/", system_views.teach_page, name="contestation-teach"),
    path("contestations/<int:pk>/reexaminer.csv", system_views.affected_csv, name="contestation-affected"),
    path("contestations/<int:pk>/corriger/", contest_views.correct_page, name="contestation-correct"),
    path("<int:pk>/", case_views.proposal_page, name="proposal"),
    path("<int:pk>/decider/", case_views.decide_page, name="proposal-decide"),
    path("<int:pk>/lettre/", case_views.letter_page, name="decision-letter"),
    path("<int:pk>/relire/", case_views.read_page, name="proposal-read"),
    path("<int:pk>/retirer/", case_views.withdraw_page, name="proposal-withdraw"),
]
