"""Drafts of answers: frozen as a system wrote them, answered once by a person, whose every version is kept."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse

FROZEN = (
    "id", "territory_id", "system", "system_version", "run", "rank", "question", "subject", "text", "passages",
    "responsible", "contest", "created_at",
)  # fmt: skip
CLOSING = "state, closed_by_id, closed_at, reason, rewritten"
A_PERSON = "EXISTS (SELECT 1 FROM territories_person WHERE id = {} AND kind = 'human' AND is_active)"
WRITTEN = "EXISTS (SELECT 1 FROM decisions_draftversion WHERE draft_id = OLD.id)"
# REPLACE deletes without calling the triggers of DELETE: hence the rules on what is there already.
VERSION = {
    "a version is written once": (
        "EXISTS (SELECT 1 FROM decisions_draftversion WHERE id = NEW.id"
        " OR (draft_id = NEW.draft_id AND number = NEW.number))"
    ),
    "this draft does not wait": (
        "NOT EXISTS (SELECT 1 FROM decisions_draft WHERE id = NEW.draft_id AND territory_id = NEW.territory_id"
        " AND state = 'waiting' AND superseded_at IS NULL)"
    ),
    "a person writes a version": f"NOT {A_PERSON.format('NEW.by_id')}",
}


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0012_staff_consultation"),
        ("territories", "0060_joining"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Draft",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("system", models.CharField(max_length=60)),
                ("system_version", models.CharField(max_length=30)),
                ("run", models.CharField(max_length=60, verbose_name="identifiant de l'exécution")),
                ("rank", models.PositiveIntegerField(verbose_name="rang dans l'exécution")),
                ("question", models.TextField(verbose_name="question")),
                ("subject", models.CharField(blank=True, max_length=300, verbose_name="objet")),
                ("text", models.TextField(verbose_name="brouillon du système")),
                ("passages", models.JSONField(default=list, verbose_name="passages à l'appui")),
                ("responsible", models.TextField(verbose_name="responsable")),
                ("contest", models.TextField(verbose_name="à qui s'adresser")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("superseded_at", models.DateTimeField(null=True, verbose_name="remplacé le")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "à choisir ou à récrire"),
                            ("retained", "retenu"),
                            ("set_aside", "écarté"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="état",
                    ),
                ),
                ("closed_at", models.DateTimeField(null=True, verbose_name="retenu ou écarté le")),
                ("reason", models.TextField(blank=True, verbose_name="motif")),
                ("rewritten", models.FloatField(null=True, verbose_name="part récrite")),
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "rank", "pk"],
            },
        ),
        migrations.CreateModel(
            name="DraftVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="numéro")),
                ("text", models.TextField(verbose_name="texte")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="decisions.draft",
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.UniqueConstraint(fields=("territory", "run", "rank"), name="one_draft_a_rank"),
        ),
        migrations.AddConstraint(
            model_name="draft",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_by__isnull", True), ("state", "waiting")),
                    models.Q(
                        ("closed_by__isnull", False), ("rewritten__isnull", False), ("state", "retained")
                    ),
                    models.Q(
                        ("closed_by__isnull", False),
                        ("state", "set_aside"),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_draft_is_closed_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="draftversion",
            constraint=models.UniqueConstraint(fields=("draft", "number"), name="one_draft_version_a_number"),
        ),
        migrations.AddConstraint(
            model_name="draftversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", ""), _negated=True), name="a_draft_version_has_a_text"
            ),
        ),
        refuse("draft_version_no_update", "UPDATE", "decisions_draftversion"),
        refuse("draft_version_no_delete", "DELETE", "decisions_draftversion"),
        *(
            refuse(
                f"draft_version_rule_{n}", "INSERT", "decisions_draftversion", condition=condition, why=why
            )
            for n, (why, condition) in enumerate(VERSION.items())
        ),
        refuse("draft_frozen", f"UPDATE OF {', '.join(FROZEN)}", "decisions_draft"),
        refuse("draft_no_delete", "DELETE", "decisions_draft"),
        refuse(
            "draft_begins_waiting",
            "INSERT",
            "decisions_draft",
            condition="NEW.state <> 'waiting' OR NEW.superseded_at IS NOT NULL OR EXISTS (SELECT 1 FROM decisions_draft"
            " WHERE id = NEW.id OR (territory_id = NEW.territory_id AND run = NEW.run AND rank = NEW.rank))",
            why="a draft begins by waiting for a person",
        ),
        refuse(
            "draft_superseded_once",
            "UPDATE OF superseded_at",
            "decisions_draft",
            condition=f"OLD.superseded_at IS NOT NULL OR OLD.state <> 'waiting' OR {WRITTEN}",
            why="a draft that somebody works on is not replaced",
        ),
        refuse(
            "draft_closed_once",
            f"UPDATE OF {CLOSING}",
            "decisions_draft",
            condition="OLD.state <> 'waiting' OR OLD.superseded_at IS NOT NULL"
            f" OR NOT {A_PERSON.format('NEW.closed_by_id')} OR (NEW.state = 'retained' AND NOT {WRITTEN})",
            why="a draft is answered once, by a person, with a text of theirs",
        ),
    ]
