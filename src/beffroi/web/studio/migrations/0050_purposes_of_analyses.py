"""The analyses that are stored go on: what each reads is bound to the purpose that it named."""

from typing import ClassVar

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from beffroi.web.territories import scope

OF_THE_HOUSE = ("catalogue", "pilotage", "open-data")


def bind_what_is_read(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    for territory in apps.get_model("territories", "Territory").objects.all():
        with scope.nowhere(), scope.inside(territory):
            datasets = {
                row.slug: row
                for row in apps.get_model("catalogue", "Dataset").objects.filter(territory=territory)
            }
            stored = apps.get_model("studio", "StoredRecipe").objects.filter(territory=territory)
            for row in stored.exclude(processing__key__in=OF_THE_HOUSE).select_related("processing"):
                read = [
                    datasets[slug] for slug in row.definition.get("sources", {}).values() if slug in datasets
                ]
                ordinary = [one for one in read if one.sensitivity != "personal"]
                row.processing.datasets.add(*(read if row.processing.covers_personal else ordinary))


class Migration(migrations.Migration):
    dependencies: ClassVar = [("studio", "0042_origins"), ("catalogue", "0100_purpose_datasets")]

    operations: ClassVar = [migrations.RunPython(bind_what_is_read, migrations.RunPython.noop)]
