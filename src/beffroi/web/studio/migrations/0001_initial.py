"""Tables of the studio: analyses, their results, boards, drafts."""

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
            name="StoredRecipe",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80)),
                ("title", models.CharField(max_length=200)),
                ("definition", models.JSONField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("origin", models.CharField(blank=True, max_length=300, verbose_name="d'où elle est reprise, dit par qui l'a apportée")),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("author", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("processing", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="catalogue.processing")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("territory", "slug"), name="one_recipe_a_slug")],
            },
        ),
        migrations.CreateModel(
            name="RecipeVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("definition", models.JSONField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("author", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("recipe", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="studio.storedrecipe")),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [models.UniqueConstraint(fields=("recipe", "number"), name="one_version_a_number")],
            },
        ),
        migrations.CreateModel(
            name="RecipeValidation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.PositiveIntegerField()),
                ("checked", models.CharField(max_length=500, verbose_name="ce qui a été vérifié")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("recipe", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="validations", to="studio.storedrecipe")),
            ],
            options={
                "ordering": ["-version", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Result",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64, unique=True)),
                ("rights", models.CharField(max_length=64)),
                ("table", models.BinaryField()),
                ("rows", models.PositiveIntegerField(verbose_name="lignes du résultat entier")),
                ("base", models.TextField()),
                ("year", models.CharField(max_length=200)),
                ("suppressed", models.PositiveIntegerField(default=0)),
                ("reason", models.TextField(blank=True)),
                ("personal", models.BooleanField(default=False)),
                ("chosen", models.BooleanField(default=False, verbose_name="pour des filtres choisis")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("snapshots", models.ManyToManyField(related_name="+", to="catalogue.snapshot")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("recipe", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="results", to="studio.storedrecipe")),
            ],
            options={
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="Board",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=80)),
                ("title", models.CharField(max_length=200)),
                ("question", models.CharField(blank=True, max_length=300, verbose_name="la question à laquelle répond ce tableau")),
                ("public", models.BooleanField(default=False, verbose_name="montré sur le site public")),
                ("rank", models.PositiveSmallIntegerField(default=100, verbose_name="place dans la liste")),
                ("filters", models.JSONField(default=list, verbose_name="colonnes par lesquelles on filtre")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["rank", "title"],
                "constraints": [models.UniqueConstraint(fields=("territory", "slug"), name="one_board_a_slug")],
            },
        ),
        migrations.CreateModel(
            name="BoardComment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(max_length=2000, verbose_name="commentaire")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("author", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("board", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="studio.board")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["at", "pk"],
            },
        ),
        migrations.CreateModel(
            name="BoardLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("note", models.CharField(max_length=120, verbose_name="pour qui")),
                ("until", models.DateField(verbose_name="jusqu'au")),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
                ("author", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("board", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="links", to="studio.board")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-made_at"],
            },
        ),
        migrations.CreateModel(
            name="BoardFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rank", models.PositiveSmallIntegerField()),
                ("wide", models.BooleanField(default=False)),
                ("board", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="figures", to="studio.board")),
                ("recipe", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="studio.storedrecipe")),
            ],
            options={
                "ordering": ["rank"],
            },
        ),
        migrations.CreateModel(
            name="FirstDisclosure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rights", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("definition", models.JSONField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("board", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="first_disclosures", to="studio.board")),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [models.UniqueConstraint(fields=("board", "rights", "digest"), name="first_disclosure_once")],
            },
        ),
        migrations.CreateModel(
            name="MaterializedResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("requested_version", models.PositiveIntegerField()),
                ("failure", models.TextField(blank=True, verbose_name="pourquoi il n'est plus à jour")),
                ("failed_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True, verbose_name="n'est plus calculé depuis")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("requested_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("dataset", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalogue.dataset")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("recipe", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="materialized_results", to="studio.storedrecipe")),
            ],
            options={
                "constraints": [models.UniqueConstraint(condition=models.Q(("ended_at", None)), fields=("recipe",), name="one_materialized_result_a_recipe")],
            },
        ),
        migrations.CreateModel(
            name="ResultRead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recipe_version", models.PositiveIntegerField()),
                ("protects", models.CharField(blank=True, max_length=12)),
                ("unit", models.CharField(blank=True, max_length=120)),
                ("result", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="reads", to="studio.materializedresult")),
                ("snapshot", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalogue.snapshot")),
                ("source", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="catalogue.snapshot")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("snapshot", "source"), name="one_read_a_source")],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("recipe_version", models.PositiveIntegerField(default=0, verbose_name="version reprise")),
                ("title", models.CharField(max_length=200)),
                ("origin", models.CharField(blank=True, max_length=300, verbose_name="d'où elle est reprise, dit par qui l'a apportée")),
                ("current", models.PositiveIntegerField(default=1, verbose_name="numéro de l'état montré")),
                ("touched_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("author", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("recipe", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="studio.storedrecipe")),
            ],
            options={
                "ordering": ["-touched_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="DraftState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("act", models.CharField(max_length=200, verbose_name="ce qui a été fait")),
                ("definition", models.JSONField()),
                ("draft", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="states", to="studio.draft")),
            ],
            options={
                "ordering": ["number"],
                "constraints": [models.UniqueConstraint(fields=("draft", "number"), name="one_state_a_number")],
            },
        ),
    ]
