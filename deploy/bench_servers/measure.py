"""`python -m deploy.bench_servers.measure`: what a webhook and a spoken call cost the web process under each server.

For each round and server a private stack with fake engines: first webhooks, signed as Twilio signs them, as many as sixteen
senders get answered; then spoken calls on browser sockets at once. What counts is the processor time of the web process,
which a busy neighbour changes little; times of answers are printed beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from twilio.request_validator import RequestValidator

from parley.stack.report import make_report
from parley.stack.stack import Stack, StackOptions

ACCOUNT, TOKEN = "AC" + "0" * 32, "a-token-of-the-measurement"
SENDERS = 16
TICK = os.sysconf("SC_CLK_TCK")
Figures = dict[str, float]


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def webhooks(stack: Stack, seconds: float) -> Figures:
    code, out, err = await stack.manage("stressmessages", "--inside", "make", ACCOUNT, TOKEN)
    if code:
        raise RuntimeError(err[-2000:])
    url = f"{stack.web_url}/hooks/twilio_messaging/{json.loads(out.strip().splitlines()[-1])}/message/"
    pid = stack.supervisor.pid("web")
    signer = RequestValidator(TOKEN)
    took: list[float] = []
    refused = 0
    numbers = iter(range(1, 1_000_000))

    async def send(until: float) -> None:
        nonlocal refused
        async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
            while time.monotonic() < until:
                number = next(numbers)
                form = {
                    "AccountSid": ACCOUNT,
                    "MessageSid": f"SM{number:032x}",
                    "From": f"+1415555{number % 200:04d}",
                    "To": "+15005550006",
                    "Body": f"message {number}",
                    "NumMedia": "0",
                }
                signature = signer.compute_signature(url, form)
                began = time.monotonic()
                answer = await http.post(url, data=form, headers={"X-Twilio-Signature": signature})
                took.append(time.monotonic() - began)
                refused += answer.status_code >= 300

    await asyncio.gather(*(send(time.monotonic() + 2) for _ in range(SENDERS)))
    took.clear()
    before, began = processor_seconds(pid), time.monotonic()
    await asyncio.gather(*(send(began + seconds) for _ in range(SENDERS)))
    spent, lasted = processor_seconds(pid) - before, time.monotonic() - began
    return {
        "webhooks a second": len(took) / lasted,
        "processor ms a webhook": 1000 * spent / len(took),
        "webhook p50 ms": 1000 * at(took, 0.5),
        "webhook p95 ms": 1000 * at(took, 0.95),
        "webhooks refused": refused,
    }


async def calls(stack: Stack, count: int, folder: Path) -> Figures:
    pid = stack.supervisor.pid("web")
    file = folder / "calls.json"
    url = stack.web_url.replace("http", "ws", 1)
    before = processor_seconds(pid)
    code, out, err = await stack.manage(
        "benchvoice", "--cell", "fake-stream", "--n", str(count), "--url", url, "--pids", str(pid), "--json", str(file),
        timeout=600,
    )  # fmt: skip
    if code:
        raise RuntimeError((out + err)[-2000:])
    found: dict[str, Any] = json.loads(file.read_text())
    cost = found.get("cost", {})
    return {
        "processor s of the calls": processor_seconds(pid) - before,
        "processor s a call minute": float(cost.get("cpu_seconds_per_call_minute") or 0),
        "answers": float(found.get("v2v_ms", {}).get("n") or 0),
        "answer p50 ms": float(found.get("v2v_ms", {}).get("p50") or 0),
        "answer p95 ms": float(found.get("v2v_ms", {}).get("p95") or 0),
        "web MB": resident_mb(pid),
    }


async def round_of(server: str, seconds: float, count: int) -> Figures:
    from channels_io.bench import plans

    env = {**plans.FAKE_ENGINES["fake-stream"], "PARLEY_SERVER": server, "PARLEY_QUEUE_SECONDS": "0"}
    with tempfile.TemporaryDirectory(prefix="parley-servers-") as folder:
        options = StackOptions.private(Path(folder) / "var", profile="fake", env=env)
        async with Stack(options, make_report()) as stack:
            return await webhooks(stack, seconds) | await calls(stack, count, Path(folder))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8, help="of webhooks")
    parser.add_argument("--clips", type=int, default=24, help="questions that are asked in spoken calls")
    options = parser.parse_args()
    for name in ("DATABASE_URL", "REDIS_URL", "PARLEY_WORKERS", "PARLEY_PUBLIC_URL"):
        os.environ.pop(name, None)
    found: dict[str, list[Figures]] = {"daphne": [], "uvicorn": []}
    for number in range(options.rounds):
        # In turn, and the other way round each second time: a machine that slows down slows both.
        for server in sorted(found, reverse=bool(number % 2)):
            found[server].append(asyncio.run(round_of(server, options.seconds, options.clips)))
            sys.stdout.write(json.dumps({server: {k: round(v, 2) for k, v in found[server][-1].items()}}) + "\n")
            sys.stdout.flush()
    sys.stdout.write(f"\n{'median of ' + str(options.rounds):28}{'daphne':>12}{'uvicorn':>12}\n")
    for name in found["daphne"][0]:
        values = [statistics.median(figures[name] for figures in found[server]) for server in ("daphne", "uvicorn")]
        sys.stdout.write(f"{name:28}{values[0]:12.2f}{values[1]:12.2f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
