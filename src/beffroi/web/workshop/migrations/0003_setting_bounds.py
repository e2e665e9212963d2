"""Bounds of settings that depend on the data, kept with each run."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workshop", "0002_rules")]
    operations = [
        migrations.AddField(
            "run", "setting_bounds", models.JSONField("bornes des réglages, d'après les données", null=True)
        )
    ]
