"""Tables of the platform: territories, people and their roles, the ledger, jobs, tokens, the journal of access."""

# One line a column.
# fmt: off


import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import beffroi.web.platform.models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Territory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=16, unique=True)),
                ("name", models.CharField(max_length=200, verbose_name="nom")),
                ("kind", models.CharField(max_length=40, verbose_name="nature")),
                ("slug", models.SlugField(unique=True)),
                ("siren", models.CharField(blank=True, max_length=9)),
                ("population", models.PositiveIntegerField(null=True)),
                ("members", models.JSONField(default=list, verbose_name="codes des communes membres")),
                ("is_fictional", models.BooleanField(default=False, verbose_name="ville fictive")),
                ("contact", models.CharField(blank=True, max_length=300, verbose_name="à qui s'adresser")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seat", models.CharField(blank=True, max_length=200, verbose_name="siège")),
                ("closed", models.JSONField(default=dict, verbose_name="salles et systèmes fermés")),
                ("suspended_at", models.DateTimeField(blank=True, null=True, verbose_name="suspendu depuis")),
                ("suspended_why", models.CharField(blank=True, max_length=300, verbose_name="motif de la suspension")),
            ],
            options={
                "verbose_name": "territoire",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="LedgerLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveBigIntegerField()),
                ("at", models.CharField(max_length=40)),
                ("act", models.CharField(max_length=60)),
                ("actor", models.CharField(max_length=60)),
                ("thing", models.CharField(max_length=120)),
                ("commitment", models.CharField(max_length=64)),
                ("previous", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
                ("territory", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["seq"],
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(condition=models.Q(("act", "ledger.erase_detail")), fields=["territory", "thing"], name="ledger_erasures"),
                    models.Index(condition=models.Q(("act", "ledger.renew_key")), fields=["territory", "thing"], name="ledger_renewals"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "seq"), name="one_line_a_rank"),
                    models.UniqueConstraint(condition=models.Q(("territory__isnull", True)), fields=("seq",), name="one_host_line_a_rank"),
                ],
            },
        ),
        migrations.CreateModel(
            name="LedgerDetail",
            fields=[
                ("line", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name="detail", serialize=False, to="platform.ledgerline")),
                ("salt", models.BinaryField(default=beffroi.web.platform.models.new_salt)),
                ("payload", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="LedgerBlock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rank", models.PositiveIntegerField()),
                ("root", models.CharField(max_length=64)),
                ("territory", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["rank"],
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("territory", "rank"), name="one_block_a_rank"),
                    models.UniqueConstraint(condition=models.Q(("territory__isnull", True)), fields=("rank",), name="one_host_block_a_rank"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="adresse électronique")),
                ("name", models.CharField(max_length=120, verbose_name="nom")),
                ("kind", models.CharField(choices=[("human", "personne"), ("service", "compte de service")], db_default="human", default="human", max_length=8, verbose_name="nature")),
                ("is_active", models.BooleanField(default=True)),
                ("simulated", models.BooleanField(default=False, verbose_name="membre de démonstration")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "verbose_name": "personne",
            },
        ),
        migrations.CreateModel(
            name="HostOperator",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [models.UniqueConstraint(condition=models.Q(("until__isnull", True)), fields=("person",), name="one_open_operator_a_person")],
            },
        ),
        migrations.CreateModel(
            name="TerritoryFigures",
            fields=[
                ("territory", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name="figures", serialize=False, to="platform.territory")),
                ("people", models.PositiveIntegerField(default=0, verbose_name="personnes")),
                ("size", models.PositiveBigIntegerField(default=0, verbose_name="octets sur le disque")),
                ("last_act_on", models.DateField(null=True, verbose_name="jour du dernier acte")),
                ("measured_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Delegation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object", models.CharField(max_length=300, verbose_name="objet")),
                ("legal_act_reference", models.CharField(max_length=200, verbose_name="référence de l'acte")),
                ("legal_act_date", models.DateField(verbose_name="date de l'acte")),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("delegate", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("delegator", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-since"],
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("delegator", models.F("delegate")), _negated=True), name="nobody_delegates_to_themselves"),
                    models.CheckConstraint(condition=models.Q(("legal_act_reference", ""), _negated=True), name="a_delegation_has_its_legal_act"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=40, verbose_name="rôle")),
                ("resource", models.CharField(blank=True, max_length=120, verbose_name="limité à")),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("suspended_at", models.DateTimeField(blank=True, null=True)),
                ("waiting_since", models.DateTimeField(blank=True, null=True)),
                ("legal_act_reference", models.CharField(blank=True, max_length=200, verbose_name="référence de l'acte")),
                ("legal_act_date", models.DateField(blank=True, null=True, verbose_name="date de l'acte")),
                ("delegation", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name="memberships", to="platform.delegation")),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="memberships", to=settings.AUTH_USER_MODEL)),
                ("replaces", models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="remplace")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["territory", "person"], name="membership_of_a_person")],
                "constraints": [
                    models.UniqueConstraint(condition=models.Q(("until__isnull", True)), fields=("territory", "person", "role", "resource"), name="one_open_membership_a_role"),
                    models.CheckConstraint(condition=models.Q(models.Q(("role", "decider"), _negated=True), models.Q(("legal_act_reference", ""), _negated=True), ("delegation__isnull", False), _connector="OR"), name="a_decider_has_a_legal_act"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                (
                    "kind",
                    models.CharField(
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
                ("detail", models.CharField(blank=True, max_length=120)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("device", models.CharField(blank=True, max_length=80)),
                ("person", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ServiceAccount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("use", models.CharField(max_length=300, verbose_name="à quoi il sert")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("owner", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="services_owned", to=settings.AUTH_USER_MODEL, verbose_name="responsable")),
                ("person", models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name="service", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(max_length=120, verbose_name="nom")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("acts", models.JSONField(default=list, verbose_name="ce qu'il permet")),
                ("resources", models.JSONField(default=list, verbose_name="jeux de données qu'il ouvre")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires", models.DateTimeField(verbose_name="fin")),
                ("last_used", models.DateField(null=True, verbose_name="dernier usage")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="révoqué le")),
                ("created_by", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="tokens", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [models.CheckConstraint(condition=models.Q(("expires__gt", models.F("created_at"))), name="a_token_ends_after_it_begins")],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=60)),
                ("label", models.CharField(max_length=200)),
                ("arguments", models.JSONField(default=dict)),
                ("state", models.CharField(choices=[("waiting", "en attente"), ("running", "en cours"), ("done", "terminé"), ("failed", "en échec"), ("cancelled", "abandonné")], default="waiting", max_length=10)),
                ("percent", models.PositiveSmallIntegerField(default=0)),
                ("message", models.CharField(blank=True, max_length=500)),
                ("location", models.CharField(blank=True, max_length=300, verbose_name="où voir le résultat")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("beat_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="dernier signe de vie")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("worker", models.CharField(blank=True, max_length=120, verbose_name="processus qui s'en charge")),
                ("started_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-created_at"],
                "indexes": [models.Index(fields=["state", "territory"], name="jobs_by_state")],
                "constraints": [models.UniqueConstraint(fields=("territory", "key"), name="one_job_a_key")],
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                ("territory", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+", serialize=False, to="platform.territory")),
                ("served_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Duty",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("every", models.PositiveIntegerField(default=0, verbose_name="période, en secondes")),
                ("started_at", models.DateTimeField(null=True, verbose_name="dernier début")),
                ("done_at", models.DateTimeField(null=True, verbose_name="dernière réussite")),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="prochaine échéance")),
                ("failures", models.PositiveSmallIntegerField(default=0, verbose_name="échecs de suite")),
            ],
        ),
    ]
