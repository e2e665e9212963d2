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
            name='MailAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('writes', models.CharField(choices=[('own', 'avec votre nom de domaine'), ('provider', "depuis la messagerie d'un opérateur"), ('unknown', 'vous ne savez pas encore')], max_length=8, verbose_name='écrit')),
                ('provider', models.CharField(blank=True, max_length=100, verbose_name='opérateur')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='MailDomain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=253, verbose_name='nom de domaine')),
                ('selectors', models.JSONField(default=list, verbose_name='sélecteurs DKIM')),
                ('known', models.JSONField(default=dict)),
                ('worsened', models.JSONField(default=list)),
                ('checked_at', models.DateTimeField(null=True, verbose_name='vérifié le')),
                ('next_at', models.DateTimeField(null=True, verbose_name='prochaine vérification')),
                ('job_key', models.CharField(blank=True, max_length=120)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('until', models.DateTimeField(null=True, verbose_name='retiré le')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='MailCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120)),
                ('findings', models.JSONField()),
                ('changes', models.JSONField(default=list)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('domain', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='cyber.maildomain')),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReportedDevice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64)),
                ('agent', models.CharField(blank=True, db_index=True, max_length=64)),
                ('name', models.CharField(max_length=120, verbose_name='nom')),
                ('kind', models.CharField(choices=[('workstation', 'poste'), ('server', 'serveur'), ('backup', 'sauvegarde')], max_length=12, verbose_name='genre')),
                ('channel', models.CharField(choices=[('inventory', 'inventaire'), ('https', 'signe de vie'), ('syslog', 'journal (syslog)')], max_length=9, verbose_name='signale par')),
                ('facts', models.JSONField(default=dict)),
                ('software', models.JSONField(default=list)),
                ('first_seen', models.DateField(null=True, verbose_name='vue la première fois le')),
                ('last_seen', models.DateField(null=True, verbose_name='dernier contact')),
                ('last_contact', models.DateTimeField(null=True)),
                ('period_hours', models.PositiveIntegerField(null=True, verbose_name='signe attendu toutes les (heures)')),
                ('watched_since', models.DateTimeField(default=django.utils.timezone.now)),
                ('silent_since', models.DateTimeField(null=True)),
                ('escalated_at', models.DateTimeField(null=True)),
                ('acknowledged_on', models.DateField(null=True)),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='raison')),
                ('acknowledged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='machines', to='guides.registerentry')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='MachineKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('use', models.CharField(choices=[('inventory', 'inventaires des agents'), ('heartbeat', "signe de vie d'une machine"), ('collector', 'collecteur de journaux')], max_length=9, verbose_name='usage')),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('last_used', models.DateField(null=True, verbose_name='dernier usage')),
                ('revoked_at', models.DateTimeField(null=True, verbose_name='révoquée le')),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('device', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='cyber.reporteddevice')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='SecondFactor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('everyone', 'oui, sur toutes'), ('some', 'sur certaines'), ('nobody', 'non'), ('unknown', 'je ne sais pas')], max_length=8, verbose_name='second facteur')),
                ('day', models.DateField(verbose_name='vérifié le')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='SilenceWatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('checked_at', models.DateTimeField()),
                ('gaps', models.JSONField(default=list)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
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
            name='UnreadReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('reason', models.CharField(max_length=200)),
                ('count', models.PositiveIntegerField(default=1)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['-day', 'reason'],
            },
        ),
        migrations.CreateModel(
            name='WatchedSite',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='nom')),
                ('address', models.CharField(max_length=260, verbose_name='adresse')),
                ('paths', models.JSONField(default=list, verbose_name='pages regardées')),
                ('ownership', models.CharField(choices=[('own', "c'est un site de la collectivité"), ('agreed', 'son propriétaire nous a donné son accord')], max_length=6, verbose_name='à quel titre')),
                ('provider', models.CharField(blank=True, max_length=200, verbose_name='prestataire')),
                ('interval', models.PositiveIntegerField(choices=[(15, "tous les quarts d'heure"), (60, 'toutes les heures'), (360, 'toutes les six heures'), (1440, 'tous les jours')], default=60, verbose_name='rythme, en minutes')),
                ('state', models.CharField(choices=[('active', 'surveillé'), ('paused', 'en pause'), ('removed', 'retiré')], default='active', max_length=7, verbose_name='état')),
                ('declared_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='prochaine visite')),
                ('checked_at', models.DateTimeField(null=True, verbose_name='dernière visite')),
                ('availability', models.CharField(choices=[('unknown', 'pas encore vu'), ('up', 'joignable'), ('slow', 'lent'), ('down', 'en panne'), ('blocked', 'visite impossible')], default='unknown', max_length=7, verbose_name='disponibilité')),
                ('trouble', models.CharField(blank=True, max_length=500, verbose_name='raison')),
                ('failures', models.PositiveIntegerField(default=0, verbose_name='échecs de suite')),
                ('down_since', models.DateTimeField(null=True, verbose_name='en panne depuis')),
                ('certificate_expires_at', models.DateTimeField(null=True, verbose_name='fin du certificat')),
                ('findings', models.JSONField(default=list, verbose_name='réglages vus')),
                ('findings_at', models.DateTimeField(null=True, verbose_name='réglages vus le')),
                ('declared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
            ],
            options={
                'ordering': ['name', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='SiteCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('availability', models.CharField(choices=[('unknown', 'pas encore vu'), ('up', 'joignable'), ('slow', 'lent'), ('down', 'en panne'), ('blocked', 'visite impossible')], max_length=7, verbose_name='disponibilité')),
                ('status', models.PositiveSmallIntegerField(default=0, verbose_name='réponse')),
                ('milliseconds', models.PositiveIntegerField(default=0, verbose_name='durée')),
                ('score', models.FloatField(default=0, verbose_name='écart à la normale')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='cyber.watchedsite')),
            ],
            options={
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='SiteBaseline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=300, verbose_name='page')),
                ('learned', models.JSONField()),
                ('unusual_visits', models.PositiveIntegerField(default=0, verbose_name='visites inhabituelles de suite')),
                ('since', models.DateTimeField(default=django.utils.timezone.now, verbose_name='référence prise le')),
                ('changed_at', models.DateTimeField(null=True, verbose_name='dernier changement ordinaire')),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='baselines', to='cyber.watchedsite')),
            ],
        ),
        migrations.CreateModel(
            name='SiteAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('change', 'changement inhabituel'), ('down', 'site en panne'), ('certificate', 'certificat bientôt expiré')], max_length=11, verbose_name='nature')),
                ('path', models.CharField(blank=True, max_length=300, verbose_name='page')),
                ('opened_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='ouverte le')),
                ('last_seen_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='encore vue le')),
                ('ended_at', models.DateTimeField(null=True, verbose_name='finie le')),
                ('reasons', models.JSONField(default=list, verbose_name='raisons')),
                ('features', models.JSONField(default=dict, verbose_name='ce qui a été vu')),
                ('answer', models.CharField(blank=True, choices=[('normal', "c'est normal"), ('intrusion', "ce n'est pas nous"), ('seen', "vu, on s'en occupe")], max_length=12, verbose_name='réponse')),
                ('answered_at', models.DateTimeField(null=True, verbose_name='répondu le')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('territory', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='platform.territory')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alerts', to='cyber.watchedsite')),
            ],
            options={
                'ordering': ['-opened_at', '-pk'],
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
        migrations.AddIndex(
            model_name='maildomain',
            index=models.Index(fields=['next_at'], name='mail_domains_due'),
        ),
        migrations.AddConstraint(
            model_name='maildomain',
            constraint=models.UniqueConstraint(condition=models.Q(('until', None)), fields=('territory', 'name'), name='one_declared_domain_a_name'),
        ),
        migrations.AddIndex(
            model_name='mailcheck',
            index=models.Index(fields=['domain', '-at'], name='mail_checks_by_domain'),
        ),
        migrations.AddConstraint(
            model_name='mailcheck',
            constraint=models.UniqueConstraint(fields=('territory', 'key'), name='one_mail_check_a_job'),
        ),
        migrations.AddConstraint(
            model_name='reporteddevice',
            constraint=models.UniqueConstraint(fields=('territory', 'key'), name='one_row_a_reported_device'),
        ),
        migrations.AddConstraint(
            model_name='reporteddevice',
            constraint=models.UniqueConstraint(condition=models.Q(('entry', None), _negated=True), fields=('entry',), name='one_machine_an_entry'),
        ),
        migrations.AddConstraint(
            model_name='reporteddevice',
            constraint=models.CheckConstraint(condition=models.Q(('acknowledged_by', None), models.Q(('reason', ''), _negated=True), _connector='OR'), name='a_silence_is_explained'),
        ),
        migrations.AddConstraint(
            model_name='machinekey',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('device__isnull', False), ('use', 'heartbeat')), models.Q(models.Q(('use', 'heartbeat'), _negated=True), ('device__isnull', True)), _connector='OR'), name='a_heartbeat_key_has_its_device'),
        ),
        migrations.AddConstraint(
            model_name='silencewatch',
            constraint=models.UniqueConstraint(fields=('territory',), name='one_silence_watch_a_territory'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.UniqueConstraint(fields=('territory', 'origin', 'share'), name='one_ticket_a_share'),
        ),
        migrations.AddConstraint(
            model_name='ticketstep',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('shared__isnull', False), ('ticket', None)), models.Q(('shared', None), ('ticket__isnull', False)), _connector='OR'), name='a_step_of_one_side'),
        ),
        migrations.AddConstraint(
            model_name='unreadreport',
            constraint=models.UniqueConstraint(fields=('territory', 'day', 'reason'), name='one_count_a_reason_a_day'),
        ),
        migrations.AddIndex(
            model_name='watchedsite',
            index=models.Index(fields=['state', 'next_at'], name='cyber_site_due'),
        ),
        migrations.AddConstraint(
            model_name='watchedsite',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'removed'), _negated=True), fields=('territory', 'address'), name='one_watched_site_an_address'),
        ),
        migrations.AddIndex(
            model_name='sitecheck',
            index=models.Index(fields=['site', 'at'], name='cyber_site_checks'),
        ),
        migrations.AddConstraint(
            model_name='sitebaseline',
            constraint=models.UniqueConstraint(fields=('site', 'path'), name='one_baseline_a_page'),
        ),
        migrations.AddConstraint(
            model_name='sitealert',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('site', 'kind', 'path'), name='one_open_alert_a_page'),
        ),
        migrations.AddConstraint(
            model_name='sitealert',
            constraint=models.CheckConstraint(condition=models.Q(('answer', ''), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False)), _connector='OR'), name='an_answer_has_its_person'),
        ),
    ]
