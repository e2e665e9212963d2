"""`beffroi mail`: whether mail leaves this instance."""

from pathlib import Path

import click

from .common import home_option, opened


@click.group()
def mail() -> None:
    """Les courriels de l'instance."""


@mail.command("test")
@click.argument("address", metavar="ADRESSE")
@home_option
def send_test(address: str, folder: Path) -> None:
    """Envoyer un message d'essai à ADRESSE, avec les réglages de l'instance."""
    opened(folder)
    from django.conf import settings
    from django.core.exceptions import ValidationError
    from django.core.mail import send_mail
    from django.core.validators import validate_email

    from beffroi.web.platform.mail import is_configured, reason_of

    try:
        validate_email(address)
    except ValidationError:
        raise click.ClickException(f"« {address} » n'est pas une adresse. Rien n'a été envoyé.") from None
    if not is_configured():
        raise click.ClickException(
            "Aucun serveur de messagerie n'est déclaré. Rien n'a été envoyé. Donnez BEFFROI_MAIL_HOST et BEFFROI_MAIL_FROM "
            "(docs/settings.md), puis recommencez."
        )
    server = f"{settings.MAIL_HOST}:{settings.MAIL_PORT}"
    text = f"Ce message vient de {settings.BASE_URL}. Si vous le lisez, les courriels de Beffroi partent."
    try:
        send_mail("[Beffroi] Message d'essai", text, None, [address])
    except OSError as error:
        raise click.ClickException(
            f"{server} n'a pas pris le message : {reason_of(error)}. Vérifiez BEFFROI_MAIL_HOST, BEFFROI_MAIL_PORT, "
            "BEFFROI_MAIL_SECURITY, le compte et l'expéditeur, puis recommencez."
        ) from error
    click.echo(
        f"{server} a pris le message pour {address}, de la part de {settings.DEFAULT_FROM_EMAIL}. Regardez s'il arrive."
    )


COMMANDS = (mail,)
