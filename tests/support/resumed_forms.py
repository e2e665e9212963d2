"""The page that gives a posted form back after a proof, read and sent again as a browser does: tokens included."""

from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from lxml import html

_FORM = "//form[.//button[normalize-space()='Envoyer']]"


def given_back(client: Client, address: str) -> tuple[str, dict[str, list[str]], Any]:
    """Where the form goes, its fields that are filled, the whole page."""
    answer = client.get(address)
    assert answer.status_code == 200
    page = html.fromstring(answer.content.decode())
    (form,) = page.xpath(_FORM)
    fields: dict[str, list[str]] = {}
    for each in form.xpath(".//input[@type='hidden']"):
        fields.setdefault(each.get("name"), []).append(each.get("value") or "")
    return form.get("action"), fields, page


def send_again(client: Client, address: str, **more: Any) -> Any:
    """What the site answers to the form given back at this address."""
    action, fields, _page = given_back(client, address)
    assert urlsplit(action).netloc == "" and action.startswith("/")
    return client.post(action, fields | more)
