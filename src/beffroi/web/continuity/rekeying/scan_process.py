"""Child process that reads one scanned file, within limits, opening no other and calling nobody: bytes on its input, one line of
JSON a page on its output.

Each page is made again as a grey picture of ours, with the codes that it bears. Started by `scans` only, as
`python -m beffroi.web.continuity.rekeying.scan_process`.
"""

import base64
import io
import json
import sys
from collections.abc import Iterator
from typing import Any, Final

from beffroi.lake import landlock
from beffroi.lake.processes import Limits, set_limits

# Twenty pages of a scanner take 6 s and 300 MB.
LIMITS: Final = Limits(memory_mb=1536, cpu_seconds=40, wall_seconds=90.0, disk_mb=0, open_files=64)
MAX_PAGES: Final = 40
_MAX_PIXELS: Final = 40_000_000
_DOTS: Final = 200  # an inch, for a PDF
_STORED_WIDTH: Final = 1240
_FORMATS: Final = ("PNG", "JPEG", "TIFF")


class UnreadableScan(ValueError):
    """The message is French and says what to do."""


def pages_of(content: bytes) -> Iterator[Any]:
    """The pages as grey pictures. Raises UnreadableScan."""
    return _of_pdf(content) if content[:1024].lstrip().startswith(b"%PDF-") else _of_picture(content)


def _of_pdf(content: bytes) -> Iterator[Any]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        raise UnreadableScan(
            "Ce PDF ne s'ouvre pas : il est abîmé ou protégé par un mot de passe."
        ) from error
    if len(document) > MAX_PAGES:
        raise UnreadableScan(f"Ce PDF a {len(document)} pages, {MAX_PAGES} au plus. Coupez-le.")
    for page in document:
        width, height = page.get_size()
        scale = min(
            _DOTS / 72, (_MAX_PIXELS / max(1.0, width * height)) ** 0.5, 6000 / max(1.0, width, height)
        )
        yield page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil().convert("L")


def _of_picture(content: bytes) -> Iterator[Any]:
    from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
    try:
        picture = Image.open(io.BytesIO(content), formats=_FORMATS)
        if picture.width * picture.height > _MAX_PIXELS:
            raise UnreadableScan(
                "Cette image est trop grande (40 millions de points au plus). Numérisez en 200 points par pouce."
            )
        for number, frame in enumerate(ImageSequence.Iterator(picture), start=1):
            if number > MAX_PAGES:
                raise UnreadableScan(f"Ce fichier a plus de {MAX_PAGES} pages. Coupez-le.")
            yield ImageOps.exif_transpose(frame).convert("L")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, UnreadableScan):
            raise
        raise UnreadableScan("Ce fichier n'est ni un PDF ni une image lisible (PNG, JPEG, TIFF).") from error


def read_codes(page: Any) -> list[str]:
    """The texts of the QR codes of a page: as it is, then with its contrast raised, larger, and cut at one level of grey."""
    import zxingcpp
    from PIL import ImageFilter, ImageOps

    contrasted = ImageOps.autocontrast(page, cutoff=1)
    tries = (
        (page, zxingcpp.Binarizer.LocalAverage),
        (contrasted, zxingcpp.Binarizer.LocalAverage),
        (contrasted, zxingcpp.Binarizer.GlobalHistogram),
        (contrasted.filter(ImageFilter.MedianFilter(3)), zxingcpp.Binarizer.LocalAverage),
    )
    for picture, binarizer in tries:
        found = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode, binarizer=binarizer)
        if texts := [one.text[:200] for one in found if one.valid]:
            return texts
    return []


def _stored(page: Any) -> bytes:
    """The page as it is shown: grey, of a width that is read on a screen."""
    if page.width > _STORED_WIDTH:
        page = page.resize((_STORED_WIDTH, max(1, min(8000, page.height * _STORED_WIDTH // page.width))))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=60, optimize=False)
    return out.getvalue()


def main() -> None:
    # What is heavy is imported before the limits: they are for the file.
    import pypdfium2
    import zxingcpp  # noqa: F401
    from PIL import Image  # noqa: F401

    pypdfium2.PdfDocument.new().close()
    landlock.restrict()
    set_limits(LIMITS)
    try:
        for page in pages_of(sys.stdin.buffer.read()):
            picture = base64.b64encode(_stored(page)).decode()
            print(json.dumps({"codes": read_codes(page), "picture": picture}), flush=True)  # noqa: T201
        answer: dict[str, object] = {"ended": True}
    except UnreadableScan as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "Ce fichier demande une mémoire démesurée."}
    print(json.dumps(answer))  # noqa: T201


if __name__ == "__main__":
    main()
