"""A mandate that its holder has not accepted decides nothing, nor does one that rests on such a mandate."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.territories.triggers import refuse

# A row e by which the delegator of d is elected in this territory.
ELECTED = (
    "e.person_id = d.delegator_id AND e.territory_id = NEW.territory_id"
    " AND e.role = 'decider' AND e.delegation_id IS NULL"
)
HELD = (
    "e.waiting_since IS NULL AND e.suspended_at IS NULL"
    " AND e.since <= NEW.at AND (e.until IS NULL OR e.until > NEW.at)"
)


class Migration(migrations.Migration):
    dependencies = [("decisions", "0004_no_service_decides"), ("territories", "0060_joining")]
    operations = [
        refuse(
            "decision_mandate_accepted",
            "INSERT",
            "decisions_decision",
            condition=(
                "EXISTS (SELECT 1 FROM territories_membership m"
                " WHERE m.id = NEW.mandate_id AND m.waiting_since IS NOT NULL)"
            ),
            why="this mandate has not been accepted",
        ),
        refuse(
            "decision_source_accepted",
            "INSERT",
            "decisions_decision",
            condition=(
                "EXISTS (SELECT 1 FROM territories_membership m"
                " JOIN territories_delegation d ON d.id = m.delegation_id WHERE m.id = NEW.mandate_id"
                f" AND EXISTS (SELECT 1 FROM territories_membership e WHERE {ELECTED} AND e.waiting_since IS NOT NULL)"
                f" AND NOT EXISTS (SELECT 1 FROM territories_membership e WHERE {ELECTED} AND {HELD}))"
            ),
            why="who delegated has not accepted their mandate",
        ),
    ]
