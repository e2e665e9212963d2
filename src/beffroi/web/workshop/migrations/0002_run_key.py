"""A run's key is its territory's own."""

from typing import ClassVar

from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("territories", "0002_append_only"),
        ("workshop", "0001_initial"),
    ]

    operations: ClassVar[list[Operation]] = [
        migrations.AlterField(model_name="run", name="key", field=models.CharField(max_length=60)),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="one_run_a_key"),
        ),
    ]
