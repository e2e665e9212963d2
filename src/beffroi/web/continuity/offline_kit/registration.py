"""What the offline kit adds to the house: its pages, its job, its clock, its card; lists follow what the catalogue withdraws."""

from datetime import timedelta
from typing import Any

from beffroi.web.catalogue.signals import withdrawn
from beffroi.web.platform import home_cards
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.ui.navigation import Entry
from beffroi.web.ui.navigation import register as register_entry

from .. import home_blocks
from . import cards, home_lines, lists, own_parts, services


def register() -> None:
    """Called once, when the application is ready."""
    own_parts.register_parts()
    services.register_job()
    periodic_tasks.register("offline-kit", timedelta(days=1), services.start_nightly, apart=True)
    cards.register_signals()
    home_cards.register(cards.kit_card)
    home_blocks.register("kit", "not_ready", 18, home_lines.gaps)
    home_cards.register_topic(cards.TOPIC, "Kit hors ligne", "continuity.answer")
    withdrawn.connect(_drop_withdrawn, dispatch_uid="continuity-kit-lists")
    register_entry(
        Entry(
            "continuite",
            "Kit hors ligne",
            "kit",
            "continuity.read",
            7,
            room="continuity",
            text="Ce qui s'ouvre sans réseau : qui appeler, les fiches, les listes scellées.",
        )
    )


def _drop_withdrawn(sender: Any, dataset: Any, **_: Any) -> None:
    lists.drop_withdrawn(dataset)
