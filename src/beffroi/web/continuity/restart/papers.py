"""What leaves the restart order: tables, papers, pages of the offline kit.

In: an order or a run. Out: rows, HTML, PDF. Names of people are in the sealed part of the kit only.
"""

from collections.abc import Iterable
from typing import Any, Final

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe

from beffroi.web.guides.models import Response
from beffroi.web.platform.models import Territory
from beffroi.web.ui import printing

from ..offline_kit.parts import Page
from .drawing import draw
from .nodes import format_hours, format_known
from .order import RestartOrder
from .registers import restart_order
from .services import stopwatch_of

HEADING: Final = (
    "Rang", "Vague", "Application", "Sorte", "Arrêt supportable (h)", "Pour", "Temps (h)", "Attend", "N'attend pas (cercle)",
    "Services", "Où", "Prestataire", "Qui sait", "Sauvegarde", "Accès sur papier", "Comment",
)  # fmt: skip


def names_of(order: RestartOrder, keys: Iterable[str]) -> str:
    return " ; ".join(order.by_key[key].application.name for key in keys)


def rows(order: RestartOrder) -> list[list[Any]]:
    """The order as a table, under `HEADING`; None for nothing."""
    return [
        [
            each.rank, each.wave, it.name, it.kind or None, each.bearable, each.for_service or None, it.hours,
            names_of(order, each.after) or None, " ; ".join(each.not_awaited) or None, " ; ".join(it.serves) or None,
            it.place or None, it.provider or None, " ; ".join(it.people) or None, it.backup or None, it.access or None,
            it.how or None,
        ]
        for each in order.placed
        for it in (each.application,)
    ]  # fmt: skip


def context_of(territory: Territory, order: RestartOrder) -> dict[str, Any]:
    """What the page, the paper and the kit show of an order."""
    return {
        "territory": territory,
        "order": order,
        "waves": [
            (number, [(each, format_hours(each.bearable), format_hours(each.application.hours), names_of(order, each.after)) for each in wave])
            for number, wave in enumerate(order.waves, 1)
        ],
        "services": [
            (
                each, format_hours(each.service.bearable), format_known(each.hours, len(each.unknown)),
                format_known(each.one_person_hours, each.one_person_unknown),
            )
            for each in order.services
            if each.direct
        ],
        "without_application": [each.service.name for each in order.services if not each.direct],
        "total": format_known(order.hours, order.unknown),
        "drawing": mark_safe(draw(order)),  # noqa: S308 - names are escaped where it is drawn
        "now": timezone.now(),
    }  # fmt: skip


type Waves = list[tuple[int, list[Any]]]


def cut_waves(waves: Waves, most: int) -> tuple[Waves, Waves]:
    """The first rows, and the others: a wave that is cut has its number in both."""
    first: Waves = []
    later: Waves = []
    for number, wave in waves:
        left = max(0, most - sum(len(each) for _, each in first))
        first += [(number, wave[:left])] if wave[:left] else []
        later += [(number, wave[left:])] if wave[left:] else []
    return first, later


def order_html(territory: Territory, order: RestartOrder) -> str:
    context = context_of(territory, order) | {"style": printing.style()}
    return render_to_string("continuity/restart_document.html", context)


def run_html(run: Response) -> str:
    context = {
        "run": run,
        "territory": run.territory,
        "watch": stopwatch_of(run),
        "now": timezone.now(),
        "style": printing.style(),
    }
    return render_to_string("continuity/restart_run_document.html", context)


def kit_pages(territory: Territory) -> list[Page]:
    """The order in the open part: no name of a person, no free text."""
    return _kit_page(
        territory, "ordre-de-remise-en-route", "Ordre de remise en route", "continuity/restart_kit.html"
    )


def sealed_kit_pages(territory: Territory) -> list[Page]:
    """Who knows, how, and where the access is: in the encrypted part."""
    return _kit_page(territory, "remise-en-route-qui-et-comment", "Remise en route : qui sait, comment", "continuity/restart_kit_sealed.html")  # fmt: skip


def _kit_page(territory: Territory, name: str, title: str, template: str) -> list[Page]:
    order = restart_order(territory)
    if not order.placed:
        return []
    body = render_to_string(template, context_of(territory, order))
    return [Page(name, title, body, "other", timezone.now())]
