"""The pages of the room « Continuité » of a territory: those that it always has, and one for each thing that is there."""

from collections.abc import Iterator
from typing import Final

from django.urls import reverse

from beffroi.web.continuity.crisis import audiences
from beffroi.web.continuity.essential_services.services import services_of
from beffroi.web.continuity.exercises.services import scenarios
from beffroi.web.continuity.models import (
    BackupCopy,
    BillingStatement,
    Crisis,
    Destination,
    RekeyingBatch,
    RestorationSite,
    SiteService,
)
from beffroi.web.continuity.paper_forms.definitions import paper_forms
from beffroi.web.continuity.recovery_plans.continuity_tests import calendar
from beffroi.web.continuity.restart.services import runs_of
from beffroi.web.continuity.service_sheets.sheets import REGISTER as SHEETS
from beffroi.web.guides.models import RegisterEntry, Response
from beffroi.web.platform.models import Territory

ALWAYS: Final = (
    "continuity", "outages", "outage-grid", "restart", "recovery-plans", "continuity-tests", "backups", "sheets",
    "sheet-add", "own-service", "kit", "kit-phrase", "destinations", "destination-declare", "restoration",
    "restoration-settings", "restoration-exercise", "crises", "crisis-calling", "paper-forms", "number-ends", "rekeying",
    "rekeying-totals", "rekeying-scans", "civil-resumption", "exercises", "billing",
)  # fmt: skip
OF_A_CRISIS: Final = (
    "crisis", "crisis-roles", "crisis-facts", "crisis-journal", "crisis-merge", "crisis-messages", "crisis-wall",
    "crisis-points", "crisis-support",
)  # fmt: skip
OF_AN_EXERCISE: Final = ("exercise", "exercise-player", "exercise-observer", "exercise-debrief")
OF_A_SITE: Final = ("restoration-names", "restoration-history", "restoration-import", "restoration-key")  # fmt: skip
OF_A_SHEET: Final = {"second": "rekeying-second", "differs": "rekeying-differences", "done": "rekeying-sheet"}


def addresses(territory: Territory) -> list[str]:
    """Each once, in the order of the room; those that the person may not open answer something else than 200."""
    slug = territory.slug
    paths = [reverse(name, args=[slug]) for name in ALWAYS]
    if RestorationSite.objects.of(territory).filter(is_exercise=False).exists():
        paths += [reverse(name, args=[slug]) for name in OF_A_SITE]
    paths += [reverse("recovery-plan", args=[slug, kind]) for kind in ("pra", "pca")]
    paths += [
        reverse("billing-new", args=[slug, service]) for service in ("water", "canteen", "after_school")
    ]
    paths += [reverse("exercise-scenario", args=[slug, each.id]) for each in scenarios()]
    for name, *more in _of_resources(territory):
        paths.append(reverse(name, args=[slug, *more]))
    return list(dict.fromkeys(paths))


def _of_resources(territory: Territory) -> Iterator[tuple[str, int | str] | tuple[str, int | str, int | str]]:
    """Name of a page and what it is about."""
    for entry in services_of(territory)[:2]:
        yield "outage-service", entry.pk
    for run in runs_of(territory, 1):
        yield "restart-run", run.pk
    for test in calendar(territory)[:1]:
        yield "continuity-test", test.entry.pk
    for entry in RegisterEntry.objects.of(territory).filter(register=SHEETS)[:1]:
        yield "sheet", entry.pk
        yield "sheet-edit", entry.pk
    for form in paper_forms(territory)[:3]:
        yield "paper-form", form.key
    for copy in BackupCopy.objects.of(territory):
        yield "backup-system", copy.entry_id
        yield "backup-copy", copy.pk
    for statement in BillingStatement.objects.of(territory):
        yield "billing-statement", statement.pk
    for destination in Destination.objects.of(territory):
        yield "destination", destination.pk
    for exercise in Response.objects.of(territory).filter(guide__startswith="exercise_"):
        for name in OF_AN_EXERCISE:
            yield name, exercise.pk
    yield from _of_crises(territory)
    yield from _of_sites(territory)
    yield from _of_batches(territory)


def _of_crises(territory: Territory) -> Iterator[tuple[str, int] | tuple[str, int, int | str]]:
    for crisis in Crisis.objects.of(territory):
        for name in OF_A_CRISIS:
            yield name, crisis.pk
        for each in audiences.audiences(crisis):
            yield "crisis-message", crisis.pk, each.paper.id
        for point in crisis.points.all():
            yield "crisis-point", crisis.pk, point.number


def _of_sites(territory: Territory) -> Iterator[tuple[str, str]]:
    for site in RestorationSite.objects.of(territory):
        for service in SiteService.objects.of(territory).filter(site=site):
            yield "restoration-service", service.key


def _of_batches(territory: Territory) -> Iterator[tuple[str, int]]:
    for batch in RekeyingBatch.objects.of(territory):
        yield "rekeying-batch", batch.pk
        yield "rekeying-entry", batch.pk
        for state, name in OF_A_SHEET.items():
            for sheet in batch.forms.filter(state=state)[:1]:
                yield name, sheet.pk
