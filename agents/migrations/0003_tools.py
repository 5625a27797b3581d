from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import parley.lib.ids


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('agents', '0002_draft_flow'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Secret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', parley.lib.ids.PublicIdField(editable=False, max_length=32, unique=True, verbose_name='id')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('sealed', models.TextField(editable=False)),
                ('hosts', models.JSONField(default=list, verbose_name='may be sent to')),
                ('set_at', models.DateTimeField(verbose_name='set')),
                ('set_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='set by')),
                ('workspace', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace', verbose_name='workspace')),
            ],
            options={
                'verbose_name': 'secret',
                'verbose_name_plural': 'secrets',
                'ordering': ('name',),
                'constraints': [models.UniqueConstraint(fields=('workspace', 'name'), name='agents_secret_name_unique'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='agents_secret_name_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='Tool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', parley.lib.ids.PublicIdField(editable=False, max_length=32, unique=True, verbose_name='id')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('saying', models.CharField(blank=True, max_length=300, verbose_name='said while it runs')),
                ('request', models.JSONField(default=dict, verbose_name='request')),
                ('parameters', models.JSONField(blank=True, default=list, verbose_name='parameters')),
                ('results', models.JSONField(blank=True, default=list, verbose_name='result')),
                ('workspace', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace', verbose_name='workspace')),
            ],
            options={
                'verbose_name': 'tool',
                'verbose_name_plural': 'tools',
                'ordering': ('name',),
                'constraints': [models.UniqueConstraint(fields=('workspace', 'name'), name='agents_tool_name_unique'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='agents_tool_name_not_empty')],
            },
        ),
    ]
