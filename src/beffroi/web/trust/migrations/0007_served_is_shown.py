"""R37: a system that serves is shown in public. The database refuses to hide one that serves, or to let a hidden one serve."""

from django.db import migrations

from beffroi.web.territories.triggers import refuse

_SERVES = "NEW.state IN ('sandbox', 'production', 'reviewed') AND NOT NEW.public"


class Migration(migrations.Migration):
    dependencies = [("trust", "0006_report_append_only"), ("workshop", "0003_life")]
    operations = [
        refuse(
            "systemuse_that_serves_is_shown",
            "UPDATE",
            "workshop_systemuse",
            condition=f"{_SERVES} AND (OLD.public OR OLD.state <> NEW.state)",
            why="a system that serves is shown in public",
        )
    ]
