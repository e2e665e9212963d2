"""Whether a provider may send logout tokens that do not say their type."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("territories", "0080_refusals")]

    operations = [
        migrations.AddField(
            model_name="identityprovider",
            name="old_logout_tokens",
            field=models.BooleanField("accepter les anciens jetons de déconnexion", null=True),
        ),
    ]
