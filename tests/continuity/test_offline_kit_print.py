"""A page of forms of the kit, printed by the browser as it is: its sheets alone, one a page."""

from pathlib import Path

import pypdfium2
import pytest
from django.utils import timezone
from playwright.sync_api import Browser

import rings
from beffroi.web.continuity.offline_kit import kit_documents
from beffroi.web.continuity.offline_kit.parts import Page
from beffroi.web.continuity.paper_forms import printing
from beffroi.web.continuity.paper_forms.definitions import paper_forms
from beffroi.web.continuity.paper_forms.sheet_numbers import SheetNumber
from beffroi.web.platform.models import Territory

pytestmark = [pytest.mark.browser, pytest.mark.django_db]
SHEETS = 3


def test_a_page_of_forms_prints_its_sheets_from_the_first_page_on_with_margins(
    chromium: Browser, territory: Territory, tmp_path: Path
):
    cover = kit_documents.Cover(territory, timezone.now(), "ABC234", has_binder=True)
    context = chromium.new_context()
    screen = context.new_page()
    full = [form for form in paper_forms(territory) if form.row_fields or form.key == "form_civil_extract"]
    full = rings.representatives(full, [*full[:3], full[-1]])
    assert len(full) >= 4
    for form in full:
        numbers = [SheetNumber(form.mark, "K", rank) for rank in range(1, SHEETS + 1)]
        body = printing.sheets_html(territory, form, numbers, "Kit hors ligne")
        shown = Page("formulaire", form.title, body, style=printing.style(), paper="<p>")
        path = tmp_path / "formulaire.html"
        path.write_text(kit_documents.document(shown, cover), "utf-8")
        screen.goto(path.as_uri())
        document = pypdfium2.PdfDocument(screen.pdf(prefer_css_page_size=True))
        texts = [page.get_textpage().get_text_range() for page in document]
        assert len(texts) == SHEETS, form.key
        assert all(str(number) in text for number, text in zip(numbers, texts, strict=True)), form.key
        assert "Imprimer ces feuilles" not in texts[0]
        around = document[0].render(scale=1, grayscale=True).to_pil()
        edges = (around.crop((0, 0, around.width, 20)), around.crop((0, 0, 20, around.height)))
        assert [edge.getextrema()[0] for edge in edges] == [255, 255], f"{form.key}: no margin"
    context.close()
