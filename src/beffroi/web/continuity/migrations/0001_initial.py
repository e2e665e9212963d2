"""Tables of the continuity room."""

# One line a column.
# fmt: off

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
            name='NumberRange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('form', models.CharField(max_length=60, verbose_name='formulaire')),
                ('mark', models.CharField(max_length=5, verbose_name='marque')),
                ('counter', models.CharField(max_length=3, verbose_name='lettre du guichet')),
                ('counter_name', models.CharField(max_length=80, verbose_name='guichet')),
                ('first', models.PositiveIntegerField(verbose_name='premier numéro')),
                ('last', models.PositiveIntegerField(verbose_name='dernier numéro')),
                ('is_exercise', models.BooleanField(default=False, verbose_name='exercice')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('allotted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['mark', 'counter', 'first'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='NumberEnd',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.PositiveIntegerField(verbose_name='rang')),
                ('outcome', models.CharField(choices=[('entered', 'saisie'), ('void', 'annulée'), ('lost', 'perdue')], max_length=7, verbose_name='fin')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='raison ou déclaration')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('range', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ends', to='continuity.numberrange')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RekeyedForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.PositiveIntegerField(verbose_name='rang')),
                ('number', models.CharField(max_length=24, verbose_name='numéro')),
                ('state', models.CharField(choices=[('second', 'attend une seconde saisie'), ('differs', 'deux saisies diffèrent'), ('done', 'saisie')], max_length=7, verbose_name='état')),
                ('answers', models.JSONField(null=True, verbose_name='réponses')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('erased_at', models.DateTimeField(null=True)),
                ('range', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='continuity.numberrange')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['rank', 'pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='FormEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('turn', models.CharField(choices=[('first', 'première saisie'), ('second', 'seconde saisie'), ('settled', 'écart tranché'), ('corrected', 'correction')], max_length=9, verbose_name='tour')),
                ('answers', models.JSONField(null=True, verbose_name='réponses')),
                ('reason', models.CharField(blank=True, max_length=500, verbose_name='raison')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='continuity.rekeyedform')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='RekeyingBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('form', models.CharField(max_length=60, verbose_name='formulaire')),
                ('mark', models.CharField(max_length=5, verbose_name='marque')),
                ('counter', models.CharField(max_length=3, verbose_name='lettre du guichet')),
                ('day', models.DateField(verbose_name='jour')),
                ('announced_count', models.PositiveIntegerField(verbose_name='feuilles annoncées')),
                ('announced_total', models.DecimalField(decimal_places=2, max_digits=14, null=True, verbose_name='total annoncé')),
                ('is_exercise', models.BooleanField(default=False, verbose_name='exercice')),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('closed_at', models.DateTimeField(null=True)),
                ('closing_note', models.CharField(blank=True, max_length=500, verbose_name='écart expliqué')),
                ('erased_at', models.DateTimeField(null=True)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.guideedition')),
                ('erased_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('opened_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rows_edition', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='guides.guideedition')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-day', '-pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='rekeyedform',
            name='batch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='forms', to='continuity.rekeyingbatch'),
        ),
        migrations.CreateModel(
            name='RefusedEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(blank=True, max_length=200, verbose_name='numéro tapé')),
                ('values', models.JSONField(verbose_name='ce qui a été tapé')),
                ('faults', models.JSONField(verbose_name='ce qui ne va pas')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refused', to='continuity.rekeyingbatch')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ScannedPage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rank', models.PositiveIntegerField(null=True, verbose_name='rang')),
                ('name', models.CharField(max_length=200, verbose_name='fichier')),
                ('page', models.PositiveIntegerField(verbose_name='page')),
                ('read_code', models.CharField(blank=True, max_length=200, verbose_name='ce qui a été lu')),
                ('sha256', models.CharField(max_length=64, verbose_name='empreinte')),
                ('size', models.PositiveIntegerField(verbose_name='taille')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('erased_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('range', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='continuity.numberrange')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['pk'],
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddConstraint(
            model_name='numberrange',
            constraint=models.CheckConstraint(condition=models.Q(('first__gte', 1), ('last__gte', models.F('first')), ('last__lte', 9999)), name='number_range_in_order'),
        ),
        migrations.AddConstraint(
            model_name='numberend',
            constraint=models.UniqueConstraint(fields=('range', 'rank', 'outcome'), name='a_number_ends_once'),
        ),
        migrations.AddConstraint(
            model_name='numberend',
            constraint=models.CheckConstraint(condition=models.Q(('outcome', 'entered'), models.Q(('reason', ''), _negated=True), _connector='OR'), name='a_number_not_entered_has_its_reason'),
        ),
        migrations.AddConstraint(
            model_name='rekeyedform',
            constraint=models.UniqueConstraint(fields=('range', 'rank'), name='a_sheet_is_entered_once'),
        ),
        migrations.AddConstraint(
            model_name='scannedpage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('range', None), ('rank', None)), models.Q(('range__isnull', False), ('rank__isnull', False)), _connector='OR'), name='a_filed_page_has_its_number'),
        ),
    ]
