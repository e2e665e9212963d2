"""Rows noted on a page, by the act that asked for them: nullable, so that SQLite adds the column in place."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalogue", "0080_worth")]

    operations: ClassVar = [
        migrations.AddField(
            "delivery",
            "noted",
            models.CharField(
                blank=True, max_length=120, null=True, verbose_name="noté sur une page, par l'acte"
            ),
        ),
    ]
