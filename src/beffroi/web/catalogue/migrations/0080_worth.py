"""Why a dataset is worth collecting, on its card: nullable, so that SQLite adds it in place."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("catalogue", "0070_computed")]

    operations: ClassVar = [
        migrations.AddField(
            "dataset",
            "worth",
            models.CharField(
                blank=True,
                max_length=500,
                null=True,
                verbose_name="pourquoi cela vaut-il la peine de recueillir ces données",
            ),
        ),
    ]
