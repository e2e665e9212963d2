"""How many contestations were answered as being about no decision of the territory: a sum for the host's page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0005_safeguards")]
    operations = [
        migrations.AddField(
            "territoryfigures",
            "untied_answered",
            models.PositiveIntegerField("contestations répondues sans décision rapprochée", default=0),
        )
    ]
