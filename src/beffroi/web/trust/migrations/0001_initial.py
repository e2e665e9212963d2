"""Tables of trust: answers of law, the ethics committee, recommendations, published reports."""

# One line a column.
# fmt: off

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("platform", "0001_initial"),
        ("platform", "__first__"),
        ("workshop", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Seat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                ("name_public", models.BooleanField(default=False, verbose_name="accepte que son nom soit public")),
                ("function", models.CharField(max_length=200, verbose_name="métier ou fonction")),
                ("quality", models.CharField(choices=[("expert", "expert"), ("independent", "personnalité indépendante"), ("citizen", "citoyen"), ("elected", "élu"), ("agent", "agent de la collectivité")], max_length=12, verbose_name="siège en qualité de")),
                ("chosen", models.CharField(max_length=300, verbose_name="comment ce membre a été choisi")),
                ("interests", models.TextField(verbose_name="intérêts déclarés en entrant")),
                ("since", models.DateField(verbose_name="depuis le")),
                ("until", models.DateField(null=True, verbose_name="jusqu'au")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("person", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["quality", "name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Interest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("conflict", models.BooleanField(verbose_name="conflit d'intérêts")),
                ("words", models.TextField(verbose_name="ce qui a été déclaré")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workshop.systemuse")),
                ("seat", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="declared", to="trust.seat")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Session",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session_date", models.DateField(verbose_name="tenue le")),
                ("place", models.CharField(max_length=200, verbose_name="lieu")),
                ("present", models.JSONField(default=list, verbose_name="sièges présents")),
                ("minutes", models.TextField(verbose_name="compte rendu")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-session_date", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Opinion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("verdict", models.CharField(choices=[("favourable", "favorable"), ("reserved", "favorable avec réserves"), ("unfavourable", "défavorable")], max_length=12, verbose_name="avis")),
                ("text", models.TextField(verbose_name="motifs")),
                ("reserves", models.JSONField(default=list, verbose_name="réserves")),
                ("votes_for", models.PositiveIntegerField(verbose_name="pour")),
                ("votes_against", models.PositiveIntegerField(verbose_name="contre")),
                ("votes_none", models.PositiveIntegerField(verbose_name="abstentions")),
                ("seen", models.JSONField(default=dict, verbose_name="ce que le comité avait sous les yeux")),
                ("version", models.CharField(max_length=30, verbose_name="version du système")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("published_at", models.DateTimeField(null=True, verbose_name="publié le")),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="opinions", to="workshop.systemuse")),
                ("session", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="opinions", to="trust.session")),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("text", ""), _negated=True), name="an_opinion_has_its_reasons"),
                    models.UniqueConstraint(models.F("session"), models.F("use"), name="one_opinion_a_session_and_system"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BodyDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("body", models.CharField(max_length=200, verbose_name="assemblée")),
                ("reference", models.CharField(max_length=200, verbose_name="délibération")),
                ("day", models.DateField(verbose_name="prise le")),
                ("published_on", models.DateField(verbose_name="publiée le")),
                ("reason", models.TextField(verbose_name="motifs")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("opinion", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="overruled", to="trust.opinion")),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(models.Q(("reason", ""), _negated=True), models.Q(("reference", ""), _negated=True)), name="a_body_decides_with_reasons")],
            },
        ),
        migrations.CreateModel(
            name="LegalAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answers", models.JSONField(verbose_name="question → réponse et justification")),
                ("as_of", models.DateField(verbose_name="droit au")),
                ("rules_version", models.CharField(max_length=16)),
                ("risk_class", models.CharField(choices=[("minimal", "risque minimal"), ("transparency", "obligation de transparence"), ("high", "haut risque"), ("prohibited", "usage interdit"), ("undetermined", "pas encore déterminée")], max_length=12, verbose_name="classe")),
                ("refused", models.BooleanField(verbose_name="usage refusé en France")),
                ("settled", models.BooleanField(verbose_name="toutes les questions répondues")),
                ("result", models.JSONField(verbose_name="résultat figé")),
                ("signed_role", models.CharField(max_length=120, verbose_name="en qualité de")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="legal_answers", to="workshop.systemuse")),
            ],
            options={
                "ordering": ["-at", "-pk"],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("risk_class__in", ["minimal", "transparency", "high", "prohibited", "undetermined"])), name="a_legal_class_is_known"),
                    models.CheckConstraint(condition=models.Q(("signed_role", ""), _negated=True), name="legal_answers_are_signed"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImpactAssessment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answers", models.JSONField(verbose_name="point → texte")),
                ("rules_version", models.CharField(max_length=16)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="impact_assessments", to="workshop.systemuse")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.CharField(max_length=300, verbose_name="référence")),
                ("body", models.CharField(max_length=200, verbose_name="délivré par")),
                ("date", models.DateField(verbose_name="délivré le")),
                ("url", models.URLField(blank=True, max_length=500, verbose_name="adresse")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("use", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="certificates", to="workshop.systemuse")),
            ],
            options={
                "ordering": ["-date", "-pk"],
                "constraints": [models.CheckConstraint(condition=models.Q(models.Q(("text", ""), _negated=True), models.Q(("body", ""), _negated=True)), name="a_certificate_has_its_reference")],
            },
        ),
        migrations.CreateModel(
            name="Recommendation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField(verbose_name="numéro")),
                ("text", models.TextField(verbose_name="recommandation")),
                (
                    "origin",
                    models.CharField(
                        choices=[("convention", "convention citoyenne"), ("consultation", "consultation publique"), ("council", "conseil de quartier"), ("committee", "comité d'éthique"), ("petition", "pétition"), ("letter", "courrier ou message"), ("meeting", "réunion publique")], max_length=12, verbose_name="origine"
                    ),
                ),
                ("received_on", models.DateField(verbose_name="reçue le")),
                ("answer_due", models.DateField(verbose_name="réponse attendue le")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "number"), name="one_recommendation_a_number"),
                    models.CheckConstraint(condition=models.Q(("text", ""), _negated=True), name="a_recommendation_says_something"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecommendationStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("state", models.CharField(choices=[("received", "reçue"), ("studied", "à l'étude"), ("accepted", "acceptée"), ("partly", "acceptée en partie"), ("refused", "refusée"), ("done", "mise en œuvre")], max_length=8, verbose_name="état")),
                ("answer", models.TextField(blank=True, verbose_name="réponse")),
                ("authority", models.JSONField(null=True, verbose_name="au titre de")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("recommendation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="trust.recommendation")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["at", "pk"],
                "constraints": [models.CheckConstraint(condition=models.Q(models.Q(("state__in", ("accepted", "partly", "refused", "done")), _negated=True), models.Q(("answer", ""), _negated=True), _connector="OR"), name="an_answer_says_something")],
            },
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(verbose_name="année")),
                ("version", models.PositiveSmallIntegerField(default=1)),
                ("corrects", models.TextField(blank=True, verbose_name="ce que cette version corrige")),
                ("content", models.TextField(verbose_name="rapport figé (JSON)")),
                ("sha256", models.CharField(max_length=64)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-year", "-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "year", "version"), name="one_publication_a_version"),
                    models.CheckConstraint(condition=models.Q(("version", 1), models.Q(("corrects", ""), _negated=True), _connector="OR"), name="a_correction_says_what"),
                ],
            },
        ),
    ]
