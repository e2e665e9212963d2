"""Scanned sheets: filed by their QR code though rotated or faint; hostile files end, and leave nothing."""

import io
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pypdfium2 import PdfDocument

from beffroi.web.continuity.errors import ContinuityError
from beffroi.web.continuity.models import NumberRange, ScannedPage
from beffroi.web.continuity.paper_forms import printing
from beffroi.web.continuity.rekeying import batches, entries, scans
from beffroi.web.platform.models import Person, Territory
from beffroi.web.ui.printing import render_pdf

from .sheets import allotted, opened, report

pytestmark = pytest.mark.django_db


def drawn(territory: Territory, key: str, count: int) -> list[Image.Image]:
    """The sheets of a range as a scanner of 150 points an inch sees them."""
    row = NumberRange.objects.of(territory).filter(form=key).last()
    from beffroi.web.continuity.paper_forms.definitions import paper_form

    made = render_pdf(printing.range_document(row, paper_form(territory, key)))
    return [page.render(scale=150 / 72, grayscale=True).to_pil() for page in list(PdfDocument(made))[:count]]


def as_pdf(pages: list[Image.Image]) -> bytes:
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=150)
    return out.getvalue()


def brought(content: bytes, name: str = "lot.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_pages_that_are_rotated_or_faint_are_filed_and_the_others_wait_for_a_hand(
    territory: Territory, secretary: Person
) -> None:
    """A real PDF of six pages, read by the child process."""
    form, sheets = allotted(territory, secretary, "form_report", 5)
    one, two, three, four, five = drawn(territory, form.key, 5)
    faint = three.point(lambda grey: 218 + grey * 30 // 255)
    covered = five.copy()
    covered.paste(128, (five.width - 400, 0, five.width, 400))
    pages = [one, two.rotate(180), faint, four.rotate(8, expand=True, fillcolor=255), covered,
             Image.new("L", (800, 1100), 255)]  # fmt: skip
    rows = scans.receive(territory, secretary, brought(as_pdf(pages)))
    assert [row.rank for row in rows] == [1, 2, 3, 4, None, None]
    assert [row.pk for row in scans.unfiled(territory)] == [rows[4].pk, rows[5].pk]
    scans.file_by_hand(rows[4], secretary, str(sheets[4]))
    with pytest.raises(ContinuityError, match="déjà classée"):
        scans.file_by_hand(rows[4], secretary, str(sheets[3]))
    scans.discard(rows[5], secretary)
    assert scans.unfiled(territory) == []
    batch = opened(territory, secretary, form, 1)
    entries.enter(batch, secretary, str(sheets[0]), report())
    batches.close(batch, secretary)
    path = scans.path_of(rows[0])
    assert path.read_bytes()[:3] == b"\xff\xd8\xff"
    batches.erase(batch, secretary)
    assert ScannedPage.objects.of(territory).get(pk=rows[0].pk).erased_at is not None


def _bomb() -> bytes:
    """A PNG that announces 30,000 × 30,000 points in a few kilobytes."""
    header = b"\x00\x00\x75\x30\x00\x00\x75\x30\x08\x00\x00\x00\x00"

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


HOSTILE = {
    "empty": (b"", "vide"),
    "text": (b"bonjour", "ni un PDF ni une image"),
    "bomb": (_bomb(), "trop grande|ni un PDF"),
    "torn pdf": (b"%PDF-1.7\n1 0 obj\n<</Type/Catalog", "ne s'ouvre pas"),
    "torn png": (b"\x89PNG\r\n\x1a\n" + bytes(200), "ni un PDF ni une image"),
    "script": (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "ni un PDF"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_and_nothing_of_it_stays(
    territory: Territory, secretary: Person, name: str
) -> None:
    content, words = HOSTILE[name]
    with pytest.raises(ContinuityError, match=words):
        scans.receive(territory, secretary, brought(content))
    assert not ScannedPage.objects.of(territory).exists()


def test_a_code_of_another_town_or_of_no_sheet_files_nothing(territory: Territory, secretary: Person) -> None:
    import qrcode

    codes = ["BFR1:99999:form_report:SIG-A-0001-0", "https://example.org", "BFR1::::::"]
    pages = [qrcode.make(text, box_size=6).get_image().convert("L") for text in codes]
    rows = scans.receive(territory, secretary, brought(as_pdf(pages)))
    assert [row.range for row in rows] == [None, None, None]
    assert rows[1].read_code == "https://example.org"
