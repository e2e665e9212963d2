"""What was examined of a system, the cases that must come out right, and what a run applied and erased.

The new columns of `run` are nullable so that SQLite adds them in place: a table made anew would lose its rules.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse


class Migration(migrations.Migration):
    dependencies = [
        ("territories", "0060_joining"),
        ("workshop", "0003_life"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="corrections",
            field=models.JSONField(null=True, verbose_name="numéros des corrections appliquées"),
        ),
        migrations.AddField(
            model_name="run",
            name="erasure",
            field=models.JSONField(null=True, verbose_name="certificat d'effacement, signé"),
        ),
        migrations.CreateModel(
            name="Regression",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=30)),
                ("corrections", models.JSONField(default=list)),
                ("cases", models.JSONField(default=list, verbose_name="cas → tenu, manqué ou non rejouable")),
                ("held", models.BooleanField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "use",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="regressions",
                        to="workshop.systemuse",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Examination",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.CharField(max_length=30)),
                ("tier", models.CharField(blank=True, max_length=10, verbose_name="niveau")),
                ("report", models.JSONField(default=dict)),
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
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
                (
                    "use",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="examinations",
                        to="workshop.systemuse",
                    ),
                ),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "key"), name="one_examination_a_key")
                ],
            },
        ),
        *(
            refuse(f"{table}_no_{verb.lower()}", verb, f"workshop_{table}")
            for table in ("examination", "regression")
            for verb in ("UPDATE", "DELETE")
        ),
        refuse(
            "lifestep_examined",
            "INSERT",
            "workshop_lifestep",
            condition=(
                "NEW.state = 'production' AND EXISTS (SELECT 1 FROM workshop_systemuse u WHERE u.id = NEW.use_id"
                " AND u.origin IN ('ours', 'third_party')) AND NOT EXISTS (SELECT 1 FROM workshop_examination e"
                " WHERE e.use_id = NEW.use_id AND e.tier IN ('silver', 'gold', 'platinum'))"
            ),
            why="its quality was not examined, or is too low",
        ),
    ]
