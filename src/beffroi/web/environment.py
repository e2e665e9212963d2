"""What the operator's variables say, read strictly: a value that cannot be is refused in a sentence, and nothing starts.

In: the environment. Out: numbers, shares of the disk, an address, hosts, a file, a level of detail. Raises HomeError.
"""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from beffroi.home import HomeError

PREFIX: Final = "BEFFROI_"
KNOWN: Final = frozenset(
    PREFIX + name
    for name in [
        "ALERT_WEBHOOK",
        "ALLOWED_HOSTS_OUT",
        "ALLOW_PARTIAL_ISOLATION",
        "BACKUP_KEY_FILE",
        "BACKUP_MEMORY",
        "BACKUP_REPOSITORY",
        "BACKUP_S3_KEY",
        "BACKUP_S3_SECRET_FILE",
        "BACKUP_SSH_CONFIG",
        "CHROMIUM",
        "COPY_FOLDERS",
        "COUNTRY",
        "DATABASE",
        "DATABASE_OWNER",
        "DECOUPAGE",
        "DNS_RESOLVER",
        "ENGINE",
        "ENGINE_FOLDER",
        "EXERCISE_SPEED",
        "EXTENSIONS",
        "HOME",
        "IDLE_MINUTES",
        "LOG",
        "LOG_FORMAT",
        "MAIL_FROM",
        "MAIL_HOST",
        "MAIL_PASSWORD_FILE",
        "MAIL_PORT",
        "MAIL_SECURITY",
        "MAIL_USER",
        "METRICS_TOKEN",
        "QUOTAS",
        "READY",
        "REAL_DATA",
        "REQUEST_LOG",
        "RESERVE",
        "ROUTES",
        "SECOND_FACTOR",
        "SERVING",
        "SOURCE_FOLDERS",
        "SPARK_HOME",
        "SYSLOG",
        "TESTING",
        "TRACE",
        "TRUSTED_PROXIES",
        "UNVERIFIED_SERVERS",
        "URL",
    ]
)
"""Every variable that `docs/settings.md` explains; those of the tests begin with `TEST_`."""
SECRET: Final = 24  # characters
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def unknown() -> list[str]:
    """Variables of the house that nothing reads: misspelt, or of another version."""
    of_house = (name for name in os.environ if name.startswith(PREFIX))
    return sorted(name for name in of_house if name not in KNOWN and not name.startswith(f"{PREFIX}TEST_"))


def number(name: str, absent: int, *, least: int = 0) -> int:
    """A whole number, `least` at least."""
    text = os.environ.get(name, "").strip() or str(absent)
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise _refused(name, text, f"donnez un nombre entier, {least} au moins")
    return int(text)


def shares(name: str) -> dict[str, int]:
    """Bytes by short name of a territory (`*`: the others), of `*=20,valbruyere=50` in gigabytes."""
    found = {}
    for part in filter(None, map(str.strip, os.environ.get(name, "").split(","))):
        slug, _, size = (each.strip() for each in part.partition("="))
        if not (slug and size.isascii() and size.isdecimal()):
            raise _refused(name, part, "écrivez *=20 pour tous, valbruyere=50 pour un seul, en Go entiers")
        found[slug] = int(size) << 30
    return found


def secret(name: str) -> str:
    """A token that a program bears, "" when absent: long enough that nobody guesses it, and never repeated in a refusal."""
    text = os.environ.get(name, "").strip()
    if text and (len(text) < SECRET or not text.isascii() or not text.isprintable() or " " in text):
        raise _refused(
            name, "…", f"donnez au moins {SECRET} caractères sans espace (« openssl rand -hex 24 »)"
        )
    return text


def address(name: str, absent: str) -> str:
    """A whole address, without its last slash; "" where it is absent and nothing stands for it."""
    text = (os.environ.get(name, "").strip() or absent).rstrip("/")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        whole = False
    if not whole:
        raise _refused(name, text, "écrivez l'adresse entière, comme https://beffroi.exemple.fr")
    return text


def hosts(name: str, *, ports: bool = True) -> list[str]:
    """Hosts separated by commas. `ports`: each may name its port, and be after `http://` where nothing is encrypted."""
    found = [part for each in os.environ.get(name, "").split(",") if (part := each.strip())]
    for text in found:
        bare = text.removeprefix("http://") if ports else text
        if not _is_host(bare, port=ports):
            how = "identite.exemple.fr ou identite.exemple.fr:8443" if ports else "base.exemple.fr"
            raise _refused(name, text, f"écrivez l'hôte seul, sans adresse ni chemin : {how}")
    return found


def host_patterns(name: str) -> list[str]:
    """Names of hosts, or `*.domain` for every name below it, separated by commas; neither port nor address."""
    found = [part.lower() for each in os.environ.get(name, "").split(",") if (part := each.strip())]
    for text in found:
        bare = text.removeprefix("*.")
        if "*" in bare or "." not in bare or not _is_host(bare, port=False):
            raise _refused(name, text, "écrivez un nom, ou *. puis un nom : *.exemple.fr, www.exemple.fr")
    return found


def host(name: str, port: int) -> str:
    """The name of one machine, "" when absent; it is called at this port."""
    text = os.environ.get(name, "").strip()
    if text and not _is_host(text, port=False):
        raise _refused(name, text, f"écrivez le nom du serveur seul ; il est appelé au port {port}")
    return text


def ip_endpoint(name: str, port: int) -> tuple[str, int] | None:
    """An IP address and its port (`port` where it is not given), of `192.0.2.53`, `192.0.2.53:5353`, `[2001:db8::53]:5353`; None when absent."""
    text = os.environ.get(name, "").strip()
    if not text:
        return None
    try:
        parts = urlsplit(f"//[{text}]" if text.count(":") > 1 and "[" not in text else f"//{text}")
        found = str(ip_address(parts.hostname or "")), port if parts.port is None else parts.port
    except ValueError:
        found = "", 0
    if not all(found) or any(sign in text for sign in "/?#@"):
        raise _refused(name, text, "écrivez l'adresse en chiffres, comme 192.0.2.53 ou 127.0.0.1:5353")
    return found


def _is_host(text: str, *, port: bool) -> bool:
    from beffroi.lake.sources import addresses  # here only: most instances name no host

    if any(sign in text for sign in "/?#@"):
        return False
    try:
        found = addresses.entries([text])
        return bool(found) and (port or found[0].port is None) and found[0].port != 0
    except ValueError:
        return False


def check_file(name: str) -> None:
    """Refuse the name of a file that is not there: another would be read in its place."""
    text = os.environ.get(name, "").strip()
    if text and not (Path(text).is_file() and os.access(text, os.R_OK)):
        raise _refused(name, text, "ce fichier n'existe pas, ou ne peut pas être lu")


def check_country(name: str) -> None:
    """Refuse a country whose electricity nobody here knows: every footprint would be without a figure."""
    text = os.environ.get(name, "").strip()
    if not text:
        return
    from beffroi.systems import factors  # here only: most instances compute in France

    if not factors.is_known(text.upper()):
        raise _refused(name, text, "donnez un pays en trois lettres (ISO 3166), comme FRA ou BEL")


def choice(name: str, among: tuple[str, ...]) -> str:
    """One of these words; the first where it is absent."""
    text = os.environ.get(name, "").strip() or among[0]
    if text not in among:
        raise _refused(name, text, f"choisissez parmi {', '.join(among)}")
    return text


def level(name: str, absent: str) -> str:
    """How much the log says."""
    text = os.environ.get(name, "").strip() or absent
    if text not in LEVELS:
        raise _refused(name, text, f"choisissez parmi {', '.join(LEVELS)}")
    return text


def _refused(name: str, text: str, what: str) -> HomeError:
    return HomeError(
        f"{name} vaut « {text} » : {what}. Rien n'a été démarré. Corrigez ce réglage, ou retirez-le."
    )
