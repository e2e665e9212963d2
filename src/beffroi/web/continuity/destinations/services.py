"""Declare a destination, try it, send files there, withdraw it. What is sent stays a matter of who calls: right and content.

`send` never raises for what happens outside: its report says what, and what to do. Raises DestinationError, PermissionDenied.
"""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from django import forms
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from beffroi.hashing import json_sha256
from beffroi.lake.sources.addresses import host_of
from beffroi.lake.sources.errors import AddressRefused, SourceError
from beffroi.lake.sources.network import format_size
from beffroi.web.platform.acts import Recorded, Unchanged, act
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.fields import SecretText, VisibleCharField

from ..models import Destination, DestinationCopy, DestinationTrial
from . import copying, place_opening
from .errors import DestinationError
from .places.folder_place import mount_point_of

type Purpose = Literal["kit", "site"]
Kind = Destination.Kind
DECLARE: Final = "continuity.approve"
TRY: Final = "continuity.answer"
MOST_DESTINATIONS: Final = 20
TRIAL_EVERY: Final = timedelta(days=30)
KIT_FOLDER: Final = "kit-beffroi"
_STAYS: Final = "La dernière copie entière est restée en place."
_BY_ZIP: Final = "En attendant, téléchargez le ZIP et déposez-le vous-même."


@dataclass(frozen=True)
class SendReport:
    """What became of a copy. `sent`: files; `size`: bytes; `message`: in French, for the person."""

    ok: bool
    sent: int
    size: int
    message: str


def in_use(territory: Territory) -> QuerySet[Destination]:
    """The destinations of a territory that were not withdrawn."""
    rows: QuerySet[Destination] = Destination.objects.of(territory).filter(withdrawn_at=None)
    return rows


def destinations_for(territory: Territory, use: Purpose) -> list[Destination]:
    """The destinations in use for the kit or for the residents' page."""
    return list(in_use(territory).filter(use=use))


def _describe(
    territory: Territory,
    by: Person,
    *,
    use: Annotated[
        str,
        forms.ChoiceField(
            label="Ce qui y sera copié", choices=Destination.Use.choices, widget=forms.RadioSelect
        ),
    ],
    kind: Annotated[
        str,
        forms.ChoiceField(
            label="Par quel moyen",
            choices=Destination.Kind.choices,
            widget=forms.RadioSelect,
            help_text="Votre hébergeur dit lequel. S'il ne propose que FTP sans chiffrement, choisissez « à la main ».",
        ),
    ],
    name: Annotated[
        str,
        VisibleCharField(
            label="Son nom",
            max_length=120,
            help_text="Par exemple « Hébergeur de secours » ou « Clé du coffre ».",
        ),
    ],
    address: Annotated[
        str,
        VisibleCharField(
            label="Adresse",
            max_length=1000,
            required=False,
            help_text="SFTP et FTPS : le nom du serveur. WebDAV : l'adresse en https://. Dossier ou clé : son chemin sur la machine de Beffroi.",
        ),
    ],
    port: Annotated[
        int | None,
        forms.IntegerField(
            label="Port",
            required=False,
            min_value=1,
            max_value=65535,
            help_text="Vide : 22 en SFTP, 21 en FTPS.",
        ),
    ] = None,
    account: Annotated[str, VisibleCharField(label="Compte", max_length=200, required=False)] = "",
    password: Annotated[
        str,
        forms.CharField(
            label="Mot de passe",
            max_length=500,
            required=False,
            strip=False,
            widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
            help_text="Gardé chiffré. Il ne se relit pas ici.",
        ),
    ] = "",
    private_key: Annotated[
        str,
        forms.CharField(
            label="Ou clé privée (SFTP)",
            max_length=10_000,
            required=False,
            strip=False,
            widget=SecretText(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        ),
    ] = "",
    folder: Annotated[
        str,
        VisibleCharField(
            label="Dossier",
            max_length=500,
            required=False,
            help_text="Celui que votre hébergeur montre aux visiteurs, par exemple www/etat. Vide : celui du compte.",
        ),
    ] = "",
) -> Destination:
    """The place as it was typed, not yet saved; an SFTP server is called once, for the key that it presents."""
    if use not in Destination.Use.values:
        raise DestinationError("Dites ce qui y sera copié.", "use")
    if kind not in Kind.values:
        raise DestinationError("Choisissez un moyen dans la liste.", "kind")
    destination = Destination(
        territory=territory,
        use=use,
        kind=kind,
        name=name.strip()[:120],
        address=_address(kind, address.strip()),
        port=port if kind in place_opening.USUAL_PORTS else None,
        account=account.strip()[:200],
        folder=_folder(folder),
        trial_folder=f".beffroi-essai-{secrets.token_hex(4)}",
        declared_by=by,
    )
    if not destination.name:
        raise DestinationError("Donnez-lui un nom que vous reconnaîtrez.", "name")
    _check_credentials(destination, password, private_key)
    try:
        if kind == Kind.SFTP:
            destination.host_key = place_opening.host_key_of(destination)
        elif kind == Kind.FOLDER:
            path = place_opening.network_for(territory, place_opening.TRY_SECONDS).resolve_local_path(
                destination.address
            )
            destination.removable = path.stat().st_dev != place_opening.home_device()
            destination.mount_point = str(mount_point_of(path)) if destination.removable else None
    except SourceError as error:
        raise DestinationError(_for_copies(str(error)), "address") from error
    destination.sealed_secret = place_opening.seal_secret(password=password, private_key=private_key.strip())
    return destination


@act(
    "destination.declare",
    "déclaration d'un endroit où copier le kit hors ligne ou la page des habitants",
    right=DECLARE,
    label="Ajouter la destination",
    done=lambda it: (
        f"« {it} » est déclarée. {'Téléchargez le ZIP.' if it.is_by_hand else 'Essayez-la maintenant.'}"
    ),
    prepare=_describe,
)
def declare(territory: Territory, by: Person, described: Destination) -> Recorded[Destination]:
    """Declare a place where files will be copied."""
    if in_use(territory).count() >= MOST_DESTINATIONS:
        raise DestinationError(f"{MOST_DESTINATIONS} destinations au plus : retirez-en une qui ne sert plus.")
    described.save()
    details = {name: getattr(described, name) for name in ("use", "kind", "address", "host_key")}
    return Recorded(described, details)


def _for_copies(message: str) -> str:
    """A message of the sources, for who writes: the folders are those of copies."""
    return message.replace("a ouvert aux sources", "a ouvert aux copies (BEFFROI_COPY_FOLDERS)").replace(
        "Demandez-lui de l'ajouter, ou déposez le fichier dans un dossier ouvert.",
        "Demandez-lui de l'ajouter.",
    )


def _address(kind: str, address: str) -> str:
    """The address in its form. Raises DestinationError."""
    scheme = address.partition("://")[0].lower() if "://" in address else ""
    if kind == Kind.ZIP:
        return address[:1000]
    if not address:
        raise DestinationError(
            "Donnez l'adresse que votre hébergeur vous a donnée, ou le chemin du dossier.", "address"
        )
    if scheme == "ftp":
        raise DestinationError(
            "Le FTP en clair est refusé : votre mot de passe et vos pages se liraient en chemin. Demandez à votre hébergeur FTPS ou SFTP.",
            "address",
        )
    if kind == Kind.FOLDER:
        return address[:1000]
    if kind == Kind.WEBDAV:
        parts = urlsplit(address)
        if (
            scheme not in ("https", "http")
            or not parts.hostname
            or parts.username
            or parts.query
            or parts.fragment
        ):
            raise DestinationError(
                "L'adresse WebDAV commence par https:// et ne contient ni nom ni mot de passe.", "address"
            )
        return address[:1000]
    if scheme:
        raise DestinationError("Donnez le nom du serveur seul, par exemple ftp.hebergeur.fr.", "address")
    try:
        return host_of(address)
    except AddressRefused as error:
        raise DestinationError(str(error), "address") from error


def _folder(folder: str) -> str:
    parts = folder.strip().split("/")
    if (
        any(part in (".", "..") or not (part == "" or part.isprintable()) for part in parts)
        or len(folder) > 500
    ):
        raise DestinationError("Écrivez un dossier ordinaire, par exemple www/etat-des-services.", "folder")
    return folder.strip().rstrip("/")


def _check_credentials(destination: Destination, password: str, private_key: str) -> None:
    if destination.kind not in (Kind.SFTP, Kind.FTPS):
        return
    if not destination.account:
        raise DestinationError("Donnez le nom du compte.", "account")
    if not password and not (destination.kind == Kind.SFTP and private_key.strip()):
        raise DestinationError("Donnez le mot de passe du compte.", "password")


@act(
    "destination.withdraw",
    "retrait d'un endroit où copier",
    right=DECLARE,
    label="Retirer la destination",
    done="« {it} » est retirée, son mot de passe effacé. Ce qui s'y trouve n'est pas touché.",
)
def withdraw(destination: Destination, by: Person) -> Recorded[Destination] | Unchanged[Destination]:
    """Send nothing there any more; its secret is erased. What is there is not touched."""
    if destination.withdrawn_at is not None:
        return Unchanged(destination)
    destination.withdrawn_at, destination.withdrawn_by = timezone.now(), by
    destination.sealed_secret = ""
    destination.save(update_fields=["withdrawn_at", "withdrawn_by", "sealed_secret"])
    return Recorded(destination)


def send(
    destination: Destination, files: Mapping[str, bytes], *, folder: str = "", reference: str = ""
) -> SendReport:
    """Copy these files, whole or not at all; never inside a transaction. `folder`: they replace what it contains.

    Without a folder the files of the page go beside what is there; those of a kit have a folder of their own.
    """
    copying.check_names(files)
    within = folder or (KIT_FOLDER if destination.use == Destination.Use.KIT else "")
    if within:
        copying.check_names([within])
    size = sum(map(len, files.values()))
    report = _attempt(destination, files, within, size)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    DestinationCopy.objects.create(
        territory=destination.territory,
        destination=destination,
        ok=report.ok,
        message=report.message[:1000],
        reference=reference[:80],
        files=len(files),
        size=size,
        sha256=json_sha256(digests),
    )
    return report


def _attempt(destination: Destination, files: Mapping[str, bytes], folder: str, size: int) -> SendReport:
    if destination.withdrawn_at is not None:
        return SendReport(False, 0, 0, f"Cette destination a été retirée : rien n'y a été envoyé. {_BY_ZIP}")
    if destination.is_by_hand:
        return SendReport(
            False, 0, 0, "Cette destination se remplit à la main : téléchargez le ZIP et déposez son contenu."
        )
    try:
        with place_opening.opened(destination) as place:
            if folder:
                copying.copy_folder(place, files, folder)
            else:
                copying.copy_files(place, files)
    except copying.SwitchError as error:
        return SendReport(False, 0, 0, f"{error} Recommencez. {_BY_ZIP}")
    except SourceError as error:
        return SendReport(False, 0, 0, f"{_for_copies(_cause(error))} {_STAYS} {_BY_ZIP}")
    count = len(files)
    return SendReport(
        True,
        count,
        size,
        f"{count} fichier{'s' if count > 1 else ''} ({format_size(size)}) copié{'s' if count > 1 else ''}.",
    )


def _cause(error: SourceError) -> str:
    """What happened, without what a source keeps: nothing was fetched here."""
    text = str(error)
    for end in (
        "Ce que vous avez déjà est gardé.",
        "Rien n'en a été repris.",
        "Rien n'a été envoyé ni repris.",
    ):
        text = text.replace(f" {end}", "")
    return text


def last_attempts[A: (DestinationCopy, DestinationTrial)](of: type[A], territory: Territory) -> QuerySet[A]:
    """The last copy, or the last trial, of each destination in use."""
    rows = of.objects.of(territory)
    newest = Subquery(rows.filter(destination=OuterRef("pk")).values("pk")[:1])
    last = in_use(territory).annotate(last=newest).values("last")
    found: QuerySet[A] = rows.filter(pk__in=last)
    return found


def _trial(destination: Destination, by: Person | None) -> tuple[bool, str]:
    """Whether a file could be written, read back and removed there, and what the person is told."""
    if destination.withdrawn_at is not None or destination.is_by_hand:
        raise DestinationError(
            "Cette destination ne s'essaie pas d'ici : elle est retirée, ou se remplit à la main."
        )
    content = f"Essai de Beffroi, {secrets.token_hex(16)}\n".encode()
    path = f"{destination.trial_folder}/essai.txt"
    try:
        with place_opening.opened(destination, seconds=place_opening.TRY_SECONDS) as place:
            place.make_folder(destination.trial_folder)
            place.write(path, content)
            same = place.read(path) == content
            place.remove_folder(destination.trial_folder)
    except SourceError as error:
        return False, f"{_for_copies(_cause(error))} Corrigez-le avant d'en avoir besoin."
    if not same:
        return False, "Le fichier relu n'est pas celui qui a été écrit. Prévenez votre hébergeur."
    return True, "Un fichier y a été écrit, relu et effacé."


@act(
    "destination.try",
    "essai d'un endroit où copier : un fichier écrit, relu et effacé",
    right=TRY,
    label="Essayer maintenant",
    prepare=_trial,
)
def try_out(
    destination: Destination, by: Person | None, tried: tuple[bool, str]
) -> Recorded[DestinationTrial]:
    """Write a file to the hidden folder, read it back, remove it; never inside a transaction. The next trial is in a month."""
    (ok, message), now = tried, timezone.now()
    trial: DestinationTrial = DestinationTrial.objects.create(
        territory=destination.territory,
        destination=destination,
        at=now,
        ok=ok,
        message=message[:1000],
        by=by,
    )
    destination.next_trial_at = now + TRIAL_EVERY
    destination.save(update_fields=["next_trial_at"])
    return Recorded(trial, {"ok": ok})
