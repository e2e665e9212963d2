"""Tables of the tenancy room: hosting contracts, competences, identity providers, entry links."""

# One line a column.
# fmt: off

import datetime

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [("platform", "0001_initial"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="EntryLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(choices=[("signin", "connexion"), ("invite", "invitation"), ("join", "adhésion")], max_length=12)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL)),
                ("territory", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="platform.territory")),
            ],
        ),
        migrations.CreateModel(
            name="Host",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="nom de l'hébergeur")),
                ("siren", models.CharField(blank=True, max_length=9, verbose_name="SIREN")),
                ("contact", models.CharField(blank=True, max_length=300, verbose_name="à qui s'adresser")),
            ],
        ),
        migrations.CreateModel(
            name="Hosting",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(choices=[("processor", "sous-traitant de la collectivité (RGPD, article 28)"), ("joint", "responsable conjoint avec la collectivité (RGPD, article 26)"), ("own", "l'hébergeur pour lui-même")], default="processor", max_length=9, verbose_name="rôle de l'hébergeur")),
                ("reference", models.CharField(blank=True, max_length=120, verbose_name="référence de l'acte")),
                ("signed_on", models.DateField(blank=True, null=True, verbose_name="date de l'acte")),
                ("signatory", models.CharField(blank=True, max_length=200, verbose_name="signataire")),
                ("purpose", models.CharField(blank=True, max_length=300, verbose_name="objet")),
                ("file_name", models.CharField(blank=True, max_length=200, verbose_name="nom du fichier de l'acte")),
                ("since", models.DateField(default=datetime.date.today, verbose_name="depuis")),
                ("until", models.DateField(blank=True, null=True, verbose_name="jusqu'au")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["-since", "-pk"],
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Competence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=60)),
                ("obligatory", models.BooleanField(default=False, verbose_name="obligatoire")),
                ("source", models.CharField(blank=True, max_length=300, verbose_name="texte")),
                ("legal_act", models.CharField(blank=True, max_length=200, verbose_name="acte")),
                ("since", models.DateField(blank=True, null=True, verbose_name="depuis")),
                ("until", models.DateField(blank=True, null=True, verbose_name="jusqu'au")),
                ("end_legal_act", models.CharField(blank=True, max_length=200, verbose_name="acte de fin")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [models.UniqueConstraint(condition=models.Q(("until__isnull", True)), fields=("territory", "key"), name="one_open_competence")],
            },
        ),
        migrations.CreateModel(
            name="IdentityProvider",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.CharField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=40, verbose_name="nom affiché")),
                ("issuer", models.URLField(max_length=300, verbose_name="émetteur (issuer)")),
                ("client_id", models.CharField(max_length=191, verbose_name="identifiant client")),
                ("sealed_secret", models.TextField(verbose_name="secret client, chiffré")),
                ("scopes", models.CharField(default="openid email", max_length=300, verbose_name="informations demandées (scopes)")),
                ("sirets", models.JSONField(default=list, verbose_name="SIRET acceptés")),
                ("email_domains", models.JSONField(default=list, verbose_name="domaines de messagerie")),
                ("role_claim", models.CharField(blank=True, max_length=100, verbose_name="attribut qui porte les rôles")),
                ("role_map", models.JSONField(default=dict, verbose_name="valeur de l'attribut → rôle")),
                ("sensitive_by_claims", models.BooleanField(default=False, verbose_name="donner aussi des rôles sensibles")),
                ("requested_acr", models.CharField(blank=True, max_length=300, verbose_name="niveau demandé (acr_values)")),
                ("strong_acr", models.JSONField(default=list, verbose_name="acr qui valent second facteur")),
                ("strong_amr", models.JSONField(default=list, verbose_name="amr qui valent second facteur")),
                ("old_logout_tokens", models.BooleanField(null=True, verbose_name="accepter les anciens jetons de déconnexion")),
                ("form_origin", models.CharField(max_length=300, verbose_name="origine de sa page de connexion")),
                ("enabled", models.BooleanField(default=True, verbose_name="en service")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ClaimedRole",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=40)),
                ("person", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("provider", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="claimed", to="tenancy.identityprovider")),
                ("territory", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="platform.territory")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("provider", "person", "role"), name="one_claimed_role")],
            },
        ),
        migrations.CreateModel(
            name="SignInCounter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=64, unique=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                ("blocked_until", models.DateTimeField(null=True)),
            ],
        ),
    ]
