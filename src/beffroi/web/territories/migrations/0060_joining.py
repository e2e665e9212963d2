"""A role given to an account that exists already waits for its owner. Those of before this version are accepted.

Nullable columns, added in place: SQLite would else make the tables anew, which the rules that name them forbid.
"""

import django.db.models.deletion
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse


class Migration(migrations.Migration):
    dependencies = [("territories", "0050_work")]
    operations = [
        migrations.AddField(
            model_name="membership",
            name="waiting_since",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="entrylink",
            name="territory",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="territories.territory",
            ),
        ),
        migrations.AlterField(
            model_name="entrylink",
            name="purpose",
            field=models.CharField(
                choices=[("signin", "connexion"), ("invite", "invitation"), ("join", "adhésion")],
                max_length=12,
            ),
        ),
        *(
            refuse(
                f"joining_of_one_territory_{when[:6].lower()}",
                when,
                "territories_entrylink",
                condition="(NEW.purpose = 'join') <> (NEW.territory_id IS NOT NULL)",
                why="a joining link is of one territory, and opens no account",
            )
            for when in ("INSERT", "UPDATE OF purpose, territory_id")
        ),
        refuse(
            "entry_link_fixed",
            "UPDATE OF person_id, purpose, territory_id, digest",
            "territories_entrylink",
            condition="NEW.person_id <> OLD.person_id OR NEW.purpose <> OLD.purpose OR NEW.digest <> OLD.digest",
            why="a link is burnt, never changed",
        ),
    ]
