"""The mail server that the operator named: its port, how it is encrypted, and under which account, read strictly.

In: the environment. Out: the options of Django's SMTP backend. A password never goes in clear to another machine.
"""

import os
from pathlib import Path
from typing import Any, Final

from beffroi.home import HomeError
from beffroi.web import environment
from beffroi.web.loopback import is_loopback

TIMEOUT: Final = 20  # seconds
SECURITY: Final = ("starttls", "tls", "none")


def options(host: str, port: int) -> dict[str, Any]:
    """Options of the SMTP backend for this server. Raises HomeError."""
    security = environment.choice("BEFFROI_MAIL_SECURITY", SECURITY)
    user, password = os.environ.get("BEFFROI_MAIL_USER", "").strip(), _password()
    if bool(user) != bool(password):
        raise HomeError(
            "BEFFROI_MAIL_USER et BEFFROI_MAIL_PASSWORD_FILE vont ensemble. Rien n'a été démarré. Donnez les deux, ou aucun."
        )
    if security == "none" and not is_loopback(host):
        raise HomeError(
            f"BEFFROI_MAIL_SECURITY vaut « none », mais {host} est une autre machine : les messages partiraient en clair. Rien n'a "
            "été démarré. Choisissez « starttls » (port 587) ou « tls » (port 465)."
        )
    found: dict[str, Any] = {"host": host, "port": port, "timeout": TIMEOUT}
    if security != "none":
        found["use_tls" if security == "starttls" else "use_ssl"] = True
    if user:
        found |= {"username": user, "password": password}
    return found


def _password() -> str:
    """From a file that only the service reads: an environment is seen by more eyes."""
    name = "BEFFROI_MAIL_PASSWORD_FILE"
    environment.check_file(name)
    path = os.environ.get(name, "").strip()
    return Path(path).read_text("utf-8").strip() if path else ""
