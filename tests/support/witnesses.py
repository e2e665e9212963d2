"""People who work while processes die, and who remember every write that the site acknowledged.

Each is a thread with a session. What was refused or cut short is tried again, as a person would; only what the site said yes
to is noted, to be looked for at the end.
"""

import hashlib
import http.client
import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from support.load import Session

ROWS = 40
type Act = Callable[[], None]
CUT = (OSError, http.client.HTTPException)


@dataclass
class Witness(threading.Thread):
    """`noted`: what was acknowledged; `over`: stop after the current act."""

    session: Session
    slug: str
    noted: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def at(self, path: str) -> str:
        return f"/t/{self.slug}/{path}"

    def run(self) -> None:
        for act in self.acts():
            if self.over.is_set():
                return
            try:
                act()
            except CUT:
                self.over.wait(0.2)

    def acts(self) -> Iterator[Act]:
        raise NotImplementedError


class Depositor(Witness):
    """Deposits a file, waits until it was read, has it poured as a dataset of its own, then the next."""

    def acts(self) -> Iterator[Act]:
        self.job = self.page = ""
        for rank in itertools.count():
            self.rank = rank
            yield self.deposit
            while self.job:
                yield self.follow

    def deposit(self) -> None:
        rows = "".join(f"Site {self.rank};{n};{n * 3}\n" for n in range(ROWS))
        content = f"Lieu;Rang;Nombre\n{rows}".encode()
        status, where = self.session.send_file(
            self.at("donnees/deposer/"), "file", f"releve-{self.rank}.csv", content
        )
        if status == 302:
            self.noted.append(f"deposit {hashlib.sha256(content).hexdigest()}")
            self.job = where.decode()

    def follow(self) -> None:
        status, content = self.session.get(f"{self.job}etat.json")
        if status != 200:
            self.over.wait(0.2)
            return
        state = json.loads(content)
        if state["failed"]:
            self.noted.append(f"failed {self.job} {state['message']}")
            self.job = ""
        elif not state["done"]:
            self.over.wait(0.1)
        elif (read := re.search(r"/livraisons/(\d+)/$", state["location"])) and self._waits(
            state["location"]
        ):
            self.confirm(state["location"], int(read[1]))
        else:
            self.job = ""

    def _waits(self, page: str) -> bool:
        status, content = self.session.get(page)
        if status != 200:
            raise ConnectionError(f"{page}: {status}")
        return b'id="confirmation"' in content

    def confirm(self, page: str, delivery: int) -> None:
        fields = {"t0-pour": "on", "t0-dataset": "+", "t0-title": f"Relevé {delivery}", "t0-mode": "replace"}
        status, where = self.session.post(page, fields)
        if status == 302:
            self.noted.append(f"pour {delivery}")
            self.job = where.decode()


class Decider(Witness):
    """Accepts the proposals one by one."""

    def acts(self) -> Iterator[Act]:
        while True:
            yield self.look
            for proposal in self.waiting:
                self.proposal = proposal
                yield self.decide

    def look(self) -> None:
        self.waiting: list[str] = []
        status, content = self.session.get(self.at("decisions/"))
        if status == 200:
            found = re.findall(rf"/t/{self.slug}/decisions/(\d+)/", content.decode())
            self.waiting = list(dict.fromkeys(found))
        if not self.waiting:
            self.over.wait(0.5)

    def decide(self) -> None:
        fields = {"verdict": "accept", "words": "Vu avec le service."}
        page = self.at(f"decisions/{self.proposal}/")
        status, _ = self.session.post(f"{page}decider/", fields, page=page)
        if status == 302:
            self.noted.append(f"decision {self.proposal}")
        self.over.wait(0.1)
