"""Tables of the continuity room."""

# One line a column.
# fmt: off

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('guides', '0002_rules'),
        ('platform', '0004_quota'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Destination',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use', models.CharField(choices=[('kit', 'kit hors ligne'), ('site', 'page des habitants')], max_length=4, verbose_name='pour')),
                ('kind', models.CharField(choices=[('folder', 'dossier ou clé USB'), ('sftp', 'SFTP'), ('ftps', 'FTPS'), ('webdav', 'WebDAV'), ('zip', 'à la main, avec le ZIP')], max_length=6, verbose_name='moyen')),
                ('name', models.CharField(max_length=120, verbose_name='nom')),
                ('address', models.CharField(max_length=1000, verbose_name='adresse')),
                ('port', models.PositiveIntegerField(null=True, verbose_name='port')),
                ('account', models.CharField(blank=True, max_length=200, verbose_name='compte')),
                ('folder', models.CharField(blank=True, max_length=500, verbose_name='dossier')),
                ('sealed_secret', models.TextField(blank=True, verbose_name='secret scellé')),
                ('host_key', models.CharField(blank=True, max_length=200, verbose_name='clé du serveur')),
                ('trial_folder', models.CharField(max_length=60, verbose_name="dossier d'essai")),
                ('removable', models.BooleanField(default=False, verbose_name='disque ou clé à brancher')),
                ('declared_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('next_trial_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='prochain essai')),
                ('withdrawn_at', models.DateTimeField(null=True, verbose_name='retirée le')),
                ('declared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name', 'pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='DestinationCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ok', models.BooleanField(verbose_name='réussi')),
                ('message', models.CharField(max_length=1000, verbose_name="ce qui s'est passé")),
                ('reference', models.CharField(blank=True, max_length=80, verbose_name='quoi')),
                ('files', models.PositiveIntegerField(verbose_name='fichiers')),
                ('size', models.PositiveBigIntegerField(verbose_name='octets')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='copies', to='continuity.destination')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='DestinationTrial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ok', models.BooleanField(verbose_name='réussi')),
                ('message', models.CharField(max_length=1000, verbose_name="ce qui s'est passé")),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('destination', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trials', to='continuity.destination')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RestorationSite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document', models.UUIDField(default=uuid.uuid4, verbose_name='document')),
                ('title', models.CharField(max_length=80, verbose_name='titre')),
                ('languages', models.JSONField(verbose_name='langues')),
                ('is_exercise', models.BooleanField(default=False, verbose_name='exercice')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SiteImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('signed', models.BooleanField(verbose_name='signé')),
                ('added', models.PositiveIntegerField(verbose_name='annonces nouvelles')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='continuity.restorationsite')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SiteKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public', models.TextField(verbose_name='clé publique')),
                ('sealed_secret', models.TextField(verbose_name='clé privée, scellée')),
                ('fingerprint', models.CharField(max_length=80, verbose_name='empreinte')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('replaced_at', models.DateTimeField(null=True, verbose_name='remplacée le')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SitePublication',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='numéro')),
                ('content', models.TextField(verbose_name='document signé')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('signature', models.CharField(max_length=200, verbose_name='signature')),
                ('mandate', models.JSONField(verbose_name='à quel titre')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='continuity.sitekey')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='publications', to='continuity.restorationsite')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-number'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SiteService',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60, verbose_name='clé')),
                ('name', models.JSONField(verbose_name='nom, par langue')),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.registerentry')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='services', to='continuity.restorationsite')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['key'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SiteUpdate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(verbose_name='identifiant')),
                ('content', models.JSONField(verbose_name='annonce')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('discarded_at', models.DateTimeField(null=True, verbose_name='écartée le')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('service', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='updates', to='continuity.siteservice')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='updates', to='continuity.restorationsite')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='updates', to='continuity.siteimport')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['at', 'pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddIndex(
            model_name='destination',
            index=models.Index(fields=['withdrawn_at', 'next_trial_at'], name='continuity_trial_due'),
        ),
        migrations.AddConstraint(
            model_name='restorationsite',
            constraint=models.UniqueConstraint(fields=('territory', 'is_exercise'), name='one_restoration_site'),
        ),
        migrations.AddConstraint(
            model_name='sitekey',
            constraint=models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('territory',), name='one_site_key_in_use'),
        ),
        migrations.AddConstraint(
            model_name='sitepublication',
            constraint=models.UniqueConstraint(fields=('site', 'number'), name='one_site_publication_a_number'),
        ),
        migrations.AddConstraint(
            model_name='siteservice',
            constraint=models.UniqueConstraint(fields=('site', 'key'), name='one_site_service_a_key'),
        ),
        migrations.AddConstraint(
            model_name='siteupdate',
            constraint=models.UniqueConstraint(fields=('site', 'uid'), name='one_site_update_an_identifier'),
        ),
    ]
