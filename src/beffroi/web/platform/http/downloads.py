"""File downloads, complete or not at all.

In: an iterator of bytes. Out: a response. What cannot be read at its beginning is an error where it is asked for, and the
page or the API says it; what cannot be read later is an error of the request. Neither is ever a file that is empty or cut
short under a status of success: the server ends such a file as if it were whole.
"""

import logging
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, Final

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from ..api.problems import problem

IN_MEMORY: Final = 8 << 20
"""Bytes: a longer file waits on the home's disk until it is whole."""

CUT_SHORT: Final = (
    "Le fichier n'a pas pu être fait jusqu'au bout : rien n'a été envoyé. "
    "Réessayez, puis prévenez votre administrateur."
)
CSV: Final = "text/csv; charset=utf-8"
LINES_OF_JSON: Final = "application/x-ndjson; charset=utf-8"
_API: Final = "/api/"
logger = logging.getLogger(__name__)


def download(chunks: Iterable[bytes | str], file_name: str, content_type: str = CSV) -> StreamingHttpResponse:
    """The file, whose first chunk is made here: raises what making it raises."""
    rest = iter(chunks)
    first = next(rest, b"")
    return StreamingHttpResponse(
        chain([first], rest),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="{file_name}"'},
    )


def download_file(file: IO[bytes], file_name: str, content_type: str) -> StreamingHttpResponse:
    """A file of the disk, sent from where it is open, never whole in memory, and kept by no cache."""
    response = download(_read(file), file_name, content_type)
    response["Content-Length"] = str(os.fstat(file.fileno()).st_size)
    response["Cache-Control"] = "no-store"
    return response


class WholeFilesMiddleware:
    """A file is made to its end before its status is sent. Outside of the turns of the territories, which its making takes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, StreamingHttpResponse) or response.has_header("Content-Length"):
            return response
        try:
            file = _made(response)
        except Exception:
            response.close()
            if request.path_info.startswith(_API):
                logger.exception("a file could not be made to its end: %s", request.path)
                return problem(500, CUT_SHORT)
            raise
        response["Content-Length"] = str(file.tell())
        file.seek(0)
        response.streaming_content = _read(file)
        return response


def _made(response: StreamingHttpResponse) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY, dir=settings.HOME.run)  # noqa: SIM115  read by _read
    try:
        for chunk in response:
            file.write(chunk)
    except BaseException:
        file.close()
        raise
    return file


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(1 << 16):
            yield chunk
