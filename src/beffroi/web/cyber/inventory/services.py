"""Machines that report, and what people say of them: the only writers of these rows.

In: a message that was read, the sign of life of a machine, or a person with the right and what they typed. A person's act and the
first report of a machine write one ledger line each; the reports that follow write none, and overwrite each other.
"""

from datetime import datetime, time, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from beffroi.hashing import text_sha256
from beffroi.text import fold_name
from beffroi.web.platform import ledger
from beffroi.web.platform.acts import Recorded, act
from beffroi.web.platform.models import Person, Territory

from ..models import MachineKey, ReportedDevice, SilenceWatch, UnreadReport
from ..models.inventory import NOT_WATCHED
from . import device_facts, keys, register_entries
from .errors import InventoryError
from .messages import Message

MAX_DEVICES: Final = 5_000  # of a territory
MAX_PERIOD_HOURS: Final = 31 * 24
SHORTEST_REASON: Final = 10
_ACT: Final = "cyber.answer"
Kind, Channel = ReportedDevice.Kind, ReportedDevice.Channel


def receive(territory: Territory, message: Message, at: datetime | None = None) -> ReportedDevice | None:
    """Store the inventory of a machine, or the sign of life of a first contact; None for a machine not seen yet.

    `at`: when it came; now, where it is not said. Raises InventoryError for an inventory that names no machine.
    """
    if message.kind != "inventory":
        return _agent_contact(territory, message.device)
    at = at or timezone.now()
    name, identity = device_facts.machine_name(message), device_facts.identity(message)
    if not identity or not name:
        raise InventoryError("Cet inventaire ne dit pas de quelle machine il parle.")
    key = _key(territory, "inventory", identity)
    with transaction.atomic():
        rows = ReportedDevice.objects.of(territory).select_for_update()
        # A server that a person declared by its name, and whose agent now speaks, is one machine.
        declared = _key(territory, "declared", fold_name(name))
        device = rows.filter(key=key).first() or rows.filter(key=declared).first()
        is_new = device is None
        if device is None:
            _check_room(territory)
            kind = Kind.SERVER if device_facts.kind(message) == "server" else Kind.WORKSTATION
            device = ReportedDevice(territory=territory, kind=kind, watched_since=at)
        device.key, device.name, device.agent = key, name, _key(territory, "agent", message.device)
        found, programs = device_facts.facts(message).to_dict(), device_facts.software(message)
        # A partial inventory says what changed only: what it leaves out stands.
        device.facts = {**device.facts, **{k: v for k, v in found.items() if v or not message.partial}}
        device.software = programs if programs or not message.partial else device.software
        _mark_contact(device, Channel.INVENTORY, at)
        device.save()
        if is_new:
            ledger.append(territory, "device.report", None, f"device:{device.pk}", {"kind": device.kind})
        register_entries.follow(device)
    return device


def _agent_contact(territory: Territory, agent: str) -> ReportedDevice | None:
    devices = ReportedDevice.objects.of(territory).defer("software")
    device = devices.filter(agent=_key(territory, "agent", agent)).first()
    if device is not None:
        _save_contact(device, Channel.INVENTORY)
    return device


def beat(key: MachineKey, name: str = "") -> ReportedDevice | None:
    """Take the sign of life of the key's machine, or, for a collector's, of the machine of this name; None for an unknown one."""
    devices = ReportedDevice.objects.of(key.territory).defer("software", "facts")
    channel, pk = Channel.HTTPS, key.device_id
    if key.use == MachineKey.Use.COLLECTOR:
        # A journal has « srv1 » where the machine is « srv1.mairie.example ».
        named = (
            pk for pk, other in devices.values_list("pk", "name") if _short_name(other) == _short_name(name)
        )
        channel, pk = Channel.SYSLOG, next(named, None)
    device: ReportedDevice | None = devices.filter(pk=pk).first()
    if device is not None:
        _save_contact(device, channel)
    return device


def _short_name(name: str) -> str:
    return fold_name(name.partition(".")[0])


def _save_contact(device: ReportedDevice, channel: ReportedDevice.Channel) -> None:
    _mark_contact(device, channel, timezone.now())
    contact = ("channel", "first_seen", "last_seen", "last_contact")
    device.save(update_fields=[*contact, *device.SILENCE])


def _mark_contact(device: ReportedDevice, channel: ReportedDevice.Channel, at: datetime) -> None:
    """A contact takes the place of the one before, and ends the silence. The hour of a workstation is not written."""
    today = timezone.localdate(at)
    if device.kind == Kind.WORKSTATION:
        at = timezone.make_aware(datetime.combine(today, time()))
    if channel != Channel.INVENTORY or not device.channel:
        device.channel = channel  # a server that also gives signs of life is expected as often as they come
    device.last_contact, device.last_seen = at, today
    device.first_seen = device.first_seen or today
    device.end_silence()


def count_unread(territory: Territory, reason: str) -> None:
    """Count a message that could not be read, for the page: neither its content nor its machine is written."""
    with transaction.atomic():
        row, is_new = UnreadReport.objects.of(territory).get_or_create(
            day=timezone.localdate(), reason=reason[:200], defaults={"territory": territory}
        )
        if not is_new:
            UnreadReport.objects.of(territory).filter(pk=row.pk).update(count=F("count") + 1)
        UnreadReport.objects.of(territory).filter(day__lt=timezone.localdate() - timedelta(days=60)).delete()


@act("device.declare", "machine dont un signe de vie est attendu", right=_ACT, fresh=True)
def declare(territory: Territory, *, name: str, kind: str, by: Person) -> Recorded[keys.Issued]:
    """Wait for the signs of life of a server or of a backup, and make the key with which it sends them."""
    name = " ".join(name.split())[:120]
    if not name:
        raise InventoryError("Donnez un nom à cette machine ou à cette sauvegarde.", "name")
    if kind not in (Kind.SERVER, Kind.BACKUP):
        raise InventoryError("Dites si c'est un serveur ou une sauvegarde.", "kind")
    key = _key(territory, "declared", fold_name(name))
    if ReportedDevice.objects.of(territory).filter(Q(key=key) | Q(name__iexact=name)).exists():
        raise InventoryError(
            f"« {name} » est déjà dans la liste. Ouvrez sa page pour lui donner une clé.", "name"
        )
    _check_room(territory)
    device = ReportedDevice.objects.create(
        territory=territory, key=key, name=name, kind=kind, channel=Channel.HTTPS
    )
    register_entries.follow(device)
    issued = keys.create(territory, MachineKey.Use.HEARTBEAT, by=by, device=device)
    return Recorded(issued, {"kind": kind}, f"device:{device.pk}")


@act(
    "device.change",
    "changement de ce qui est attendu d'une machine",
    right=_ACT,
    done="C'est noté pour « {it} ».",
)
def change(
    device: ReportedDevice, *, kind: str, period_hours: int | None, by: Person
) -> Recorded[ReportedDevice]:
    """Say what a machine is and how often a sign is expected: None for the rule of its kind, 0 for never."""
    if kind not in Kind.values:
        raise InventoryError("Dites ce qu'est cette machine.", "kind")
    if period_hours is not None and not NOT_WATCHED <= period_hours <= MAX_PERIOD_HOURS:
        raise InventoryError(
            f"Attendez un signe toutes les {MAX_PERIOD_HOURS} heures au plus : c'est un mois.", "period_hours"
        )
    device.kind, device.period_hours, device.watched_since = kind, period_hours, timezone.now()
    device.save(update_fields=["kind", "period_hours", "watched_since"])
    register_entries.follow(device)
    return Recorded(device, {"kind": kind, "period_hours": period_hours})


@act(
    "device.acknowledge",
    "prise en charge du silence d'une machine",
    right=_ACT,
    done="Vous prenez en charge le silence de « {it} ». Il se ferme seul à son retour.",
)
def acknowledge(device: ReportedDevice, *, reason: str, by: Person) -> Recorded[ReportedDevice]:
    """Take charge of a silence, with its reason: nobody is called about it again until the machine is back."""
    reason = " ".join(reason.split())[:300]
    if len(reason) < SHORTEST_REASON:
        raise InventoryError(
            "Dites en quelques mots pourquoi elle ne répond pas, ou ce que vous faites.", "reason"
        )
    if device.silent_since is None:
        raise InventoryError("Cette machine a de nouveau donné signe : il n'y a plus rien à signaler.")
    device.acknowledged_by, device.acknowledged_on, device.reason = by, timezone.localdate(), reason
    device.save(update_fields=["acknowledged_by", "acknowledged_on", "reason"])
    return Recorded(device, {"sha256": text_sha256(reason)})


@act(
    "device.remove",
    "retrait d'une machine de la liste",
    right=_ACT,
    label="Retirer de la liste",
    done="« {it} » n'est plus dans la liste. Si son agent tourne encore, elle y reviendra.",
)
def remove(device: ReportedDevice, by: Person) -> Recorded[ReportedDevice]:
    """Erase a machine that is gone, its keys, and its entry of the register where nobody wrote in it.

    One that reports again comes back as a new one.
    """
    device.delete()
    register_entries.forget(device, by)
    return Recorded(device, {"kind": device.kind})


def _key(territory: Territory, kind: str, text: str) -> str:
    """A hash that recognises a machine in its territory, and nowhere else."""
    return text_sha256(f"{territory.pk}/{kind}/{text}")


def _check_room(territory: Territory) -> None:
    """Begin the watch of the territory, and refuse more machines than a territory has. Raises InventoryError."""
    SilenceWatch.objects.of(territory).get_or_create(
        defaults={"territory": territory, "checked_at": timezone.now()}
    )
    if ReportedDevice.objects.of(territory).count() >= MAX_DEVICES:
        raise InventoryError(f"La liste a déjà {MAX_DEVICES} machines : retirez celles qui ne servent plus.")
