"""What comes back from an attempt: whole, read through, and stripped of what changes from one answer to the next."""

import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

_NONCE = re.compile(rb'nonce="[^"]*"')
_CSRF = re.compile(rb'((?:csrfmiddlewaretoken|form_token)" value=|X-CSRFToken"?: ?)"[^"]*"')
_RANDOM = re.compile(rb'(name="key" value)="[0-9a-f]{32}"')
# 11:03:27.5, and « 11 h 03 » with its no-break spaces: the minute may turn between two answers.
_CLOCK = re.compile(rb"\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?|\d{1,2}\xc2\xa0h(?:\xc2\xa0\d{2})?")
_MADE = re.compile(rb'(type="hidden" name="[\w-]+" value)="\d+"')
_VARYING = {"content-security-policy", "expires", "set-cookie", "content-length", "date", "x-request-id"}


@dataclass(frozen=True)
class Answer:
    """One response: its state, headers and whole body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @classmethod
    def of(cls, response: Any) -> "Answer":
        body = b"".join(response.streaming_content) if response.streaming else response.content
        return cls(response.status_code, {k.lower(): v for k, v in response.headers.items()}, body)

    @property
    def text(self) -> bytes:
        """The body, opened if it is an archive, and the headers: everywhere a word may hide."""
        inside = b""
        if self.body[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(self.body)) as archive:
                inside = b"\n".join(archive.read(name) for name in archive.namelist())
        headers = "\n".join(f"{k}: {v}" for k, v in self.headers.items()).encode()
        return headers + b"\n" + self.body + inside

    @property
    def html(self) -> str:
        """The page, empty when something else came back."""
        return self.body.decode() if self.headers.get("content-type", "").startswith("text/html") else ""

    def without(self, *asked: str) -> bytes:
        """The text without what the visitor had written: a redirection to sign-in says the address again."""
        text = self.text
        for each in sorted(
            {part for one in asked for part in (one, one.split("?")[0]) if part}, key=len, reverse=True
        ):
            for written in (quote_plus(each), quote(each, safe=""), quote(each), each):
                text = text.replace(written.encode(), b"*")
        return text

    def bare(
        self, without: Iterable[Any] = (), *, numbers: bool = False
    ) -> tuple[int, dict[str, str], bytes]:
        """What must be the same whether the thing exists elsewhere or nowhere: without tokens nor what was asked for.

        `numbers`: without the rank of a row that was made, which a database may not give twice.
        """
        body = _RANDOM.sub(rb"\1", _CLOCK.sub(b"", _CSRF.sub(rb"\1", _NONCE.sub(b"", self.body))))
        headers = {k: v for k, v in self.headers.items() if k not in _VARYING}
        for asked in sorted({str(x) for x in without}, key=len, reverse=True):
            for written in (quote_plus(asked), quote(asked, safe=""), quote(asked), asked):
                body = body.replace(written.encode(), b"*")
                headers = {k: v.replace(written, "*") for k, v in headers.items()}
        if numbers:
            body = _MADE.sub(rb'\1="#"', body)
            if "location" in headers:
                headers["location"] = re.sub(r"/\d+/", "/#/", headers["location"])
        return self.status, headers, body
