"""Settings of the site, drawn from the home folder and a few environment variables.

Safe by default: loopback hosts only, strict CSP, closed sign-up, secure cookies as soon as the operator
says that the site is served over TLS (`BEFFROI_URL=https://…`).
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.csp import CSP

from beffroi.home import Home, HomeError, refused_by_rights
from beffroi.web import databases, environment, mail_server, syslog

HOME = Home.from_environment()
TESTING = bool(os.environ.get("BEFFROI_TESTING"))


def _secret_key() -> str:
    key = HOME.path / "secret.key"
    if key.is_file():
        try:
            return key.read_text("ascii")
        except OSError as error:
            raise refused_by_rights(key, error) from None
    if TESTING:
        return "key-of-the-tests-only"
    # Building or checking without a home: a key that lives as long as the process.
    import secrets

    return secrets.token_urlsafe(48)


SECRET_KEY = _secret_key()
DEBUG = False
BASE_URL = environment.address("BEFFROI_URL", "http://127.0.0.1:8000")
_url = urlsplit(BASE_URL)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *filter(None, [_url.hostname])]
if TESTING:
    ALLOWED_HOSTS.append("testserver")
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# Where this machine may call (`host` or `host:port`): identity providers, sources. Nothing by default; loopback only if listed.
ALLOWED_HOSTS_OUT = environment.hosts("BEFFROI_ALLOWED_HOSTS_OUT")
# The resolver that checks of mail ask about names of others; none is asked where it is not given.
DNS_RESOLVER = environment.ip_endpoint("BEFFROI_DNS_RESOLVER", 53)
# Names that checks of declared sites and mail may call, once a territory declared what is there; `*.` before a name: all below it.
CHECK_HOSTS = environment.host_patterns("BEFFROI_CHECK_HOSTS")
# Database servers whose certificate is not asked for, when a source says so.
UNVERIFIED_SERVERS = environment.hosts("BEFFROI_UNVERIFIED_SERVERS", ports=False)
environment.check_file("SSL_CERT_FILE")
environment.check_country("BEFFROI_COUNTRY")
# The folders of this machine that sources may read: `slug=/folder` for one territory, `*=/folder` for each its own inside.
SOURCE_FOLDERS = [f.strip() for f in os.environ.get("BEFFROI_SOURCE_FOLDERS", "").split(",") if f.strip()]
# The folders of this machine, sticks included, that copies of the continuity may be written to; written the same way.
COPY_FOLDERS = [f.strip() for f in os.environ.get("BEFFROI_COPY_FOLDERS", "").split(",") if f.strip()]

INSTALLED_APPS = [
    "beffroi.web.ui",
    "beffroi.web.platform",
    "beffroi.web.tenancy",
    "beffroi.web.search",
    "beffroi.web.guides",
    "beffroi.web.catalogue",
    "beffroi.web.decisions",
    "beffroi.web.studio",
    "beffroi.web.workshop",
    "beffroi.web.trust",
    "beffroi.web.cyber",
    "beffroi.web.continuity",
    "beffroi.web.operations",
    "beffroi.web.portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_tasks_db",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "beffroi.web.platform.http.request_log.RequestLogMiddleware",
    "beffroi.web.platform.http.downloads.WholeFilesMiddleware",
    "beffroi.web.platform.access_log.refusals.RefusalsMiddleware",
    "beffroi.web.platform.concurrency.middleware.FairQueueMiddleware",
    "beffroi.web.platform.storage.middleware.RoomMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "beffroi.web.ui.form_tokens.PerFormCsrfMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "beffroi.web.tenancy.signin.middleware.SignInMiddleware",
    "beffroi.web.platform.api.middleware.ApiMiddleware",
    "beffroi.web.platform.http.middleware.TerritoryMiddleware",
    "beffroi.web.ui.wrong_method.WrongMethodMiddleware",
]

CSRF_FAILURE_VIEW = "beffroi.web.platform.access_log.refusals.form_refused"

ROOT_URLCONF = "beffroi.web.urls"
WSGI_APPLICATION = "beffroi.web.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "beffroi.web.ui.form_tokens.Loader"],
                )
            ],
            "builtins": ["beffroi.web.ui.templatetags.form_tokens"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "beffroi.web.platform.http.context_processors.house",
            ],
        },
    }
]

DATABASES = {"default": databases.of(HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TASKS = {
    "default": {
        "BACKEND": "django_tasks_db.DatabaseBackend",
        "QUEUES": ["default"],
    }
}

AUTH_USER_MODEL = "platform.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "beffroi.web.tenancy.signin.passwords.LeakedPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "beffroi.web.tenancy.signin.passwords.FrenchHabitsValidator"},
    {"NAME": "beffroi.web.tenancy.signin.passwords.GuessablePasswordValidator"},
]
ACCOUNT_ADAPTER = "beffroi.web.tenancy.signin.adapters.ClosedAdapter"
ACCOUNT_FORMS = {
    "login": "beffroi.web.tenancy.signin.forms.LoginForm",
    "change_password": "beffroi.web.tenancy.signin.forms.ChangePasswordForm",
}
# Its limit by account would let anyone lock anyone out: signin/lockout.py counts failures instead, for every process together.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "reauthenticate": None,
    "change_password": None,
    "login_failed": "5/300s/key",
}  # the last: codes, after the password
MFA_RATE_LIMITS = {"webauthn_login": None}
# `all`: of every member; otherwise of the sensitive roles and of the host (`signin/factors.py`).
SECOND_FACTOR_OF_ALL = os.environ.get("BEFFROI_SECOND_FACTOR", "") == "all"
if os.environ.get("BEFFROI_SECOND_FACTOR", "") not in ("", "all"):
    raise HomeError("BEFFROI_SECOND_FACTOR ne peut valoir que « all ». Corrigez ce réglage, ou retirez-le.")
ALLAUTH_TRUSTED_PROXY_COUNT = environment.number("BEFFROI_TRUSTED_PROXIES", 0)
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation already proves the address
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    f"{step}_webauthn": f"beffroi.web.tenancy.signin.passkeys.{step.title()}Form"
    for step in ("login", "authenticate", "reauthenticate")
}
MFA_TOTP_ISSUER = "Beffroi"
MFA_ADAPTER = "beffroi.web.tenancy.signin.adapters.HouseMFAAdapter"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _url.scheme == "http"
SOCIALACCOUNT_ADAPTER = "beffroi.web.tenancy.signin.adapters.HouseSocialAdapter"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "beffroi.web.tenancy.signin.oidc.HouseProvider",
        "OAUTH_PKCE_ENABLED": True,
    }
}
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address that a provider asserts proves nothing here
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français")]
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

# French guides and their pictures: in a wheel, the copies of the build hook; in a checkout, docs/ itself.
_packaged_guides = Path(__file__).resolve().parent / "ui/help/guides"
GUIDES = _packaged_guides if _packaged_guides.is_dir() else Path(__file__).resolve().parents[3] / "docs"

STATIC_URL = "/static/"
STATICFILES_DIRS = [("guides", GUIDES / "pictures")]
# Nothing to collect: WhiteNoise serves the packages' own files.
STATIC_ROOT = None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "LOCATION": HOME.path / "files"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
FILE_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
# Never the machine's /tmp: a large file fills the disk that was measured, and is received without a copy.
FILE_UPLOAD_TEMP_DIR = HOME.uploads if HOME.uploads.is_dir() else None
# Bytes of the disk that nothing but the end of what was begun may use, and what each territory may take (`*`: the others).
RESERVE = environment.number("BEFFROI_RESERVE", 500) * 10**6
QUOTAS = environment.shares("BEFFROI_QUOTAS")
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # confirming an archive sends one field a column
BEFFROI_MAX_UPLOAD = 2 << 30  # bytes in one delivered file

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "worker-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "beffroi.web.tenancy.signin.session_store"
SESSION_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"  # no cookie of their own
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_IDLE_SECONDS = 60 * environment.number("BEFFROI_IDLE_MINUTES", 120, least=1)
if _url.scheme == "https":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True

MAIL_PORT = environment.number("BEFFROI_MAIL_PORT", 587, least=1)
MAIL_HOST = environment.host("BEFFROI_MAIL_HOST", MAIL_PORT)
MAILERS = {
    "default": {
        "BACKEND": f"django.core.mail.backends.{'smtp' if MAIL_HOST else 'dummy'}.EmailBackend",
        "OPTIONS": mail_server.options(MAIL_HOST, MAIL_PORT) if MAIL_HOST else {},
    }
}
DEFAULT_FROM_EMAIL = os.environ.get("BEFFROI_MAIL_FROM", "beffroi@localhost")

# What bears this token may read `/metrics`; an alert goes to this address as it comes.
METRICS_TOKEN = environment.secret("BEFFROI_METRICS_TOKEN")
ALERT_WEBHOOK = environment.address("BEFFROI_ALERT_WEBHOOK", "")

# Where the journal of access goes as it comes, besides the database.
SYSLOG = os.environ.get("BEFFROI_SYSLOG", "")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {
            "()": "beffroi.web.log_lines.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"()": "beffroi.web.log_lines.JsonFormatter"},
    },
    "filters": {"health": {"()": "beffroi.web.log_lines.HealthFilter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": environment.choice("BEFFROI_LOG_FORMAT", ("plain", "json")),
        }
    },
    "root": {"handlers": ["stderr"], "level": environment.level("BEFFROI_LOG", "WARNING")},
    "loggers": {
        "django.request": {"filters": ["health"]},
        "beffroi.requests": {"level": environment.choice("BEFFROI_REQUEST_LOG", ("WARNING", "INFO"))},
        "beffroi.access": {"level": "INFO", "propagate": False, "handlers": ["syslog"] if SYSLOG else []},
    },
}
if SYSLOG:
    LOGGING["formatters"]["syslog"] = {"format": "beffroi: {message}", "style": "{"}
    LOGGING["handlers"]["syslog"] = syslog.handler(SYSLOG)
