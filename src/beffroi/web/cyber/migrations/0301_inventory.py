"""Tables of the machines that report by themselves, of their keys, of what was not read and of the search for silences."""

# One line a column.
# fmt: off

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("platform", "0004_quota"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReportedDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64)),
                ("agent", models.CharField(blank=True, db_index=True, max_length=64)),
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                ("kind", models.CharField(choices=[("workstation", "poste"), ("server", "serveur"), ("backup", "sauvegarde")], max_length=12, verbose_name="genre")),
                ("channel", models.CharField(choices=[("inventory", "inventaire"), ("https", "signe de vie"), ("syslog", "journal (syslog)")], max_length=9, verbose_name="signale par")),
                ("facts", models.JSONField(default=dict)),
                ("software", models.JSONField(default=list)),
                ("first_seen", models.DateField(null=True, verbose_name="vue la première fois le")),
                ("last_seen", models.DateField(null=True, verbose_name="dernier contact")),
                ("last_contact", models.DateTimeField(null=True)),
                ("period_hours", models.PositiveIntegerField(null=True, verbose_name="signe attendu toutes les (heures)")),
                ("watched_since", models.DateTimeField(default=django.utils.timezone.now)),
                ("silent_since", models.DateTimeField(null=True)),
                ("escalated_at", models.DateTimeField(null=True)),
                ("acknowledged_on", models.DateField(null=True)),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="raison")),
                ("acknowledged_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MachineKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("use", models.CharField(choices=[("inventory", "inventaires des agents"), ("heartbeat", "signe de vie d'une machine"), ("collector", "collecteur de journaux")], max_length=9, verbose_name="usage")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_used", models.DateField(null=True, verbose_name="dernier usage")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="révoquée le")),
                ("created_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("device", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="keys", to="cyber.reporteddevice")),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SilenceWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("checked_at", models.DateTimeField()),
                ("gaps", models.JSONField(default=list)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
        ),
        migrations.CreateModel(
            name="UnreadReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("reason", models.CharField(max_length=200)),
                ("count", models.PositiveIntegerField(default=1)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-day", "reason"],
            },
        ),
        migrations.AddConstraint(
            model_name="reporteddevice",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="one_row_a_reported_device"),
        ),
        migrations.AddConstraint(
            model_name="reporteddevice",
            constraint=models.CheckConstraint(condition=models.Q(("acknowledged_by", None), models.Q(("reason", ""), _negated=True), _connector="OR"), name="a_silence_is_explained"),
        ),
        migrations.AddConstraint(
            model_name="machinekey",
            constraint=models.CheckConstraint(condition=models.Q(models.Q(("device__isnull", False), ("use", "heartbeat")), models.Q(models.Q(("use", "heartbeat"), _negated=True), ("device__isnull", True)), _connector="OR"), name="a_heartbeat_key_has_its_device"),
        ),
        migrations.AddConstraint(
            model_name="silencewatch",
            constraint=models.UniqueConstraint(fields=("territory",), name="one_silence_watch_a_territory"),
        ),
        migrations.AddConstraint(
            model_name="unreadreport",
            constraint=models.UniqueConstraint(fields=("territory", "day", "reason"), name="one_count_a_reason_a_day"),
        ),
    ]
