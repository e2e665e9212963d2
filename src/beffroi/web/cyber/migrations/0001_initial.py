"""Tables of security: incidents entrusted, requests, statistics, the page of calls; mail, sites, machines."""

# One line a column.
# fmt: off

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('guides', '0001_initial'),
        ('platform', '0004_quota'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='IncidentShare',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('csirt', models.CharField(max_length=16, verbose_name='CSIRT')),
                ('csirt_name', models.CharField(max_length=200, verbose_name='nom du CSIRT')),
                ('facts', models.JSONField(verbose_name='faits confiés')),
                ('until', models.DateField(verbose_name="jusqu'au")),
                ('state', models.CharField(choices=[('new', 'à qualifier'), ('referred', 'orientée'), ('closed', 'close')], default='new', max_length=8, verbose_name='état')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.response')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='IncidentStatistics',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('year', models.PositiveSmallIntegerField(verbose_name='année')),
                ('content', models.JSONField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='publiées le')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-year', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('origin', models.CharField(max_length=16, verbose_name='commune')),
                ('origin_name', models.CharField(max_length=200, verbose_name='nom')),
                ('share', models.PositiveBigIntegerField()),
                ('kind', models.CharField(blank=True, max_length=40, verbose_name='sorte')),
                ('facts', models.JSONField(verbose_name='faits confiés')),
                ('until', models.DateField(verbose_name="jusqu'au")),
                ('state', models.CharField(choices=[('new', 'à qualifier'), ('referred', 'orientée'), ('closed', 'close')], default='new', max_length=8, verbose_name='état')),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='reçue le')),
                ('ended_at', models.DateTimeField(null=True)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['received_at', 'pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='TicketStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('new', 'à qualifier'), ('referred', 'orientée'), ('closed', 'close')], max_length=8, verbose_name='état')),
                ('text', models.TextField(verbose_name='suite donnée')),
                ('referred_to', models.CharField(blank=True, max_length=200, verbose_name='orientée vers')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('shared', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='cyber.incidentshare')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('ticket', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='cyber.ticket')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='CallPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('secret', models.CharField(max_length=64, unique=True)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('territory',), name='one_open_call_page')],
            },
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.UniqueConstraint(fields=('territory', 'origin', 'share'), name='one_ticket_a_share'),
        ),
        migrations.AddConstraint(
            model_name='ticketstep',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('shared__isnull', False), ('ticket', None)), models.Q(('shared', None), ('ticket__isnull', False)), _connector='OR'), name='a_step_of_one_side'),
        ),
    ]
