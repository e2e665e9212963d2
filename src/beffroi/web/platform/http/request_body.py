"""The body of a request: its length, and what is left of it once it is answered.

A connection that is closed while bytes wait to be read is reset, and the client may lose the answer (RFC 9112, section 9.6):
an agent that is asked for its key would see a broken connection in place of 401, a browser whose session ended would see one in
place of the sign-in page. nginx names its remedy `lingering_close`.
"""

import time
from typing import Final

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError

LONGEST: Final = 30
"""Seconds; what comes later is left unread."""
_CHUNK: Final = 1 << 16


def content_length(request: HttpRequest) -> int:
    """Bytes that the request announces; 0 where it says nothing that can be read."""
    try:
        return max(0, int(request.META.get("CONTENT_LENGTH") or 0))
    except ValueError:
        return 0


def discard_unread(request: HttpRequest) -> None:
    """Read and drop the rest of the body, unless it is longer than any file that is taken, or waits for `100 Continue`."""
    if not 0 < content_length(request) <= settings.BEFFROI_MAX_UPLOAD or "HTTP_EXPECT" in request.META:
        return
    end = time.monotonic() + LONGEST
    try:
        while request.read(_CHUNK) and time.monotonic() < end:
            pass
    except UnreadablePostError:  # the client left
        pass
