"""Boards are a grid: a figure has a width in sixths of the page instead of being wide or not."""

from typing import Any

from django.db import migrations, models


def widths_of_wide_figures(apps: Any, _: Any) -> None:
    apps.get_model("studio", "BoardFigure").objects.filter(wide=True).update(width=6)


class Migration(migrations.Migration):
    dependencies = [("studio", "0002_rules")]
    operations = [
        migrations.AddField(
            "boardfigure",
            "width",
            models.PositiveSmallIntegerField("largeur, en sixièmes de la page", default=3),
        ),
        migrations.RunPython(widths_of_wide_figures, migrations.RunPython.noop),
        migrations.RemoveField("boardfigure", "wide"),
    ]
