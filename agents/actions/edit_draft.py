from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.actions._rows import lock_agent, lock_draft, save_draft
from agents.errors import EditRefused, StaleDraft
from agents.fields import Refused
from agents.models import Agent, Draft
from agents.problems import Problem
from agents.schema import DRAFT_FIELDS, NODE_OF_FIELD
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require


@dataclass(frozen=True, slots=True)
class Edited:
    """`changed` are the fields that got another value; `notices` say what was cleaned on the way."""

    draft: Draft
    changed: Sequence[str]
    notices: Sequence[Problem]


@transaction.atomic
def edit_draft(actor: Actor, agent: Agent, changes: Mapping[str, Any], *, revision: int) -> Edited:
    """Save some fields of the draft.

    `revision` is the one the writer saw. Fields that others changed meanwhile are kept when these
    changes do not touch them; otherwise StaleDraft names them and nothing is saved. Values that
    cannot be kept raise EditRefused; values that merely cannot be published are saved.
    """
    require(actor, Permission.EDIT_AGENT)
    values, notices = read_changes(changes)
    lock_agent(actor, agent)
    draft = lock_draft(agent)
    _refuse_conflicts(draft, values, revision)
    saved = save_draft(draft, values, actor)
    if saved.new_step:  # one line in the trail for each undo step, not for every pause in typing
        audit(actor, "draft.edited", draft.agent, fields=saved.changed, revision=draft.revision)
    return Edited(draft, saved.changed, notices)


def read_changes(changes: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The values as the draft keeps them, and notices about cleaning. Raises EditRefused."""
    values: dict[str, Any] = {}
    notices: list[Problem] = []
    refusals: list[Problem] = []
    for name, value in changes.items():
        field = DRAFT_FIELDS.get(name)
        if field is None:
            message = _("A draft has no field “%(name)s”.") % {"name": name[:40]}
            refusals.append(Problem("", name[:40], "field_unknown", message))
            continue
        node = NODE_OF_FIELD.get(name, "")
        try:
            stored = field.store(value)
        except Refused as refused:
            place = f"{name}.{refused.path}" if refused.path else name
            refusals.append(Problem(node, place, refused.code, refused.message))
            continue
        values[name] = stored.value
        if stored.dropped:
            message = ngettext(
                "%(count)d invisible control character was removed from %(field)s.",
                "%(count)d invisible control characters were removed from %(field)s.",
                stored.dropped,
            ) % {"count": stored.dropped, "field": field.label}
            notices.append(Problem(node, name, "cleaned", message, "warning"))
    if refusals:
        raise EditRefused(refusals)
    return values, notices


def _refuse_conflicts(draft: Draft, values: Mapping[str, Any], revision: int) -> None:
    """Raise StaleDraft when a field to be written was changed after `revision` to another value."""
    if revision == draft.revision:
        return
    touched = _changed_since(draft, revision)
    conflicts = {
        name: getattr(draft, name)
        for name, value in values.items()
        if (touched is None or name in touched) and getattr(draft, name) != value
    }
    if conflicts:
        labels = ", ".join(str(DRAFT_FIELDS[name].label) for name in conflicts)
        raise StaleDraft(
            draft,
            conflicts,
            _("%(fields)s was changed by somebody else while you were editing. Keep your text or take theirs.")
            % {"fields": labels},
        )


def _changed_since(draft: Draft, revision: int) -> set[str] | None:
    """Fields saved after `revision`; None when that is not known any more (or never was)."""
    if not 0 < revision < draft.revision:
        return None
    touched: set[str] = set()
    reached = draft.revision
    for save in draft.saves.filter(last_revision__gt=revision):
        if save.last_revision != reached:
            return None
        touched.update(save.changed)
        reached = save.first_revision
    return touched if reached <= revision else None
