"""What backups add to the house: their place in the navigation, their card, their topic, their job, their clock."""

from datetime import timedelta

from beffroi.web.guides.addresses import register_working_page
from beffroi.web.guides.presenting import register_entry_links
from beffroi.web.platform import home_cards, home_signals
from beffroi.web.platform.jobs import periodic_tasks
from beffroi.web.ui import navigation

from .. import home_blocks
from ..offline_kit import parts
from ..recovery_plans import sections
from ..restart.backup_ages import register_backup_ages
from . import backup_alerts, cards, home_lines, kit_pages, plan_section, reading_jobs
from .services import known_ages
from .systems import REGISTER
from .tool_backups import tool_links


def register() -> None:
    """Called once, when the application is ready."""
    reading_jobs.register()
    parts.register(kit_pages.PART)
    sections.register(plan_section.SECTION)
    home_blocks.register("backups", "not_ready", 40, home_lines.without_proof)
    register_backup_ages(known_ages)
    periodic_tasks.register("backups", timedelta(hours=1), reading_jobs.start_due, apart=True)
    home_signals.register(cards.SIGNAL, cards.bad_copies)
    home_cards.register(cards.backups_card)
    home_cards.register_topic(backup_alerts.TOPIC, "Sauvegardes à regarder", "cyber.answer")
    register_entry_links(tool_links)
    register_working_page(REGISTER, "Sauvegardes", "backups", "cyber.read")
    navigation.register(
        navigation.Entry(
            "continuite",
            "Sauvegardes",
            "backups",
            "cyber.read",
            30,
            room="continuity",
            text="Savoir si chaque système est sauvegardé, et si sa sauvegarde se restaure vraiment.",
        )
    )
