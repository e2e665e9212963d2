"""Rules of the database on machines: a key is a person's act and only ends; a key and its machine are in one territory; a person takes charge."""

from django.db import migrations

from beffroi.web.platform.triggers import changes, immutable, is_human, on_insert, refuse, set_once

KEYS, DEVICES = "cyber_machinekey", "cyber_reporteddevice"
RULES = [
    immutable(
        "machinekey_written_once",
        KEYS,
        ("territory_id", "use", "device_id", "digest", "created_by_id", "created_at"),
        why="a key is written once",
    ),
    set_once("machinekey_revoked_once", KEYS, "revoked_at", why="a revoked key stays revoked"),
    *on_insert(
        KEYS,
        {
            "machinekey_by_a_person": ("a program makes no key", f"NOT {is_human('NEW.created_by_id')}"),
            "machinekey_same_place": (
                "no such machine here",
                "NEW.device_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM cyber_reporteddevice"
                " WHERE id = NEW.device_id AND territory_id = NEW.territory_id)",
            ),
        },
    ),
    refuse(
        "reporteddevice_stays_here",
        "UPDATE OF territory_id",
        DEVICES,
        condition=changes("territory_id"),
        why="a machine stays in its territory",
    ),
    refuse(
        "reporteddevice_acknowledged_by_a_person",
        "UPDATE OF acknowledged_by_id",
        DEVICES,
        condition=f"NEW.acknowledged_by_id IS NOT NULL AND NOT {is_human('NEW.acknowledged_by_id')}",
        why="a program takes charge of nothing",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("cyber", "0301_inventory"), ("platform", "0004_quota")]
    operations = RULES
