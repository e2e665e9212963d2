"""What the continuity room holds of re-keying, for one side of the world, and where its addresses find their values.

Keys of `PARAMETERS` and `SHARED`: (route, parameter). `NARROWER`: a further act that a route asks for. `EXPORTS`: routes of files.
"""

import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from beffroi.web.continuity.models import RekeyedForm, RekeyingBatch
from beffroi.web.continuity.paper_forms.definitions import paper_form
from beffroi.web.continuity.paper_forms.numbers import numbers_of
from beffroi.web.continuity.rekeying import batches, entries, scans
from beffroi.web.continuity.rekeying.typed_sheets import Sheet

BATCH_ROUTES = (
    "rekeying-batch", "rekeying-announce", "rekeying-close", "rekeying-erase", "rekeying-deposit",
    "rekeying-export", "rekeying-entry", "rekeying-picture",
)  # fmt: skip
PARAMETERS: dict[tuple[str, str], Callable[[Any], Any]] = {
    **{(route, "pk"): lambda side: side.rekeying_batch.pk for route in BATCH_ROUTES},
    ("rekeying-export", "extension"): lambda side: "csv",
    ("rekeying-totals-export", "extension"): lambda side: "csv",
    ("civil-resumption-export", "extension"): lambda side: "csv",
    ("rekeying-sheet", "pk"): lambda side: side.rekeyed_form.pk,
    ("rekeying-second", "pk"): lambda side: side.second_form.pk,
    ("rekeying-differences", "pk"): lambda side: side.differing_form.pk,
    ("rekeying-draft-discard", "pk"): lambda side: side.rekeying_draft.pk,
    **{
        (route, "pk"): lambda side: side.scanned_page.pk
        for route in ("rekeying-scan-picture", "rekeying-scan-file", "rekeying-scan-discard")
    },
}
SHARED: dict[tuple[str, str], Any] = {
    (route, "extension"): "csv"
    for route in ("rekeying-export", "rekeying-totals-export", "civil-resumption-export")
}
NARROWER: dict[str, str] = {}
EXPORTS: set[str] = {"rekeying-export", "rekeying-totals-export", "civil-resumption-export"}
JOBS: dict[str, Callable[[Any], list[dict[str, Any]]]] = {}
DAY = date(2026, 11, 20)


def furnish(side: Any) -> None:
    """A batch with a sheet of each state, a draft, a scanned page that waits for a hand."""
    first, second = side.people["everything"], side.people.get("agent") or side.people["everything"]
    territory, word = side.territory, side.words.private
    form = paper_form(territory, "form_receipt")
    numbers = numbers_of(side.number_range)
    for _ in range(1 + side.words.more):
        batch = batches.open_batch(territory, first, form, "A", DAY, 5, Decimal("30"))
    typed = {
        "day": "20112026",
        "desk": f"Régie {word}",
        "payer": f"Payeur {word}",
        "what": "Repas",
        "amount": "10",
        "means": "1",
    }
    other = {**typed, "amount": "11"}
    sheets = [entries.enter(batch, first, str(number), Sheet(typed)) for number in numbers[:3]]
    entries.enter_again(sheets[0], second, Sheet(typed))
    entries.enter_again(sheets[1], second, Sheet(other))
    try:
        entries.enter(batch, first, "9999X", Sheet(typed))
    except entries.EntryRefused as error:
        side.facts["rekeying_draft"] = error.draft
    picture = io.BytesIO()
    Image.new("L", (60 + territory.pk, 80), 255).save(picture, "PNG")
    file = SimpleUploadedFile(f"{side.words.private_word}.png", picture.getvalue())
    for _ in range(1 + side.words.more):
        (page,) = scans.receive(territory, first, file)
        file.seek(0)
    side.facts["scanned_page"] = page
    side.facts["rekeying_batch"] = RekeyingBatch.objects.get(pk=batch.pk)
    side.facts["rekeyed_form"], side.facts["differing_form"], side.facts["second_form"] = (
        RekeyedForm.objects.get(pk=sheet.pk) for sheet in sheets
    )
