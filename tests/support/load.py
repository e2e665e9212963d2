"""A load that does not wait for the answers: requests arrive at a given rate, and each is timed from when it was due.

In: an address, pages and how they are chosen, a rate, a time, a session. Out: a `Report` with its percentiles. Each request
has a connection and a thread of its own, so that a slow answer never delays the next arrival (no coordinated omission).
"""

import http.client
import http.cookiejar
import re
import threading
import time
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Report:
    """Seconds from when each answered request was due, and how each one ended (its status, or the error's name)."""

    seconds: list[float] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)
    late: float = 0.0  # the longest that the generator itself was behind, in seconds

    def percentile(self, share: float) -> float:
        """The time under which this share (0 to 1) of the good answers came; infinite when there was none."""
        if not self.seconds:
            return float("inf")
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def failures(self) -> int:
        return sum(count for ending, count in self.endings.items() if ending != "200")

    def __str__(self) -> str:
        p50, p95 = (f"{1000 * self.percentile(share):.0f}" for share in (0.5, 0.95))
        return f"p50 {p50} ms, p95 {p95} ms, {dict(self.endings)}"


@dataclass(frozen=True)
class Session:
    """A person who came in: their cookies, and where the site is."""

    url: str
    cookies: str

    def for_browser(self) -> list[dict[str, str]]:
        """The same cookies as a browser's context takes them."""
        pairs = (pair.split("=", 1) for pair in self.cookies.split("; "))
        return [{"name": name, "value": value, "url": self.url} for name, value in pairs]

    def get(self, path: str, *, timeout: float = 60.0) -> tuple[int, bytes]:
        return _send(self, "GET", path, None, {}, timeout)

    def tokens(self, page: str, path: str, *, timeout: float = 60.0) -> list[tuple[str, str]]:
        """What a page hides in its form that is sent to `path`. Raises ConnectionError when it shows no such form."""
        status, content = self.get(page, timeout=timeout)
        for form in re.findall(r"<form\b[^>]*>.*?</form>", content.decode(errors="replace"), re.DOTALL):
            action = re.match(r'<form\b[^>]*\saction="([^"]*)"', form)
            if urlsplit(urllib.parse.urljoin(page, action[1] if action else "")).path == path:
                return re.findall(
                    r'<input type="hidden" name="(csrfmiddlewaretoken|form_token)" value="([^"]+)"', form
                )
        raise ConnectionError(f"{page}: {status}, without a form for {path}")

    def post(
        self, path: str, fields: dict[str, str], *, page: str = "", timeout: float = 60.0
    ) -> tuple[int, bytes]:
        """A form as `page`, by default its own address, sends it; redirections are not followed."""
        hidden = self.tokens(page or path, path, timeout=timeout)
        body = urllib.parse.urlencode([*fields.items(), *hidden]).encode()
        return _send(self, "POST", path, body, {"Content-Type": "application/x-www-form-urlencoded"}, timeout)

    def send_file(
        self, path: str, name: str, file_name: str, content: bytes, *, timeout: float = 60.0
    ) -> tuple[int, bytes]:
        edge = "----beffroi-load"
        parts = [
            *(
                f'--{edge}\r\nContent-Disposition: form-data; name="{hidden}"\r\n\r\n{token}\r\n'.encode()
                for hidden, token in self.tokens(path, path, timeout=timeout)
            ),
            f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
            "Content-Type: text/csv\r\n\r\n".encode(),
            content,
            f"\r\n--{edge}--\r\n".encode(),
        ]
        content_type = {"Content-Type": f"multipart/form-data; boundary={edge}"}
        return _send(self, "POST", path, b"".join(parts), content_type, timeout)


def come_in(link: str) -> Session:
    """Use the single-use link that `beffroi signin` prints, as a browser without JavaScript does."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(link, timeout=60).read().decode()
    tokens = re.findall(r'name="(csrfmiddlewaretoken|form_token)" value="([^"]+)"', page)
    if not tokens:
        raise ValueError("this link does not lead in: ask for another one")
    form = urllib.parse.urlencode(tokens).encode()
    browser.open(urllib.request.Request(link, form, {"Referer": link}), timeout=60).read()
    parts = urlsplit(link)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)
    return Session(f"{parts.scheme}://{parts.netloc}", cookies)


def run(
    session: Session, paths: Sequence[str], *, rate: float, seconds: float, timeout: float = 60.0
) -> Report:
    """Ask for the pages in turn, `rate` times a second, for so many seconds; returns when all have ended."""
    requests = [_asking(session, path, timeout) for path in paths]
    return arrivals((requests[n % len(requests)] for n in range(int(rate * seconds))), rate=rate)


def _asking(session: Session, path: str, timeout: float) -> Callable[[], int]:
    return lambda: session.get(path, timeout=timeout)[0]


def arrivals(requests: Iterable[Callable[[], int]], *, rate: float, most: int = 400) -> Report:
    """Start each ask when it is due. Beyond `most` that have not ended, those due are counted as `crowded out`."""
    report, lock, living = Report(), threading.Lock(), threading.Semaphore(most)
    threads: list[threading.Thread] = []

    def one(ask: Callable[[], int], due: float) -> None:
        try:
            ending = str(ask())
        except (OSError, http.client.HTTPException) as error:
            ending = type(error).__name__
        finally:
            living.release()
        took = time.monotonic() - due
        with lock:
            report.endings[ending] += 1
            if ending == "200":
                report.seconds.append(took)

    start = time.monotonic()
    for rank, ask in enumerate(requests):
        due = start + rank / rate
        if (wait := due - time.monotonic()) > 0:
            time.sleep(wait)
        report.late = max(report.late, time.monotonic() - due)
        if not living.acquire(blocking=False):
            with lock:
                report.endings["crowded out"] += 1
            continue
        thread = threading.Thread(target=one, args=(ask, due), daemon=True)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    return report


def _send(
    session: Session, verb: str, path: str, body: bytes | None, extra_headers: dict[str, str], timeout: float
) -> tuple[int, bytes]:
    parts = urlsplit(session.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        headers = {"Cookie": session.cookies, "Referer": session.url + path, **extra_headers}
        connection.request(verb, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, (answer.headers.get("Location") or "").encode() or content
    finally:
        connection.close()
