"""The machines of each territory: one that reports and is silent, one whose sign of life is expected, the keys of both."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from beffroi.web.cyber.inventory import keys, services
from beffroi.web.cyber.inventory.messages import Message
from beffroi.web.cyber.models import MachineKey, ReportedDevice

if TYPE_CHECKING:
    from .world import Side


def furnish_machines(side: "Side") -> None:
    """Every text bears the private word. Called inside the territory."""
    word, person = side.words.private, side.people["everything"]
    for n in range(1 + side.words.more):
        sections = {
            "HARDWARE": [{"NAME": f"Poste {n} {word}", "UUID": f"4C4C4544-{n}-{side.territory.pk}"}],
            "BIOS": [{"SMANUFACTURER": f"Marque {word}", "SMODEL": f"Modèle {word}", "SSN": f"Série {word}"}],
            "OPERATINGSYSTEM": [{"FULL_NAME": f"Système {word}", "VERSION": f"Version {word}"}],
            "DRIVES": [{"LETTER": "C:", "TOTAL": "1000", "ENCRYPT_STATUS": "Yes"}],
            "ANTIVIRUS": [{"NAME": f"Antivirus {word}", "VERSION": f"Version {word}", "ENABLED": "1"}],
            "SOFTWARES": [
                {"NAME": f"Programme {word}", "VERSION": f"1 {word}", "PUBLISHER": f"Éditeur {word}"}
            ],
        }
        services.receive(side.territory, Message("inventory", "xml", f"agent-{n}-{word}", sections))
        key = keys.create(side.territory, MachineKey.Use.INVENTORY, by=person).key
        expected = services.declare(side.territory, name=f"Sauvegarde {n} {word}", kind="backup", by=person)
    services.count_unread(side.territory, f"Illisible : {word}")
    silent = ReportedDevice.objects.of(side.territory).get(pk=expected.key.device_id)
    ReportedDevice.objects.of(side.territory).update(silent_since=timezone.now() - timedelta(hours=1))
    silent.refresh_from_db()
    services.acknowledge(silent, reason=f"En panne depuis hier {word}", by=person)
    device = ReportedDevice.objects.of(side.territory).exclude(software=[]).first()
    side.facts |= {"device": device, "machine_key": key}
