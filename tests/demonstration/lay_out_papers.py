"""Run in a demonstration home: each kind of paper that its pages offer, laid out once, its HTML in a folder; as one JSON line.

Arguments: the home, the folder. The PDFs are examined as they are made (`support.papers`, in every fork).
"""

# ruff: noqa: E402 -- Django is set up for the home first

import json
import re
import sys
from itertools import count
from pathlib import Path

from beffroi.cli.common import setup_django
from beffroi.home import Home

setup_django(Home(Path(sys.argv[1])))

from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone

from beffroi.demonstration.continuity.pages import addresses
from beffroi.guides import Paper
from beffroi.web.guides.library import library
from beffroi.web.platform import scope
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui import printing

folder, numbers, laid_out, made = Path(sys.argv[2]), count(), printing.render_pdf, {}


def keep(text: str) -> bytes:
    (folder / f"{next(numbers)}.html").write_text(printing.for_browsers(text), "utf-8")
    return laid_out(text)


printing.render_pdf = keep


def kind(path: str) -> str:
    """The name of the view, with what is no number in its address: documents of an exercise, forms."""
    found = resolve(path)
    words = [str(each) for key, each in found.kwargs.items() if key != "slug" and not isinstance(each, int)]
    return " ".join([str(found.view_name), *words])


papers = [key for key, each in library().guides.items() if isinstance(each, Paper)]
seat, commune = Territory.objects.order_by("pk")[:2]
for territory, who in ((seat, "guide"), (seat, "security_officer"), (commune, "secretary")):
    with scope.inside(territory):
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(
            Person.objects.get(email=f"{who}@demonstration.example"),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        entries = [*addresses(territory), reverse("cyber-calls", args=[territory.slug])]
        entries += [reverse("report", args=[territory.slug, timezone.localdate().year])]
        entries += [reverse("paper", args=[territory.slug, key]) for key in papers]
        for entry in entries:
            page = client.get(entry)
            if page.status_code != 200 or not page["Content-Type"].startswith("text/html"):
                continue
            for path in re.findall(
                r'href="(/t/[^"?#]*(?:\.pdf|/pdf/|/modele/))(?:\?[^"]*)?"', page.content.decode()
            ):
                if kind(path) not in made:
                    answer = client.get(path)
                    if answer.status_code == 200:
                        content = b"".join(answer) if answer.streaming else answer.content
                        made[kind(path)] = content.startswith(b"%PDF")
print(json.dumps(made))
