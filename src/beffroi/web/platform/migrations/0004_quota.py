"""The disk space that the host reserves to a territory; without one, `BEFFROI_QUOTAS` says."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0003_self_answered")]
    operations = [
        migrations.AddField(
            "territory",
            "quota",
            models.PositiveBigIntegerField("place réservée, en octets", blank=True, null=True),
        )
    ]
