from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agents', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='draft',
            name='flow',
            field=models.JSONField(blank=True, default=dict, verbose_name='flow'),
        ),
    ]
