"""TestCase: a conversation of the test bench, kept to be had again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from agents.models.agent import Agent
from parley.accounts.models import WorkspaceModel


class TestCase(WorkspaceModel):
    """`steps`, `checks` and `result` are `CaseStep`s, `Checks` and `CaseResult` of `agents.cases` as JSON.

    `mocks` holds what tools answer, by name: {"result", "ok"}. `day` is when it was said, in the
    workspace's time zone. `passed` is None until it was run; `ran_revision` is the draft it ran against
    (0: the published version).
    """

    __test__ = False  # pytest takes every class of this name for a test of its own
    id_prefix: ClassVar[str] = "tc"

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="test_cases", verbose_name=_("agent"))
    name = models.CharField(_("name"), max_length=120)
    steps: models.JSONField[list[Any], list[Any]] = models.JSONField(_("steps"), default=list)
    mocks: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("mocks"), default=dict, blank=True)
    checks: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("checks"), default=dict, blank=True)
    day = models.DateField(_("day"))
    passed = models.BooleanField(_("passed"), null=True, blank=True)
    result: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(_("result"), default=dict, blank=True)
    ran_at = models.DateTimeField(_("last run"), null=True, blank=True)
    ran_revision = models.PositiveIntegerField(_("draft revision of the last run"), default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("saved by"),
    )

    class Meta:
        verbose_name = _("test case")
        verbose_name_plural = _("test cases")
        ordering = ("agent", "name", "pk")
        constraints = [models.UniqueConstraint(fields=("agent", "name"), name="agents_testcase_name_once")]

    def __str__(self) -> str:
        return self.name
