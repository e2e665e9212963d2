"""An unfavourable decision on a person needs a text of one's own and a second reader: the database asks for both.

Nullable columns, so that SQLite adds them in place: a table made anew would lose its rules.
"""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.decisions.words import LEAST, plain_sql
from beffroi.web.territories.triggers import refuse

PROPOSAL = "SELECT 1 FROM decisions_proposal p WHERE p.id = NEW.proposal_id"
INDIVIDUAL = "coalesce(p.case_file, '') <> ''"
BLANKS = "' \t\n\r'"
READS = "m.role IN ('decider', 'supervisor')"

REFUSED = {
    "a decision against a person says that it is unfavourable": (
        f"NEW.unfavourable IS NOT TRUE AND EXISTS ({PROPOSAL} AND {INDIVIDUAL}"
        " AND ((NEW.verdict = 'accept' AND p.effect = 'unfavourable')"
        " OR (NEW.verdict = 'refuse' AND p.effect = 'favourable')))"
    ),
    "a changed value on a person says whether it is unfavourable": (
        f"NEW.unfavourable IS NULL AND NEW.verdict = 'change' AND EXISTS ({PROPOSAL} AND {INDIVIDUAL})"
    ),
    "an unfavourable decision has the text of a person": (
        f"NEW.unfavourable IS TRUE AND length(trim(coalesce(NEW.text, ''), {BLANKS})) < {LEAST}"
    ),
    "an unfavourable decision does not copy the reasons of the system": (
        f"NEW.unfavourable IS TRUE AND EXISTS ({PROPOSAL}"
        f" AND p.said LIKE '%%' || {plain_sql('NEW.text').replace('%', '%%')} || '%%')"
    ),
    "an unfavourable decision has a second reader": (
        "NEW.unfavourable IS TRUE AND (NEW.second_reader_id IS NULL OR NEW.second_read_at IS NULL"
        f" OR trim(coalesce(NEW.second_reading, ''), {BLANKS}) = '')"
    ),
    "nobody reads their own decision": "NEW.second_reader_id = NEW.person_id",
    "a second reader is a person who may read": (
        "NEW.second_reader_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM territories_membership m"
        " JOIN territories_person r ON r.id = m.person_id WHERE m.person_id = NEW.second_reader_id"
        f" AND m.territory_id = NEW.territory_id AND {READS} AND r.is_active AND r.kind = 'human'"
        " AND r.simulated = NEW.simulated AND m.suspended_at IS NULL AND m.waiting_since IS NULL"
        " AND m.since <= NEW.second_read_at AND (m.until IS NULL OR m.until > NEW.second_read_at)"
        " AND (m.delegation_id IS NULL OR EXISTS (SELECT 1 FROM territories_delegation d WHERE d.id = m.delegation_id"
        " AND d.revoked_at IS NULL AND d.since <= NEW.second_read_at"
        " AND (d.until IS NULL OR d.until > NEW.second_read_at))))"
    ),
}


class Migration(migrations.Migration):
    dependencies = [
        ("decisions", "0006_what_a_proposal_says"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField(
            "decision", "unfavourable", models.BooleanField("défavorable à la personne", null=True)
        ),
        migrations.AddField(
            "decision", "text", models.TextField("texte écrit par la personne qui décide", null=True)
        ),
        migrations.AddField(
            "decision",
            "second_reader",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField("decision", "second_reading", models.TextField("seconde lecture", null=True)),
        migrations.AddField("decision", "second_read_at", models.DateTimeField("relue le", null=True)),
        *(
            refuse(f"decision_second_{n}", "INSERT", "decisions_decision", condition=condition, why=why)
            for n, (why, condition) in enumerate(REFUSED.items())
        ),
        migrations.CreateModel(
            name="PreparedDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[("accept", "acceptée"), ("change", "modifiée"), ("refuse", "refusée")],
                        max_length=8,
                    ),
                ),
                ("value", models.FloatField(null=True, verbose_name="valeur retenue")),
                ("confirmed", models.BooleanField(default=False, verbose_name="valeur éloignée confirmée")),
                ("reason", models.TextField(verbose_name="motif")),
                ("text", models.TextField(verbose_name="texte")),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "à relire"),
                            ("returned", "rendue à la personne qui l'a préparée"),
                            ("confirmed", "confirmée"),
                            ("withdrawn", "retirée"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("words", models.TextField(blank=True, verbose_name="ce que dit la seconde lecture")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="prepared",
                        to="decisions.proposal",
                    ),
                ),
                (
                    "reader",
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
                "ordering": ["created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "returned"])),
                        fields=("proposal",),
                        name="one_open_preparation_a_proposal",
                    )
                ],
            },
        ),
    ]
