"""Invitations by mail, where the instance has a mail server and an address that others can open; the link is displayed in any case."""

from beffroi.web import public_address
from beffroi.web.platform import mail
from beffroi.web.platform.models import Person, Territory


def send_link(territory: Territory, address: str, link: str) -> bool:
    """Mail a joining or entry link to whom it was made for; whether the message left."""
    if not link or not public_address.is_reachable():
        return False
    person = Person.objects.filter(email__iexact=address).first()
    body = "\n".join(
        [
            "Bonjour,",
            "",
            f"{territory.name} vous ouvre un accès à Beffroi. Ce lien est pour vous seul, sert une fois, pendant 7 jours :",
            link,
            "",
            "Vous n'attendiez pas ce message ? Ne l'ouvrez pas : le lien s'éteindra de lui-même.",
        ]
    )
    return mail.send(person, f"[{territory.name}] Votre accès", body)
