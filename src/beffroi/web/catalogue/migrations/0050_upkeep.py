"""Past states and delivered files whose time has come say so; rows that came from another host keep its numbers."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalogue", "0030_upsert")]

    operations: ClassVar = [
        migrations.AddField(
            "snapshot",
            "cut_at",
            models.DateTimeField(blank=True, null=True, verbose_name="état plus conservé depuis"),
        ),
        migrations.AddField(
            "snapshot",
            "lake_delivery",
            models.PositiveBigIntegerField(
                null=True, verbose_name="numéro que portent ses lignes dans le lac"
            ),
        ),
        migrations.AddField(
            "delivery",
            "file_erased_at",
            models.DateTimeField(blank=True, null=True, verbose_name="fichier effacé le"),
        ),
    ]
