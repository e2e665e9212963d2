"""Paper forms in the offline kit: blank numbered sheets of each form, from the reserve of the kit; they hold no personal data.

The reserve is allotted the first time that the kit is made, and stays the same every night until one of its sheets was used.
"""

from collections.abc import Iterator

from django.utils.safestring import SafeString

from beffroi.web.platform.models import Territory

from ..offline_kit.parts import Page
from .numbers import KIT_NAME, forms_for_kit, kit_reserve, numbers_of
from .printing import sheets_html


def pages(territory: Territory) -> Iterator[Page]:
    """One page a form, with its sheets ready to print."""
    for form in forms_for_kit(territory):
        row = kit_reserve(territory, form)
        body = sheets_html(territory, form, numbers_of(row), KIT_NAME)
        name = f"formulaire-{form.key.removeprefix('form_').replace('_', '-')}"
        yield Page(name, form.title, SafeString(body), button="service")
