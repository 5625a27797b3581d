from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from agents.actions._rows import lock_agent, lock_draft
from agents.compile import compile_draft
from agents.engines import EngineMenu, engine_menu
from agents.errors import EditRefused, StaleDraft
from agents.fields import Refused, TextField
from agents.models import Agent, Version
from agents.problems import Problem
from agents.surroundings import surroundings_of
from agents.tasks import warm_workers
from inference.spec import encode_spec, spec_digest
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require
from parley.lib.ids import new_id

NOTE = TextField(name="note", label="note", max_length=500)


def publish_agent(
    actor: Actor, agent: Agent, *, note: str = "", revision: int | None = None, menu: EngineMenu | None = None
) -> Version:
    """Compile the draft into the next version and let it take calls.

    `revision`, when given, is the draft the publisher looked at: a newer one raises StaleDraft.
    Raises CompileError with every problem; then nothing is written.
    """
    require(actor, Permission.PUBLISH_AGENT)
    menu = menu or engine_menu()  # asks the worker: before the transaction, not inside it
    with transaction.atomic():
        return _publish(actor, agent, _checked_note(note), revision, menu)


def _publish(actor: Actor, agent: Agent, note: str, revision: int | None, menu: EngineMenu) -> Version:
    agent = lock_agent(actor, agent)
    draft = lock_draft(agent)
    if revision is not None and revision != draft.revision:
        raise StaleDraft(draft, {}, _("The draft was changed meanwhile. Look at it again before you publish."))
    last = agent.versions.order_by("-number").first()
    public_id = new_id(Version.id_prefix)
    spec = compile_draft(draft, version=public_id, around=surroundings_of(agent.workspace, menu))
    version = Version.objects.create(
        workspace=agent.workspace,
        public_id=public_id,
        agent=agent,
        number=last.number + 1 if last else 1,
        spec=encode_spec(spec).decode(),
        digest=spec_digest(spec),
        draft=draft.content(),
        note=note,
        created_by=actor.user,
    )
    agent.published = version
    agent.save(update_fields=["published", "updated_at"])
    audit(actor, "agent.published", agent, version=version.public_id, number=version.number)
    transaction.on_commit(warm_workers.delay, robust=True)
    return version


def _checked_note(note: str) -> str:
    try:
        text = str(NOTE.store(note).value)
    except Refused as refused:
        raise EditRefused([Problem("", "note", refused.code, refused.message)]) from refused
    findings = [Problem("", "note", code, message) for code, message in NOTE.check(text)]
    if findings:
        raise EditRefused(findings)
    return text
