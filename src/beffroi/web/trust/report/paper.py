"""The report as a paper: the whole document with its table of contents, and its PDF.

In comes the report as plain data; out go a page to keep, or bytes.
"""

import json
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string

from beffroi.web.ui import printing

from . import presenting


def html(report: dict[str, Any]) -> str:
    """The whole document, with its style inside: what the PDF is made of, and a page to keep."""
    context = presenting.context(report) | {"style": printing.style()}
    return render_to_string("trust/report_paper.html", context)


def pdf(report: dict[str, Any]) -> bytes:
    return printing.render_pdf(html(report))


@lru_cache(maxsize=8)
def printed_report(content: str) -> bytes:
    """The PDF of a report, as JSON: made once for all who ask for the same content."""
    return pdf(json.loads(content))
