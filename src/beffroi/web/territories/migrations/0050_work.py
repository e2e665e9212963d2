"""The queue of long work: whose turn it is, who does what, and what the clock has done."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("territories", "0040_tokens"),
    ]

    operations = [
        migrations.CreateModel(
            name="Duty",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("every", models.PositiveIntegerField(default=0, verbose_name="période, en secondes")),
                ("started_at", models.DateTimeField(null=True, verbose_name="dernier début")),
                ("done_at", models.DateTimeField(null=True, verbose_name="dernière réussite")),
                (
                    "due_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="prochaine échéance"
                    ),
                ),
                ("failures", models.PositiveSmallIntegerField(default=0, verbose_name="échecs de suite")),
            ],
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "territory",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="territories.territory",
                    ),
                ),
                ("served_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="job",
            name="worker",
            field=models.CharField(blank=True, max_length=120, verbose_name="processus qui s'en charge"),
        ),
        migrations.AlterField(
            model_name="job",
            name="key",
            field=models.CharField(max_length=120),
        ),
        migrations.AlterField(
            model_name="job",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "en attente"),
                    ("running", "en cours"),
                    ("done", "terminé"),
                    ("failed", "en échec"),
                    ("cancelled", "abandonné"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["state", "territory"], name="jobs_by_state"),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="one_job_a_key"),
        ),
    ]
