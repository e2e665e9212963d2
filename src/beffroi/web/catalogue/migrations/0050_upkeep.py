"""Past states and delivered files whose time has come say so."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalogue", "0001_initial")]

    operations: ClassVar = [
        migrations.AddField(
            "snapshot",
            "cut_at",
            models.DateTimeField(blank=True, null=True, verbose_name="état plus conservé depuis"),
        ),
        migrations.AddField(
            "delivery",
            "file_erased_at",
            models.DateTimeField(blank=True, null=True, verbose_name="fichier effacé le"),
        ),
    ]
