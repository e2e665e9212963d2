"""What a board first showed of protected data, in order: the database itself refuses to rewrite it."""

from typing import ClassVar

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse


class Migration(migrations.Migration):
    dependencies: ClassVar = [("studio", "0002_drafts")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="FirstShown",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rights", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("definition", models.JSONField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "board",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="first_shown",
                        to="studio.board",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("board", "rights", "digest"), name="first_shown_once")
                ],
            },
        ),
        refuse("studio_firstshown_no_update", "UPDATE", "studio_firstshown"),
    ]
