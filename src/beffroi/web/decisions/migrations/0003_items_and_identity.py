"""Proposals with an identity from run to run and with ordered parts, which decisions retain; rules of the database on them."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from importlib import import_module

from django.db import migrations, models

from beffroi.web.platform.triggers import immutable, lift, no_replace, on_insert, refuse, same_key

former = import_module("beffroi.web.decisions.migrations.0002_rules")
PROPOSALS, DECISIONS = former.PROPOSALS, former.DECISIONS

FROZEN = ("evidence_keys",)
# With the rest of a supposed offence that nobody confirmed in time.
FORGOTTEN = ("key", "about", "items", "spare", "digest")
IS_FORGOTTEN = " AND ".join([former.IS_FORGOTTEN, *(f"NEW.{column} IS NULL" for column in FORGOTTEN)])

EVIDENCE = {"name": "proposal_evidence_frozen", "table": PROPOSALS}
WAS_FROZEN = f"UPDATE OF {', '.join(former.FORGOTTEN)}, evidence, erased_at"
NOW_FROZEN = f"UPDATE OF {', '.join([*former.FORGOTTEN, *FORGOTTEN])}, evidence, erased_at"
PROPOSED = f"SELECT items FROM {PROPOSALS} WHERE id = NEW.proposal_id"

RULES = [
    lift(**EVIDENCE, when=WAS_FROZEN, condition=f"NOT coalesce({former.IS_FORGOTTEN}, FALSE)"),
    refuse(**EVIDENCE, when=NOW_FROZEN, condition=f"NOT coalesce({IS_FORGOTTEN}, FALSE)"),
    immutable("proposal_reading_frozen", PROPOSALS, FROZEN),
    lift(
        f"{PROPOSALS}_no_replace",
        "INSERT",
        PROPOSALS,
        condition=f"EXISTS (SELECT 1 FROM {PROPOSALS} WHERE {same_key('territory_id, run, subject')})",
        sqlite_only=True,
    ),
    no_replace(PROPOSALS, same_key("territory_id, run, subject", "territory_id, run, key")),
    *on_insert(
        DECISIONS,
        {
            "decision_accepted_items": (
                "an accepted plan is the proposed one",
                f"NEW.verdict = 'accept' AND NEW.items IS DISTINCT FROM ({PROPOSED})",
            ),
            "decision_of_a_plan": (
                "a plan is retained whole, changed or refused",
                f"(NEW.items IS NULL) <> (NEW.verdict = 'refuse' OR ({PROPOSED}) IS NULL)",
            ),
        },
    ),
]


class Migration(migrations.Migration):
    dependencies = [("decisions", "0002_rules"), ("platform", "0002_rules")]
    operations = [
        migrations.AddField("decision", "items", models.JSONField("étapes retenues", null=True)),
        migrations.AddField("proposal", "key", models.CharField("clé", max_length=300, null=True)),
        migrations.AddField("proposal", "about", models.CharField("à propos", max_length=300, null=True)),
        migrations.AddField("proposal", "items", models.JSONField("étapes", null=True)),
        migrations.AddField("proposal", "spare", models.JSONField("étapes de réserve", null=True)),
        migrations.AddField(
            "proposal",
            "digest",
            models.CharField("empreinte de ce qui est proposé", max_length=64, null=True),
        ),
        migrations.AddField("proposal", "evidence_keys", models.JSONField("lecture des preuves", null=True)),
        migrations.AlterField("proposal", "place", models.CharField("lieu", max_length=200, blank=True)),
        migrations.AddConstraint(
            "proposal",
            models.UniqueConstraint(
                fields=["territory", "run", "key"],
                condition=models.Q(key__isnull=False),
                name="one_proposal_a_key",
            ),
        ),
        *RULES,
    ]
