"""Ties of a contestation are remembered, an answer without a tie says why, and who took part in the decision is written at the answer."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.platform.triggers import append_only, is_blank, on_insert, refuse, same_territory

former = import_module("beffroi.web.decisions.migrations.0002_rules")
CONTESTATIONS, DECISIONS, PROPOSALS = former.CONTESTATIONS, former.DECISIONS, former.PROPOSALS
TIES = "decisions_formertie"

TOOK_PART = "SELECT 1 FROM {decisions} d WHERE d.proposal_id = {proposal} AND (d.person_id = {person} OR d.second_reader_id = {person})"
RETIED = "NEW.proposal_id IS DISTINCT FROM OLD.proposal_id"
ANSWERED = "OLD.state <> 'answered' AND NEW.state = 'answered'"
WAS_TIED = f"SELECT 1 FROM {TIES} t WHERE t.contestation_id = NEW.id"
ITS_PROPOSALS = f"d.proposal_id = NEW.proposal_id OR d.proposal_id IN (SELECT t.proposal_id FROM {TIES} t WHERE t.contestation_id = NEW.id)"

RULES = [
    *append_only(TIES, "former_tie"),
    same_territory(TIES, "contestation_id", CONTESTATIONS),
    same_territory(TIES, "proposal_id", PROPOSALS),
    *on_insert(
        TIES,
        {
            "former_tie_was_there": (
                "a contestation that waits was tied to it",
                f"NOT EXISTS (SELECT 1 FROM {CONTESTATIONS} c WHERE c.id = NEW.contestation_id"
                " AND c.proposal_id = NEW.proposal_id AND c.state <> 'answered')",
            ),
            "former_tie_by_another": (
                "who took part in a decision does not untie it",
                f"EXISTS ({TOOK_PART.format(decisions=DECISIONS, proposal='NEW.proposal_id', person='NEW.by_id')})",
            ),
        },
    ),
    refuse(
        "contestation_tie_final",
        "UPDATE OF proposal_id",
        CONTESTATIONS,
        condition=f"OLD.state = 'answered' AND {RETIED}",
        why="what was answered stays tied as it was",
    ),
    refuse(
        "contestation_tie_remembered",
        "UPDATE OF proposal_id",
        CONTESTATIONS,
        condition=f"OLD.proposal_id IS NOT NULL AND {RETIED} AND NOT EXISTS ({WAS_TIED} AND t.proposal_id = OLD.proposal_id)",
        why="a former tie is kept",
    ),
    refuse(
        "contestation_tie_or_reason",
        "UPDATE",
        CONTESTATIONS,
        condition=f"{ANSWERED} AND NEW.proposal_id IS NULL AND {is_blank("coalesce(NEW.untied_reason, '')")}",
        why="an answer is about a decision, or says why not",
    ),
    refuse(
        "contestation_decider_told",
        "UPDATE",
        CONTESTATIONS,
        condition=(
            f"{ANSWERED} AND NEW.answered_by_decider IS NOT TRUE AND EXISTS (SELECT 1 FROM {DECISIONS} d"
            f" WHERE ({ITS_PROPOSALS})"
            " AND (d.person_id = NEW.answered_by_id OR d.second_reader_id = NEW.answered_by_id))"
        ),
        why="an answer of who took part in the decision says so",
    ),
    refuse(
        "contestation_judgement_final",
        "UPDATE OF answered_by_decider, untied_reason",
        CONTESTATIONS,
        condition=(
            "OLD.state = 'answered' AND (NEW.answered_by_decider IS DISTINCT FROM OLD.answered_by_decider"
            " OR (NEW.untied_reason IS DISTINCT FROM OLD.untied_reason"
            " AND NOT (NEW.erased_at IS NOT NULL AND NEW.untied_reason IS NULL)))"
        ),
        why="an answer is final",
    ),
    refuse(
        "contestation_reason_erased",
        "UPDATE",
        CONTESTATIONS,
        condition="OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.untied_reason IS NOT NULL",
        why="what is erased is erased whole, after the answer",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("decisions", "0004_day_page"), ("platform", "0002_rules")]
    operations = [
        migrations.AddField(
            "contestation",
            "untied_reason",
            models.TextField("pourquoi aucune décision n'est rapprochée", null=True),
        ),
        migrations.AddField(
            "contestation",
            "answered_by_decider",
            models.BooleanField("répondue par qui avait pris part à la décision", null=True),
        ),
        migrations.CreateModel(
            name="FormerTie",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("contestation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="former_ties", to="decisions.contestation")),
                ("proposal", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="decisions.proposal")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={"ordering": ["at", "pk"]},
        ),
        *RULES,
    ]  # fmt: skip
