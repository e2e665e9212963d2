"""The ledger is append-only: the database itself refuses to change or remove a line."""

# Names of our own tables only: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.territories.triggers import refuse

PROTECTED = {
    "territories_ledgerline": ("UPDATE", "DELETE"),
    # A detail may be erased (GDPR), never rewritten.
    "territories_ledgerdetail": ("UPDATE",),
}


# `INSERT OR REPLACE` removes a row without the DELETE triggers: an insertion that would take the place of one is refused.
# PostgreSQL has no such statement, and would read the whole table for each line: no index answers IS NOT DISTINCT FROM.
TAKEN = {
    "territories_ledgerline": "id = NEW.id OR (territory_id IS NOT DISTINCT FROM NEW.territory_id AND seq = NEW.seq)",
    "territories_ledgerdetail": "line_id = NEW.line_id",
}


class Migration(migrations.Migration):
    dependencies = [("territories", "0001_initial")]
    operations = [
        *(
            refuse(f"{table}_no_{verb.lower()}", verb, table)
            for table, verbs in PROTECTED.items()
            for verb in verbs
        ),
        *(
            refuse(
                f"{table}_no_replace",
                "INSERT",
                table,
                condition=f"EXISTS (SELECT 1 FROM {table} WHERE {taken})",
                sqlite_only=True,
            )
            for table, taken in TAKEN.items()
        ),
    ]
