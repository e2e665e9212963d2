"""Components and French formats for templates: `{% load ui %}`.

In: what a page knows. Out: the house's HTML; each component is shown in `tests/ui/templates/guide.html`.
Filters: nombre, ecart, pourcent, date_fr, jour, octets, duree, initiales, espaces; and pluralize, by the rule of French.
Tags: crumb, badge, big, reserved, field, fields, errors, steps, progress, pagination, only_here, logo, icon, page_help, rows_of_cells.
Block tags: table, figure, empty, alert.
"""

from collections.abc import Iterable
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page
from django.forms import (
    BaseForm,
    BoundField,
    CheckboxInput,
    CheckboxSelectMultiple,
    FileInput,
    RadioSelect,
)
from django.template.defaultfilters import stringfilter
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString

from beffroi.web import public_address
from beffroi.web.ui import formats
from beffroi.web.ui.help import help_of
from beffroi.web.ui.stacked_tables import stacked

register = template.Library()


@register.filter
def nombre(value: Any, decimals: int | None = None) -> str:
    return formats.number(value, decimals)


@register.filter
def ecart(value: Any) -> str:
    """Difference with its sign: « +12 », « −3,5 »."""
    text = formats.number(value)
    return text if text.startswith("\u2212") or text in ("0", formats.NOTHING) else f"+{text}"


@register.filter
def pourcent(value: Any, decimals: int | None = None) -> str:
    return formats.percent(value, decimals)


@register.filter
def date_fr(value: Any) -> str:
    return formats.french_date(value)


@register.filter
def jour(value: Any) -> str:
    """Date of a moment, without its hour: « 1er juillet 2026 »."""
    return formats.french_date(value, hour=False)


@register.filter(name="pluralize")
def french_plural(value: Any, endings: str = "s") -> str:
    """Django's filter, by the rule of French: nought and one are singular."""
    try:
        many = abs(float(value)) >= 2
    except (TypeError, ValueError):
        many = len(value) >= 2 if hasattr(value, "__len__") else False
    one, _, several = endings.rpartition(",")
    return several if many else one


@register.filter
def octets(value: Any) -> str:
    return formats.size(value)


@register.filter
def duree(value: Any) -> str:
    return formats.duration(value)


@register.filter
def initiales(value: Any) -> str:
    words = str(value).replace("-", " ").replace("@", " ").split()
    return "".join(word[0] for word in words[:2]).upper()


@register.filter(is_safe=True)
@stringfilter
def espaces(text: str) -> str:
    """The no-break spaces of French, in texts that come from data or from code; what is already HTML stays so."""
    return formats.spaced(text)


@register.simple_tag
def crumb(label: str, url: str = "") -> SafeString:
    """One stage of the way here; without address, the page itself."""
    if url:
        return format_html('<li><a href="{}">{}</a></li>', url, label)
    return format_html('<li aria-current="page">{}</li>', label)


@register.simple_tag
def badge(label: Any, kind: str = "") -> SafeString:
    """A state in a word. Kinds: good, warn, danger, info, accent, plain."""
    return format_html('<span class="badge {}">{}</span>', kind, label)


@register.inclusion_tag("ui/parts/big.html")
def big(value: Any, unit: str = "", label: str = "", note: str = "") -> dict[str, Any]:
    """The answer in large: label above, unit beside, base and trend under."""
    text = value if isinstance(value, str) else formats.number(value)
    return {"value": text, "unit": formats.unit_of(value, unit), "label": label, "note": note}


@register.simple_tag
def reserved(label: str, permission: Any, kind: str = "secondary") -> SafeString:
    """The button of an act that the reader may not do: it looks disabled, and opens on why and on who may.

    `permission`: `rights.Permission`, whose `reason` says it in a sentence or two.
    """
    return format_html(
        '<details class="reserved"><summary class="button {}">{}</summary><p>{}</p></details>',
        kind,
        label,
        formats.spaced(permission.reason),
    )


@register.inclusion_tag("ui/parts/logo.html")
def logo() -> dict[str, Any]:
    return {}


@register.inclusion_tag("ui/parts/icon.html")
def icon(name: str) -> dict[str, Any]:
    """A small drawing beside words, never in their place: theme, print, download, add, person, down, search, alert."""
    return {"name": name}


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, (RadioSelect, CheckboxSelectMultiple)):
        return "choices"
    if isinstance(widget, CheckboxInput):
        return "checkbox"
    return "file" if isinstance(widget, FileInput) else "line"


def render_field(bound: BoundField, *, label: str = "", tall: bool = False) -> SafeString:
    context = {"field": bound, "kind": _kind(bound), "label": label or bound.label, "tall": tall}
    serving = getattr(bound.form, "serving", {}).get(bound.name)
    if serving is not None and not bound.errors:
        # A field in error stays in sight, whatever the others say.
        context["beside"] = " ".join(bound.form[name].auto_id for name in serving.depends_on)
        context["when"] = " ".join(serving.when)
    return SafeString(render_to_string("ui/field.html", context))


@register.simple_tag(name="field")
def field_tag(bound: BoundField, label: str = "", tall: bool = False) -> SafeString:
    """One form field: label, help, error, control. `tall=True` draws radio choices as large boxes.

    A form whose `serving` names the field says beside which lists, and for which of their choices, it serves: with
    JavaScript it is in sight then only.
    """
    return render_field(bound, label=label, tall=tall)


@register.inclusion_tag("ui/parts/help.html", takes_context=True)
def page_help(context: dict[str, Any]) -> dict[str, Any]:
    """« Aide » of the page: a sentence, an example, the guide that says more. Nothing on an error page."""
    match = getattr(context.get("request"), "resolver_match", None)
    return {"help": help_of(match.route, match.url_name or "") if match else None}


@register.simple_tag
def fields(form: BaseForm) -> SafeString:
    """Every field of the form, hidden ones included; the errors' summary is `{% errors form %}`."""
    return SafeString("".join(render_field(bound) for bound in form))


@register.inclusion_tag("ui/errors.html")
def errors(form: BaseForm) -> dict[str, Any]:
    """What must be corrected, at the top, each line leading to its field; what comes back empty is to be typed again."""
    typed = [
        not getattr(field.widget, "render_value", True)
        for field in form.fields.values()
        if not field.widget.is_hidden
    ]
    return {"form": form, "passwords": any(typed), "only_passwords": bool(typed) and all(typed)}


@register.inclusion_tag("ui/parts/steps.html")
def steps(labels: Any, current: int) -> dict[str, Any]:
    """Where one is in a wizard. `labels`: a list or a text cut by « | »; `current`: from 1."""
    words = labels.split("|") if isinstance(labels, str) else list(labels)
    rows = [{"label": w, "done": n < current, "current": n == current} for n, w in enumerate(words, start=1)]
    return {"steps": rows, "current": current, "total": len(rows)}


@register.inclusion_tag("ui/parts/progress.html")
def progress(src: str, percent: Any = None, message: str = "", reload: str = "") -> dict[str, Any]:
    """Long work: `src` answers {percent, message, done, location}; `reload` is where to look without JavaScript."""
    return {"src": src, "percent": percent, "message": message, "reload": reload}


@register.inclusion_tag("ui/parts/pagination.html", takes_context=True)
def pagination(context: dict[str, Any], page: Page, name: str = "page") -> dict[str, Any]:
    """Previous, next and where one is; other parameters of the address are kept."""
    request = context["request"]

    def address(number: int) -> str:
        query = request.GET.copy()
        query[name] = str(number)
        return f"?{query.urlencode()}"

    before = address(page.previous_page_number()) if page.has_previous() else ""
    after = address(page.next_page_number()) if page.has_next() else ""
    return {"page": page, "before": before, "after": after}


@register.simple_block_tag
def table(content: str, label: str, whole: bool = False, rows: bool = False) -> SafeString:
    """A table that scrolls by itself when the screen is narrow, by keyboard too: a group, since the section
    around it is often the landmark of that name. `whole`: however long, all its rows are in sight.

    `rows`: a narrow screen shows its rows one under the other, each cell after the words of its column.
    """
    content = stacked(content) if rows else content
    return format_html(
        '<div class="table-wrap{}" role="group" aria-label="{}" tabindex="0">{}</div>',
        " whole" if whole else "",
        label,
        content,
    )


@register.simple_tag
def rows_of_cells(rows: Iterable[Iterable[tuple[str, bool, str | None]]], named: bool = False) -> SafeString:
    """The rows of a table: (text, number, kind of its badge). `named`: the first cell is the heading of its row.

    Written here rather than by a template: a page has thousands of cells.
    """
    return format_html_join("", "<tr>{}</tr>", ((_cells(row, named),) for row in rows))


def _cells(row: Iterable[tuple[str, bool, str | None]], named: bool) -> SafeString:
    written = []
    for rank, (text, number, kind) in enumerate(row):
        words = conditional_escape(formats.spaced(text))
        if named and not rank:
            written.append(f'<th scope="row">{words}</th>')
        elif kind is not None:
            written.append(f"<td>{badge(words, kind)}</td>")
        else:
            written.append(f'<td class="number">{words}</td>' if number else f"<td>{words}</td>")
    return SafeString("".join(written))


@register.simple_block_tag
def empty(content: str, title: str) -> SafeString:
    """Nothing here yet: say how to begin."""
    drawing = SafeString(render_to_string("ui/parts/logo.html"))
    return format_html('<div class="empty">{}<h2>{}</h2>{}</div>', drawing, title, content)


@register.simple_block_tag
def alert(content: str, kind: str = "info", title: str = "") -> SafeString:
    """A message in the page. Kinds: info, good, warn, danger."""
    heading = format_html('<p class="alert-title">{}</p>', title) if title else ""
    return format_html('<div class="alert {}">{}{}</div>', kind, heading, content)


@register.simple_tag
def only_here() -> SafeString:
    """Beside a link made for others: said when nobody else can open it, with where the public address is set."""
    if public_address.is_reachable():
        return SafeString("")
    text = (
        "<p>Son adresse ne mène qu'à cette machine ({}). Qui exploite l'instance donne l'adresse publique par le réglage "
        "<code>{}</code>, puis la redémarre ; refaites alors le lien.</p>"
    )
    return alert(
        format_html(text, settings.BASE_URL, public_address.SETTING),
        "warn",
        "Personne d'autre ne peut l'ouvrir",
    )


@register.simple_block_tag
def figure(
    content: str,
    title: str,
    src: str = "",
    kind: str = "chart",
    spec: Any = None,
    lead: str = "",
    unit: str = "",
    base: str = "",
    year: Any = "",
    source: str = "",
    open: bool = False,
) -> SafeString:
    """A chart or a map with its title, its table (the content) and the line that says what the figures are.

    `src` answers the Vega-Lite description (chart) or the GeoJSON (map); `spec` gives the chart's description
    inline. `open=True` keeps the table in sight.
    """
    facts = [("Unité", unit), ("Base", base), ("Année", str(year)), ("Source", source)]
    context = {
        "content": content,
        "title": title,
        "src": src,
        "kind": kind,
        "spec": spec,
        "lead": lead,
        "facts": [(name, value) for name, value in facts if value not in ("", None)],
        "open": open,
    }
    return SafeString(render_to_string("ui/figure.html", context))
