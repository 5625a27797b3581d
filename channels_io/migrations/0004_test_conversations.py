from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('channels_io', '0003_waits_and_budget'),
    ]

    operations = [
        migrations.AddField(
            model_name='conversation',
            name='test',
            field=models.BooleanField(default=False, verbose_name='test'),
        ),
        migrations.CreateModel(
            name='TurnState',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('seq', models.BigIntegerField(default=0)),
                ('state', models.JSONField(default=dict)),
                ('leg', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='turn_states', to='channels_io.leg')),
                ('workspace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.workspace')),
            ],
            options={
                'verbose_name': 'state after a turn',
                'verbose_name_plural': 'states after turns',
                'constraints': [models.UniqueConstraint(fields=('leg', 'number'), name='channels_io_turn_state_once')],
            },
        ),
        migrations.AddField(
            model_name='leg',
            name='went_back_to',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='channels_io.turnstate'),
        ),
    ]
