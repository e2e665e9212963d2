"""Bounds of settings that depend on the data, kept with each run; what a run is called, in more general words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workshop", "0002_rules")]
    operations = [
        migrations.AddField(
            "run", "setting_bounds", models.JSONField("bornes des réglages, d'après les données", null=True)
        ),
        migrations.AlterField("run", "outcome", models.JSONField("résultats et notes", default=dict)),
        migrations.AlterField(
            "run",
            "verb",
            models.CharField(choices=[("run", "calcul"), ("backtest", "épreuve sur le passé")], max_length=8),
        ),
        migrations.AlterField("systemuse", "next_at", models.DateTimeField("prochain calcul", null=True)),
        migrations.AlterField("systemuse", "rhythm", models.JSONField("rythme des calculs", null=True)),
    ]
