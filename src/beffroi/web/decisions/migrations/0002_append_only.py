"""A decision is final and a proposal's evidence is frozen: the database itself refuses to rewrite them."""

from django.db import migrations

FROZEN = (
    "territory_id", "system", "system_version", "run", "subject", "due", "value", "low", "high", "unit",
    "reasons", "evidence", "created_at",
)  # fmt: skip


def trigger(name: str, when: str, table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        sql=f"CREATE TRIGGER {name} BEFORE {when} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END",
        reverse_sql=f"DROP TRIGGER {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("decisions", "0001_initial")]
    operations = [
        trigger("decision_no_update", "UPDATE", "decisions_decision"),
        trigger("decision_no_delete", "DELETE", "decisions_decision"),
        trigger("proposal_frozen", f"UPDATE OF {', '.join(FROZEN)}", "decisions_proposal"),
        trigger("proposal_no_delete", "DELETE", "decisions_proposal"),
    ]
