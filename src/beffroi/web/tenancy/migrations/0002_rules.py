"""Rules of the database: an entry link is used, never changed; one that joins a territory opens no account."""

from django.db import migrations

from beffroi.web.platform.triggers import changes, on_insert_or_update, refuse

LINKS = "tenancy_entrylink"


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial"), ("platform", "0002_rules")]
    operations = [
        *on_insert_or_update(
            "joining_of_one_territory",
            LINKS,
            ("purpose", "territory_id"),
            condition="(NEW.purpose = 'join') <> (NEW.territory_id IS NOT NULL)",
            why="a joining link is of one territory, and opens no account",
        ),
        refuse(
            "entry_link_fixed",
            "UPDATE OF person_id, purpose, territory_id, digest",
            LINKS,
            condition=changes("person_id", "purpose", "digest"),
            why="a link is burnt, never changed",
        ),
    ]
