"""`python -m parley.serve`: the web process, with the server and the limits that production has.

PARLEY_SERVER chooses: `uvicorn` or `daphne` (docs/decisions/0013-web-server.md has what each costs). Both get the same
limits, believe no forwarded header (Django does, from as many proxies as PARLEY_PROXIES says) and stop as
`parley.drain` wants it.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from typing import Final, Literal, cast

from parley.lib.env import EnvironmentProblem, env_int, env_str

APPLICATION: Final = "parley.asgi:application"
SERVERS: Final = ("uvicorn", "daphne")
DEFAULT: Final = "daphne"
Server = Literal["uvicorn", "daphne"]

PING_SECONDS: Final = 20
"""Between pings of ours; a browser that does not answer one for as long is gone."""
MAX_MESSAGE_BYTES: Final = 1 << 20
"""Of one message of a WebSocket, as in the worker's wire."""
CLOSE_SECONDS: Final = 10
"""After the drain, until what is still open is cut."""


def chosen() -> Server:
    """Raises EnvironmentProblem."""
    word = env_str("PARLEY_SERVER", DEFAULT)
    if word not in SERVERS:
        raise EnvironmentProblem(f"PARLEY_SERVER must be {' or '.join(SERVERS)}, not {word!r}.")
    return cast(Server, word)


def command(host: str, port: int, descriptor: int | None = None) -> tuple[str, ...]:
    """How the chosen server is started; `descriptor` is an open socket that listens already."""
    if chosen() == "uvicorn":
        listening = () if descriptor is None else ("--fd", str(descriptor))
        return (sys.executable, "-m", "parley.serve", "--host", host, "--port", str(port), *listening)
    where = ("-b", host, "-p", str(port)) if descriptor is None else ("--fd", str(descriptor))
    ping = ("--ping-interval", str(PING_SECONDS), "--ping-timeout", str(PING_SECONDS))
    return (sys.executable, "-m", "daphne", *where, *ping, "--no-server-name", APPLICATION)


def run_uvicorn(host: str, port: int, descriptor: int | None = None) -> None:
    import uvicorn

    config = uvicorn.Config(
        APPLICATION,
        host=host,
        port=port,
        log_config=None,
        access_log=False,  # The address of a webhook holds its channel, that of a socket its ticket.
        proxy_headers=False,
        server_header=False,
        lifespan="off",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        timeout_graceful_shutdown=CLOSE_SECONDS,
    )
    sockets = None if descriptor is None else [socket.socket(fileno=descriptor)]
    uvicorn.Server(config).run(sockets=sockets)


def main(arguments: Sequence[str] | None = None) -> int:
    """`--host`, `--port` and `--fd`; without them PARLEY_HOST (here: every address) and PARLEY_PORT."""
    parser = argparse.ArgumentParser(prog="python -m parley.serve", description=__doc__)
    parser.add_argument("--host", default=env_str("PARLEY_HOST", "0.0.0.0"))  # noqa: S104 -- a container's only door
    parser.add_argument("--port", type=int, default=env_int("PARLEY_PORT", 8000))
    parser.add_argument("--fd", type=int)
    options = parser.parse_args(arguments)
    try:
        server = chosen()
    except EnvironmentProblem as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if server == "uvicorn":
        run_uvicorn(options.host, options.port, options.fd)
        return 0
    if options.fd is not None:
        os.set_inheritable(options.fd, True)
    line = command(options.host, options.port, options.fd)
    os.execv(line[0], line)  # noqa: S606 -- ourselves, as another program


if __name__ == "__main__":
    sys.exit(main())
