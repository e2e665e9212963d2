"""A proposal says how sure it is, whom it concerns and with which effect, who answers for it and how to contest it.

All of it is frozen like the rest. Nullable columns, so that SQLite adds them in place: a table made anew would lose its rules.
"""

from django.db import migrations, models

from beffroi.web.territories.triggers import lift, refuse

BEFORE = (
    "id", "territory_id", "system", "system_version", "run", "subject", "due", "place", "value", "low", "high",
    "unit", "reasons", "evidence", "created_at",
)  # fmt: skip
FROZEN = (
    *(name for name in BEFORE if name != "evidence"),
    "confidence", "case_file", "effect", "offence", "explanation", "responsible", "contest", "said", "expires_at",
)  # fmt: skip

# The one change that evidence may know: that of a supposed offence, erased once nobody confirmed it in time.
EXPIRED = (
    "OLD.offence IS TRUE AND OLD.expires_at IS NOT NULL AND OLD.expires_at <= CURRENT_TIMESTAMP"
    " AND NEW.superseded_at IS NOT NULL AND NEW.erased_at IS NOT NULL AND CAST(NEW.evidence AS text) = '{}'"
    " AND NOT EXISTS (SELECT 1 FROM decisions_decision WHERE proposal_id = OLD.id)"
)


class Migration(migrations.Migration):
    dependencies = [("decisions", "0005_accepted_mandate")]
    operations = [
        migrations.AddField("proposal", "confidence", models.FloatField("confiance du système", null=True)),
        migrations.AddField(
            "proposal", "case", models.CharField("dossier", max_length=120, null=True, db_column="case_file")
        ),
        migrations.AddField(
            "proposal",
            "effect",
            models.CharField(
                "effet",
                max_length=12,
                null=True,
                choices=[
                    ("none", "sans effet sur une personne en particulier"),
                    ("favourable", "favorable à la personne"),
                    ("unfavourable", "défavorable à la personne"),
                ],
            ),
        ),
        migrations.AddField("proposal", "offence", models.BooleanField("infraction supposée", null=True)),
        migrations.AddField(
            "proposal", "explanation", models.JSONField("explication (R311-3-1-2 CRPA)", null=True)
        ),
        migrations.AddField("proposal", "responsible", models.TextField("responsable", null=True)),
        migrations.AddField("proposal", "contest", models.TextField("comment contester", null=True)),
        migrations.AddField("proposal", "said", models.TextField("raisons, en lettres seules", null=True)),
        migrations.AddField("proposal", "expires_at", models.DateTimeField("expire le", null=True)),
        migrations.AddField("proposal", "erased_at", models.DateTimeField("preuves effacées le", null=True)),
        lift("proposal_frozen", f"UPDATE OF {', '.join(BEFORE)}", "decisions_proposal"),
        refuse("proposal_frozen", f"UPDATE OF {', '.join(FROZEN)}", "decisions_proposal"),
        refuse(
            "proposal_evidence_frozen",
            "UPDATE OF evidence, erased_at",
            "decisions_proposal",
            condition=f"NOT coalesce({EXPIRED}, FALSE)",
        ),
    ]
