"""`python -m inference`: the worker process."""

from __future__ import annotations

import logging
import os
import sys

# Before numpy is loaded: its threads wait by spinning, on cores that the models need.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import uvicorn

from inference.collector import spare_what_is_loaded
from inference.config import WorkerConfig
from inference.errors import ParleyError
from inference.events import MAX_MESSAGE_BYTES
from inference.pool import Pool
from inference.server import create_app


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        config = WorkerConfig.from_environment()
    except ParleyError as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    uvicorn.run(
        create_app(config, Pool(config), loaded=spare_what_is_loaded),
        host=config.host,
        port=config.port,
        log_level="warning",
        access_log=False,
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        timeout_graceful_shutdown=5,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
