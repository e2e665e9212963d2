"""Paper forms in the offline kit: what there is to print, then the numbered sheets of each form, as a page and as a PDF.

Only forms of an approved sheet are printed; the others are named, with what to do. The numbers come from the reserve of the kit,
allotted the first time that a form is in it, the same every night until one of its sheets was used. No personal data.
"""

from collections.abc import Iterator

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from beffroi.web.platform.models import Territory

from ..offline_kit.parts import Page
from . import printing
from .kit_forms import KitForm, kit_forms
from .numbers import KIT_NAME, kit_reserve, numbers_of


def pages(territory: Territory) -> Iterator[Page]:
    """The list of forms, then one page a form that may be used."""
    found = kit_forms(territory)
    usable = [each for each in found if each.is_usable]
    context = {"usable": usable, "waiting": [each for each in found if not each.is_usable]}
    yield Page(
        "formulaires", "Formulaires à imprimer", render_to_string("continuity/kit/forms.html", context)
    )
    for each in usable:
        yield _form_page(territory, each)


def _form_page(territory: Territory, each: KitForm) -> Page:
    numbers = numbers_of(kit_reserve(territory, each.form))
    body = printing.sheets_html(territory, each.form, numbers, KIT_NAME)
    paper = printing.blank_forms(territory, each.form, numbers, KIT_NAME)
    return Page(each.page_name, each.form.title, SafeString(body), style=printing.style(), paper=paper)
