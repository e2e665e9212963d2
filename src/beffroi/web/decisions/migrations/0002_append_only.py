"""A decision is a person's and is final, a proposal's evidence is frozen: the database itself refuses the rest.

These triggers repeat what `services.decide` checks, for whoever writes in the tables without it.
"""

from django.db import migrations

from beffroi.web.territories.triggers import refuse

FROZEN = (
    "id", "territory_id", "system", "system_version", "run", "subject", "due", "place", "value", "low", "high",
    "unit", "reasons", "evidence", "created_at",
)  # fmt: skip

# What an inserted decision must be. REPLACE deletes without calling the triggers of DELETE: hence the first line.
REFUSED = {
    "this proposal is already decided": (
        "EXISTS (SELECT 1 FROM decisions_decision WHERE proposal_id = NEW.proposal_id OR id = NEW.id)"
    ),
    "no such proposal here": (
        "NOT EXISTS (SELECT 1 FROM decisions_proposal"
        " WHERE id = NEW.proposal_id AND territory_id = NEW.territory_id)"
    ),
    "this proposal is superseded": (
        "EXISTS (SELECT 1 FROM decisions_proposal WHERE id = NEW.proposal_id AND superseded_at IS NOT NULL)"
    ),
    "only a member who may decide decides": (
        "NOT EXISTS (SELECT 1 FROM territories_membership m JOIN territories_person p ON p.id = m.person_id"
        " WHERE m.person_id = NEW.person_id AND m.territory_id = NEW.territory_id AND m.role = 'decider'"
        " AND p.is_active AND m.since <= NEW.at AND (m.until IS NULL OR m.until > NEW.at))"
    ),
    "a demonstration member decides for demonstration only": (
        "NEW.simulated <> (SELECT simulated FROM territories_person WHERE id = NEW.person_id)"
    ),
    "a decision has a reason": "trim(NEW.reason, ' \t\n\r') = ''",
    "an accepted value is the proposed one": (
        "NEW.verdict = 'accept'"
        " AND NEW.value <> (SELECT value FROM decisions_proposal WHERE id = NEW.proposal_id)"
    ),
    "a value is a finite number": "abs(NEW.value) > 1e300",
}


class Migration(migrations.Migration):
    dependencies = [("decisions", "0001_initial"), ("territories", "0001_initial")]
    operations = [
        refuse("decision_no_update", "UPDATE", "decisions_decision"),
        refuse("decision_no_delete", "DELETE", "decisions_decision"),
        *(
            refuse(f"decision_rule_{n}", "INSERT", "decisions_decision", condition=condition, why=why)
            for n, (why, condition) in enumerate(REFUSED.items())
        ),
        refuse("proposal_frozen", f"UPDATE OF {', '.join(FROZEN)}", "decisions_proposal"),
        refuse("proposal_no_delete", "DELETE", "decisions_proposal"),
        refuse(
            "proposal_no_replace",
            "INSERT",
            "decisions_proposal",
            condition="EXISTS (SELECT 1 FROM decisions_proposal WHERE id = NEW.id OR (territory_id = NEW.territory_id"
            " AND run = NEW.run AND subject = NEW.subject))",
        ),
        refuse(
            "proposal_superseded_once",
            "UPDATE OF superseded_at",
            "decisions_proposal",
            condition="OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL"
            " OR EXISTS (SELECT 1 FROM decisions_decision WHERE proposal_id = OLD.id)",
        ),
    ]
