"""Which lines exchanged the ledger's key: found without reading the chain."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("territories", "0081_logout_tokens"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="ledgerline",
            index=models.Index(
                condition=models.Q(("act", "ledger.renew_key")),
                fields=["territory", "thing"],
                name="ledger_renewals",
            ),
        ),
    ]
