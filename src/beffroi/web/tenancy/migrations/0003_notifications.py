"""Choices of each person: what they are written to about, and how often."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0002_rules"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            "NotificationChoice",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField("sujet", max_length=40)),
                (
                    "frequency",
                    models.CharField(
                        "fréquence",
                        choices=[
                            ("at_once", "dès qu'il y a du nouveau"),
                            ("daily", "une fois par jour"),
                            ("never", "jamais"),
                        ],
                        default="daily",
                        max_length=8,
                    ),
                ),
                ("announced", models.PositiveIntegerField("nombre annoncé la dernière fois", default=0)),
                ("announced_at", models.DateTimeField("annoncé le", blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    models.UniqueConstraint(
                        fields=["territory", "person", "topic"], name="one_choice_a_person_and_topic"
                    )
                ],
            },
        )
    ]
