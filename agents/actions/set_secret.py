from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from agents.errors import ToolRefused
from agents.models import Secret
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission, require
from parley.lib.egress import EgressRefused, parse_target
from parley.lib.sealing import sealer

MAX_SECRET: Final = 4_000
MAX_HOSTS: Final = 5
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}", re.ASCII)
_UNSENDABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@sensitive_variables("text")
def set_secret(actor: Actor, name: str, text: str, hosts: Sequence[str]) -> Secret:
    """Make the secret of this name, or give it another text; requests that name it send the new one from now on.

    It goes to `hosts` and nowhere else. To name others the text is needed again, so nobody can send a secret to
    themselves who does not know it. Raises ToolRefused.
    """
    require(actor, Permission.EDIT_AGENT)
    text = text.strip()
    findings = []
    if not _NAME.fullmatch(name):
        message = _("A name is made of letters, digits, _ and -, such as crm_key, and begins with a letter.")
        findings.append(("name", "name_refused", message))
    if not text:
        findings.append(("text", "required", _("Paste the secret.")))
    elif len(text) > MAX_SECRET or _UNSENDABLE.search(text):
        message = _("A secret is one line of at most %(limit)d characters.") % {"limit": MAX_SECRET}
        findings.append(("text", "secret_refused", message))
    hosts, bad = _read_hosts(hosts)
    if bad:
        message = _("“%(host)s” is not the name of a server, such as api.example.com.") % {"host": bad[:60]}
        findings.append(("hosts", "host_malformed", message))
    elif not 0 < len(hosts) <= MAX_HOSTS:
        findings.append(
            ("hosts", "required", _("Name the servers it may be sent to, at most %(limit)d.") % {"limit": MAX_HOSTS})
        )
    if findings:
        raise ToolRefused(findings)
    with transaction.atomic():
        Workspace.objects.select_for_update().get(pk=actor.workspace.pk)
        secret: Secret | None = Secret.objects.of(actor.workspace).filter(name=name).first()
        made = secret is None
        secret = secret or Secret(workspace=actor.workspace, name=name)
        secret.sealed = sealer().seal(text, secret.place)
        secret.hosts = list(hosts)
        secret.set_at = timezone.now()
        secret.set_by = actor.user
        secret.save()
        audit(actor, "secret.created" if made else "secret.replaced", secret, name=name, hosts=secret.hosts)
    return secret


def _read_hosts(words: Sequence[str]) -> tuple[list[str], str]:
    """The hosts, and the first word that is none. Whole addresses are understood too."""
    hosts: dict[str, None] = {}
    for word in words:
        if word := word.strip():
            try:
                hosts[parse_target(word if "://" in word else f"https://{word}/").host] = None
            except EgressRefused:
                return [], word
    return list(hosts), ""
