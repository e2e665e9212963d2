"""Datasets that an analysis computes: no file is poured into them, and their cards follow what they come from."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalogue", "0060_protection")]

    operations: ClassVar = [
        migrations.AddField(
            "dataset",
            "computed",
            models.BooleanField(
                default=False, verbose_name="calculé par une analyse : aucun fichier n'y est versé"
            ),
        ),
        migrations.AddField(
            "dataset",
            "inherits",
            models.BooleanField(default=True, verbose_name="sa fiche suit celles des jeux dont il vient"),
        ),
    ]
