"""Rules of the database on continuity, by noun: what people decide, note and publish is written once, in its own territory."""

from django.db import migrations

from .rules import (
    backups,
    billing,
    crisis,
    destinations,
    essential_services,
    exercises,
    offline_kit,
    offline_pages,
    paper_forms,
    recovery_plans,
    rekeying,
    restart,
    restoration_site,
    service_sheets,
)


class Migration(migrations.Migration):
    dependencies = (("continuity", "0001_initial"), ("guides", "0002_rules"))
    operations = (
        *essential_services.RULES,
        *restart.RULES,
        *recovery_plans.RULES,
        *backups.RULES,
        *service_sheets.RULES,
        *offline_kit.RULES,
        *destinations.RULES,
        *restoration_site.RULES,
        *offline_pages.RULES,
        *crisis.RULES,
        *paper_forms.RULES,
        *exercises.RULES,
        *billing.RULES,
        *rekeying.RULES,
    )
