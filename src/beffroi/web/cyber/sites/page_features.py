"""Features of a web page that change detection compares: words, structure, links, scripts, frames.

In: the bytes of a page, at most `MAX_BYTES`, and its address. Out: a frozen `PageFeatures` that goes to JSON and back.
The page is hostile: it is parsed by the standard library, in one pass, with bounds on its tags and on what is stored.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from beffroi.text import expand_ligatures, strip_accents

from .text_languages import detect_language

MAX_BYTES: Final = 2 << 20
MAX_TAGS: Final = 60_000
MAX_DEPTH: Final = 300
MAX_ITEMS: Final = 80
"""Hosts, headings and scripts of each kind that are stored."""
TOP_WORDS: Final = 12
SKETCH_SIZE: Final = 800
"""Hashes in a bottom-k sketch: enough for a containment estimate within a few points."""

_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)  # fmt: skip
_SILENT = frozenset(("script", "style", "template", "svg", "title"))
_BREAKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "button", "dd", "div", "dt", "footer", "form", "h1", "h2", "h3", "h4",
     "header", "label", "li", "main", "nav", "option", "p", "section", "td", "th", "tr", "ul")
)  # fmt: skip
_HEADINGS = frozenset(("h1", "h2", "h3"))
_HIDDEN_STYLE = re.compile(
    r"display:none|visibility:hidden|font-size:[01](?:px|em|%|;|$)|opacity:0(?:;|$|\.0)|(?:left|top|text-indent|margin-left):-\d{3,}"
    r"|(?:height|width):[01](?:px)?(?:;|$)"
)
_RULE = re.compile(r"\.([\w-]{1,80})\s{0,9}\{([^{}]{0,2000})\}")
_WORD = re.compile(r"[^\W_]+")
_SCRIPT_REDIRECT = re.compile(
    r"location(?:\.href)?\s{0,9}=\s{0,9}[\"'](?:https?:)?//([^/\"'\s]{1,200})"
    r"|location\.(?:replace|assign)\s{0,9}\(\s{0,9}[\"'](?:https?:)?//([^/\"'\s]{1,200})"
)
_SCRIPT_HOST = re.compile(r"[\"'](?:https?:)?//([a-zA-Z0-9.-]{3,200})(?=[/\"':?])")
_LOADER = re.compile(
    r"createElement\s{0,9}\(\s{0,9}[\"'](?:script|iframe)|document\.write|insertAdjacentHTML|importScripts"
)
_OBFUSCATED = re.compile(
    r"eval\s{0,9}\(\s{0,9}(?:atob|unescape|String\.fromCharCode|function\s{0,9}\(p,a,c,k)|document\.write\s{0,9}\(\s{0,9}(?:atob|unescape)"
    r"|(?:\\x[0-9a-fA-F]{2}){30}|(?:%[0-9a-fA-F]{2}){60}"
)
_REFRESH = re.compile(r"url\s{0,9}=\s{0,9}[\"']?([^\"'\s;]{1,2000})", re.IGNORECASE)

# Words that pages put by intruders often bear: a hint beside facts, never a reason by themselves.
HINTS: Final[dict[str, re.Pattern[str]]] = {
    "intrusion": re.compile(
        r"\b(?:hacked|pwned|0wned|owned|defaced|rooted) by\b|\bh4ck|\bpirate par\b|\bhacke par\b|\bgreetz\b|\bcyber (?:army|team)\b"
        r"|\bsecurity (?:breach|is low)\b|\bgot hacked\b"
    ),
    "casino": re.compile(r"\b(?:casino|poker|slots?|jackpot|sportsbook|togel|paris sportifs?|bet\d+)\b"),
    "pharma": re.compile(r"\b(?:viagra|cialis|levitra|sildenafil|tadalafil|online pharmacy|pharmacie en ligne)\b"),
    "argent": re.compile(r"\b(?:bitcoin|crypto giveaway|payday loans?|replica watches|forex)\b"),
}  # fmt: skip


@dataclass(frozen=True)
class PageFeatures:
    """What a page looked like. Sketches are sorted bottom-k hashes; hosts are in lower case, without the page's own."""

    title: str = ""
    headings: list[str] = field(default_factory=list)
    top: str = ""
    """First words that a reader sees."""
    word_count: int = 0
    words: list[int] = field(default_factory=list)
    structure: list[int] = field(default_factory=list)
    navigation: list[int] = field(default_factory=list)
    """Links to pages of the same site."""
    link_hosts: list[str] = field(default_factory=list)
    hidden_link_hosts: list[str] = field(default_factory=list)
    script_hosts: list[str] = field(default_factory=list)
    loader_hosts: list[str] = field(default_factory=list)
    """Hosts named in scripts of the page that load other scripts or frames."""
    script_redirects: list[str] = field(default_factory=list)
    inline_scripts: list[int] = field(default_factory=list)
    obfuscated: list[int] = field(default_factory=list)
    frame_hosts: list[str] = field(default_factory=list)
    hidden_frame_hosts: list[str] = field(default_factory=list)
    form_hosts: list[str] = field(default_factory=list)
    base_host: str = ""
    refresh_host: str = ""
    image_hosts: list[str] = field(default_factory=list)
    image_count: int = 0
    language: str = ""
    heading_language: str = ""
    """Language of the first heading, when it is a sentence."""
    hints: list[str] = field(default_factory=list)
    loud_hints: list[str] = field(default_factory=list)
    """Those in the title or in a heading."""
    overlays: list[int] = field(default_factory=list)
    """Elements laid over the whole window."""
    size: int = 0
    moved_to: str = ""
    """Another host to which the address redirects: nothing else was seen."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "PageFeatures":
        """Features as stored; a field that a later version added is empty."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})


def feature_hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=5).digest())


def sketch(items: Iterable[str]) -> list[int]:
    """Bottom-k sketch of a set of texts."""
    return sorted({feature_hash(item) for item in items})[:SKETCH_SIZE]


def share_of(part: list[int], whole: list[int]) -> float:
    """Estimated share of the set `part` that is in the set `whole`; 1 for an empty one."""
    if not part:
        return 1.0
    limit = min((sketched[-1] for sketched in (part, whole) if len(sketched) >= SKETCH_SIZE), default=1 << 41)
    compared = [one for one in part if one <= limit]
    if not compared:
        return 1.0
    present = set(whole)
    return sum(one in present for one in compared) / len(compared)


def fold(text: str) -> str:
    return strip_accents(expand_ligatures(text)).lower()


def words_of(text: str) -> list[str]:
    """Folded words; figures count alike, so that a counter or a date changes nothing."""
    return ["0" if word[0].isdigit() else word for word in _WORD.findall(fold(text))]


def is_same_site(host: str, own: str) -> bool:
    """Whether a host is the site's own, with or without « www. »."""
    return host.removeprefix("www.") == own.removeprefix("www.")


def _covers_all(style: str) -> bool:
    """Whether an inline style lays its element over the whole window."""
    if "position:fixed" not in style:
        return False
    stretched = ("width:100%" in style or "width:100vw" in style) and (
        "height:100%" in style or "height:100vh" in style
    )
    return (
        stretched
        or "inset:0" in style
        or all(f"{side}:0" in style for side in ("top", "bottom", "left", "right"))
    )


def decode(body: bytes, content_type: str) -> str:
    """Text of a page, by its header, then by its own declaration, then as UTF-8; what cannot be read is replaced."""
    declared = re.search(r"charset=[\"']?([\w-]{2,30})", content_type or "", re.IGNORECASE)
    inside = re.search(rb"charset=[\"']?([\w-]{2,30})", body[:2048], re.IGNORECASE)
    for name in (declared and declared[1], inside and inside[1].decode("ascii", "replace"), "utf-8"):
        try:
            return body.decode(name or "utf-8", "replace")
        except LookupError:
            continue
    return body.decode("utf-8", "replace")


def extract(body: bytes, url: str, content_type: str = "") -> PageFeatures:
    """Features of a page, at most its first `MAX_BYTES`."""
    page = _Page(url)
    page.read(decode(body[:MAX_BYTES], content_type))
    return page.features(len(body))


class _Full(Exception):
    """The page has more tags than anybody needs: what was read is enough."""


class _Page(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self._url = url
        self._own = (urlsplit(url).hostname or "").lower()
        self._stack: list[tuple[str, bool]] = []
        self._hidden_classes: set[str] = set()
        self._tags = 0
        self._skipped: list[str] = []  # text of a script, a style or the title
        self._text: list[str] = []
        self._hidden_text: list[str] = []
        self._line: list[str] = []
        self._heading: list[str] | None = None
        self._title = ""
        self._headings: list[str] = []
        self._structure: set[str] = set()
        self._navigation: set[str] = set()
        self._hosts: dict[str, set[str]] = {
            name: set()
            for name in ("link", "hidden", "script", "loader", "redirect", "frame", "hidden_frame", "form", "image")
        }  # fmt: skip
        self._inline: set[int] = set()
        self._obfuscated: set[int] = set()
        self._overlays: set[int] = set()
        self._images = 0
        self._base = self._refresh = ""

    def read(self, text: str) -> None:
        try:
            self.feed(text)
            self.close()
        except (_Full, AssertionError, ValueError):
            pass  # what came before is compared
        self._end_line()

    def _is_hidden(self) -> bool:
        return bool(self._stack) and self._stack[-1][1]

    def _host(self, address: str | None) -> str:
        """Foreign host of an address, empty for the site's own."""
        if not address or len(address) > 4000:
            return ""
        try:
            host = (urlsplit(urljoin(self._url, address.strip())).hostname or "").lower()
        except ValueError:
            return ""
        return "" if is_same_site(host, self._own) else host[:200]

    def _note(self, kind: str, host: str) -> None:
        if host and len(self._hosts[kind]) < MAX_ITEMS:
            self._hosts[kind].add(host)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tags += 1
        if self._tags > MAX_TAGS:
            raise _Full
        attributes = {name: value or "" for name, value in attrs}
        classes = attributes.get("class", "")[:400].split()
        style = attributes.get("style", "")[:2000].lower().replace(" ", "")
        hidden = (
            self._is_hidden()
            or "hidden" in attributes
            or bool(_HIDDEN_STYLE.search(style))
            or not self._hidden_classes.isdisjoint(classes)
        )
        if tag in _BREAKS:
            self._end_line()
        if len(self._structure) < 4 * SKETCH_SIZE:
            self._structure.add(f"{tag}.{'.'.join(sorted(classes)[:3])}#{attributes.get('id', '')[:40]}")
        if len(self._overlays) < MAX_ITEMS and _covers_all(style):
            self._overlays.add(feature_hash(f"{tag} {style}"))
        self._handle_element(tag, attributes, hidden)
        if tag in _HEADINGS and not hidden:
            self._heading = []
        if tag in _SILENT:
            self._skipped = []
        if tag not in _VOID and len(self._stack) < MAX_DEPTH:
            self._stack.append((tag, hidden))

    def _handle_element(self, tag: str, attributes: dict[str, str], hidden: bool) -> None:
        if tag == "a":
            self._handle_link(attributes.get("href", ""), hidden)
        elif tag == "script":
            self._note("script", self._host(attributes.get("src")))
        elif tag in ("iframe", "frame", "embed", "object"):
            host = self._host(attributes.get("src") or attributes.get("data"))
            tiny = attributes.get("width") in ("0", "1") or attributes.get("height") in ("0", "1")
            self._note("hidden_frame" if hidden or tiny else "frame", host)
        elif tag == "form":
            self._note("form", self._host(attributes.get("action")))
        elif tag == "base":
            self._base = self._host(attributes.get("href"))
        elif tag == "img":
            self._images += 1
            self._note("image", self._host(attributes.get("src")))
        elif tag == "meta" and attributes.get("http-equiv", "").lower() == "refresh":
            target = _REFRESH.search(attributes.get("content", "")[:4000])
            self._refresh = self._refresh or (self._host(target[1]) if target else "")

    def _handle_link(self, address: str, hidden: bool) -> None:
        if not address or address[0] == "#" or address.lower().startswith(("mailto:", "tel:", "javascript:")):
            return
        host = self._host(address)
        if host:
            self._note("hidden" if hidden else "link", host)
        elif len(self._navigation) < 4 * SKETCH_SIZE:
            self._navigation.add(urljoin(self._url, address).partition("#")[0].partition("?")[0])

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._end_silent(tag)
        if tag in _HEADINGS and self._heading is not None:
            if len(self._headings) < MAX_ITEMS and (text := " ".join("".join(self._heading).split())):
                self._headings.append(text[:200])
            self._heading = None
        if tag in _BREAKS:
            self._end_line()
        for depth in range(len(self._stack) - 1, -1, -1):
            if self._stack[depth][0] == tag:
                del self._stack[depth:]
                break

    def _end_silent(self, tag: str) -> None:
        text, self._skipped = "".join(self._skipped), []
        if tag == "title" and not self._title:
            self._title = " ".join(text.split())[:300]
        elif tag == "style":
            for name, body in _RULE.findall(text):
                if len(self._hidden_classes) < 500 and _HIDDEN_STYLE.search(body.lower().replace(" ", "")):
                    self._hidden_classes.add(name)
        elif tag == "script" and text.strip():
            self._read_script(text)

    def _read_script(self, text: str) -> None:
        # Figures of a script (a nonce, a time) change at each visit.
        mark = feature_hash(re.sub(r"[0-9a-fA-F]*\d[0-9a-fA-F]*", "0", text[:200_000]))
        if len(self._inline) < SKETCH_SIZE:
            self._inline.add(mark)
        for first, second in _SCRIPT_REDIRECT.findall(text[:200_000]):
            self._note("redirect", self._host(f"//{first or second}/"))
        if _LOADER.search(text):
            for host in _SCRIPT_HOST.findall(text[:200_000]):
                self._note("loader", self._host(f"//{host}/"))
        if _OBFUSCATED.search(text) and len(self._obfuscated) < MAX_ITEMS:
            self._obfuscated.add(mark)

    def handle_data(self, data: str) -> None:
        if self._stack and self._stack[-1][0] in _SILENT:
            self._skipped.append(data)
        elif self._is_hidden():
            self._hidden_text.append(data)
        else:
            self._line.append(data)
            if self._heading is not None:
                self._heading.append(data)

    def _end_line(self) -> None:
        if text := " ".join("".join(self._line).split()):
            self._text.append(text)
        self._line = []

    def features(self, size: int) -> PageFeatures:
        words = [word for line in self._text for word in words_of(line)]
        whole = fold(" ".join((self._title, *self._text, *self._hidden_text))[:400_000])
        loud = fold(" ".join((self._title, *self._headings)))
        found = {name: sorted(hosts) for name, hosts in self._hosts.items()}
        return PageFeatures(
            title=self._title,
            headings=self._headings,
            top=" ".join(" ".join(self._text)[:400].split()[:TOP_WORDS]),
            word_count=len(words),
            words=sketch(set(words)),
            structure=sketch(self._structure),
            navigation=sketch(self._navigation),
            link_hosts=found["link"],
            hidden_link_hosts=found["hidden"],
            script_hosts=found["script"],
            loader_hosts=found["loader"],
            script_redirects=found["redirect"],
            inline_scripts=sorted(self._inline),
            obfuscated=sorted(self._obfuscated),
            frame_hosts=found["frame"],
            hidden_frame_hosts=found["hidden_frame"],
            form_hosts=found["form"],
            base_host=self._base,
            refresh_host=self._refresh,
            image_hosts=found["image"],
            image_count=self._images,
            language=detect_language(words),
            heading_language=detect_language(words_of(self._headings[0]), 6) if self._headings else "",
            hints=[name for name, pattern in HINTS.items() if pattern.search(whole)],
            loud_hints=[name for name, pattern in HINTS.items() if pattern.search(loud)],
            overlays=sorted(self._overlays),
            size=size,
        )
