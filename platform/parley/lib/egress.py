"""Where Parley may connect to on a user's word: the public internet, and what the operator allowed by name.

Pure: no DNS, no socket. `parse_target` reads an address once, strictly; `check_target` judges what is
written, `check_addresses` what the name stands for at the moment of the connection. Whatever is not
understood is refused. Every address that a user can set goes through here (T5).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import httpx
from django.utils.translation import gettext as _

from inference.errors import ParleyError
from parley.lib.env import EnvironmentProblem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_URL: Final = 4_000
PORTS: Final = {"http": 80, "https": 443}
FIRST_FREE_PORT: Final = 1024
"""Below it only 80 and 443 are spoken to: mail, telephony and file servers are no web APIs."""

_WRITTEN: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)")
_UNWRITABLE: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\^`{}|<>\"\u2028\u2029\ufeff]")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_LOCAL_ENDINGS: Final = (
    "localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa", "onion",
)  # fmt: skip
_SPECIAL: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "168.63.129.16/32",  # a cloud's own host, on an address that looks public
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    )
)  # fmt: skip
_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")


class EgressRefused(ParleyError):
    """This address is none that Parley may connect to. `code` names the reason; the message has no resolved address."""

    code = "address_refused"
    permanent = True


@dataclass(frozen=True, slots=True)
class Target:
    """A parsed address: the parts that are connected to, and nothing else."""

    scheme: str
    host: str
    """Lower-case ASCII, without brackets and final dot."""
    port: int
    path: str
    """With the query, percent-encoded, as it goes over the wire."""

    @property
    def literal(self) -> Address | None:
        """The address that is written out; None for a name."""
        return _address(self.host)

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host_header}{self.path}"

    @property
    def shown(self) -> str:
        """For people and logs: without path and query, which may hold what is private."""
        return f"{self.scheme}://{self.host_header}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator opened beside the public internet: networks, and (host, port) with 0 for any port."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[tuple[str, int]] = frozenset()

    def names(self, target: Target) -> bool:
        return (target.host, 0) in self.hosts or (target.host, target.port) in self.hosts

    def opens(self, target: Target) -> bool:
        """By its name, or by the address that is written out."""
        return self.names(target) or (target.literal is not None and self.covers(target.literal))

    def covers(self, address: Address) -> bool:
        return any(address in network for network in self.networks)


NOTHING: Final = Allowed()


def allowed_of(words: Iterable[str]) -> Allowed:
    """PARLEY_EGRESS_ALLOW: "10.1.0.0/16", "10.1.2.3:8080", "crm.lan", "crm.lan:8443". Raises EnvironmentProblem."""
    networks: list[Network] = []
    hosts: set[tuple[str, int]] = set()
    for word in words:
        try:
            networks.append(ipaddress.ip_network(word))
            continue
        except ValueError:
            pass
        try:
            target = parse_target(f"http://{word}/")
        except EgressRefused:
            target = None
        if target is None or target.path != "/":
            raise EnvironmentProblem(
                f"PARLEY_EGRESS_ALLOW lists networks (10.1.0.0/16) and hosts (crm.lan, crm.lan:8443), not {word!r}."
            )
        hosts.add((target.host, target.port if _has_port(word) else 0))
    return Allowed(tuple(networks), frozenset(hosts))


def parse_target(url: str) -> Target:
    """Raises EgressRefused for anything but a plain http(s) address with a canonical host."""
    written = _WRITTEN.match(url) if len(url) <= MAX_URL else None
    if written is None or _UNWRITABLE.search(url):
        raise EgressRefused(_("Write a whole address, such as https://api.example.com/orders."), code="url_malformed")
    scheme = written["scheme"].lower()
    if scheme not in PORTS:
        raise EgressRefused(_("An address begins with https:// (or http://)."), code="scheme_refused")
    if "@" in written["authority"]:
        raise EgressRefused(_("Names and passwords do not belong into an address. Use a secret."), code="url_userinfo")
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii").removesuffix(".")
        path = parsed.raw_path.decode("ascii") or "/"
        port = PORTS[scheme] if parsed.port is None else parsed.port
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise _bad_host() from error
    if not _is_canonical(host) or not 0 < port < 65536:
        raise _bad_host()
    return Target(scheme, host, port, path)


def check_target(target: Target, allowed: Allowed = NOTHING) -> None:
    """Raises EgressRefused when what is written can already not be allowed."""
    if allowed.opens(target):
        return
    literal = target.literal
    if target.port not in PORTS.values() and target.port < FIRST_FREE_PORT:
        raise EgressRefused(
            _("Port %(port)d is not one that web APIs use.") % {"port": target.port}, code="port_refused"
        )
    if literal is not None:
        if not is_public(literal):
            raise _private(target)
    elif "." not in target.host or target.host.endswith(tuple(f".{ending}" for ending in _LOCAL_ENDINGS)):
        raise _private(target)


def check_addresses(target: Target, addresses: Sequence[str], allowed: Allowed = NOTHING) -> None:
    """Raises EgressRefused unless every address that the name stands for may be connected to."""
    if not addresses:
        raise _private(target)
    if allowed.names(target):
        return
    for text in addresses:
        address = _address(text)
        if address is None or not (is_public(address) or allowed.covers(address)):
            raise _private(target)


def is_public(address: Address) -> bool:
    """Whether it is on the public internet. Forms that hide another address (mapped, NAT64, 6to4, Teredo) are not."""
    if isinstance(address, ipaddress.IPv6Address) and (address not in _GLOBAL_UNICAST or address.scope_id):
        return False
    return address.is_global and not any(address in network for network in _SPECIAL)


def _is_canonical(host: str) -> bool:
    literal = _address(host)
    if literal is not None:
        return "%" not in host
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    return not _NUMBER.fullmatch(labels[-1])


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _has_port(word: str) -> bool:
    return word.rpartition("]")[2].count(":") == 1


def _bad_host() -> EgressRefused:
    return EgressRefused(
        _("The host of this address is not written plainly. Write a name such as api.example.com."),
        code="host_malformed",
    )


def _private(target: Target) -> EgressRefused:
    message = _(
        "%(host)s is not on the public internet, so Parley does not connect to it. If it is meant to be reached, the "
        "operator of this server adds it to PARLEY_EGRESS_ALLOW."
    )
    return EgressRefused(message % {"host": target.host_header}, code="address_private")
