from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import parley.lib.ids


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_scope_choices"),
        ("agents", "0009_languages"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ClonedVoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "public_id",
                    parley.lib.ids.PublicIdField(editable=False, max_length=32, unique=True, verbose_name="id"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("speaker", models.CharField(max_length=120, verbose_name="whose voice it is")),
                ("language", models.CharField(max_length=12, verbose_name="language of the sample")),
                ("sample", models.BinaryField(verbose_name="sample")),
                ("digest", models.CharField(max_length=64, verbose_name="digest of the sample")),
                ("seconds", models.FloatField(verbose_name="seconds")),
                (
                    "licence",
                    models.CharField(
                        choices=[
                            ("cpml", "Not commercial, under the Coqui Public Model License"),
                            ("own", "Under a licence of our own for the model's weights"),
                        ],
                        max_length=10,
                        verbose_name="used",
                    ),
                ),
                ("consent_version", models.PositiveSmallIntegerField(verbose_name="wording of the consent")),
                ("consent_words", models.TextField(verbose_name="consent")),
                ("consent_at", models.DateTimeField(verbose_name="consent given")),
                (
                    "consent_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="confirmed by",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.workspace",
                        verbose_name="workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "voice",
                "verbose_name_plural": "voices",
                "ordering": ("name",),
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "name"), name="agents_voice_name_unique"),
                    models.UniqueConstraint(fields=("workspace", "digest"), name="agents_voice_digest_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="agents_voice_name_not_empty"
                    ),
                ],
            },
        ),
    ]
