"""Tables of mail: from where a territory writes, its declared domains, their checks, the second factor of its mailboxes."""

# One line a column.
# fmt: off

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("platform", "0004_quota"),
        ("platform", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("writes", models.CharField(choices=[("own", "avec votre nom de domaine"), ("provider", "depuis la messagerie d'un opérateur"), ("unknown", "vous ne savez pas encore")], max_length=8, verbose_name="écrit")),
                ("provider", models.CharField(blank=True, max_length=100, verbose_name="opérateur")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="MailDomain",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=253, verbose_name="nom de domaine")),
                ("selectors", models.JSONField(default=list, verbose_name="sélecteurs DKIM")),
                ("known", models.JSONField(default=dict)),
                ("worsened", models.JSONField(default=list)),
                ("checked_at", models.DateTimeField(null=True, verbose_name="vérifié le")),
                ("next_at", models.DateTimeField(null=True, verbose_name="prochaine vérification")),
                ("job_key", models.CharField(blank=True, max_length=120)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(null=True, verbose_name="retiré le")),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="MailCheck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120)),
                ("findings", models.JSONField()),
                ("changes", models.JSONField(default=list)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("domain", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="checks", to="cyber.maildomain")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(choices=[("everyone", "oui, sur toutes"), ("some", "sur certaines"), ("nobody", "non"), ("unknown", "je ne sais pas")], max_length=8, verbose_name="second facteur")),
                ("day", models.DateField(verbose_name="vérifié le")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.AddIndex(
            model_name="maildomain",
            index=models.Index(fields=["next_at"], name="mail_domains_due"),
        ),
        migrations.AddConstraint(
            model_name="maildomain",
            constraint=models.UniqueConstraint(condition=models.Q(("until", None)), fields=("territory", "name"), name="one_declared_domain_a_name"),
        ),
        migrations.AddIndex(
            model_name="mailcheck",
            index=models.Index(fields=["domain", "-at"], name="mail_checks_by_domain"),
        ),
        migrations.AddConstraint(
            model_name="mailcheck",
            constraint=models.UniqueConstraint(fields=("territory", "key"), name="one_mail_check_a_job"),
        ),
    ]
