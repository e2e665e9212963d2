"""How many contestations were answered by whoever had decided: a sum for the host's page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0002_rules")]
    operations = [
        migrations.AddField(
            "territoryfigures",
            "self_answered",
            models.PositiveIntegerField("contestations répondues par qui avait décidé", default=0),
        )
    ]
