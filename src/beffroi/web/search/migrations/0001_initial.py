"""Entries of the search and, on each engine, its index."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from beffroi.language.search import dialects


def _run(schema_editor: Any, statements: list[str]) -> None:
    for statement in statements:
        schema_editor.execute(statement)


def make_index(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, dialects.of(schema_editor.connection.vendor, "search_entry").create())


def drop_index(apps: Any, schema_editor: Any) -> None:
    _run(schema_editor, dialects.of(schema_editor.connection.vendor, "search_entry").drop())


class Migration(migrations.Migration):
    initial = True

    dependencies = [("platform", "0002_rules")]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=20)),
                ("key", models.CharField(max_length=80)),
                ("title", models.CharField(max_length=300)),
                ("public", models.BooleanField(default=False)),
                ("title_words", models.TextField(blank=True)),
                ("card_words", models.TextField(blank=True)),
                ("column_words", models.TextField(blank=True)),
                ("value_words", models.TextField(blank=True)),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "kind", "key"), name="one_entry_a_thing")
                ],
            },
        ),
        migrations.RunPython(make_index, drop_index),
    ]
