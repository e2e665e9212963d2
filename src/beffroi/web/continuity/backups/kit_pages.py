"""The page of backups in the offline kit: where each copy is, and whether it was proven. Nobody is named on it."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from beffroi.web.platform.models import Territory
from beffroi.web.ui.formats import french_date

from ..offline_kit.parts import Page, Part
from . import board
from .board import BoardLine, CopyLine
from .staleness import in_words
from .tool_backups import ToolBackup, tool_backups


def pages(territory: Territory) -> Iterator[Page]:
    lines, tools = board.lines(territory), tool_backups(territory)
    if not lines and not tools:
        return
    rows = format_html_join("", "{}", ((row,) for line in lines for row in _rows(line)))
    rows += format_html_join("", "{}", ((_tool_row(tool),) for tool in tools))
    body = format_html(
        "<p>Une copie « prouvée » a été restaurée. Ne branchez une copie hors ligne que sur une machine saine.</p>"
        "<table><thead><tr><th scope='col'>Système</th><th scope='col'>Copie</th><th scope='col'>Où</th>"
        "<th scope='col'>État</th><th scope='col'>Dernière sauvegarde vue</th></tr></thead><tbody>{}</tbody></table>",
        rows,
    )
    yield Page("sauvegardes", "Où sont les sauvegardes", body, as_of=timezone.now())


def _rows(line: BoardLine) -> Iterator[SafeString]:
    for each in line.copies:
        yield _row(line.system.name, each)
    if not line.copies:
        yield format_html(
            "<tr><th scope='row'>{}</th><td colspan='4'>Aucune copie déclarée</td></tr>", line.system.name
        )


def _tool_row(tool: ToolBackup) -> SafeString:
    restored = f"restaurée le {french_date(tool.restored_on)}" if tool.restored_on else "jamais restaurée"
    return format_html(
        "<tr><th scope='row'>{}</th><td colspan='4'>Dite dans vos outils de sécurité, {}</td></tr>",
        tool.name,
        restored,
    )


def _row(system: str, line: CopyLine) -> SafeString:
    copy = line.copy
    where = f"{copy.get_medium_display()}, {copy.get_place_display()}{', hors ligne' if copy.offline else ''}"
    seen = in_words(copy.last_backup_at) or "jamais"
    return format_html(
        "<tr><th scope='row'>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
        system, copy.name, where, line.state.value, seen,
    )  # fmt: skip


PART = Part("backups", "Sauvegardes", 60, pages)
