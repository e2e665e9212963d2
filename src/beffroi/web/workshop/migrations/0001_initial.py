"""Tables of the workshop: uses of systems, their steps and examinations, runs."""

# One line a column.
# fmt: off

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalogue", "0001_initial"),
        ("platform", "0001_initial"),
        ("platform", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="SystemUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("system", models.SlugField(max_length=60)),
                ("binding", models.JSONField(default=dict, verbose_name="entrée → jeu de données et colonnes")),
                ("settings", models.JSONField(default=dict)),
                ("public", models.BooleanField(default=True, verbose_name="fiche montrée sur le site public")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("state", models.CharField(choices=[("idea", "idée"), ("checked", "besoin vérifié"), ("sandbox", "bac à sable"), ("production", "en production"), ("reviewed", "en production, revue faite"), ("stopped", "arrêté")], default="idea", max_length=10, verbose_name="étape")),
                ("origin", models.CharField(choices=[("ours", "livré avec Beffroi"), ("third_party", "module d'un tiers, installé ici"), ("bought", "acheté, installé chez vous"), ("hosted", "loué, hébergé par son fournisseur")], default="ours", max_length=12, verbose_name="origine")),
                ("declaration", models.JSONField(default=dict, verbose_name="déclaration")),
                ("sandbox_until", models.DateField(null=True, verbose_name="dernier jour du bac à sable")),
                ("review_on", models.DateField(null=True, verbose_name="prochaine revue")),
                ("rhythm", models.JSONField(null=True, verbose_name="rythme des prévisions")),
                ("next_at", models.DateTimeField(null=True, verbose_name="prochaine prévision")),
                ("schedule_failure", models.TextField(null=True, verbose_name="pourquoi la dernière n'a pas eu lieu")),
                ("processing", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalogue.processing")),
                ("supervisor", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("territory", "system"), name="one_use_a_system")],
            },
        ),
        migrations.CreateModel(
            name="Run",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=60)),
                ("verb", models.CharField(choices=[("run", "prévision"), ("backtest", "épreuve sur le passé")], max_length=8)),
                ("state", models.CharField(choices=[("running", "en cours"), ("done", "terminée"), ("failed", "en échec")], default="running", max_length=8)),
                ("version", models.CharField(max_length=30)),
                ("seed", models.PositiveIntegerField()),
                ("settings", models.JSONField(default=dict)),
                ("binding", models.JSONField(default=dict, verbose_name="liaison au moment de l'exécution")),
                ("snapshots", models.JSONField(default=dict, verbose_name="livraisons lues")),
                ("against_advice", models.TextField(blank=True, verbose_name="motif d'utilisation malgré l'avis défavorable")),
                ("outcome", models.JSONField(default=dict, verbose_name="prévisions et notes")),
                ("score", models.JSONField(default=dict, verbose_name="résultat mesuré")),
                ("footprint", models.JSONField(default=dict, verbose_name="empreinte")),
                ("isolation", models.CharField(blank=True, max_length=200)),
                ("corrections", models.JSONField(null=True, verbose_name="numéros des corrections appliquées")),
                ("erasure", models.JSONField(null=True, verbose_name="certificat d'effacement, signé")),
                ("message", models.TextField(blank=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="workshop.systemuse")),
            ],
            options={
                "ordering": ["-at"],
                "constraints": [models.UniqueConstraint(fields=("territory", "key"), name="one_run_a_key")],
            },
        ),
        migrations.CreateModel(
            name="LifeStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rank", models.PositiveIntegerField()),
                ("start", models.CharField(choices=[("idea", "idée"), ("checked", "besoin vérifié"), ("sandbox", "bac à sable"), ("production", "en production"), ("reviewed", "en production, revue faite"), ("stopped", "arrêté")], max_length=10)),
                ("state", models.CharField(choices=[("idea", "idée"), ("checked", "besoin vérifié"), ("sandbox", "bac à sable"), ("production", "en production"), ("reviewed", "en production, revue faite"), ("stopped", "arrêté")], max_length=10)),
                ("authority", models.JSONField(null=True, verbose_name="au titre de")),
                ("reason", models.TextField(verbose_name="motif")),
                ("gates", models.JSONField(default=list, verbose_name="ce que chaque condition disait")),
                ("figures", models.JSONField(default=dict, verbose_name="chiffres de la période, figés")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="workshop.systemuse")),
            ],
            options={
                "ordering": ["rank"],
                "constraints": [
                    models.UniqueConstraint(fields=("use", "rank"), name="one_step_a_rank"),
                    models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="a_step_has_a_reason"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SheetAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("answers", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="sheets", to="workshop.systemuse")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Option",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="façon de faire")),
                ("with_ai", models.BooleanField(verbose_name="avec une IA")),
                ("value", models.FloatField(verbose_name="résultat")),
                ("sample", models.PositiveIntegerField(verbose_name="nombre de cas comptés")),
                ("period", models.CharField(max_length=300, verbose_name="période")),
                ("method", models.TextField(verbose_name="comment le résultat a été obtenu")),
                ("how", models.CharField(choices=[("measured", "mesuré par Beffroi sur vos données"), ("observed", "relevé par la collectivité"), ("declared", "déclaré par le fournisseur, non mesuré")], max_length=8)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("run", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workshop.run")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="options", to="workshop.systemuse")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Training",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("system", models.SlugField(blank=True, max_length=60)),
                ("title", models.CharField(max_length=200, verbose_name="formation")),
                ("trainer", models.CharField(max_length=200, verbose_name="donnée par")),
                ("proof", models.CharField(max_length=200, verbose_name="preuve : attestation, feuille d'émargement…")),
                ("passed_on", models.DateField(verbose_name="suivie le")),
                ("until", models.DateField(verbose_name="valable jusqu'au")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-passed_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Examination",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=30)),
                ("tier", models.CharField(blank=True, max_length=10, verbose_name="niveau")),
                ("report", models.JSONField(default=dict)),
                ("key", models.CharField(max_length=80)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="examinations", to="workshop.systemuse")),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [models.UniqueConstraint(fields=("territory", "key"), name="one_examination_a_key")],
            },
        ),
        migrations.CreateModel(
            name="Regression",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=30)),
                ("corrections", models.JSONField(default=list)),
                ("cases", models.JSONField(default=list, verbose_name="cas → tenu, manqué ou non rejouable")),
                ("passed", models.BooleanField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="regressions", to="workshop.systemuse")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
    ]
