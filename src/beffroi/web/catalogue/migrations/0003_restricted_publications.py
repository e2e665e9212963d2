"""A publication that a restriction closed opens by a decision only: when and why it closed, who had published."""

# One line a column; names of our own tables only in the SQL.
# ruff: noqa: S608
# fmt: off

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from beffroi.web.platform.triggers import on_insert_or_update

DATASETS, REQUESTS = "catalogue_dataset", "catalogue_publicationrequest"


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_publication")]

    operations = [
        migrations.AddField("dataset", "published_by", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
        migrations.AddField("dataset", "restricted_at", models.DateTimeField(blank=True, null=True, verbose_name="publication fermée d'elle-même")),
        migrations.AddField("dataset", "restricted_reason", models.CharField(blank=True, max_length=500, null=True, verbose_name="pourquoi elle s'est fermée")),
        migrations.AlterField("publicationrequest", "ground", models.CharField(choices=[("anonymised", "résultat anonymisé"), ("text", "un texte permet de le publier"), ("consent", "accord des personnes"), ("lifted", "la raison de la fermeture a disparu")], max_length=10, verbose_name="motif")),
        *on_insert_or_update(
            "restricted_published_by_authorisation",
            DATASETS,
            ("published_at", "restricted_at"),
            condition="NEW.published_at IS NOT NULL AND NEW.restricted_at IS NOT NULL AND NOT EXISTS "
            f"(SELECT 1 FROM {REQUESTS} WHERE dataset_id = NEW.id AND outcome = 'authorised' AND ended_at IS NULL)",
            why="what a restriction closed is published by a decision, after the opinion of the DPO",
        ),
    ]
