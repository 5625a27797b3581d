"""Which version a person gets: one, or one of several by weight, and the same one each time they come.

`Channel.settings["split"]` is [{"version": public id or "live", "weight": whole number}, ...]; empty means none.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from agents.models import Agent, Version
from channels_io.models import Channel

KEY: Final = "split"
LIVE: Final = "live"
"""Instead of a version's id: whatever is published at the time."""
MAX_SHARES: Final = 8
MAX_WEIGHT: Final = 1000


@dataclass(frozen=True, slots=True)
class Share:
    version: str
    """Public id, or LIVE."""
    weight: int


def version_for(channel: Channel, person: str) -> Version | None:
    """What a new conversation of this person runs; None while nothing is published.

    `person` is whatever stays the same when they come again: their number, or an id. Versions of the split that are no
    longer there, or belong to another agent, give up their share; when none is left, the pinned version, or what is live.
    """
    shares = shares_of(channel.settings)
    if not shares:
        return channel.running
    known: dict[str, Version] = {
        version.public_id: version
        for version in Version.objects.filter(agent=channel.agent, public_id__in=[share.version for share in shares])
    }
    if channel.agent.published is not None:
        known[LIVE] = channel.agent.published
    there = [share for share in shares if share.version in known]
    chosen = choose(there, f"{channel.public_id}:{person}")
    return known[chosen.version] if chosen else channel.running


def choose(shares: Sequence[Share], key: str) -> Share | None:
    """The same share for the same key; over many keys in proportion to the weights. None when they weigh nothing.

    Every share draws by itself (rendezvous hashing): when one is taken out or weighs something else, only people who
    had it, or get it now, are moved.
    """
    weighing = [share for share in shares if share.weight > 0]
    return min(weighing, key=lambda share: _draw(share, key), default=None)


def shares_of(settings: Mapping[str, Any]) -> list[Share]:
    """From what a channel stores; [] when it is damaged."""
    try:
        return read_split(settings.get(KEY) or [])
    except ValidationError:
        return []


def read_split(sent: Any) -> list[Share]:
    """From strangers. Raises ValidationError (code "split_invalid")."""
    if not isinstance(sent, list | tuple) or len(sent) > MAX_SHARES:
        raise _wrong(_("A split has at most %(most)d versions.") % {"most": MAX_SHARES})
    found: dict[str, Share] = {}
    for entry in sent:
        if not isinstance(entry, Mapping) or set(entry) != {"version", "weight"}:
            raise _wrong(_("Each share is an object of version and weight."))
        version, weight = entry["version"], entry["weight"]
        if not isinstance(version, str) or not version or version in found:
            raise _wrong(_("Name each version once."))
        if isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= MAX_WEIGHT:
            raise _wrong(_("A weight is a whole number from 0 to %(most)d.") % {"most": MAX_WEIGHT})
        found[version] = Share(version, weight)
    if found and not any(share.weight for share in found.values()):
        raise _wrong(_("One of the versions needs a weight above 0."))
    return list(found.values())


def checked_split(agent: Agent, sent: Any) -> list[dict[str, Any]]:
    """As it is stored, with versions of this agent only. Raises ValidationError ("split_invalid", "version_foreign")."""
    shares = read_split(sent)
    ids = {share.version for share in shares} - {LIVE}
    known = set(Version.objects.filter(agent=agent, public_id__in=ids).values_list("public_id", flat=True))
    if ids - known:
        raise ValidationError(_("Choose versions of the chosen agent."), code="version_foreign")
    return [{"version": share.version, "weight": share.weight} for share in shares]


def _draw(share: Share, key: str) -> float:
    """When this share would come to this key, if it came `weight` times a unit of time: the first to come is taken."""
    digest = hashlib.sha256(f"{share.version}:{key}".encode()).digest()
    uniform = (int.from_bytes(digest[:8]) + 1) / (2**64 + 1)
    return -math.log(uniform) / share.weight


def _wrong(message: str) -> ValidationError:
    return ValidationError(message, code="split_invalid")
