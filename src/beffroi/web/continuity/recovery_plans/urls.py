"""Addresses of recovery plans and of their tests."""

from django.urls import path

from . import views

urlpatterns = [
    path("plans/", views.list_page, name="recovery-plans"),
    path("plans/<slug:kind>/", views.plan_page, name="recovery-plan"),
    path("plans/<slug:kind>/signer/", views.sign_page, name="recovery-plan-sign"),
    path("plans/<slug:kind>/projet.pdf", views.draft_file, name="recovery-plan-draft"),
    *(
        path(
            f"editions/<int:pk>/plan.{form}", views.edition_file, {"form": form}, name=f"plan-edition-{form}"
        )
        for form in ("html", "pdf")
    ),
    path("essais/", views.tests_page, name="continuity-tests"),
    path("essais/commencer/", views.begin_tests_page, name="continuity-tests-begin"),
    path("essais/<int:pk>/", views.result_page, name="continuity-test"),
]
