"""`python -m deploy.ray.calls`: spoken calls at a whole web, whose only worker is Ray Serve with two replicas; one is killed.

The same callers and the same judgement as `manage.py stressworkers`, on a Ray and a private stack of its own. Exit code 1 when
a call was dropped or somebody waited longer than promised.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import signal
import sys
import tempfile
from pathlib import Path

import django

from deploy.ray.trial import Findings, replicas

ROOT = Path(__file__).resolve().parents[2]
RAMP_SECONDS = 10.0
OUTSIDE = ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE", "PARLEY_WORKERS", "PARLEY_PUBLIC_URL")
"""Of the environment: what would lead the private stack to somebody else's servers."""


async def run(var: Path, token: str, count: int, steady: float, findings: Findings) -> None:
    # The callers' words are in Django's apps.
    django.setup()
    from channels_io.stress.talkers import Talk, talk
    from channels_io.stress.worker_figures import BACK, FIRST_SOUND, judge, percentile
    from parley.stack.report import make_report
    from parley.stack.stack import Stack, StackOptions

    clock = asyncio.get_running_loop().time
    async with Stack(StackOptions.private(var, background=False), make_report()) as stack:

        async def inside(*arguments: str) -> str:
            code, out, err = await stack.manage("stressworkers", "--inside", *arguments, timeout=120)
            if code:
                raise RuntimeError(err[-2000:])
            return out.strip().splitlines()[-1]

        await inside("make", "6")
        talks = [Talk(number) for number in range(count)]
        tickets: list[str] = json.loads(await inside("tickets", str(count)))
        stopped = asyncio.Event()
        url = stack.web_url.replace("http", "ws", 1)

        async def call(each: Talk, ticket: str) -> None:
            await asyncio.sleep(RAMP_SECONDS * each.number / count)
            await talk(each, url, ticket, stopped, clock)

        async with asyncio.TaskGroup() as tasks:
            for each, ticket in zip(talks, tickets, strict=True):
                tasks.create_task(call(each, ticket))
            await asyncio.sleep(RAMP_SECONDS + steady)
            killed_at = clock()
            os.kill(replicas(token)[0], signal.SIGKILL)
            await asyncio.sleep(steady)
            stopped.set()
    found = judge(
        talks,
        killed_at=killed_at,
        drained_at=clock(),
        stopped_after=0,
        counted={"resident": 0, "cold": 0, "moved": 0},
        before={"resident": 0, "cold": 0},
    )
    killed = found.killed
    findings.say(f"{count} spoken calls, {found.questions} questions, {found.unanswered} of them without an answer")
    for name, values, unit in (
        ("voice to voice before", found.steady_ms, "ms"),
        ("first sound after the kill", killed.first_sound, "s"),
        ("at the other replica after", killed.back, "s"),
        ("voice to voice of the next answer", killed.answer_ms, "ms"),
    ):
        shown = ", ".join(f"{percentile(values, share):.2f}" for share in (0.5, 0.95, 1.0))
        findings.say(f"     {name:36}p50, p95, worst: {shown} {unit} ({len(values)})")
    findings.check(not found.dropped, f"no call was dropped {found.dropped or ''}".rstrip())
    findings.check(0 < killed.calls < count, f"{killed.calls} calls were on the killed replica")
    findings.check(len(killed.back) == killed.calls, "all of them went on")
    findings.check(percentile(killed.first_sound, 0.95) <= FIRST_SOUND, f"first sound within {FIRST_SOUND} s at p95")
    findings.check(percentile(killed.back, 0.95) <= BACK, f"at the other one within {BACK} s at p95")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=20, help="of talk before and after the kill")
    parser.add_argument("--port", type=int, default=8149)
    options = parser.parse_args()
    token, findings = secrets.token_hex(16), Findings()
    for name in OUTSIDE:
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory(prefix="parley-ray-") as folder:
        os.environ.update(
            PARLEY_PROFILE="fake",
            PARLEY_WORKER_TOKEN=token,
            PARLEY_RAY_CPUS="0.5",
            PARLEY_RAY_REPLICAS="2",
            PARLEY_RAY_MOST_REQUESTS="500",
            PARLEY_WORKERS=f"http://127.0.0.1:{options.port}",
            PARLEY_EMBEDDED_UNSAFE="1",
            PARLEY_VAR=str(Path(folder, "var")),
            DJANGO_SETTINGS_MODULE="parley.settings",
            PYTHONPATH=f"{ROOT}{os.pathsep}{ROOT / 'platform'}",
            RAY_USAGE_STATS_ENABLED="0",
            RAY_AUTH_TOKEN=secrets.token_hex(16),
        )
        import ray
        from deploy.ray.application import app
        from ray import serve

        ray.init(num_cpus=4, include_dashboard=False, object_store_memory=100 * 2**20, log_to_driver=False)
        try:
            serve.start(http_options={"host": "127.0.0.1", "port": options.port})
            serve.run(app, name="parley")
            asyncio.run(run(Path(folder) / "var", token, options.calls, options.seconds, findings))
        finally:
            serve.shutdown()
            ray.shutdown()
    return 1 if findings.failed else 0


if __name__ == "__main__":
    sys.exit(main())
