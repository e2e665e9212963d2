"""Passive checks of a declared site: what its ordinary answers show of its settings, and what to ask its provider.

In: visits already made, facts of the encrypted connection. Out: findings in French. Nothing is tried, no port is scanned. Sources:
ANSSI, « Recommandations pour la mise en œuvre d'un site web »; RFC 6797 (HSTS), RFC 9116 (security.txt), RFC 9309 (robots.txt).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from beffroi.web.ui.formats import counted

from .visits import TlsFacts, Visit

EXPIRES_SOON: Final = timedelta(days=21)
LONG_ENOUGH: Final = 180  # days that HSTS is remembered
_VERSION = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class Finding:
    """One check. `level`: good, warn, danger, or unknown when nothing could be seen; `ask`: what to ask the provider."""

    code: str
    level: str
    title: str
    reason: str
    ask: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Seen:
    """What was visited for the checks. `plain`: the unencrypted address; None when it was not called."""

    encrypted: bool
    home: Visit
    tls: TlsFacts | None
    plain: Visit | None
    security_txt: Visit
    robots: Visit


def check(seen: Seen, now: datetime) -> list[Finding]:
    """Findings, the most serious first."""
    found = [
        *_encryption(seen, now),
        *_redirection(seen),
        *_headers(seen),
        *_cookies(seen),
        *_software(seen.home.headers),
        *_files(seen),
    ]
    order = {"danger": 0, "warn": 1, "unknown": 2, "good": 3}
    return sorted(found, key=lambda finding: order[finding.level])


def _encryption(seen: Seen, now: datetime) -> Iterable[Finding]:
    if not seen.encrypted:
        yield Finding("https", "danger", "HTTPS", "Le site est déclaré sans chiffrement : ce que les habitants y écrivent peut être lu en chemin.",
                      "Mettez le site en HTTPS, avec un certificat renouvelé seul.")  # fmt: skip
        return
    tls = seen.tls or TlsFacts(trouble="La connexion chiffrée n'a pas pu être regardée.")
    if tls.trouble:
        yield Finding(
            "https",
            "danger",
            "HTTPS",
            tls.trouble,
            "Installez un certificat valable, avec toute sa chaîne, renouvelé seul.",
        )
    else:
        yield Finding(
            "https",
            "good",
            "HTTPS",
            f"La connexion est chiffrée ({tls.version}) et le certificat est reconnu.",
        )
    if tls.version in ("TLSv1", "TLSv1.1"):
        yield Finding(
            "tls",
            "danger",
            "Version de TLS",
            f"{tls.version} n'est plus sûr.",
            "N'acceptez que TLS 1.2 et TLS 1.3.",
        )
    if tls.expires_at is not None:
        level, ask = "good", ""
        if tls.expires_at < now:
            level, ask = "danger", "Renouvelez le certificat aujourd'hui."
        elif tls.expires_at - now <= EXPIRES_SOON:
            level, ask = "warn", "Renouvelez le certificat, et faites qu'il se renouvelle seul."
        yield Finding("expiry", level, "Fin du certificat", f"Il {expiry_words(tls.expires_at, now)}.", ask)


def expiry_words(ends: datetime, now: datetime) -> str:
    """« expire aujourd'hui », « demain », « dans 3 jours »; « est expiré depuis hier »: days as a calendar counts them."""
    days = (timezone.localdate(ends) - timezone.localdate(now)).days
    near = {0: "aujourd'hui", 1: "demain", -1: "hier"}.get(days)
    if ends < now:
        return f"est expiré depuis {near or counted(-days, 'jour')}"
    return f"expire {near or f'dans {counted(days, "jour")}'}"


def _redirection(seen: Seen) -> Iterable[Finding]:
    if not seen.encrypted or seen.plain is None:
        return
    plain = seen.plain
    title = "Passage de HTTP à HTTPS"
    if plain.refused:
        yield Finding(
            "redirect",
            "unknown",
            title,
            "Pas regardé : l'exploitant de Beffroi n'a pas ouvert l'adresse sans chiffrement.",
        )
    elif plain.status == 0:
        yield Finding("redirect", "good", title, "Le site ne répond pas sans chiffrement.")
    elif plain.redirected and plain.url.startswith("https://"):
        yield Finding("redirect", "good", title, "L'adresse sans chiffrement renvoie vers HTTPS.")
    else:
        yield Finding(
            "redirect",
            "warn",
            title,
            "Le site répond aussi sans chiffrement.",
            "Renvoyez toute adresse http:// vers https://.",
        )


def _headers(seen: Seen) -> Iterable[Finding]:
    headers = seen.home.headers
    if seen.encrypted:
        found = re.search(
            r"max-age\s*=\s*\"?(\d{1,12})", headers.get("strict-transport-security", ""), re.IGNORECASE
        )
        days = int(found[1]) // 86_400 if found else 0
        if days >= LONG_ENOUGH:
            yield Finding("hsts", "good", "HSTS", f"Les navigateurs retiennent HTTPS pendant {days} jours.")
        else:
            yield Finding("hsts", "warn", "HSTS", "Un visiteur peut être ramené sur une adresse sans chiffrement.",
                          f"Ajoutez l'en-tête Strict-Transport-Security, {LONG_ENOUGH} jours au moins.")  # fmt: skip
    if headers.get("content-security-policy"):
        yield Finding(
            "csp", "good", "Politique de contenu (CSP)", "Le site dit d'où ses programmes peuvent venir."
        )
    else:
        yield Finding("csp", "warn", "Politique de contenu (CSP)", "Un programme glissé dans une page serait exécuté sans contrôle.",
                      "Ajoutez l'en-tête Content-Security-Policy, d'abord en observation.")  # fmt: skip
    if headers.get("x-content-type-options", "").strip().lower() == "nosniff":
        yield Finding(
            "nosniff",
            "good",
            "Nature des fichiers",
            "Les navigateurs ne devinent pas la nature des fichiers.",
        )
    else:
        yield Finding("nosniff", "warn", "Nature des fichiers", "Un fichier déposé pourrait être pris pour un programme.",
                      "Ajoutez l'en-tête X-Content-Type-Options: nosniff.")  # fmt: skip


def _cookies(seen: Seen) -> Iterable[Finding]:
    if not seen.home.cookies:
        return
    missing: set[str] = set()
    for cookie in seen.home.cookies:
        flags = {part.strip().partition("=")[0].lower() for part in cookie.split(";")[1:]}
        wanted = {"httponly": "HttpOnly", "samesite": "SameSite"} | (
            {"secure": "Secure"} if seen.encrypted else {}
        )
        missing |= {label for flag, label in wanted.items() if flag not in flags}
    count = len(seen.home.cookies)
    if missing:
        yield Finding("cookies", "warn", "Témoins (cookies)", f"{count} posé{'s' if count > 1 else ''} sans {', '.join(sorted(missing))}.",
                      "Posez les témoins avec Secure, HttpOnly et SameSite.")  # fmt: skip
    else:
        yield Finding("cookies", "good", "Témoins (cookies)", "Ils sont protégés.")


def _software(headers: Mapping[str, str]) -> Iterable[Finding]:
    versions = [
        headers[name][:80]
        for name in ("server", "x-powered-by", "x-generator")
        if _VERSION.search(headers.get(name, ""))
    ]
    if versions:
        yield Finding("version", "warn", "Version du serveur", f"Le site dit sa version : {', '.join(versions)}. Un intrus sait quoi essayer.",
                      "Masquez la version (server_tokens off, expose_php off) et tenez le serveur à jour.")  # fmt: skip
    else:
        yield Finding("version", "good", "Version du serveur", "Le site ne dit pas sa version.")


def _files(seen: Seen) -> Iterable[Finding]:
    if seen.security_txt.is_seen and b"contact:" in seen.security_txt.body[:10_000].lower():
        yield Finding("security_txt", "good", "security.txt", "Qui trouve une faille sait à qui l'écrire.")
    else:
        yield Finding("security_txt", "warn", "security.txt", "Qui trouve une faille ne sait pas à qui l'écrire.",
                      "Déposez /.well-known/security.txt avec une adresse de contact et une date de fin.")  # fmt: skip
    if seen.robots.is_seen:
        paths = re.findall(
            rb"(?im)^disallow:\s*(/\S*(?:admin|backup|sauvegarde|prive|private|config)\S*)",
            seen.robots.body[:20_000],
        )
        if paths:
            yield Finding("robots", "warn", "robots.txt", "Il donne à tous l'adresse de pages réservées.",
                          "Retirez ces adresses de robots.txt et protégez-les par un mot de passe.")  # fmt: skip
        else:
            yield Finding("robots", "good", "robots.txt", "Il ne donne l'adresse d'aucune page réservée.")
