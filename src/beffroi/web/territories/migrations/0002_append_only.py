"""The ledger is append-only: the database itself refuses to change or remove a line."""

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


class Migration(migrations.Migration):
    dependencies = [("territories", "0001_initial")]
    operations = [trigger(table, verb) for table, verbs in PROTECTED.items() for verb in verbs]
