"""The entry of a machine in the register of devices, of its own territory."""

import django.db.models.deletion
from django.db import migrations, models

from beffroi.web.platform.triggers import on_insert_or_update

DEVICES = "cyber_reporteddevice"


class Migration(migrations.Migration):
    dependencies = (("cyber", "0002_rules"), ("guides", "0002_rules"))
    operations = (
        # On SQLite both are added in place: a table that is remade loses its triggers.
        migrations.AddField(
            "reporteddevice",
            "entry",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="machines",
                to="guides.registerentry",
            ),
        ),
        migrations.AddConstraint(
            "reporteddevice",
            models.UniqueConstraint(
                condition=models.Q(("entry", None), _negated=True),
                fields=("entry",),
                name="one_machine_an_entry",
            ),
        ),
        *on_insert_or_update(
            f"{DEVICES}_entry_same_territory",
            DEVICES,
            ("entry_id",),
            condition=(
                "NEW.entry_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM guides_registerentry"
                " WHERE id = NEW.entry_id AND territory_id = NEW.territory_id)"
            ),
            why="no such entry here",
        ),
    )
