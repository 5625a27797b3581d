"""A real Chromium, a fake microphone, real pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from pytest_django.plugin import DjangoDbBlocker

import parley.celery  # noqa: F401 -- publishing queues a task: into the tests' own Valkey
from agents.models import Agent
from parley.accounts.models import User, Workspace
from tests.browser.scripted import ScriptedServer, write_wav
from tests.support.agents import make_agent, publish

# Playwright keeps an event loop in the test's thread, which Django takes for async code. It is not.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=user-gesture-required",
)
LIBRARY_WARNINGS = (
    # WhiteNoise serves its files by a synchronous iterator, Django's ASGI handler says that it has to gather them.
    "StreamingHttpResponse must consume synchronous iterators:Warning",
    # Django's ASGI handler leaves the (empty) body of a request that a leaving browser gave up.
    "Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning",
    # And that request's connection to the database.
    "<psycopg.Connection object:ResourceWarning",
    # And the file that WhiteNoise had opened to send it.
    "unclosed file <_io.BufferedReader name=.*/static/:ResourceWarning",
)
FAKE_DEVICE = "--use-fake-device-for-media-stream"
FAKE_PERMISSION = "--use-fake-ui-for-media-stream"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and "browsers" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.browser)
            for warning in LIBRARY_WARNINGS:
                item.add_marker(pytest.mark.filterwarnings(f"ignore:{warning}"))
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium"))


@pytest.fixture(scope="session", autouse=True)
def no_lines_left(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A request that a leaving browser gave up may still hold its connection: the database could not be taken away."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browsers(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Browser]]:
    """`browsers()` has a microphone that beeps; `browsers(microphone=False)` has none. Each kind is started once."""
    started: dict[tuple[str, ...], Browser] = {}
    beep = write_wav(tmp_path_factory.mktemp("sound") / "beep.wav")

    def browser(*, microphone: bool = True, allowed: bool = True, wav: Path = beep) -> Browser:
        arguments = [*QUIET]
        if microphone:
            arguments += [FAKE_DEVICE, f"--use-file-for-fake-audio-capture={wav}"]
        if allowed:
            arguments.append(FAKE_PERMISSION)
        key = tuple(arguments)
        if key not in started:
            started[key] = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        return started[key]

    yield browser
    for each in started.values():
        each.close()


@pytest.fixture
def server(transactional_db: None) -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def agent(acme: Workspace) -> Agent:
    made = make_agent(acme, greeting="Hello, how can I help?")
    publish(made)
    return made


@pytest.fixture
def new_page(browsers: Callable[..., Browser]) -> Iterator[Callable[..., Page]]:
    """A page of a fresh context; any error in its console that it did not announce fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def page(*, microphone: bool = True, allowed: bool = True, wav: Path | None = None, **options: object) -> Page:
        kind = {"microphone": microphone, "allowed": allowed, **({"wav": wav} if wav else {})}
        context = browsers(**kind).new_context(**{"viewport": {"width": 1280, "height": 860}, **options})  # type: ignore[arg-type]
        contexts.append(context)
        opened = context.new_page()
        opened.set_default_timeout(15_000)
        opened.on("pageerror", lambda error: errors.append(str(error)))
        return opened

    yield page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def sign_in(client_of: Callable[[User], Client], server: ScriptedServer) -> Callable[[Page, User], None]:
    def signed_in(page: Page, user: User) -> None:
        session = client_of(user).cookies[django_settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": server.url}])

    return signed_in
