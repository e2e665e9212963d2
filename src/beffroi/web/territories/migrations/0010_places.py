"""The host, its operators, its relation with each territory, competences, closed rooms, suspension."""

import datetime

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def describe_what_is_there(apps, _editor):
    """An instance made before has one host: its oldest territory. The others wait for their deed; nobody is suspended."""
    first = None
    for territory in apps.get_model("territories", "Territory").objects.order_by("pk"):
        if first is None:
            first = territory
            apps.get_model("territories", "Host").objects.create(
                name=territory.name, siren=territory.siren, contact=territory.contact
            )
        own = territory.pk == first.pk
        apps.get_model("territories", "Hosting").objects.create(
            territory=territory, role="own" if own else "processor", since=territory.created_at.date()
        )
        apps.get_model("territories", "TerritoryFigures").objects.create(territory=territory)
    # The administrators of the oldest territory ran the host until now.
    if first is not None:
        held = apps.get_model("territories", "Membership").objects.filter(
            territory=first, role="administrator", until=None
        )
        for person in sorted({m.person_id for m in held}):
            apps.get_model("territories", "HostOperator").objects.create(person_id=person)


class Migration(migrations.Migration):
    dependencies = [
        ("territories", "0003_ledger_blocks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Host",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="nom de l'hébergeur")),
                ("siren", models.CharField(blank=True, max_length=9, verbose_name="SIREN")),
                ("contact", models.CharField(blank=True, max_length=300, verbose_name="à qui s'adresser")),
            ],
        ),
        migrations.CreateModel(
            name="TerritoryFigures",
            fields=[
                (
                    "territory",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="figures",
                        serialize=False,
                        to="territories.territory",
                    ),
                ),
                ("people", models.PositiveIntegerField(default=0, verbose_name="personnes")),
                ("size", models.PositiveBigIntegerField(default=0, verbose_name="octets sur le disque")),
                ("last_act_on", models.DateField(null=True, verbose_name="jour du dernier acte")),
                ("measured_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="territory",
            name="closed",
            field=models.JSONField(default=dict, verbose_name="salles et systèmes fermés"),
        ),
        migrations.AddField(
            model_name="territory",
            name="seat",
            field=models.CharField(blank=True, max_length=200, verbose_name="siège"),
        ),
        migrations.AddField(
            model_name="territory",
            name="suspended_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="suspendu depuis"),
        ),
        migrations.AddField(
            model_name="territory",
            name="suspended_why",
            field=models.CharField(blank=True, max_length=300, verbose_name="motif de la suspension"),
        ),
        migrations.CreateModel(
            name="Competence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=60)),
                ("obligatory", models.BooleanField(default=False, verbose_name="obligatoire")),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="texte")),
                ("deed", models.CharField(blank=True, max_length=200, verbose_name="acte")),
                ("since", models.DateField(blank=True, null=True, verbose_name="depuis")),
                ("until", models.DateField(blank=True, null=True, verbose_name="jusqu'au")),
                ("until_deed", models.CharField(blank=True, max_length=200, verbose_name="acte de fin")),
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
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("territory", "key"),
                        name="one_open_competence",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Hosting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("processor", "sous-traitant de la collectivité (RGPD, article 28)"),
                            ("joint", "responsable conjoint avec la collectivité (RGPD, article 26)"),
                            ("own", "l'hébergeur pour lui-même"),
                        ],
                        default="processor",
                        max_length=9,
                        verbose_name="rôle de l'hébergeur",
                    ),
                ),
                (
                    "reference",
                    models.CharField(blank=True, max_length=120, verbose_name="référence de l'acte"),
                ),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="date de l'acte")),
                ("signatory", models.CharField(blank=True, max_length=200, verbose_name="signataire")),
                ("purpose", models.CharField(blank=True, max_length=300, verbose_name="objet")),
                (
                    "file_name",
                    models.CharField(blank=True, max_length=200, verbose_name="nom du fichier de l'acte"),
                ),
                ("since", models.DateField(default=datetime.date.today, verbose_name="depuis")),
                ("until", models.DateField(blank=True, null=True, verbose_name="jusqu'au")),
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
                "base_manager_name": "objects",
                "ordering": ["-since", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="HostOperator",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("until__isnull", True)),
                        fields=("person",),
                        name="one_open_operator_a_person",
                    )
                ],
            },
        ),
        migrations.RunPython(describe_what_is_there, migrations.RunPython.noop),
    ]
