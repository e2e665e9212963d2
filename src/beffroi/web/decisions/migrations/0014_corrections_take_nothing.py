"""A correction of a case follows a confirmed error and gives no less than what stands; an expired offence is forgotten
whole; a case of test is withdrawn by a further row, whose nullable columns SQLite adds in place.

What stands is the last correction of the decision, else the decision itself.
"""

from importlib import import_module

import django.db.models.deletion
from django.db import migrations, models

from beffroi.web.territories.triggers import lift, refuse

SAID = import_module("beffroi.web.decisions.migrations.0006_what_a_proposal_says")

CASE = "SELECT 1 FROM decisions_decision d JOIN decisions_proposal p ON p.id = d.proposal_id WHERE d.id = NEW.decision_id"
CORRECTED = "FROM decisions_casecorrection c WHERE c.decision_id = NEW.decision_id"
STANDS = (
    f"CASE WHEN EXISTS (SELECT 1 {CORRECTED})"
    f" THEN (SELECT c.value {CORRECTED} ORDER BY c.at DESC, c.id DESC LIMIT 1) ELSE d.value END"
)
CORRECTION = {
    "a correction takes nothing from what the person has": (
        f"EXISTS ({CASE} AND coalesce(p.case_file, '') <> '' AND NEW.value IS NOT NULL"
        f" AND ((p.effect = 'favourable' AND NEW.value < ({STANDS}))"
        f" OR (p.effect = 'unfavourable' AND (({STANDS}) IS NULL OR NEW.value > ({STANDS})))))"
    ),
    "a correction that answers a contestation follows a confirmed error": (
        "NEW.contestation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM decisions_contestation t"
        " JOIN decisions_decision d ON d.proposal_id = t.proposal_id WHERE t.id = NEW.contestation_id"
        " AND d.id = NEW.decision_id AND t.territory_id = NEW.territory_id"
        " AND t.outcome IN ('confirmed', 'partly'))"
    ),
}

# What tells whom, where and why: it goes in one case only, with the evidence, and leaves the number.
ERASED = {
    "subject": "'Infraction oubliée n° ' || CAST(OLD.id AS text)",
    "reasons": "'[]'",
    "place": "''",
    "said": None,
    "case_file": None,
    "explanation": None,
    "due": None,
}
FORGOTTEN = f"{SAID.EXPIRED} AND " + " AND ".join(
    f"NEW.{name} IS NULL" if value is None else f"CAST(NEW.{name} AS text) = {value}"
    for name, value in ERASED.items()
)
PROPOSAL = "decisions_proposal"
WITHDRAWS = {
    "a withdrawal names the case that it withdraws": (
        "NEW.withdraws_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM decisions_regressioncase c"
        " WHERE c.id = NEW.withdraws_id AND c.territory_id = NEW.territory_id AND c.system = NEW.system"
        " AND c.withdraws_id IS NULL)"
    ),
    "a withdrawal has a reason": (
        "NEW.withdraws_id IS NOT NULL AND trim(coalesce(NEW.reason, ''), ' \t\n\r') = ''"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("decisions", "0013_drafts")]
    operations = [
        migrations.AddField(
            "regressioncase",
            "withdraws",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="withdrawals",
                to="decisions.regressioncase",
            ),
        ),
        migrations.AddField("regressioncase", "reason", models.TextField("motif du retrait", null=True)),
        migrations.AddConstraint(
            "regressioncase",
            models.UniqueConstraint(
                fields=["withdraws"],
                condition=models.Q(withdraws__isnull=False),
                name="a_regression_case_is_withdrawn_once",
            ),
        ),
        *(
            refuse(
                f"system_regressioncase_withdraws_{n}",
                "INSERT",
                "decisions_regressioncase",
                condition=condition,
                why=why,
            )
            for n, (why, condition) in enumerate(WITHDRAWS.items())
        ),
        lift("proposal_frozen", f"UPDATE OF {', '.join(SAID.FROZEN)}", PROPOSAL),
        lift(
            "proposal_evidence_frozen",
            "UPDATE OF evidence, erased_at",
            PROPOSAL,
            condition=f"NOT coalesce({SAID.EXPIRED}, FALSE)",
        ),
        refuse(
            "proposal_frozen",
            f"UPDATE OF {', '.join(name for name in SAID.FROZEN if name not in ERASED)}",
            PROPOSAL,
        ),
        refuse(
            "proposal_evidence_frozen",
            f"UPDATE OF {', '.join(ERASED)}, evidence, erased_at",
            PROPOSAL,
            condition=f"NOT coalesce({FORGOTTEN}, FALSE)",
        ),
        *(
            refuse(
                f"case_correction_gives_{n}",
                "INSERT",
                "decisions_casecorrection",
                condition=condition,
                why=why,
            )
            for n, (why, condition) in enumerate(CORRECTION.items())
        ),
    ]
