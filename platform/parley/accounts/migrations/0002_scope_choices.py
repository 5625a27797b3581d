from __future__ import annotations

import django.contrib.postgres.fields
from django.db import migrations, models

import parley.accounts.roles


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(choices=parley.accounts.roles.scope_choices, max_length=32),
                default=list,
                size=None,
                verbose_name="scopes",
            ),
        ),
    ]
