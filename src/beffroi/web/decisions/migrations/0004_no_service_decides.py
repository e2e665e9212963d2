"""A program never decides: the database refuses a decision in the name of a service account, whatever its roles."""

from django.db import migrations

from beffroi.web.territories.triggers import refuse


class Migration(migrations.Migration):
    dependencies = [("decisions", "0003_mandate"), ("territories", "0040_tokens")]
    operations = [
        refuse(
            "no_service_decides",
            "INSERT",
            "decisions_decision",
            condition="NOT EXISTS (SELECT 1 FROM territories_person WHERE id = NEW.person_id AND kind = 'human')",
            why="a service account never decides",
        )
    ]
