"""Settings: flat, from the environment. The defaults run a clone on http://127.0.0.1:8000."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from parley.embedded import ROOT, embedded
from parley.lib.env import env_bool, env_int, env_list, env_secret, env_str
from parley.lib.secrets import secret_file
from parley.lib.urls import broker_url, database_of

BASE_DIR = ROOT
try:
    PARLEY_VERSION = version("parley")
except PackageNotFoundError:
    PARLEY_VERSION = "0.1.0"

# Parley

PARLEY_VAR = embedded().var
PARLEY_PROFILE = env_str("PARLEY_PROFILE", "default")
PARLEY_HOST = env_str("PARLEY_HOST", "127.0.0.1")
PARLEY_PORT = env_int("PARLEY_PORT", 8000)
PARLEY_PUBLIC_URL = env_str("PARLEY_PUBLIC_URL", f"http://127.0.0.1:{PARLEY_PORT}").rstrip("/")
# Addresses of workers. "announced": none, they all tell where they are (PARLEY_WEB_URL of each worker).
_worker_port = env_int("PARLEY_WORKER_PORT", 8100)
_local_workers = range(_worker_port, _worker_port + env_int("PARLEY_LOCAL_WORKERS", 1))
PARLEY_WORKERS = env_list("PARLEY_WORKERS", ",".join(f"http://127.0.0.1:{port}" for port in _local_workers))
PARLEY_WORKERS_ANNOUNCED = PARLEY_WORKERS == ["announced"]
if PARLEY_WORKERS_ANNOUNCED:
    PARLEY_WORKERS = []
# How many agents' prompts a worker holds ready: where there are more agents, each has its own few workers.
PARLEY_RESIDENT_AGENTS = env_int("PARLEY_RESIDENT_AGENTS", 64)
# How many workers there should be (parley_workers_wanted): between these, so that they are busy to this share of their
# places; none at all where the least is 0 and nobody has wanted anything for so many minutes.
PARLEY_WORKERS_LEAST = env_int("PARLEY_WORKERS_LEAST", 1)
PARLEY_WORKERS_MOST = env_int("PARLEY_WORKERS_MOST", 16)
PARLEY_WORKERS_BUSY_PERCENT = env_int("PARLEY_WORKERS_BUSY_PERCENT", 70)
PARLEY_WORKERS_SLEEP_MINUTES = env_int("PARLEY_WORKERS_SLEEP_MINUTES", 15)
# Places that one workspace may have kept free for its agents, all together.
PARLEY_RESERVED_PLACES = env_int("PARLEY_RESERVED_PLACES", 32)
PARLEY_WORKER_TOKEN = env_secret("PARLEY_WORKER_TOKEN") or secret_file(PARLEY_VAR / "secrets" / "worker_token")
PARLEY_METRICS_TOKEN = env_secret("PARLEY_METRICS_TOKEN")
# Encrypt what must be known again (keys of other services). The first one seals, all of them open: to change it, put a
# new one in front, run `manage.py rotatesecrets`, then take the old one out.
PARLEY_SEALING_KEYS = [key.strip() for key in env_secret("PARLEY_SEALING_KEYS").split(",") if key.strip()] or [
    secret_file(PARLEY_VAR / "secrets" / "sealing_key")
]
# Networks and hosts inside that tools may call: 10.1.0.0/16, crm.lan, crm.lan:8443. Everything else must be public.
PARLEY_EGRESS_ALLOW = env_list("PARLEY_EGRESS_ALLOW")
PARLEY_RECORDINGS = PARLEY_VAR / "recordings"
PARLEY_WEIGHTS = Path(env_str("PARLEY_WEIGHTS", "~/.cache/parley/weights")).expanduser()
# How long a caller may wait in line when every worker is full; 0 refuses at once.
PARLEY_QUEUE_SECONDS = env_int("PARLEY_QUEUE_SECONDS", 60)
# So many callers may wait like that in one web process; a telephone that rings then gets the busy tone.
PARLEY_QUEUE_CALLERS = env_int("PARLEY_QUEUE_CALLERS", 20)
# A person who talks on a call and whose browser is gone: after so long the agent goes on.
PARLEY_PERSON_GRACE_SECONDS = env_int("PARLEY_PERSON_GRACE_SECONDS", 8)
# A live leg says every 20 s that it lives. One that has not for this long was cut off with its process.
PARLEY_ABANDONED_SECONDS = env_int("PARLEY_ABANDONED_SECONDS", 180)
# After SIGTERM: how long calls in progress may go on before they are closed.
PARLEY_DRAIN_SECONDS = env_int("PARLEY_DRAIN_SECONDS", 25)
# How many proxies of ours stand in front: 0 takes the caller's address from the connection and believes no header.
PARLEY_PROXIES = env_int("PARLEY_PROXIES", 0)
# Voice to voice: a spoken answer that comes later is shown on Home and counted in /metrics.
PARLEY_BUDGET_MS = env_int("PARLEY_BUDGET_MS", 600)
_public = urlsplit(PARLEY_PUBLIC_URL)
# Carriers. Accounts marked as simulated speak to the simulator of `manage.py simulate`, never to a carrier.
PARLEY_TWILIO_URL = env_str("PARLEY_TWILIO_URL", "https://api.twilio.com").rstrip("/")
PARLEY_META_URL = env_str("PARLEY_META_URL", "https://graph.facebook.com/v26.0").rstrip("/")
PARLEY_SIMULATORS = env_bool("PARLEY_SIMULATORS", _public.hostname in ("127.0.0.1", "localhost", "::1"))
PARLEY_SIMULATOR_URL = env_str("PARLEY_SIMULATOR_URL", f"http://127.0.0.1:{PARLEY_PORT + 50}").rstrip("/")
if PARLEY_SIMULATORS:
    # The simulator also plays the systems that tools call: its own port, and no other of this machine.
    PARLEY_EGRESS_ALLOW.append(urlsplit(PARLEY_SIMULATOR_URL).netloc)
_https = _public.scheme == "https"

# Django

SECRET_KEY = env_secret("PARLEY_SECRET_KEY") or secret_file(PARLEY_VAR / "secrets" / "secret_key")
DEBUG = env_bool("PARLEY_DEBUG", False)
ALLOWED_HOSTS = sorted(
    {"127.0.0.1", "localhost", "[::1]", _public.hostname or "", *env_list("PARLEY_ALLOWED_HOSTS")} - {""}
)
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
ROOT_URLCONF = "parley.urls"
ASGI_APPLICATION = "parley.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "daphne",
    "parley.apps.ParleyAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "axes",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "parley",
    "parley.accounts",
    "agents",
    "channels_io",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "parley.middleware.measure_requests",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "parley.accounts.middleware.find_workspace",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    }
]

# Data: PostgreSQL is the only truth; Valkey carries the channel layer, the queue and the cache

DATABASE_URL = env_secret("DATABASE_URL") or embedded().database_url
REDIS_URL = env_secret("REDIS_URL") or embedded().redis_url

DATABASES: dict[str, dict[str, Any]] = {"default": database_of(DATABASE_URL)}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "parley",
        "TIMEOUT": 300,
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "parley", "capacity": 500, "expiry": 60},
    }
}

# Celery: at least once, one task taken at a time, and only JSON (never pickle)

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "parley"
# What beat asks for has a queue of its own: it does not wait behind thousands of messages. Workers take from both in turn.
_UPKEEP = "parley-upkeep"
CELERY_TASK_QUEUES = (Queue("parley"), Queue(_UPKEEP))
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Longer than the longest task: Valkey hands a task that is still being worked on to nobody else.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "global_keyprefix": "parley:"}
CELERY_BEAT_SCHEDULE_FILENAME = str(PARLEY_VAR / "beat")
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "forget-old-sessions": {"task": "parley.accounts.tasks.forget_old_sessions", "schedule": 24 * 3600.0},
    "sweep-legs": {"task": "channels_io.tasks.sweep_legs", "schedule": 60.0, "options": {"expires": 60.0}},
    "sweep-messages": {"task": "channels_io.tasks.sweep_messaging", "schedule": 10.0, "options": {"expires": 10.0}},
    "fill-gaps": {"task": "channels_io.tasks.fill_message_gaps", "schedule": 30.0, "options": {"expires": 30.0}},
    "work-on-calls": {"task": "channels_io.tasks.work_on_phone_calls", "schedule": 5.0, "options": {"expires": 5.0}},
    "settle-calls": {"task": "channels_io.tasks.settle_phone_calls", "schedule": 60.0, "options": {"expires": 60.0}},
    "expire-handoffs": {
        "task": "channels_io.tasks.expire_waiting_handoffs",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "keep-workers-ready": {
        "task": "channels_io.tasks.keep_workers_ready",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "wake-campaigns": {"task": "channels_io.tasks.wake_campaigns", "schedule": 5.0, "options": {"expires": 5.0}},
    "forget-old-spending": {"task": "channels_io.tasks.forget_old_spending", "schedule": 24 * 3600.0},
    "count-figures": {
        "task": "channels_io.tasks.count_recent_figures",
        "schedule": 300.0,
        "options": {"expires": 300.0},
    },
    "watch-alert-rules": {
        "task": "channels_io.tasks.watch_alert_rules",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "forget-kept-words": {"task": "channels_io.tasks.forget_kept_words", "schedule": 24 * 3600.0},
    "forget-old-codes": {"task": "channels_io.tasks.forget_old_codes", "schedule": 300.0},
    "look-at-conversations": {
        "task": "channels_io.tasks.sweep_conversations",
        "schedule": 15.0,
        "options": {"expires": 15.0},
    },
    "tell-endpoints": {"task": "channels_io.tasks.sweep_events", "schedule": 10.0, "options": {"expires": 10.0}},
    "forget-old-voice-notes": {"task": "channels_io.tasks.forget_old_voice_notes", "schedule": 24 * 3600.0},
}
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"] = {**_entry.get("options", {}), "queue": _UPKEEP}

# E-mail (alert rules): without a host messages are written to the log

EMAIL_HOST = env_str("EMAIL_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env_int("EMAIL_PORT", 587)
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env_bool("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_str("DEFAULT_FROM_EMAIL", "parley@localhost")

# Signing in

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "accounts:login"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "parley.errors.csrf_failure"

# The form and authenticate() say "username", whatever the model calls the field.
AXES_USERNAME_FORM_FIELD = "username"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "parley.lib.clients.client_address"
AXES_LOCKOUT_CALLABLE = "parley.accounts.pages.login.locked_out"

# The edge

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = _https and env_bool("PARLEY_SSL_REDIRECT", False)
SECURE_HSTS_SECONDS = 31536000 if _https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PARLEY_PROXIES else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Unfold's Alpine compiles its attributes with Function(): 'unsafe-eval'. Nothing inline runs, and no text of a
        # user or caller is ever put into an Alpine attribute, so there is nothing for it to evaluate.
        "script-src": [SELF, UNSAFE_EVAL, NONCE],
        "script-src-attr": [NONE],
        "style-src": [SELF],
        # Alpine's x-show and x-transition, and some of the admin's own widgets, write style attributes.
        "style-src-attr": [UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        # 'self' covers ws: and wss: of the same host; the second is for browsers that read it more narrowly.
        "connect-src": [SELF, f"{'wss' if _https else 'ws'}://{_public.netloc}"],
        "worker-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# Static files: from the apps on a clone; from PARLEY_STATIC_ROOT, collected and hashed, in a built image

STATIC_URL = "/static/"
STATIC_ROOT = env_str("PARLEY_STATIC_ROOT") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": PARLEY_RECORDINGS}},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Words, time

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
FORMAT_MODULE_PATH = ["parley.formats"]
LOCALE_PATHS = [BASE_DIR / "platform" / "parley" / "locale"]
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True

# The API

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "parley.accounts.api_auth.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["parley.accounts.api_auth.DenyByDefault"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "parley.api.Pages",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "parley.api_schema.ScopedSchema",
    "EXCEPTION_HANDLER": "parley.api_errors.error_response",
    "DEFAULT_THROTTLE_CLASSES": ["parley.api.ActorThrottle"],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Parley",
    "DESCRIPTION": "Agents, channels and conversations of one workspace.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "parley.api_schema.add_failures",
    ],
}

# The look

UNFOLD = {
    "SITE_TITLE": "Parley",
    "SITE_HEADER": "Parley",
    "SITE_URL": None,
    "SITE_LOGO": {"light": "parley.navigation.logo", "dark": "parley.navigation.logo_dark"},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "parley.navigation.icon"}],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "BORDER_RADIUS": "8px",
    "STYLES": ["parley.navigation.stylesheet"],
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": "parley.navigation.sidebar"},
    "ACCOUNT": {"navigation": "parley.navigation.account"},
}

# Logs: one line each to the standard error; secrets and phone numbers are cut out of the finished line

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "parley.lib.logs.RedactingFormatter",
            "format": "{asctime} {levelname:<7} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env_str("PARLEY_LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "django.request": {"level": "ERROR"},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
