"""A purpose opens the datasets bound to it. Those for which rights holders read personal rows before are bound: they go on."""

from typing import ClassVar

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from beffroi.web.territories import scope


def bind_what_was_read(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    """Each dataset to the purposes under which, says the ledger, somebody who has the right read its personal columns.

    The purpose of a system opens what the system is bound to, and nothing more.
    """
    detail = apps.get_model("territories", "LedgerDetail")
    for territory in apps.get_model("territories", "Territory").objects.all():
        with scope.nowhere(), scope.inside(territory):
            purposes = {
                row.key: row
                for row in apps.get_model("catalogue", "Processing").objects.filter(territory=territory)
                if row.covers_personal and not row.key.startswith("system-")
            }
            datasets = {
                f"dataset:{row.pk}": row
                for row in apps.get_model("catalogue", "Dataset").objects.filter(territory=territory)
            }
            lines = detail.objects.filter(line__territory=territory, line__act="dataset.read_personal")
            for thing, payload in lines.values_list("line__thing", "payload"):
                key = payload.get("processing") if isinstance(payload, dict) else None
                if key in purposes and thing in datasets:
                    purposes[key].datasets.add(datasets[thing])


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("catalogue", "0090_noted"),
        ("territories", "0003_ledger_blocks"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            "processing",
            "datasets",
            models.ManyToManyField(
                related_name="+", to="catalogue.dataset", verbose_name="jeux que cet usage ouvre"
            ),
        ),
        migrations.RunPython(bind_what_was_read, migrations.RunPython.noop),
    ]
