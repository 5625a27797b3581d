from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class ParleyConfig(AppConfig):
    name = "parley"
    default = True
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from parley import celery, checks

        celery.app.set_default()  # Whoever calls `task.delay()` in this process means our broker.
        checks.register_all()


class ParleyAdminConfig(admin_apps.AdminConfig):
    """Makes ours the site that `admin.site` means, so that third-party admins also land in the workspace's site."""

    default = False
    default_site = "parley.admin_site.ParleyAdminSite"
