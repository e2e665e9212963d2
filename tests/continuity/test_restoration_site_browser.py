"""What residents see of the restoration page, in the real browser: accessible, narrow, asking nobody for anything."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from beffroi.web.continuity.restoration_site import builder, document_signing
from beffroi.web.continuity.restoration_site.document import canonical, from_data
from browser import page_faults

from .restoration import a_document, an_update

pytestmark = [pytest.mark.browser, pytest.mark.long]


def test_the_page_has_no_fault_and_calls_nobody(chromium: Browser, tmp_path: Path):
    private, public = document_signing.new_key()
    updates = [
        an_update(f"{state} {n}", state=state, service=service, next_news="2026-12-01T18:00:00+01:00")
        for n, (state, service) in enumerate((("stopped", "canteen"), ("degraded", "civil"), ("works", "pool")))
    ]  # fmt: skip
    data = a_document(*updates, languages=["fr", "fr-x-facile", "en", "ar"], exercise=True)
    data["services"] += [
        {"key": "pool", "name": {"fr": "Piscine"}},
        {"key": "library", "name": {"fr": "Bibliothèque"}},
    ]
    document = from_data(data)
    files = builder.build(
        document, public_key=public, signature=document_signing.sign(canonical(document), private)
    )
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    found: list[str] = []
    calls: list[str] = []
    for width, scheme in ((320, "light"), (320, "dark"), (1280, "light"), (1280, "dark")):
        context = browser_context(chromium, width, scheme)
        page = context.new_page()
        page.on("request", lambda request, to=calls: to.append(request.url))
        page.on("console", lambda message, to=found: to.append(message.text))
        for name in sorted(files):
            if name.endswith(".html"):
                page.goto((tmp_path / name).as_uri())
                found += [f"{name} {width} {scheme}: {fault}" for fault in page_faults(page)]
                assert context.cookies() == []
        context.close()
    assert found == []
    assert {call for call in calls if not call.startswith("file://")} == set()


def browser_context(chromium: Browser, width: int, scheme: Any) -> Any:
    return chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=False
    )
