"""Addresses of the workshop."""

from django.urls import path

from . import life_views, morning_views, names_views, quality_views, record_views, result_views, views

urlpatterns = [
    path("", views.list_page, name="systems"),
    path("declarer/", life_views.declare_page, name="system-declare"),
    path("formations/", life_views.trainings_page, name="trainings"),
    path("<slug:system>/", views.card_page, name="system"),
    path("<slug:system>/prendre-en-service/", views.adopt_page, name="system-adopt"),
    path("<slug:system>/superviseur/", views.supervise_page, name="system-supervise"),
    path("<slug:system>/public/", views.public_page, name="system-public"),
    path("<slug:system>/liaison/", views.binding_page, name="system-bind"),
    path("<slug:system>/noms/", names_views.names_page, name="system-names"),
    path("<slug:system>/noter/<slug:table>/", record_views.record_page, name="system-record"),
    path("<slug:system>/rythme/", views.rhythm_page, name="system-rhythm"),
    path("<slug:system>/executer/", views.run_page, name="system-run"),
    path("<slug:system>/matin/", morning_views.morning_page, name="system-morning"),
    path("<slug:system>/matin/choisir/", morning_views.dial_page, name="system-dial"),
    path("<slug:system>/etapes/", life_views.life_page, name="system-life"),
    path("<slug:system>/etapes/avancer/", life_views.advance_page, name="system-advance"),
    path("<slug:system>/questions/<slug:kind>/", life_views.sheet_page, name="system-sheet"),
    path("<slug:system>/options/", life_views.options_page, name="system-options"),
    path("<slug:system>/qualite/", quality_views.quality_page, name="system-quality"),
    path("<slug:system>/qualite/examiner/", quality_views.examine_page, name="system-examine"),
    path(
        "<slug:system>/executions/<int:pk>/effacement.json",
        quality_views.certificate_file,
        name="run-certificate",
    ),
    path("<slug:system>/declaration/", life_views.declaration_page, name="system-declaration"),
    path("<slug:system>/executions/<int:pk>/", result_views.result_page, name="run"),
    path("<slug:system>/executions/<int:pk>/previsions.csv", result_views.result_csv, name="run-csv"),
]
