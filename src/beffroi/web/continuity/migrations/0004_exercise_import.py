"""Exercises that were played without the platform and taken back."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from .rules import exercises


class Migration(migrations.Migration):
    dependencies = (
        ("continuity", "0003_stick_publications"),
        ("guides", "0002_rules"),
        ("platform", "0005_safeguards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    )
    operations = (
        migrations.CreateModel(
            name="ExerciseImport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("exercise", models.UUIDField(verbose_name="identifiant")),
                ("sha256", models.CharField(max_length=64, verbose_name="empreinte")),
                ("began_at", models.DateTimeField(verbose_name="commencé")),
                ("ended_at", models.DateTimeField(verbose_name="terminé")),
                ("clock_was_wrong", models.BooleanField(verbose_name="horloge fausse")),
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
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exercise_import",
                        to="guides.response",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="platform.territory",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "exercise"), name="exercise_taken_back_once")
                ],
            },
        ),
        *exercises.IMPORT_RULES,
    )
