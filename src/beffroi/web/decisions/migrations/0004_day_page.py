"""The page of a day: deadlines, why a proposal no longer waits, indexes; a batch is one day of one system, not twenty rows."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.platform.triggers import lift, on_insert, set_once

former = import_module("beffroi.web.decisions.migrations.0002_rules")
PROPOSALS, DECISIONS = former.PROPOSALS, former.DECISIONS
MOST_IN_A_BATCH = 500

IN_BATCH = (
    f"SELECT count(*) FROM {DECISIONS} d WHERE d.batch = NEW.batch AND d.territory_id = NEW.territory_id"
)
OTHER_DAY = (
    f"SELECT 1 FROM {DECISIONS} d JOIN {PROPOSALS} o ON o.id = d.proposal_id"
    f" JOIN {PROPOSALS} p ON p.id = NEW.proposal_id"
    " WHERE d.batch = NEW.batch AND (o.system <> p.system OR o.due IS DISTINCT FROM p.due)"
)
RULES = [
    lift(
        "decision_batch_size",
        "INSERT",
        DECISIONS,
        condition=f"NEW.batch IS NOT NULL AND ({IN_BATCH}) >= {former.MOST_AT_ONCE}",
        why="no more than twenty at once",
    ),
    *on_insert(
        DECISIONS,
        {
            "decision_batch_size": (
                "no more than five hundred at once",
                f"NEW.batch IS NOT NULL AND ({IN_BATCH}) >= {MOST_IN_A_BATCH}",
            ),
            "decision_batch_one_day": (
                "a batch is one day of one system",
                f"NEW.batch IS NOT NULL AND EXISTS ({OTHER_DAY})",
            ),
        },
    ),
    set_once(
        "proposal_closed_once", PROPOSALS, "closed_as", why="a proposal that no longer waits stays closed"
    ),
]


class Migration(migrations.Migration):
    dependencies = [("decisions", "0003_items_and_identity"), ("platform", "0002_rules")]
    operations = [
        migrations.CreateModel(
            name="Deadline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("system", models.CharField(max_length=60)),
                ("at", models.TimeField(verbose_name="heure limite")),
                ("days_before", models.PositiveSmallIntegerField(default=0, verbose_name="combien de jours avant")),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("territory", "system"), name="one_deadline_a_system")],
            },
        ),
        migrations.AddField(
            "proposal",
            "closed_as",
            models.CharField(
                "close",
                choices=[
                    ("decided", "décidée"),
                    ("replaced", "retirée"),
                    ("withdrawn", "retirée, service arrêté"),
                    ("overdue", "délai passé, sans décision"),
                ],
                max_length=10,
                null=True,
            ),
        ),
        migrations.AddIndex(
            "proposal", models.Index(fields=["territory", "system", "due"], name="proposals_by_day")
        ),
        migrations.AddIndex(
            "proposal", models.Index(fields=["territory", "system", "key"], name="proposals_by_identity")
        ),
        migrations.AddIndex(
            "proposal",
            models.Index(
                fields=["territory", "system", "due"],
                condition=models.Q(closed_as__isnull=True),
                name="proposals_open",
            ),
        ),
        migrations.AddIndex("decision", models.Index(fields=["territory", "-at"], name="decisions_by_date")),
        migrations.AddIndex(
            "decision",
            models.Index(
                fields=["batch"], condition=models.Q(batch__isnull=False), name="decisions_by_batch"
            ),
        ),
        *RULES,
    ]  # fmt: skip
