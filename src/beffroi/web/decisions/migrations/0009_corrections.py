"""What people teach a system: labels, rules, regression cases, replays. Written once, by people; withdrawn by a further row."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse

TABLES = ("correction", "regressioncase", "replay")
NOT_A_PERSON = (
    "NOT EXISTS (SELECT 1 FROM territories_person WHERE id = NEW.by_id AND kind = 'human' AND is_active)"
)


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0008_contestations"),
        ("territories", "0060_joining"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RegressionCase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("system", models.CharField(max_length=60)),
                ("subject", models.CharField(max_length=300)),
                ("given", models.JSONField(default=dict, verbose_name="exécution, graine, livraisons")),
                ("expected", models.JSONField(default=dict, verbose_name="résultat attendu")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contestation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="regression_cases",
                        to="decisions.contestation",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("system", models.CharField(max_length=60)),
                ("number", models.PositiveIntegerField(verbose_name="numéro")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("label", "vraie valeur d'une ligne"),
                            ("rule", "règle"),
                            ("withdrawal", "retrait"),
                        ],
                        max_length=10,
                    ),
                ),
                ("content", models.JSONField(default=dict)),
                ("reason", models.TextField(verbose_name="motif")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contestation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="system_corrections",
                        to="decisions.contestation",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
                (
                    "withdraws",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawals",
                        to="decisions.correction",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("territory", "system", "number"), name="one_correction_a_number"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("withdraws__isnull", False)),
                        fields=("withdraws",),
                        name="a_correction_is_withdrawn_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True),
                        name="a_system_correction_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("system", models.CharField(max_length=60)),
                ("affected", models.JSONField(default=list, verbose_name="cas touchés")),
                ("key", models.CharField(max_length=80)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "contestation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replays",
                        to="decisions.contestation",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "key"), name="one_replay_a_key")
                ],
            },
        ),
        *(
            refuse(f"system_{table}_no_{verb.lower()}", verb, f"decisions_{table}")
            for table in TABLES
            for verb in ("UPDATE", "DELETE")
        ),
        *(
            refuse(
                f"system_{table}_by_a_person",
                "INSERT",
                f"decisions_{table}",
                condition=NOT_A_PERSON,
                why="a person teaches a system, never a program",
            )
            for table in TABLES
        ),
        refuse(
            "system_correction_withdraws",
            "INSERT",
            "decisions_correction",
            condition="(NEW.kind = 'withdrawal') <> (NEW.withdraws_id IS NOT NULL) OR (NEW.withdraws_id IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM decisions_correction c WHERE c.id = NEW.withdraws_id"
            " AND c.territory_id = NEW.territory_id AND c.system = NEW.system AND c.kind <> 'withdrawal'))",
            why="a withdrawal names the correction that it withdraws",
        ),
    ]
