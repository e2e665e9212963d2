"""The ledger at length: roots of blocks of lines, and no detail erased without a line that says so."""

# Names of our own tables only: no text of a user is in this SQL.
# ruff: noqa: S608

import django.db.models.deletion
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse

BLOCKS, LINES, DETAILS = "territories_ledgerblock", "territories_ledgerline", "territories_ledgerdetail"
SAID_ERASED = (
    f"EXISTS (SELECT 1 FROM {LINES} held JOIN {LINES} said ON said.territory_id IS NOT DISTINCT FROM held.territory_id "
    "AND said.act = 'ledger.erase_detail' AND said.thing = 'line:' || held.seq WHERE held.id = OLD.line_id)"
)
TAKEN = "id = NEW.id OR (territory_id IS NOT DISTINCT FROM NEW.territory_id AND rank = NEW.rank)"


class Migration(migrations.Migration):
    dependencies = [("territories", "0002_append_only")]
    operations = [
        migrations.CreateModel(
            name="LedgerBlock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rank", models.PositiveIntegerField()),
                ("root", models.CharField(max_length=64)),
                (
                    "territory",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
            ],
            options={
                "ordering": ["rank"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "rank"), name="one_block_a_rank"),
                    models.UniqueConstraint(
                        condition=models.Q(("territory__isnull", True)),
                        fields=("rank",),
                        name="one_host_block_a_rank",
                    ),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="ledgerline", options={"base_manager_name": "objects", "ordering": ["seq"]}
        ),
        migrations.AddIndex(
            model_name="ledgerline",
            index=models.Index(
                condition=models.Q(("act", "ledger.erase_detail")),
                fields=["territory", "thing"],
                name="ledger_erasures",
            ),
        ),
        refuse(f"{BLOCKS}_no_update", "UPDATE", BLOCKS),
        refuse(f"{BLOCKS}_no_delete", "DELETE", BLOCKS),
        refuse(
            f"{BLOCKS}_no_replace",
            "INSERT",
            BLOCKS,
            condition=f"EXISTS (SELECT 1 FROM {BLOCKS} WHERE {TAKEN})",
            sqlite_only=True,
        ),
        refuse(f"{DETAILS}_no_silent_delete", "DELETE", DETAILS, condition=f"NOT {SAID_ERASED}"),
    ]
