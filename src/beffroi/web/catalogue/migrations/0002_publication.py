"""Requests to publish personal data: steps written once, and no personal dataset public without an authorisation in force."""

# One line a column; names of our own tables only in the SQL.
# ruff: noqa: S608
# fmt: off

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.platform.triggers import immutable, no_replace, on_insert_or_update, refuse

DATASETS, REQUESTS = "catalogue_dataset", "catalogue_publicationrequest"
REQUESTED = ("territory_id", "dataset_id", "ground", "category", "evidence", "columns", "reason", "requested_by_id", "requested_at")
ADVISED = "opinion, opinion_words, advised_by_id, advised_at"
DECIDED = "outcome, decision_reason, decided_by_id, decided_as, decided_by_requester, decided_at"

RULES = [
    immutable("publication_requested_once", REQUESTS, REQUESTED, why="a publication request is not rewritten"),
    refuse("publication_begins_empty", "INSERT", REQUESTS, condition="NEW.opinion <> '' OR NEW.outcome <> '' OR NEW.ended_at IS NOT NULL", why="a publication request begins without opinion nor decision"),
    refuse("publication_advised_once", f"UPDATE OF {ADVISED}", REQUESTS, condition="OLD.opinion <> ''", why="the opinion of the DPO is not rewritten"),
    refuse("publication_decided_once", f"UPDATE OF {DECIDED}", REQUESTS, condition="OLD.outcome <> ''", why="the decision to publish is not rewritten"),
    refuse("publication_decided_by_another", f"UPDATE OF {DECIDED}", REQUESTS, condition="NEW.opinion = '' OR NEW.decided_by_id IS NULL OR NEW.decided_by_id = NEW.advised_by_id", why="personal data are published by another person than the DPO, after their opinion"),
    refuse("publication_ended_once", "UPDATE OF ended_at, ended_by_id, end_reason", REQUESTS, condition="OLD.ended_at IS NOT NULL", why="a publication request that has ended stays so"),
    refuse("publication_no_delete", "DELETE", REQUESTS, why="a publication request is not deleted"),
    no_replace(REQUESTS),
    *on_insert_or_update(
        "personal_published_by_authorisation",
        DATASETS,
        ("published_at", "sensitivity"),
        condition="NEW.published_at IS NOT NULL AND NEW.sensitivity = 'personal' AND NOT EXISTS "
        f"(SELECT 1 FROM {REQUESTS} WHERE dataset_id = NEW.id AND outcome = 'authorised' AND ended_at IS NULL)",
        why="personal data are published by a decision, after the opinion of the DPO",
    ),
]


def person():
    return models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial"), ("platform", "0002_rules")]

    operations = [
        migrations.CreateModel(
            name="PublicationRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ground", models.CharField(choices=[("anonymised", "résultat anonymisé"), ("text", "un texte permet de le publier"), ("consent", "accord des personnes")], max_length=10, verbose_name="motif")),
                ("category", models.CharField(blank=True, max_length=40, verbose_name="catégorie du texte")),
                ("evidence", models.TextField(verbose_name="ce qui le prouve")),
                ("columns", models.JSONField(default=list, verbose_name="colonnes à publier")),
                ("reason", models.TextField(verbose_name="pourquoi publier")),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("opinion", models.CharField(blank=True, choices=[("favourable", "favorable"), ("reserved", "favorable avec réserves"), ("unfavourable", "défavorable")], max_length=12, verbose_name="avis")),
                ("opinion_words", models.TextField(blank=True, verbose_name="motifs de l'avis")),
                ("advised_at", models.DateTimeField(null=True)),
                ("outcome", models.CharField(blank=True, choices=[("authorised", "autorisée"), ("refused", "refusée")], max_length=10, verbose_name="décision")),
                ("decision_reason", models.TextField(blank=True, verbose_name="motifs de la décision")),
                ("decided_as", models.CharField(blank=True, max_length=300, verbose_name="titre pour décider")),
                ("decided_by_requester", models.BooleanField(default=False, verbose_name="décidée par qui l'a demandée")),
                ("decided_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.TextField(blank=True, verbose_name="pourquoi elle est close")),
                ("dataset", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="publication_requests", to="catalogue.dataset")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
                ("requested_by", person()),
                ("advised_by", person()),
                ("decided_by", person()),
                ("ended_by", person()),
            ],
            options={
                "ordering": ["-requested_at", "-pk"],
                "constraints": [models.UniqueConstraint(condition=models.Q(("ended_at__isnull", True)), fields=("dataset",), name="one_open_request_a_dataset")],
            },
        ),
        *RULES,
    ]
