"""The ledger is append-only: the database itself refuses to change or remove a line."""

# Names of our own tables only: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

PROTECTED = {
    "territories_ledgerline": ("UPDATE", "DELETE"),
    # A detail may be erased (GDPR), never rewritten.
    "territories_ledgerdetail": ("UPDATE",),
}


def trigger(table: str, verb: str) -> migrations.RunSQL:
    name = f"{table}_no_{verb.lower()}"
    return migrations.RunSQL(
        sql=f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END",
        reverse_sql=f"DROP TRIGGER {name}",
    )


# `INSERT OR REPLACE` removes a row without the DELETE triggers: an insertion that would take the place of one is refused.
TAKEN = {
    "territories_ledgerline": "id = NEW.id OR (territory_id IS NEW.territory_id AND seq = NEW.seq)",
    "territories_ledgerdetail": "line_id = NEW.line_id",
}


def no_replacing(table: str, taken: str) -> migrations.RunSQL:
    name = f"{table}_no_replace"
    return migrations.RunSQL(
        sql=f"CREATE TRIGGER {name} BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) "
        f"BEGIN SELECT RAISE(ABORT, 'append-only: {table}'); END",
        reverse_sql=f"DROP TRIGGER {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("territories", "0001_initial")]
    operations = [
        *(trigger(table, verb) for table, verbs in PROTECTED.items() for verb in verbs),
        *(no_replacing(table, taken) for table, taken in TAKEN.items()),
    ]
