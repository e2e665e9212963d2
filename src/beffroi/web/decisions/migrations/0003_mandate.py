"""A decision says under which mandate or delegation it was taken, and the database asks whether that one stands.

The columns are nullable so that SQLite adds them in place: a table made anew would lose its rules.
"""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

import django.db.models.deletion
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse

# In force at NEW.at, for a row named {m} of territories_membership.
IN_FORCE = (
    "{m}.territory_id = NEW.territory_id AND {m}.role = 'decider' AND {m}.suspended_at IS NULL"
    " AND {m}.since <= NEW.at AND ({m}.until IS NULL OR {m}.until > NEW.at)"
)

REFUSED = {
    "a decision says under which mandate": "NEW.mandate_id IS NULL OR NEW.authority IS NULL",
    "this mandate is not in force": (
        "NEW.mandate_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM territories_membership m"
        f" WHERE m.id = NEW.mandate_id AND m.person_id = NEW.person_id AND {IN_FORCE.format(m='m')})"
    ),
    "this delegation is not in force": (
        "EXISTS (SELECT 1 FROM territories_membership m WHERE m.id = NEW.mandate_id AND m.delegation_id IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM territories_membership m"
        " JOIN territories_delegation d ON d.id = m.delegation_id"
        " WHERE m.id = NEW.mandate_id AND d.territory_id = NEW.territory_id AND d.delegate_id = NEW.person_id"
        " AND d.revoked_at IS NULL AND d.since <= NEW.at AND (d.until IS NULL OR d.until > NEW.at))"
    ),
    "who delegated is no longer an elected decider": (
        "EXISTS (SELECT 1 FROM territories_membership m WHERE m.id = NEW.mandate_id AND m.delegation_id IS NOT NULL)"
        " AND NOT EXISTS (SELECT 1 FROM territories_membership m"
        " JOIN territories_delegation d ON d.id = m.delegation_id"
        " JOIN territories_membership e ON e.person_id = d.delegator_id"
        " JOIN territories_person p ON p.id = e.person_id"
        f" WHERE m.id = NEW.mandate_id AND p.is_active AND e.delegation_id IS NULL AND {IN_FORCE.format(m='e')})"
    ),
    "a service account never decides": (
        "EXISTS (SELECT 1 FROM territories_membership m WHERE m.person_id = NEW.person_id"
        " AND m.territory_id = NEW.territory_id AND m.role = 'service'"
        " AND m.since <= NEW.at AND (m.until IS NULL OR m.until > NEW.at))"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("decisions", "0002_append_only"), ("territories", "0020_people")]
    operations = [
        migrations.AddField(
            model_name="decision",
            name="mandate",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="territories.membership",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="authority",
            field=models.JSONField(null=True, verbose_name="au titre de"),
        ),
        *(
            refuse(f"decision_mandate_{n}", "INSERT", "decisions_decision", condition=condition, why=why)
            for n, (why, condition) in enumerate(REFUSED.items())
        ),
    ]
