"""An endpoint's secret: sealed in the database, shown once, opened where a request is signed."""

from __future__ import annotations

from channels_io.models import Endpoint
from channels_io.outgoing.signing import new_secret
from parley.lib.sealing import sealer


def place_of(endpoint: Endpoint) -> str:
    return f"endpoint {endpoint.workspace.public_id} {endpoint.public_id}"


def give_secret(endpoint: Endpoint) -> str:
    """A new one, on the unsaved row, which must have its public id; what is returned is not known again to anybody."""
    secret = new_secret()
    endpoint.secret = sealer().seal(secret, place_of(endpoint))
    return secret


def secret_of(endpoint: Endpoint) -> str:
    """Raises Unsealable."""
    return sealer().unseal(endpoint.secret, place_of(endpoint))
