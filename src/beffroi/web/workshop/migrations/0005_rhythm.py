"""The rhythm of a system's forecasts. Nullable columns: a table made anew would lose its rules."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workshop", "0004_examinations"),
    ]

    operations = [
        migrations.AddField(
            model_name="systemuse",
            name="next_at",
            field=models.DateTimeField(null=True, verbose_name="prochaine prévision"),
        ),
        migrations.AddField(
            model_name="systemuse",
            name="rhythm",
            field=models.JSONField(null=True, verbose_name="rythme des prévisions"),
        ),
        migrations.AddField(
            model_name="systemuse",
            name="rhythm_told",
            field=models.TextField(null=True, verbose_name="pourquoi la dernière n'a pas eu lieu"),
        ),
    ]
