"""Settings that contradict each other, or the machine: each one alone is right, together they betray their operator."""

import os
import stat
from difflib import get_close_matches
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from beffroi.home import Home
from beffroi.web import environment, public_address
from beffroi.web.catalogue.models import Dataset
from beffroi.web.guides.library import library
from beffroi.web.platform import gates, scope
from beffroi.web.platform.models import Territory
from beffroi.web.platform.rights.active_roles import active_memberships
from beffroi.web.platform.storage import disk_space
from beffroi.web.ui.formats import counted

from .report import State, Verdict

MOST_PROBLEMS: Final = 3
GUIDES: Final = "ajouter-des-guides"
"""The section of the guide of installation."""
OPEN: Final = stat.S_IRWXG | stat.S_IRWXO
NO_SENDER: Final = "beffroi@localhost"


def contradictions(home: Home) -> Verdict:
    found = Verdict()
    _unknown(found)
    _address(found)
    _mail(found)
    _disk(found)
    _folders(found, home)
    _permissions(found, home)
    if os.environ.get("BEFFROI_ALLOW_PARTIAL_ISOLATION"):
        found.add(
            State.WATCH,
            "Les services d'IA peuvent tourner mal enfermés (BEFFROI_ALLOW_PARTIAL_ISOLATION).",
            "Permettez les espaces de noms à cette machine, puis retirez ce réglage.",
        )
    if not found.texts:
        found.add(State.GOOD, "Aucun réglage n'en contredit un autre.")
    return found


def guides(home: Home) -> Verdict:
    """The guides that the operator added: those refused, and why."""
    found, known = Verdict(), library()
    added = sum(each.is_relative_to(home.guides) for each in known.files.values())
    for problem in known.problems[:MOST_PROBLEMS]:
        found.add(
            State.WATCH,
            str(problem),
            "Corrigez ce fichier ; « beffroi guides check » dit tout.",
            guide=GUIDES,
        )
    if not found.texts:
        found.add(State.GOOD, f"{counted(added, 'guide ajouté', 'guides ajoutés')} à ceux de Beffroi.")
    return found


def administrators(home: Home) -> Verdict:
    """Territories that nobody runs: nobody may give a role there."""
    found = Verdict()
    for territory in Territory.objects.exclude(pk__in=gates.closed()).order_by("pk"):
        with scope.inside(territory):
            if active_memberships(territory).filter(role="administrator", person__is_active=True).exists():
                continue
            lived = Dataset.objects.of(territory).exists()
        found.add(
            State.BAD if lived else State.WATCH,
            f"{territory.name} n'a pas d'administrateur : personne ne peut y donner un rôle.",
            f"Nommez-en un : « beffroi invite ADRESSE --as tout --territory {territory.slug} ».",
        )
    if not found.texts:
        found.add(State.GOOD, "Chaque territoire a un administrateur.")
    return found


def _unknown(found: Verdict) -> None:
    for name in environment.unknown():
        close = get_close_matches(name, environment.KNOWN, 1)
        meant = f" Vouliez-vous dire {close[0]} ?" if close else ""
        found.add(
            State.WATCH,
            f"{name} n'est pas un réglage de Beffroi : il ne sert à rien.{meant}",
            "Corrigez son nom dans /etc/beffroi/env, ou retirez-le (docs/settings.md).",
        )


def _address(found: Verdict) -> None:
    url = urlsplit(settings.BASE_URL)
    if url.scheme == "http" and public_address.is_reachable():
        found.add(
            State.BAD,
            f"{settings.BASE_URL} n'est pas chiffrée : mots de passe et données passent en clair.",
            "Mettez un certificat devant, et BEFFROI_URL en https.",
            guide="4-le-nom-et-le-chiffrement-tls",
        )
    if url.scheme == "http" and settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        found.add(
            State.WATCH,
            "Un mandataire est déclaré (BEFFROI_TRUSTED_PROXIES), mais l'adresse publique est en http.",
            "Mettez BEFFROI_URL en https, ou retirez le mandataire : sans lui, une adresse se contrefait.",
        )


def _mail(found: Verdict) -> None:
    if settings.MAIL_HOST and settings.DEFAULT_FROM_EMAIL == NO_SENDER:
        found.add(
            State.BAD,
            f"Un serveur de messagerie est déclaré, mais l'expéditeur est {NO_SENDER} : les courriels seront refusés.",
            "Donnez à BEFFROI_MAIL_FROM une adresse de votre domaine.",
        )
    if not settings.MAIL_HOST and settings.DEFAULT_FROM_EMAIL != NO_SENDER:
        found.add(
            State.WATCH,
            "Un expéditeur est déclaré (BEFFROI_MAIL_FROM) sans serveur de messagerie : rien n'est envoyé.",
            "Donnez BEFFROI_MAIL_HOST, ou retirez l'expéditeur.",
        )


def _disk(found: Verdict) -> None:
    total = disk_space.total()
    if total < 2 * settings.RESERVE:
        found.add(
            State.BAD,
            "La réserve (BEFFROI_RESERVE) dépasse la moitié du disque.",
            "Elle est en Mo : 500 suffit d'ordinaire.",
        )
    if sum(disk_space.quota_of(each) or 0 for each in Territory.objects.only("slug", "quota")) > total:
        found.add(
            State.WATCH,
            "Les parts des territoires (BEFFROI_QUOTAS, fichier d'hébergement) font ensemble plus que le disque.",
            "Baissez-les, ou agrandissez le disque : le premier qui grandit prendra la place des autres.",
        )
    if unknown := disk_space.quotas_of_nobody():
        found.add(
            State.WATCH,
            f"BEFFROI_QUOTAS nomme {', '.join(f'« {slug} »' for slug in unknown)}, qu'aucun territoire ne porte.",
            "Corrigez ce nom court : cette limite ne s'applique à personne.",
        )


def _folders(found: Verdict, home: Home) -> None:
    for setting, entries, uses in (
        ("BEFFROI_SOURCE_FOLDERS", settings.SOURCE_FOLDERS, "aux sources"),
        ("BEFFROI_COPY_FOLDERS", settings.COPY_FOLDERS, "aux copies"),
    ):
        slugs = _slugs() if entries else set()
        for entry in entries:
            slug, _, folder = entry.partition("=")
            if slug != "*" and slug not in slugs:
                found.add(
                    State.WATCH,
                    f"{setting} nomme « {slug} », qu'aucun territoire ne porte.",
                    "Corrigez ce nom court : ce dossier n'est ouvert à personne.",
                )
            elif not (Path(folder).is_absolute() and Path(folder).is_dir()):
                found.add(
                    State.WATCH,
                    f"Le dossier « {folder} » ({setting}) n'existe pas, ou n'est pas un chemin entier.",
                    "Écrivez-le depuis la racine et créez-le, ou retirez-le.",
                )
            elif home.path.is_relative_to(folder) or Path(folder).is_relative_to(home.path):
                found.add(
                    State.BAD,
                    f"Le dossier {folder} ({setting}) touche celui de l'instance.",
                    f"Donnez {uses} un dossier à part : celui-ci tient les clés et les données de tous.",
                )


def _permissions(found: Verdict, home: Home) -> None:
    paths = (home.path, home.secret_key, home.ledger_key)
    wide = [path.name for path in paths if path.exists() and stat.S_IMODE(path.stat().st_mode) & OPEN]
    if wide:
        found.add(
            State.BAD,
            f"D'autres comptes de la machine peuvent lire {', '.join(wide)}.",
            f"« chmod -R go= {home.path} ».",
        )


def _slugs() -> set[str]:
    return set(Territory.objects.values_list("slug", flat=True))
