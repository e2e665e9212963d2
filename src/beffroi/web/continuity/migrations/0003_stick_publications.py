"""What a stick published is stored with its history: the document as it was signed, its signature, its key, when it was saved.

Nullable and without default: SQLite adds such a column in place, and the rules of the table stay.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("continuity", "0002_rules"),)
    operations = (
        migrations.AddField("siteimport", "document", models.TextField("document signé", null=True)),
        migrations.AddField(
            "siteimport", "signature", models.CharField("signature", max_length=200, null=True)
        ),
        migrations.AddField("siteimport", "public_key", models.TextField("clé qui a signé", null=True)),
        migrations.AddField(
            "siteimport", "saved_at", models.DateTimeField("enregistrée sur la clé le", null=True)
        ),
    )
