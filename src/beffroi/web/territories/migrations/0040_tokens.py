"""Tokens, service accounts, and what the database itself refuses to a program: to change its nature, to leave, to decide."""

# Names of our own tables only: no text of a user is in this SQL.

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse

IS_SERVICE = "EXISTS (SELECT 1 FROM territories_person p WHERE p.id = NEW.person_id AND p.kind = 'service')"
ELSEWHERE = (
    "NOT EXISTS (SELECT 1 FROM territories_serviceaccount s"
    " WHERE s.person_id = NEW.person_id AND s.territory_id = NEW.territory_id)"
)
FIXED = "id, territory_id, person_id, digest, created_by_id, created_at, acts, things, expires"


class Migration(migrations.Migration):
    dependencies = [("territories", "0030_signin")]

    operations = [
        migrations.SeparateDatabaseAndState(
            # Django would make the table again on SQLite, which the rules that name it forbid: a plain ADD COLUMN.
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE territories_person ADD COLUMN kind varchar(8) NOT NULL DEFAULT 'human'",
                    "ALTER TABLE territories_person DROP COLUMN kind",
                )
            ],
            state_operations=[
                migrations.AddField(
                    model_name="person",
                    name="kind",
                    field=models.CharField(
                        choices=[("human", "personne"), ("service", "compte de service")],
                        db_default="human",
                        default="human",
                        max_length=8,
                        verbose_name="nature",
                    ),
                )
            ],
        ),
        migrations.CreateModel(
            name="ServiceAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("use", models.CharField(max_length=300, verbose_name="à quoi il sert")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="services_owned",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="responsable",
                    ),
                ),
                (
                    "person",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service",
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
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("label", models.CharField(max_length=120, verbose_name="nom")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("acts", models.JSONField(default=list, verbose_name="ce qu'il permet")),
                ("things", models.JSONField(default=list, verbose_name="jeux de données qu'il ouvre")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires", models.DateTimeField(verbose_name="fin")),
                ("last_used", models.DateField(null=True, verbose_name="dernier usage")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="révoqué le")),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
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
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("expires__gt", models.F("created_at"))),
                        name="a_token_ends_after_it_begins",
                    )
                ],
            },
        ),
        refuse(
            "person_kind_fixed",
            "UPDATE OF kind",
            "territories_person",
            condition="NEW.kind <> OLD.kind",
            why="a program stays a program",
        ),
        *(
            refuse(
                f"service_{word}_{when[:6].lower().strip()}",
                when,
                "territories_membership",
                condition=f"{IS_SERVICE} AND {condition}",
                why=why,
            )
            for word, condition, why in (
                ("never_decides", "NEW.role = 'decider'", "a service account never decides"),
                ("stays_home", ELSEWHERE, "a service account belongs to one territory"),
            )
            for when in ("INSERT", "UPDATE OF role, person_id, territory_id")
        ),
        refuse(
            "service_stays_put",
            "UPDATE OF person_id, territory_id",
            "territories_serviceaccount",
            condition="NEW.person_id <> OLD.person_id OR NEW.territory_id <> OLD.territory_id",
            why="a service account belongs to one territory",
        ),
        refuse(
            "token_never_wider",
            f"UPDATE OF {FIXED}",
            "territories_apitoken",
            why="a token is revoked, never changed",
        ),
        refuse(
            "token_stays_revoked",
            "UPDATE OF revoked_at",
            "territories_apitoken",
            condition="OLD.revoked_at IS NOT NULL",
            why="a revoked token stays revoked",
        ),
    ]
