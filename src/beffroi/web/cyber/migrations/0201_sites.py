"""Tables of watched sites: declarations, references, visits, alerts."""

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
            name="WatchedSite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                ("address", models.CharField(max_length=260, verbose_name="adresse")),
                ("paths", models.JSONField(default=list, verbose_name="pages regardées")),
                ("ownership", models.CharField(choices=[("own", "c'est un site de la collectivité"), ("agreed", "son propriétaire nous a donné son accord")], max_length=6, verbose_name="à quel titre")),
                ("provider", models.CharField(blank=True, max_length=200, verbose_name="prestataire")),
                ("interval", models.PositiveIntegerField(choices=[(15, "tous les quarts d'heure"), (60, "toutes les heures"), (360, "toutes les six heures"), (1440, "tous les jours")], default=60, verbose_name="rythme, en minutes")),
                ("state", models.CharField(choices=[("active", "surveillé"), ("paused", "en pause"), ("removed", "retiré")], default="active", max_length=7, verbose_name="état")),
                ("declared_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="prochaine visite")),
                ("checked_at", models.DateTimeField(null=True, verbose_name="dernière visite")),
                ("availability", models.CharField(choices=[("unknown", "pas encore vu"), ("up", "joignable"), ("slow", "lent"), ("down", "en panne"), ("blocked", "visite non autorisée")], default="unknown", max_length=7, verbose_name="disponibilité")),
                ("trouble", models.CharField(blank=True, max_length=500, verbose_name="raison")),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="échecs de suite")),
                ("down_since", models.DateTimeField(null=True, verbose_name="en panne depuis")),
                ("certificate_expires_at", models.DateTimeField(null=True, verbose_name="fin du certificat")),
                ("findings", models.JSONField(default=list, verbose_name="réglages vus")),
                ("findings_at", models.DateTimeField(null=True, verbose_name="réglages vus le")),
                ("declared_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="SiteCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("availability", models.CharField(choices=[("unknown", "pas encore vu"), ("up", "joignable"), ("slow", "lent"), ("down", "en panne"), ("blocked", "visite non autorisée")], max_length=7, verbose_name="disponibilité")),
                ("status", models.PositiveSmallIntegerField(default=0, verbose_name="réponse")),
                ("milliseconds", models.PositiveIntegerField(default=0, verbose_name="durée")),
                ("score", models.FloatField(default=0, verbose_name="écart à la normale")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("site", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="cyber.watchedsite")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SiteBaseline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("path", models.CharField(max_length=300, verbose_name="page")),
                ("learned", models.JSONField()),
                ("unusual_visits", models.PositiveIntegerField(default=0, verbose_name="visites inhabituelles de suite")),
                ("since", models.DateTimeField(default=django.utils.timezone.now, verbose_name="référence prise le")),
                ("changed_at", models.DateTimeField(null=True, verbose_name="dernier changement ordinaire")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("site", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="baselines", to="cyber.watchedsite")),
            ],
        ),
        migrations.CreateModel(
            name="SiteAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("change", "changement inhabituel"), ("down", "site en panne"), ("certificate", "certificat bientôt expiré")], max_length=11, verbose_name="nature")),
                ("path", models.CharField(blank=True, max_length=300, verbose_name="page")),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="ouverte le")),
                ("last_seen_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="encore vue le")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="finie le")),
                ("reasons", models.JSONField(default=list, verbose_name="raisons")),
                ("features", models.JSONField(default=dict, verbose_name="ce qui a été vu")),
                ("answer", models.CharField(blank=True, choices=[("normal", "c'est normal"), ("intrusion", "ce n'est pas nous"), ("seen", "vu, on s'en occupe")], max_length=12, verbose_name="réponse")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="répondu le")),
                ("answered_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("site", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="alerts", to="cyber.watchedsite")),
            ],
            options={
                "ordering": ["-opened_at", "-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="watchedsite",
            index=models.Index(fields=["state", "next_at"], name="cyber_site_due"),
        ),
        migrations.AddConstraint(
            model_name="watchedsite",
            constraint=models.UniqueConstraint(condition=models.Q(("state", "removed"), _negated=True), fields=("territory", "address"), name="one_watched_site_an_address"),
        ),
        migrations.AddIndex(
            model_name="sitecheck",
            index=models.Index(fields=["site", "at"], name="cyber_site_checks"),
        ),
        migrations.AddConstraint(
            model_name="sitebaseline",
            constraint=models.UniqueConstraint(fields=("site", "path"), name="one_baseline_a_page"),
        ),
        migrations.AddConstraint(
            model_name="sitealert",
            constraint=models.UniqueConstraint(condition=models.Q(("ended_at", None)), fields=("site", "kind", "path"), name="one_open_alert_a_page"),
        ),
        migrations.AddConstraint(
            model_name="sitealert",
            constraint=models.CheckConstraint(condition=models.Q(("answer", ""), models.Q(("answered_at__isnull", False), ("answered_by__isnull", False)), _connector="OR"), name="an_answer_has_its_person"),
        ),
    ]
