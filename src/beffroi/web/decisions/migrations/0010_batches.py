"""Several proposals accepted at once: at most twenty, none about somebody. A nullable column, which SQLite adds in place."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations, models

from beffroi.web.territories.triggers import refuse

MOST = 20
REFUSED = {
    "no more than twenty at once": (
        "NEW.batch IS NOT NULL AND (SELECT count(*) FROM decisions_decision d"
        f" WHERE d.batch = NEW.batch AND d.territory_id = NEW.territory_id) >= {MOST}"
    ),
    "what concerns somebody is decided one by one": (
        "NEW.batch IS NOT NULL AND EXISTS (SELECT 1 FROM decisions_proposal p WHERE p.id = NEW.proposal_id"
        " AND (coalesce(p.case_file, '') <> '' OR p.offence IS TRUE OR p.effect = 'unfavourable'))"
    ),
    "a batch accepts, it neither changes nor refuses": "NEW.batch IS NOT NULL AND NEW.verdict <> 'accept'",
    "a batch has one person and one reason": (
        "NEW.batch IS NOT NULL AND EXISTS (SELECT 1 FROM decisions_decision d WHERE d.batch = NEW.batch"
        " AND (d.person_id <> NEW.person_id OR d.territory_id <> NEW.territory_id OR d.reason <> NEW.reason))"
    ),
}


class Migration(migrations.Migration):
    dependencies = [("decisions", "0009_corrections")]
    operations = [
        migrations.AddField(
            "decision", "batch", models.CharField("acceptée avec d'autres", max_length=40, null=True)
        ),
        *(
            refuse(f"decision_batch_{n}", "INSERT", "decisions_decision", condition=condition, why=why)
            for n, (why, condition) in enumerate(REFUSED.items())
        ),
    ]
