"""Rows corrected on a page: the reason, and how many of them a later file has overwritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_restricted_publications")]

    operations = [
        migrations.AddField(
            "snapshot",
            "correction",
            models.CharField("pourquoi une ligne est corrigée", max_length=300, null=True, blank=True),
        ),
        migrations.AddField(
            "snapshot",
            "corrections_overwritten",
            models.PositiveIntegerField(
                "lignes corrigées que ce fichier a remplacées", null=True, blank=True
            ),
        ),
    ]
