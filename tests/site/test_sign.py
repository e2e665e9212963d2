"""The sign of a service, as it is printed: one A4 page, with its signs, a person and the address of its card in full."""

import io
from typing import Any

import pytest


def test_the_sign_holds_on_one_page_with_the_address_and_a_person(served: Any, visit: Any):
    pdfium = pytest.importorskip("pypdfium2")
    page = visit(served.public("services-ia/canteen/panneau/")).page
    document = pdfium.PdfDocument(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(document) == 1
    # Where lines break is the printer's affair.
    text = "".join(document[0].get_textpage().get_text_bounded().split())
    for words in (
        served.public("services-ia/canteen/"),
        "Restauration",
        "Parler à une personne",
        "données simulées",
        "CC BY 4.0",
    ):
        assert "".join(words.split()) in text, words
