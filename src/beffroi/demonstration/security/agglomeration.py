"""Sixty machines of the seat: each reports by the intake of real agents; three have been silent for weeks, one of them answered for."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from beffroi.guides import Questionnaire
from beffroi.web.cyber.inventory import services, watching
from beffroi.web.cyber.inventory.messages import Message
from beffroi.web.cyber.models import ReportedDevice
from beffroi.web.cyber.overview import PATH
from beffroi.web.guides.library import guide
from beffroi.web.guides.services import responses
from beffroi.web.platform.models import Person, Territory

from ..life import EXAMPLE

MACHINES: Final = 60
SERVERS: Final = 4
OFFICES: Final = ("ACCUEIL", "FINANCES", "RH", "VOIRIE", "EAU", "DECHETS", "ECOLES", "URBANISME")
CURRENT: Final = ("Microsoft Windows 11 Professionnel", "25H2", "10.0.26200")
OLD: Final = ("Microsoft Windows 10 Professionnel", "22H2", "10.0.19045")
SILENT: Final = {7: 25, 23: 32, 41: 47}
"""Rank of a machine → days since it last spoke."""
REASON: Final = f"{EXAMPLE} : portable prêté à un agent en congé, de retour le mois prochain."
ANSWERS: Final = {
    "ressenti-protection": "assez",
    "ressenti-cible": "oui",
    "contexte-nombre-postes-travail-dans-entite": "entre-50-et-249",
    "contexte-cyber-attaque-subie": "non",
    "gouvernance-infos-et-activites-a-proteger": "oui-idee-generale",
    "gouvernance-exigence-cyber-securite-presta": "non",
    "securite-poste-antivirus-deploye": "oui-alertes-pas-toujours-traitees",
    "reaction-sauvegardes-donnees-realisees": "oui-automatique-et-reguliere",
}


def fill_in(seat: Territory, officer: Person) -> None:
    """Have the machines report, look for the silent ones, begin the path."""
    now = timezone.now()
    for rank in range(MACHINES):
        services.receive(seat, _message(rank), now - timedelta(days=SILENT.get(rank, 0)))
    watching.check(seat, now)
    silent = ReportedDevice.objects.of(seat).exclude(silent_since=None).order_by("last_seen").first()
    if silent is not None:
        services.acknowledge(silent, reason=REASON, by=officer)
    path = responses.open_response(seat, officer, guide(Questionnaire, PATH))
    responses.save_answers(path, officer, ANSWERS, note=EXAMPLE)


def _message(rank: int) -> Message:
    """What an agent of inventory sends of this machine, the day it was installed included; every name is invented."""
    is_server = rank < SERVERS
    office = OFFICES[rank % len(OFFICES)]
    name = f"SRV-{rank + 1:02d}" if is_server else f"PC-{office}-{rank + 1:02d}"
    system, version, build = OLD if rank % 13 == 8 else CURRENT
    if is_server:
        system, version, build = "Debian GNU/Linux 13 (trixie)", "13", "6.12.0"
    is_laptop = rank % 3 == 0 and not is_server
    chassis = "Rack Mount Chassis" if is_server else "Laptop" if is_laptop else "Desktop"
    sections = {
        "HARDWARE": [{"NAME": name, "CHASSIS_TYPE": chassis, "MEMORY": "32768" if is_server else "16384"}],
        "BIOS": [
            {
                "SMANUFACTURER": "Fabricant inventé",
                "SMODEL": f"Modèle {rank % 5 + 1}",
                "SSN": f"SIM{rank:05d}",
            }
        ],
        "OPERATINGSYSTEM": [
            {
                "FULL_NAME": system,
                "VERSION": version,
                "KERNEL_VERSION": build,
                "KERNEL_NAME": "linux" if is_server else "MSWin32",
                "INSTALL_DATE": datetime(2024, rank % 12 + 1, 4).date().isoformat(),
            }
        ],
        "DRIVES": [
            {
                "LETTER": "" if is_server else "C:",
                "TYPE": "/" if is_server else "Local Disk",
                "TOTAL": "488000",
                "ENCRYPT_STATUS": "Yes" if is_laptop and rank % 2 else "No",
            }
        ],
    }
    if not is_server:
        sections["ANTIVIRUS"] = [
            {
                "NAME": "Antivirus inventé",
                "VERSION": "12.4",
                "ENABLED": "1",
                "UPTODATE": "0" if rank % 17 == 0 else "1",
            }
        ]
    return Message(kind="inventory", syntax="json", device=f"{name}-simule", sections=sections)
