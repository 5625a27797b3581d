"""Reading a workspace's secrets, for whoever is about to send them. Nothing shows or logs what comes back."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from agents.models import Secret
from agents.tools.build import origin_of
from agents.tools.shapes import HttpRequest
from inference.errors import ParleyError
from parley.accounts.models import Workspace
from parley.lib.egress import EgressRefused, Target, allowed_of, parse_target
from parley.lib.sealing import Unsealable, sealer


class SecretRefused(ParleyError):
    """code: secret_missing, secret_elsewhere (it is not for this host), secret_in_the_open, secret_unreadable."""

    code = "secret_missing"
    permanent = True


def secret_for(workspace: Workspace, request: HttpRequest) -> str:
    """The text of the secret that the request names; "" when it names none. Raises SecretRefused."""
    if request.auth == "none":
        return ""
    secret = Secret.objects.of(workspace).select_related("workspace").filter(name=request.secret).first()
    if secret is None:
        raise SecretRefused(_("There is no secret by the name “%(name)s”.") % {"name": request.secret[:60]})
    target = _target(request)
    if target is None or target.host not in secret.hosts:
        raise SecretRefused(
            _("The secret “%(name)s” may be sent to %(hosts)s, not to %(host)s.")
            % {"name": secret.name, "hosts": ", ".join(secret.hosts), "host": target.host if target else "?"},
            code="secret_elsewhere",
        )
    if target.scheme != "https" and not allowed_of(settings.PARLEY_EGRESS_ALLOW).opens(target):
        message = _("A secret is sent over https only. Write https:// in the address.")
        raise SecretRefused(message, code="secret_in_the_open")
    try:
        return sealer().unseal(secret.sealed, secret.place)
    except Unsealable as error:
        raise SecretRefused(error.message, code=error.code) from error


def _target(request: HttpRequest) -> Target | None:
    try:
        return parse_target(origin_of(request.url))
    except EgressRefused:
        return None
