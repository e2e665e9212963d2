"""A correction of a case follows a confirmed error and gives no less than what stands: the database asks for both.

What stands is the last correction of the decision, else the decision itself.
"""

from django.db import migrations

from beffroi.web.territories.triggers import refuse

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


class Migration(migrations.Migration):
    dependencies = [("decisions", "0013_drafts")]
    operations = [
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
