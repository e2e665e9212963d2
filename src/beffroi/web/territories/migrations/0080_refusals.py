"""The journal of access keeps refusals, and is append-only: the database refuses to change a row, or to remove one before a year."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from beffroi.web.territories.triggers import refuse

EVENTS = "territories_accessevent"


class Migration(migrations.Migration):
    dependencies = [("territories", "0070_access_journal")]

    operations = [
        migrations.AlterField(
            model_name="accessevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("entered", "entrée"),
                    ("failed", "mot de passe, code ou clé refusé"),
                    ("locked", "essais trop nombreux, mot de passe non regardé"),
                    ("refused", "entrée refusée par un fournisseur d'identité"),
                    ("left", "sortie"),
                    ("password", "mot de passe choisi ou changé"),
                    ("factor_added", "second facteur ajouté"),
                    ("factor_removed", "second facteur retiré"),
                    ("roles", "rôles ou accès changés"),
                    ("token", "jeton sans effet présenté"),
                    ("denied", "page ou donnée refusée"),
                    ("forged", "formulaire refusé, sans son jeton de page"),
                    ("limited", "demandes trop nombreuses, refusées"),
                    ("file", "fichier refusé"),
                ],
                max_length=20,
            ),
        ),
        *(
            migrations.AlterField(
                model_name="accessevent",
                name=name,
                field=models.ForeignKey(
                    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=to
                ),
            )
            for name, to in (("person", settings.AUTH_USER_MODEL), ("territory", "territories.territory"))
        ),
        refuse(f"{EVENTS}_no_update", "UPDATE", EVENTS),
        refuse(
            f"{EVENTS}_no_delete",
            "DELETE",
            EVENTS,
            # A day of slack: the clock of the database and that of the purge are not the same.
            condition="OLD.at > datetime('now', '-364 days')",
            postgresql="OLD.at > now() - interval '364 days'",
        ),
        refuse(
            f"{EVENTS}_no_replace",
            "INSERT",
            EVENTS,
            condition=f"EXISTS (SELECT 1 FROM {EVENTS} WHERE id = NEW.id)",  # noqa: S608
            sqlite_only=True,
        ),
    ]
