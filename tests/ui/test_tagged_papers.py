"""Papers as PDF: what `support.papers` refuses in every test, headers of tables, the number of each page."""

import io

import pikepdf
import pypdfium2
import pytest

from beffroi.web.ui import printing
from support.papers import FaultyPaper

TABLE = (
    "<table><thead><tr><th scope='col'>Mois</th><th scope='col'>Eau</th></tr></thead>"
    "<tbody><tr><th scope='row'>Mai</th><td>12</td></tr></tbody></table>"
)


def paper(body: str, language: str = "fr", title: str = "Un essai") -> str:
    head = f"<meta charset='utf-8'><title>{title}</title><style>{printing.style()}</style>"
    return f"<!doctype html><html lang='{language}'><head>{head}</head><body>{body}</body></html>"


@pytest.mark.parametrize(
    ("body", "language", "title", "words"),
    [
        (
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'></svg>",
            "fr",
            "Un essai",
            "UA-13-004, page 1",
        ),
        ("<table><tr><td>Mai</td><td>12</td></tr></table>", "fr", "Un essai", "UA-15-003, page 1"),
        ("<h3>Mai</h3>", "fr", "Un essai", "level 3 after level none"),
        ("<h1>Eau</h1><h3>Mai</h3>", "fr", "Un essai", "level 3 after level 1"),
        ("<h1></h1>", "fr", "Un essai", "an empty one of level 1"),
        ("<p>Mai</p>", "", "Un essai", "UA-06-001"),
        ("<p>Mai</p>", "fr", "", "UA-07-001"),
    ],
)
def test_a_faulty_paper_fails_the_test_that_makes_it(body: str, language: str, title: str, words: str):
    with pytest.raises(FaultyPaper, match=words):
        printing.render_pdf(paper(body, language, title))


def test_header_cells_say_whether_they_head_a_row_or_a_column():
    with pikepdf.open(io.BytesIO(printing.render_pdf(paper(f"<h1>Eau</h1>{TABLE}")))) as made:
        cells = [
            each for each in made.objects if isinstance(each, pikepdf.Dictionary) and each.get("/S") == "/TH"
        ]
        assert [str(cell.A.Scope) for cell in cells if "/A" in cell] == ["/Column", "/Column", "/Row"]


def test_each_page_has_its_number_and_its_name_but_the_cover():
    name = "<p class='document-name'>EXERCICE – Eau</p>"
    bare = paper(f"{name}<h1>Eau</h1><p class='new-page'>Mai</p>")
    covered = paper(f"{name}<header class='cover'><h1>Eau</h1></header><p>Mai</p>")
    assert [text[-20:] for text in texts(bare)] == ["EXERCICE – Eau 1 / 2", "EXERCICE – Eau 2 / 2"]
    cover, after = texts(covered)
    assert cover.endswith("Eau") and "/" not in cover and after.endswith("EXERCICE – Eau 2 / 2")


def texts(document: str) -> list[str]:
    """The words of each page."""
    pages = pypdfium2.PdfDocument(printing.render_pdf(document))
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in pages]
