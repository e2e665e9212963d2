"""Rule of the database: what a board first showed of protected data is never rewritten."""

from django.db import migrations

from beffroi.web.platform.triggers import refuse


class Migration(migrations.Migration):
    dependencies = [("studio", "0001_initial")]
    operations = [refuse("studio_firstdisclosure_no_update", "UPDATE", "studio_firstdisclosure")]
