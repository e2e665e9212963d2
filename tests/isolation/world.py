"""Two territories on one host, each filled by the real services with everything that exists.

Every private text and cell of B carries one word, every published one another: found in an answer, the word proves
where the answer came from. B has more rows than A, so that no number of B's is also one of A's.
"""

import csv
import hashlib
import io
import secrets
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from typing import Any

from django.utils import timezone

from beffroi.lake.readers.corrections import Corrections
from beffroi.web.catalogue import lifecycle as catalogue
from beffroi.web.catalogue.grants import open_data, processing
from beffroi.web.catalogue.models import Dataset, Delivery, SavedCorrections, Snapshot
from beffroi.web.catalogue.publication import workflow as publication
from beffroi.web.decisions import deadlines
from beffroi.web.decisions.models import Decision, Proposal
from beffroi.web.decisions.services import decide
from beffroi.web.platform import jobs, ledger, scope
from beffroi.web.platform.models import Job, Membership, Person, Territory
from beffroi.web.platform.rights import BOUND, DATED, INCOMPATIBLE, NOT_ASSIGNABLE, ROLES
from beffroi.web.studio import comments, public, sharing, validation
from beffroi.web.studio import services as studio
from beffroi.web.studio.editing import drafts, recipe_edits
from beffroi.web.studio.materialized import materialization
from beffroi.web.studio.models import StoredRecipe
from beffroi.web.tenancy import notifications
from beffroi.web.tenancy import services as people
from beffroi.web.tenancy.models import EntryLink
from beffroi.web.tenancy.notifications import Frequency
from beffroi.web.tenancy.services import NewTerritory, found_territory
from beffroi.web.trust.committee import services as committee
from beffroi.web.trust.models import Seat
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.models import Regression, Run, SystemUse
from life import carry, examined
from places import accepting
from trust.committee import opined
from workshop.test_declared import ROBOT

from .continuing import furnish_continuity
from .escaping import MARKUP
from .further import furnish_decisions, furnish_people, furnish_place, furnish_programs, furnish_sources
from .guiding import furnish_guides
from .helping import csirt, furnish_help
from .machines import furnish_machines
from .reporting import furnish_reports
from .securing import furnish_mail
from .trusting import furnish_law
from .watching import furnish_sites

# Roles that are given to a person, those that name the things that they hold for, those that end; all that one may hold.
ROLES_GIVEN = tuple(role for role in ROLES if role not in NOT_ASSIGNABLE)
NAMED = {role for role, bound in BOUND.items() if bound.must}
_ALONE = {"service"} | {one for pair in INCOMPATIBLE for one in pair} - {"decider", "data_officer"}
EVERYTHING = tuple(role for role in ROLES_GIVEN if role not in _ALONE | NAMED | DATED)
_PUBLISHED = {"licence": "Licence Ouverte 2.0"}


@dataclass(frozen=True)
class Words:
    """What marks the texts of a territory: `private` what its members see, `public` what it publishes.

    Addresses and identifiers are made of the bare words. Every text bears the markup after its word: a page that shows it
    otherwise than as text is found by test_isolation_labels.py.
    """

    name: str
    code: str
    private_word: str
    public_word: str
    more: int  # rows that it has more than the other
    markup: str = ""

    @property
    def private(self) -> str:
        return self.private_word + self.markup

    @property
    def public(self) -> str:
        return self.public_word + self.markup


HERE = Words("Valmartre", "99T01", "aubepine", "amandier", 0, MARKUP)
THERE = Words("Brumelande", "99T02", "zorgluve", "brumelin", 2)


@dataclass
class Side:
    """One territory and one of each thing in it; `facts` holds what a room adds, by name."""

    words: Words
    territory: Territory
    people: dict[str, Person] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)

    def admit(self, name: str, roles: Sequence[str]) -> Person:
        return _member(self, name, roles)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["facts"][name]
        except KeyError:
            raise AttributeError(f"the world holds no {name}: add it in tests/isolation/world.py") from None


@dataclass
class World:
    """A is attacked from, B must stay shut; `outsiders` are people of neither, or of both."""

    a: Side
    b: Side
    outsiders: dict[str, Person] = field(default_factory=dict)


def build() -> World:
    """Both territories and the people around them."""
    csirt()
    a, b = furnish(HERE), furnish(THERE)
    world = World(a, b)
    world.outsiders["stranger"] = Person.objects.create_user("etranger@example.org", name="Etranger")
    world.outsiders["neighbour"] = b.people["everything"]
    world.outsiders["former"] = _dated(a, "ancien", until=timezone.now() - timedelta(days=1))
    world.outsiders["coming"] = _dated(a, "futur", since=timezone.now() + timedelta(days=1))
    for side in (a, b):
        world.outsiders["both"] = admit(side, "deux@example.org", "Deux Maisons", EVERYTHING)
    return world


def _dated(side: Side, name: str, **dates: Any) -> Person:
    person = admit(side, f"{name}@example.org", name, EVERYTHING)
    with scope.inside(side.territory):
        Membership.objects.of(side.territory).filter(person=person).update(**dates)
    return person


def furnish(words: Words) -> Side:
    """One territory with its people, its data, its analyses, its systems, its decisions and its jobs."""
    territory = found_territory(
        NewTerritory(
            code=words.code,
            name=words.name + words.markup,
            kind="CA",
            population=48_000,
            contact=f"Mairie, {words.public}",
        )
    )
    side = Side(words, territory)
    for role in ROLES_GIVEN:
        if role not in NAMED:
            side.people[role] = _member(side, role, [role])
    side.people["everything"] = _member(side, "tout", EVERYTHING)
    furnish_place(side)
    with scope.inside(territory):
        _data(side)
    for role in NAMED:
        side.people[role] = _member(side, role, [role])
    furnish_people(side)
    with scope.inside(territory):
        _analyses(side)
        _systems(side)
        furnish_law(side)
        furnish_sites(side)
        furnish_decisions(side)
        furnish_sources(side)
        furnish_guides(side)
        furnish_help(side)
        _work(side)
        _links(side)
        furnish_programs(side)
        furnish_machines(side)
        furnish_continuity(side)
        _ledger(side)
    return side


def _member(side: Side, name: str, roles: Sequence[str]) -> Person:
    words = side.words
    return admit(side, f"{name}@{words.private_word}.example", f"{name} {words.private}", roles)


def admit(side: Side, email: str, name: str, roles: Sequence[str]) -> Person:
    """Let someone in, with what some roles ask for: a legal act, an end, the resources that they are limited to."""
    more: dict[str, Any] = {}
    if "decider" in roles:
        more["legal_act"] = people.LegalAct(f"Procès-verbal {side.words.private}", date(2026, 3, 22))
    if DATED & set(roles):
        more["term"] = people.Term(until=timezone.now() + timedelta(days=300))
    if NAMED & set(roles):
        more["limited_to"] = [f"dataset:{d.pk}" for d in (side.meals, side.families, side.visits)]
    return accepting(side.territory, people.admit(side.territory, email, name, list(roles), by=None, **more))


def joining_link(side: Side) -> str:
    """The secret of a link by which the territory offers itself to somebody of the other one; it is theirs to follow."""
    guest = Person.objects.create_user(
        f"invite@{side.words.private_word}.example", "mot de passe", name=f"Hôte {side.words.private}"
    )
    link = people.invite(side.territory, guest.email, "", ["agent"], by=None)
    return link.rstrip("/").rsplit("/", 1)[1]


# What the territory holds


def _csv(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows([head, *rows])
    return text.getvalue()


def _meals(word: str, days: int) -> str:
    rows = []
    for n in range(days):
        day = date(2026, 9, 1) + timedelta(days=n)
        for rank, level in ((1, 100), (2, 60)):
            rows.append([f"{word} école {rank}", f"{day:%d/%m/%Y}", level + n % 5, f"{word} plat {n}"])
    return _csv(["École", "Jour", "Repas servis", f"Menu {word}"], rows)


def _changed_meals(word: str) -> str:
    """The next file of the meals, with a column renamed and one more."""
    head = [f"École ou site {word}", "Jour", "Repas servis", f"Menu {word}", f"Remarque {word}"]
    rows = [[f"{word} école {n}", f"{n:02d}/11/2026", 100 + n, f"{word} plat {n}", "vu"] for n in range(1, 6)]
    return _csv(head, rows)


def _archive(member: str, word: str) -> bytes:
    """An archive whose file bears a name that the site does not choose."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(member, _csv(["Lieu", "Élèves"], [[f"{word} lieu {n}", 20 + n] for n in range(5)]))
    return content.getvalue()


def _families(word: str) -> str:
    address = word.partition('"')[0]
    rows = [[f"{word}{n}", f"Léa{n}", f"{address}.{n}@example.org", 600 + n] for n in range(15)]
    return _csv(["Nom", "Prénom", "Courriel", "Quotient"], rows)


def _visits(word: str, more: int) -> str:
    rows = [[f"{word} lieu {n}", f"{n + 1:02d}/03/2026", 40 + n] for n in range(12 + more)]
    # A total and a row that is not like the others are set aside.
    return _csv(["Lieu", "Date", "Entrées"], [*rows, ["Total", "", 999]])


def _permits(words: Words) -> str:
    rows = [[n, f"{n:02d}/0{n}/2026", f"{words.private} rue {n}"] for n in range(1, 6 + words.more)]
    return _csv(["Dossier", "Jour", "Lieu"], rows)


NO_TABLE = bytes(range(256)) * 40


def receive(side: Side, name: str, content: str | bytes) -> Delivery:
    content = content.encode() if isinstance(content, str) else content
    return catalogue.receive(side.territory, side.people["everything"], name, [content])


def pour(side: Side, name: str, text: str) -> Snapshot:
    delivery = catalogue.stage(receive(side, name, text))
    (snapshot,) = catalogue.pour(delivery, side.people["everything"])
    return snapshot


def pour_again(side: Side, dataset: Dataset, name: str, text: str) -> Snapshot:
    delivery = catalogue.stage(receive(side, name, text))
    choice = catalogue.Choice(0, dataset.slug, "", "replace")
    (snapshot,) = catalogue.pour(delivery, side.people["everything"], [choice])
    return snapshot


def _data(side: Side) -> None:
    words, person, territory = side.words, side.people["everything"], side.territory
    facts = side.facts
    last = pour(side, f"{words.private} repas servis.csv", _meals(words.private, 20))
    meals: Dataset = last.dataset
    for n in range(1 + words.more):
        last = pour_again(side, meals, f"{words.private} repas servis {n}.csv", _meals(words.private, 21 + n))
    said = f"{words.private} : repas"
    catalogue.edit_card(
        meals, person, title=f"{words.private} repas servis", description=said, producer=words.private
    )
    families = pour(side, f"{words.private} familles.csv", _families(words.private)).dataset
    visits = pour(side, f"{words.public} visites.csv", _visits(words.public, words.more))
    catalogue.edit_card(visits.dataset, person, producer=f"Ville, {words.public}", owner=person, **_PUBLISHED)
    catalogue.publish(visits.dataset, person)
    catalogue.edit_card(families, person, producer=words.private, owner=person, **_PUBLISHED)
    publication.request_publication(
        families,
        person,
        ground="consent",
        evidence=f"Formulaires {words.private}",
        columns=["nom"],
        reason=f"{words.private} pourquoi",
    )
    for n in range(words.more):
        pour(side, f"{words.private} reserve {n}.csv", _visits(words.private, n + 3))
    refused = receive(side, f"{words.private} photo.csv", NO_TABLE)
    permits = catalogue.stage(receive(side, f"{words.private} permis.csv", _permits(words)))
    said = Corrections.from_dict({"types": {"dossier": "code"}, "missing": [f"{words.private} absent"]})
    (permit,) = catalogue.pour(catalogue.correct(permits, person, {0: said}), person)
    facts |= {
        "meals": Dataset.objects.of(territory).get(pk=meals.pk),
        "last_meals": last,
        "families": families,
        "visits": Dataset.objects.of(territory).get(pk=visits.dataset.pk),
        "visits_delivery": visits,
        "received": receive(side, f"{words.private} attente.csv", _visits(words.private, 1)),
        "staged": catalogue.stage(receive(side, f"{words.private} lu.csv", _meals(words.private, 3))),
        "changed": catalogue.stage(
            receive(side, f"{words.private} repas servis 99.csv", _changed_meals(words.private))
        ),
        "archive": catalogue.stage(
            receive(
                side, f"{words.private} envoi.zip", _archive(f"{words.private} effectifs.csv", words.private)
            )
        ),
        "refused": catalogue.stage(refused),
        "permits": permit.dataset,
        "saved_corrections": SavedCorrections.objects.get(dataset=permit.dataset),
        "purpose": processing(
            territory,
            f"{words.private_word}-quotient",
            title=f"Quotients {words.private}",
            purpose=f"Calculer les tarifs {words.private}",
            legal_basis="Mission d'intérêt public",
            covers_personal=True,
            datasets=[families],
            person=person,
        ),
    }


# What is said of it


def _definition(dataset: Dataset, title: str, by: str, measured: str) -> dict[str, Any]:
    return {
        "title": title,
        "sources": {"donnees": dataset.slug},
        "steps": [
            {"step": "source", "source": "donnees"},
            {
                "step": "group",
                "by": [by],
                "measures": [{"name": "somme", "operation": "sum", "column": measured}],
            },
            {"step": "sort", "by": [{"column": "somme", "descending": True}]},
        ],
        "figure": {
            "kind": "bar",
            "title": title,
            "unit": "personnes",
            "base": "{lignes} lignes",
            "year": "2026",
            "source": title,
            "encodings": {"x": by, "y": "somme", "labels": {by: by, "somme": "Somme"}},
        },
    }


def _analyses(side: Side) -> None:
    words, person, territory = side.words, side.people["everything"], side.territory
    steering = studio.steering(territory)
    slugs = []
    for n in range(1 + words.more):
        title = f"{words.private} repas par école {n}"
        written = _definition(side.meals, title, "ecole", "repas_servis")
        slugs.append(
            studio.save_recipe(territory, person, f"{words.private_word}-{n}", written, steering).slug
        )
    written = _definition(side.visits, f"{words.public} entrées", "lieu", "entrees")
    shown = studio.save_recipe(territory, person, f"{words.public_word}-entrees", written, steering)
    loose = _definition(side.meals, f"{words.private} sans tableau", "ecole", "repas_servis")
    studio.save_recipe(territory, person, f"{words.private_word}-seule", loose, steering)
    board = studio.save_board(
        territory,
        person,
        f"{words.private_word}-cantine",
        f"{words.private} cantine",
        f"{words.private} ?",
        slugs,
    )
    # Protected data: what its board first showed is written down.
    counted = _definition(side.families, f"{words.private} familles", "quotient", "quotient")
    counted["steps"][1:] = [{"step": "group", "measures": [{"name": "familles", "operation": "count"}]}]
    counted["figure"] |= {"kind": "number", "encodings": {"value": "familles"}}
    families = studio.save_recipe(territory, person, f"{words.private_word}-familles", counted, side.purpose)
    studio.save_board(
        territory, person, f"{words.private_word}-foyers", f"{words.private} foyers", "", [families.slug]
    )
    more = [f"{shown.slug}"]
    for n in range(words.more):
        again = _definition(side.visits, f"{words.public} entrées {n}", "lieu", "entrees")
        more.append(studio.save_recipe(territory, person, f"{words.public_word}-{n}", again, steering).slug)
    public_board = studio.save_board(
        territory, person, f"{words.public_word}-ville", f"{words.public} ville", "", more, public=True
    )
    for stored in StoredRecipe.objects.of(territory).select_related("territory", "processing"):
        studio.answer(person, stored)  # kept: the attempts find it
    public.figures(public_board)
    until = timezone.localdate() + timedelta(days=30)
    _, link_secret = sharing.create_link(public_board, person, until, f"{words.public} lien")
    link, _ = sharing.create_link(board, person, until, f"{words.private} lien")
    ended, ended_secret = sharing.create_link(public_board, person, until, f"{words.private} fini")
    sharing.close_link(ended, person)
    comment = comments.add_comment(board, person, f"{words.private} à revoir")
    open_data(territory)  # the public's purpose is written down at its first read
    side.facts |= {
        "board": board,
        "public_board": public_board,
        "comment": comment,
        "link": link,
        "link_secret": link_secret,
        "ended_secret": ended_secret,
        "rank": len(slugs),
        "public_rank": len(more),
        "recipe": StoredRecipe.objects.of(territory).get(slug=slugs[-1]),
    }
    made = materialization.materialize(
        side.recipe, person, f"{words.private} gardé", f"keep:{territory.slug}"
    )
    side.facts["materialized_result"] = made.dataset
    validation.validate(side.recipe, side.people["supervisor"], 1, f"{words.private} vérifié")
    draft = drafts.take_up(side.recipe, person)
    longer = recipe_edits.remove_step(drafts.current_recipe(draft), 2)
    side.facts["draft"] = drafts.change(draft, person, longer, f"Étape retirée {words.private}")


# The systems and what people decide


def _systems(side: Side) -> None:
    """Both systems are the host's and in use in both: tiny at work, canteen neither supervised nor shown to the public."""
    person, territory, words = side.people["supervisor"], side.territory, side.words
    use = workshop.adopt(territory, person, "tiny", supervisor=person)
    columns = {"site": "ecole", "date": "jour", "meals": "repas_servis"}
    use = workshop.bind(use, person, {"attendance": {"dataset": side.meals.slug, "columns": columns}})
    workshop.execute(use, person, "backtest", key=secrets.token_hex(16))
    carry(use, "sandbox", who=side.people.__getitem__, mark=words.private)
    # Asked for as from the page: the job and the run both bear the key.
    jobs.run(workshop.start(use, person, "run", key=secrets.token_hex(16)))
    run = Run.objects.of(territory).get(verb="run")
    decided, waiting = Proposal.objects.of(territory).order_by("pk")
    reason = f"{words.private} : effectifs vus avec l'école"
    decision = decide(decided, side.people["decider"], Decision.Verdict.ACCEPT, reason=reason)
    side.facts |= {
        "use": SystemUse.objects.of(territory).get(pk=use.pk),
        "run": Run.objects.of(territory).get(pk=run.pk),
        "decided": decided,
        "waiting": waiting,
        "decision": decision,
        "quiet": workshop.adopt(territory, person, "canteen", supervisor=None),
    }
    side.quiet.public = False
    side.quiet.save(update_fields=["public"])
    # Of a system that proposes nothing here: what waits stays open at any hour.
    deadlines.set_deadline(territory, "canteen", person, time(10, 30), 1)
    notifications.choose(person, territory, {"services": Frequency.NEVER})
    _trust(side)
    furnish_reports(side)
    furnish_mail(side)


def _trust(side: Side) -> None:
    """A product declared by its buyer, a committee, an opinion that is published and one that is not."""
    words, people = side.words, side.people.__getitem__
    robot = workshop.declare(
        side.territory,
        people("data_officer"),
        replace(ROBOT, title=f"Robot {words.public}", product=words.public),
    )
    public = opined(side.use, "unfavourable", who=people, mark=words.public)
    hidden = opined(robot, published=False, who=people, mark=words.private)
    seat = Seat.objects.of(side.territory).order_by("pk").first()
    today = timezone.localdate()
    committee.overrule(
        opined(side.quiet, "unfavourable", who=people, mark=words.public),
        people("decider"),
        body=f"Conseil de {words.public}",
        reference=f"n° {words.public}",
        day=today,
        published_on=today,
        reason=f"{words.public} : l'assemblée a lu l'avis, l'a débattu, et décide de continuer l'essai un an.",
    )
    examined(side.use, people("supervisor"), "bronze")
    Regression.objects.create(
        territory=side.territory,
        use=side.use,
        version="1.0.0",
        cases=[{"case": 0, "subject": words.private, "came": "tenu"}],
        passed=True,
        by=people("supervisor"),
    )
    side.facts |= {"robot": robot, "opinion": public, "hidden_opinion": hidden, "seat": seat}


def _work(side: Side) -> None:
    """Jobs in each state: one that waits for a worker, one done, one refused."""
    from beffroi.web.catalogue import delivery_jobs

    person, word = side.people["everything"], side.words.private
    waiting = delivery_jobs.start_stage(side.received, person)
    done = delivery_jobs.start_stage(receive(side, f"{word} travail.csv", _meals(word, 2)), person)
    failed = delivery_jobs.start_stage(receive(side, f"{word} image.csv", NO_TABLE), person)
    side.facts |= {"job": waiting, "job_done": jobs.run(done), "job_failed": jobs.run(failed)}
    assert side.job.state == Job.State.WAITING


def _links(side: Side) -> None:
    """A live link of one member: whoever holds it comes in as that member, and nowhere else."""
    side.facts["offered"] = joining_link(side)
    side.facts["secret"] = secret = secrets.token_urlsafe(32)
    EntryLink.objects.create(
        person=side.people["agent"],
        purpose="invite",
        digest=hashlib.sha256(secret.encode()).hexdigest(),
        expires_at=timezone.now() + timedelta(days=7),
    )


def _ledger(side: Side) -> None:
    # Enough for a block of the tree.
    lines = [ledger.NewLine("board.save", None, f"board:{n}", {}) for n in range(1100)]
    ledger.append_many(side.territory, lines)
    side.facts["seq"] = ledger.lines_of(side.territory).last().seq


def check_distinct(world: World) -> None:
    """The attempts prove something only if B's numbers are not A's too."""
    assert world.b.seq > world.a.seq + 20 or world.b.seq > world.a.seq
    assert world.b.last_meals.number > world.a.last_meals.number
    assert world.b.rank > world.a.rank and world.b.public_rank > world.a.public_rank
