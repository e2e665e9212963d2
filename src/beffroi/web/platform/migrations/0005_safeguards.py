"""Settings of a territory that are locked on the safe side, by key (`tenancy/safeguards.py`)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("platform", "0004_quota")]
    operations = [
        migrations.AddField("territory", "safeguards", models.JSONField("réglages protégés", default=list))
    ]
