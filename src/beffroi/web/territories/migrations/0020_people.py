"""Roles with things, deeds, delegations and suspensions; the former stewards become data officers.

Deciders of before this version keep deciding: their deed is marked as to be completed, and the people page says so.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from beffroi.web.territories.triggers import refuse, rename_freely

DEED_TO_COMPLETE = "Acte à compléter (rôle donné avant la mise à jour)"
FROZEN = "id, territory_id, delegator_id, delegate_id, object, deed, deed_date, since"


def old_roles(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    memberships = apps.get_model("territories", "Membership").objects
    memberships.filter(role="steward", thing="").update(role="data_officer")
    for row in memberships.filter(role="decider", deed=""):
        row.deed, row.deed_date = DEED_TO_COMPLETE, row.since.date()
        row.save(update_fields=["deed", "deed_date"])


def new_roles(apps: StateApps, _editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("territories", "Membership").objects.filter(role="data_officer").update(role="steward")


class Migration(migrations.Migration):
    dependencies = [("territories", "0003_ledger_blocks"), ("territories", "0010_places")]
    operations = [
        rename_freely(True),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("object", models.CharField(max_length=300, verbose_name="objet")),
                ("deed", models.CharField(max_length=200, verbose_name="référence de l'acte")),
                ("deed_date", models.DateField(verbose_name="date de l'acte")),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "delegate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "delegator",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="territories.territory",
                    ),
                ),
            ],
            options={"ordering": ["-since"], "base_manager_name": "objects"},
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("delegator", models.F("delegate")), _negated=True),
                name="nobody_delegates_to_themselves",
            ),
        ),
        migrations.AddConstraint(
            model_name="delegation",
            constraint=models.CheckConstraint(
                condition=models.Q(("deed", ""), _negated=True), name="a_delegation_has_its_deed"
            ),
        ),
        migrations.RemoveConstraint(model_name="membership", name="one_membership_a_role"),
        migrations.AddField(
            model_name="membership",
            name="thing",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="limité à"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="membership",
            name="suspended_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="deed",
            field=models.CharField(
                blank=True, default="", max_length=200, verbose_name="référence de l'acte"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="membership",
            name="deed_date",
            field=models.DateField(blank=True, null=True, verbose_name="date de l'acte"),
        ),
        migrations.AddField(
            model_name="membership",
            name="delegation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to="territories.delegation",
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="replaces",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="remplace",
            ),
        ),
        migrations.RunPython(old_roles, new_roles),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(fields=["territory", "person"], name="membership_of_a_person"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until__isnull", True)),
                fields=("territory", "person", "role", "thing"),
                name="one_open_membership_a_role",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("role", "decider"), _negated=True),
                    models.Q(("deed", ""), _negated=True),
                    ("delegation__isnull", False),
                    _connector="OR",
                ),
                name="a_decider_has_a_deed",
            ),
        ),
        migrations.AlterModelOptions(name="membership", options={"base_manager_name": "objects"}),
        rename_freely(False),
        refuse(
            "delegation_frozen",
            f"UPDATE OF {FROZEN}",
            "territories_delegation",
            why="a delegation is its deed: revoke it and write another",
        ),
        refuse(
            "delegation_revoked_for_good",
            "UPDATE OF revoked_at",
            "territories_delegation",
            condition="OLD.revoked_at IS NOT NULL",
            why="a revoked delegation never comes back",
        ),
        refuse("delegation_no_delete", "DELETE", "territories_delegation"),
        refuse(
            "delegation_no_replace",
            "INSERT",
            "territories_delegation",
            condition="EXISTS (SELECT 1 FROM territories_delegation WHERE id = NEW.id)",
        ),
    ]
