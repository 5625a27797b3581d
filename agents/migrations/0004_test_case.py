from __future__ import annotations

import django.db.models.deletion
import parley.lib.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('agents', '0003_tools'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TestCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', parley.lib.ids.PublicIdField(editable=False, max_length=32, unique=True, verbose_name='id')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('steps', models.JSONField(default=list, verbose_name='steps')),
                ('mocks', models.JSONField(blank=True, default=dict, verbose_name='mocks')),
                ('checks', models.JSONField(blank=True, default=dict, verbose_name='checks')),
                ('day', models.DateField(verbose_name='day')),
                ('passed', models.BooleanField(blank=True, null=True, verbose_name='passed')),
                ('result', models.JSONField(blank=True, default=dict, verbose_name='result')),
                ('ran_at', models.DateTimeField(blank=True, null=True, verbose_name='last run')),
                ('ran_revision', models.PositiveIntegerField(default=0, verbose_name='draft revision of the last run')),
                ('agent', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='test_cases', to='agents.agent', verbose_name='agent')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='saved by')),
                ('workspace', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace', verbose_name='workspace')),
            ],
            options={
                'verbose_name': 'test case',
                'verbose_name_plural': 'test cases',
                'ordering': ('agent', 'name', 'pk'),
                'constraints': [models.UniqueConstraint(fields=('agent', 'name'), name='agents_testcase_name_once')],
            },
        ),
    ]
