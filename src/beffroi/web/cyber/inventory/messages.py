"""Messages of inventory agents: FusionInventory 2.6 (XML) and GLPI agent 1.x (JSON), plain or compressed.

In: the bytes of a request, hostile until read; `message_process` runs this in a child with limits. Out: a `Message` that holds the
fields of an allow-list and nothing else: users, owners, processes, environment, networks and labels are never taken out of it.
Only the standard library is imported.
"""

import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from xml.parsers import expat

MAX_COMPRESSED: Final = 5 << 20
MAX_EXPANDED: Final = 50 << 20
MAX_ENTRIES: Final = 3_000  # of one section: a Debian desktop has some 2,000 packages
MAX_TEXT: Final = 120  # characters of a field

FIELDS: Final[dict[str, frozenset[str]]] = {
    section: frozenset(names.split())
    for section, names in {
        "HARDWARE": "NAME UUID CHASSIS_TYPE MEMORY VMSYSTEM OSNAME OSVERSION",
        "BIOS": "SMANUFACTURER SMODEL SSN TYPE",
        "OPERATINGSYSTEM": "NAME FULL_NAME VERSION KERNEL_NAME KERNEL_VERSION INSTALL_DATE",
        "DRIVES": "LETTER TYPE FILESYSTEM TOTAL SYSTEMDRIVE ENCRYPT_STATUS",
        "ANTIVIRUS": "NAME VERSION ENABLED UPTODATE",
        "SOFTWARES": "NAME VERSION PUBLISHER INSTALLDATE",
    }.items()
}
"""What enters, by section: an allow-list. TYPE of a drive is its mount point on Linux, of the BIOS its chassis."""

_NAMES_OF_PEOPLE: Final[dict[str, frozenset[str]]] = {
    "USERS": frozenset({"LOGIN"}),
    "HARDWARE": frozenset({"LASTLOGGEDUSER", "USERID", "WINOWNER"}),
    "SOFTWARES": frozenset({"USERNAME"}),
    "LOCAL_USERS": frozenset({"NAME", "LOGIN", "ID"}),
}
"""Read in the child only, to drop the entries that repeat them."""
_SHORTEST_NAME: Final = 4
type Section = list[dict[str, str]]
type Kind = Literal["prolog", "contact", "inventory"]
type Syntax = Literal["xml", "json"]


class UnreadableMessage(Exception):
    """A message that cannot be read; its text is French, for the page that says so."""


@dataclass(frozen=True)
class Message:
    """What an agent says: a first contact (`prolog`, `contact`), or an inventory with its sections. `partial`: what changed only."""

    kind: Kind
    syntax: Syntax
    device: str = ""
    sections: Mapping[str, Section] = field(default_factory=dict)
    partial: bool = False

    def first(self, section: str) -> Mapping[str, str]:
        return next(iter(self.sections.get(section, [])), {})

    def to_dict(self) -> dict[str, Any]:
        return {**vars(self), "sections": dict(self.sections)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Message":
        """Read again what the child wrote, held to the same allow-list: a compromised child is not trusted. Raises ValueError."""
        kind, syntax = values.get("kind"), values.get("syntax")
        if kind not in ("prolog", "contact", "inventory") or syntax not in ("xml", "json"):
            raise ValueError("no such kind of message")
        sections = {
            name: [
                {key: clean(text) for key, text in entry.items() if key in FIELDS[name]}
                for entry in entries[:MAX_ENTRIES]
            ]
            for name, entries in values.get("sections", {}).items()
            if name in FIELDS
        }
        return cls(kind, syntax, clean(values.get("device", "")), sections, values.get("partial") is True)


def read(body: bytes) -> Message:
    """Read a message. Raises UnreadableMessage."""
    text = expand(body)
    start = text.lstrip()[:1]
    if start == b"<":
        return _read_xml(text)
    if start == b"{":
        return _read_json(text)
    raise UnreadableMessage("Ce message n'est ni du XML ni du JSON.")


def expand(body: bytes) -> bytes:
    """The bytes, decompressed when they begin as zlib or gzip do. Raises UnreadableMessage beyond 50 MB."""
    if not (body.startswith(b"\x1f\x8b") or (body[:1] == b"\x78" and body[1:2] in b"\x01\x5e\x9c\xda")):
        return body
    stream = zlib.decompressobj(wbits=47)  # either header
    try:
        text = stream.decompress(body, MAX_EXPANDED + 1)
    except zlib.error:
        raise UnreadableMessage("La compression de ce message est abîmée.") from None
    if len(text) > MAX_EXPANDED:
        raise UnreadableMessage("Ce message, décompressé, dépasse 50 Mo.")
    if not stream.eof:
        raise UnreadableMessage("Ce message est coupé avant sa fin.")
    return text


def clean(text: Any) -> str:
    """One line of printable characters, cut: what another program wrote is shown on a page."""
    if not isinstance(text, str | int | float):
        return ""
    words = str(text)[: 8 * MAX_TEXT].split()
    return " ".join("".join(c for c in word if c.isprintable()) for word in words)[:MAX_TEXT].strip()


def _read_xml(text: bytes) -> Message:
    parser = expat.ParserCreate()
    reader = _Reader()
    # Entities are what makes XML dangerous, and no agent writes a document type.
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(text, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise UnreadableMessage("Ce XML est mal formé.") from None
    query = reader.query.strip().upper()
    if query == "PROLOG":
        return Message("prolog", "xml", clean(reader.device))
    if query != "INVENTORY":
        raise UnreadableMessage("Ce message d'agent n'est pas un inventaire de machine.")
    return _inventory("xml", reader.device, reader.sections)


def _refuse_doctype(*_: object) -> None:
    raise UnreadableMessage("Ce XML déclare des entités, ce qu'aucun agent ne fait : il est refusé.")


class _Reader:
    """Elements of `REQUEST/CONTENT/SECTION/FIELD` that are wanted, and the two of `REQUEST` that say what the message is."""

    def __init__(self) -> None:
        self.query = self.device = ""
        self.sections: dict[str, Section] = {}
        self._path: list[str] = []
        self._text: list[str] | None = None

    def start(self, name: str, _: Mapping[str, str]) -> None:
        self._path.append(name.upper())
        self._text = None
        match self._path:
            case ["REQUEST", "QUERY" | "DEVICEID"]:
                self._text = []
            case ["REQUEST", "CONTENT", section] if section in _READ:
                entries = self.sections.setdefault(section, [])
                if len(entries) < MAX_ENTRIES:
                    entries.append({})
            case ["REQUEST", "CONTENT", section, field] if field in _READ.get(section, ()):
                self._text = []

    def text(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def end(self, _: str) -> None:
        if self._text is not None:
            text = "".join(self._text)
            match self._path:
                case ["REQUEST", "QUERY"]:
                    self.query = text
                case ["REQUEST", "DEVICEID"]:
                    self.device = text
                case [_, _, section, field]:
                    self.sections[section][-1].setdefault(field, text)
        self._path.pop()
        self._text = None


def _read_json(text: bytes) -> Message:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise UnreadableMessage("Ce JSON est mal formé.") from None
    action, device = message.get("action"), message.get("deviceid", "")
    if action == "contact":
        return Message("contact", "json", clean(device))
    content = message.get("content")
    if action != "inventory" or not isinstance(content, dict):
        raise UnreadableMessage("Ce message d'agent n'est pas un inventaire de machine.")
    if message.get("itemtype", "Computer") != "Computer":
        raise UnreadableMessage("Cet inventaire n'est pas celui d'un ordinateur.")
    sections: dict[str, Section] = {}
    for name, found in content.items():
        wanted = _READ.get(name.upper())
        if wanted is None:
            continue
        entries = found if isinstance(found, list) else [found]
        sections[name.upper()] = [
            {key.upper(): _as_text(value) for key, value in entry.items() if key.upper() in wanted}
            for entry in entries[:MAX_ENTRIES]
            if isinstance(entry, dict)
        ]
    return _inventory("json", device, sections, partial=message.get("partial") is True)


def _as_text(value: Any) -> str:
    """A JSON value as the XML has it."""
    if isinstance(value, bool):
        return str(int(value))
    return str(value) if isinstance(value, str | int | float) else ""


_READ: Final = {
    section: FIELDS.get(section, frozenset()) | _NAMES_OF_PEOPLE.get(section, frozenset())
    for section in FIELDS.keys() | _NAMES_OF_PEOPLE.keys()
}


def _inventory(
    syntax: Syntax, device: str, sections: Mapping[str, Section], *, partial: bool = False
) -> Message:
    """The allow-listed fields, without the entries that repeat the name of somebody who works on the machine."""
    people = {
        name.casefold()
        for section, fields in _NAMES_OF_PEOPLE.items()
        for entry in sections.get(section, [])
        for field in (fields & entry.keys()) - {"ID"}
        if section != "LOCAL_USERS" or _is_a_person(entry)
        for name in re.split(r"[\\@/,]", clean(entry[field]))
        if len(name) >= _SHORTEST_NAME
    }
    named = re.compile(
        "|".join(rf"\b{re.escape(name)}\b" for name in sorted(people)) or "(?!)", re.IGNORECASE
    )
    allowed: dict[str, Section] = {}
    for section in FIELDS.keys() & sections.keys():
        entries = [
            {field: clean(text) for field, text in entry.items() if field in FIELDS[section]}
            for entry in sections[section]
        ]
        # A machine may bear its user's name (« PC-DUPONT »): the town calls it so. A program may not.
        is_program = section == "SOFTWARES"
        allowed[section] = [e for e in entries if e and not (is_program and named.search(e.get("NAME", "")))]
    for drive in allowed.get("DRIVES", []):
        if drive.get("TYPE", "").startswith("/") and drive["TYPE"] != "/":
            drive["TYPE"] = "autre"  # « /media/dupont/photos »
    return Message("inventory", syntax, clean(device), allowed, partial)


def _is_a_person(account: Mapping[str, str]) -> bool:
    """Whether a local account is somebody's: those of the system have the names of its programs (« mail », « backup »)."""
    number = account.get("ID", "")
    return not number.isdecimal() or int(number) >= 1_000
