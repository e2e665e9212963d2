"""What the groups of a dataset count, and the column that tells one household, person or firm from another."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalogue", "0050_upkeep")]

    operations: ClassVar = [
        migrations.AddField(
            "dataset",
            "protects",
            models.CharField(
                blank=True,
                choices=[
                    ("households", "households"),
                    ("persons", "persons"),
                    ("reduced", "reduced"),
                    ("firms", "firms"),
                ],
                default="",
                max_length=12,
                verbose_name="ce que comptent ses groupes",
            ),
        ),
        migrations.AddField(
            "dataset",
            "unit",
            models.CharField(
                blank=True,
                default="",
                max_length=120,
                verbose_name="colonne qui désigne un ménage, une personne ou une entreprise",
            ),
        ),
    ]
