"""What the host's own rooms add to a territory: its legal act and competences, delegations, providers, programs and tokens."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from django.utils import timezone

from beffroi.lake.reference import competences as law
from beffroi.lake.sources import Secret
from beffroi.systems import registry
from beffroi.systems.contract import Draft, Explanation, Item, Passage, ProposedAct
from beffroi.web.catalogue.models import Fetch
from beffroi.web.catalogue.sources import fetching, source_registry
from beffroi.web.catalogue.sources.fetch_schedules import Schedule
from beffroi.web.catalogue.sources.promises import Promise
from beffroi.web.decisions import contesting, drafting, second_reading, teaching, usage
from beffroi.web.decisions.case_corrections import correct_case
from beffroi.web.decisions.judging import Choice
from beffroi.web.decisions.models import Contestation, Replay
from beffroi.web.decisions.services import decide, propose
from beffroi.web.platform import scope
from beffroi.web.platform.api import authentication
from beffroi.web.platform.models import Membership, Person
from beffroi.web.tenancy import hosting, places, tokens
from beffroi.web.tenancy import services as people
from beffroi.web.tenancy.models import ClaimedRole, IdentityProvider

if TYPE_CHECKING:
    from .world import Side

TOKEN_ACTS = frozenset(authentication.TOKEN_ACTS)


def furnish_place(side: "Side") -> None:
    """What the territory is and exercises. Called from the host, before anything is in it."""
    word, today = side.words.private, timezone.localdate()
    contract = hosting.HostingContract(
        "processor", f"Convention {word}", today - timedelta(days=30), f"Maire {word}"
    )
    hosting.record_contract(side.territory, contract, by=None)
    with scope.inside(side.territory):
        held = places.exercised(side.territory) or frozenset()
        needed = [key for key in registry.get("canteen").manifest.competences[:1] if key not in held]
        free = [key for key in law.load_competences().competences if key not in held and key not in needed]
        for key in [*needed, *free[: 1 + side.words.more]]:
            side.facts["competence"] = places.add_competence(
                side.territory, None, key, since=today, legal_act=f"Délibération {word}"
            )


def furnish_people(side: "Side") -> None:
    """Who may decide for another, whose access is suspended, who signs in elsewhere. Called from the host."""
    word, territory, agent = side.words.private, side.territory, side.people["agent"]
    side.facts["delegate"] = side.admit("delegue", ["agent"])
    side.facts["delegation"] = people.delegate(
        territory,
        side.people["decider"],
        side.delegate,
        subject=f"Repas {word}",
        legal_act=people.LegalAct(f"Arrêté {word}", date(2026, 4, 1)),
        term=people.Term(until=timezone.now() + timedelta(days=90)),
        by=None,
    )
    side.facts["suspended"] = side.admit("suspendu", ["agent"])
    people.suspend(territory, side.suspended, by=None, reason=f"Parti {word}")
    with scope.inside(territory):
        side.facts["membership"] = Membership.objects.of(territory).get(person=agent)
        # As `save_provider` writes it, without asking a provider that no test has.
        side.facts["provider"] = provider = IdentityProvider.objects.create(
            territory=territory,
            public_id=f"{territory.slug}-essai",
            name=f"Annuaire {word}",
            issuer=f"https://{side.words.private_word}.example/",
            client_id=word,
            sealed_secret=word,
            form_origin=f"https://{side.words.private_word}.example",
            enabled=False,
        )
        ClaimedRole.objects.create(territory=territory, provider=provider, person=agent, role="agent")


def furnish_sources(side: "Side") -> None:
    """A source that failed and is late, a file that somebody owes, and an attempt of each. Called inside it."""
    word, person = side.words.private, side.people["everything"]
    domain = f"{side.words.private_word}.example"

    def said(title: str, **more: Any) -> source_registry.Settings:
        clause = source_registry.Clause(
            "delegatee", f"Régie {word}", f"donnees@{domain}", f"DSP {word}", f"article {word}"
        )
        told = {"dataset": side.meals, "dataset_title": "", "mode": "append", "schedule": Schedule("day")}
        promise = Promise("week", first=timezone.localdate() - timedelta(days=60))
        return source_registry.Settings(
            title=title, owner=person, promise=promise, clause=clause, **(told | more)
        )

    spec = {"kind": "http_file", "url": f"https://{domain}/fichier.csv"}
    for n in range(1 + side.words.more):
        source = source_registry.add(
            side.territory, person, spec, Secret(token=word), said(f"Source {word} {n}", mode="replace")
        )
    owed = source_registry.add(
        side.territory, person, {}, Secret(), said(f"Dépôt {word}", schedule=Schedule())
    )
    fetch = Fetch.objects.create(territory=side.territory, source=source, requested_by=person)
    fetching.fail(fetch, f"Le serveur {word} ne répond pas.")
    handed = Fetch.objects.create(
        territory=side.territory, source=owed, delivery=side.received, by_hand=True, requested_by=person
    )
    side.facts |= {"source": source, "owed": owed, "fetch": fetch, "handed": handed}


def furnish_decisions(side: "Side") -> None:
    """What concerns somebody: files, a second reading, offences, contestations and what they taught. Called inside it."""
    word, territory, by = side.words.private, side.territory, side.people
    usage.record_consultation(
        territory,
        by["administrator"],
        informed_on=date(2026, 9, 1),
        consulted_on=date(2026, 9, 20),
        body=f"Comité {word}",
        reference=f"PV {word}",
    )
    told = Explanation(f"Rang {word}", (f"Quotient {word}",), (f"Poids {word}",), (f"Somme {word}",))

    def act(subject: str, **more: Any) -> ProposedAct:
        fields = {"case": f"dossier {subject}", "effect": "favourable", "explanation": told} | more
        return ProposedAct(subject, 1.0, "place", 0.0, 1.0, (f"Raison {word}",), {"lieu": word}, **fields)

    offence = {"case": "", "effect": "none", "explanation": None, "offence": True} | {
        "about": f"Précision {word}",
        "items": (Item("a", f"Étape {word}", (f"Fait {word}",)),),
        "spare": (Item("b", f"Réserve {word}"),),
    }
    made = propose(
        territory,
        system="tiny",
        system_version="1",
        run=f"cas-{side.words.private_word}",
        acts=[act(f"{word} crèche {n}") for n in range(3 + side.words.more)]
        + [act(f"{word} dépôt {n}", **offence) for n in range(1 + side.words.more)],
    )
    ordered, _ = propose(  # lines of a day: one is ordered, the page validates the other
        territory,
        system="canteen",
        system_version="1",
        run=f"jour-{side.words.private_word}",
        acts=[
            ProposedAct(
                f"Repas {word} {n}",
                50.0,
                "repas",
                45.0,
                55.0,
                (f"Raison {word}",),
                {"last_comparable": {"2036-01-14": 49, "2036-01-07": 51, "2035-12-31": 50}},
                day=date(2036, 1, 21),
                place=f"Cantine {word} {n}",
            )
            for n in range(2)
        ],
    )
    decide(ordered, by["decider"], "accept", reason=f"Vu {word}")
    granted, prepared, _ = made[:3]
    own = f"Votre demande {word} passe après douze autres plus anciennes ; nous avons relu chaque pièce du dossier."
    second_reading.prepare(prepared, by["decider"], Choice("refuse", None, f"Rang {word}", text=own))
    decision = decide(
        granted, by["decider"], "change", value=0.5, reason=f"Mi-temps {word}", unfavourable=False
    )

    def contested(n: int) -> Contestation:
        given = contesting.Submission(f"{word} place {n}", f"{word} compté un enfant", name=f"Léa {word}")
        return contesting.submit(
            territory, given, key=f"{side.words.private_word}-{n}-cle-de-la-page"
        ).contestation

    rows = [contested(n) for n in range(2 + side.words.more)]
    contesting.tie(rows[0], by["data_officer"], granted)
    for proposal in (granted, None):  # a former tie
        contesting.tie(rows[1], by["data_officer"], proposal)
    answer = f"Nous avons repris votre dossier {word} pièce par pièce : il y a bien trois enfants dans votre foyer."
    contesting.answer(rows[0], by["data_officer"], "confirmed", answer, f"Compter les enfants {word}")
    confirmed = Contestation.objects.of(territory).select_related("proposal", "territory").get(pk=rows[0].pk)
    correct_case(decision, by["decider"], Choice("accept", None, f"Trois enfants {word}"), confirmed)
    rule = {
        "where": {"case": f"dossier {word}"},
        "action": "at_least",
        "value": 1.0,
        "reason": f"Erreur {word}",
    }
    for _ in range(1 + side.words.more):
        teaching.add_rule(confirmed, by["data_officer"], **rule)
    teaching.add_regression(confirmed, by["data_officer"], low=0.5, high=1.0)
    affected = [{"proposal": granted.pk, "was": 1.0, "would_be": None, "decided": True}]
    Replay.objects.create(
        territory=territory,
        system="tiny",
        contestation=confirmed,
        affected=affected,
        key=side.words.private_word,
        by=by["data_officer"],
    )
    quote = f"Le guide {word} dit tout"
    made_drafts, _ = drafting.receive(
        territory,
        system="tiny",
        system_version="1",
        run=f"reponses-{side.words.private_word}",
        drafts=[
            Draft(f"Question {word} {n} ?", f"Réponse {word} {n}.", (Passage(f"Guide {word}", quote),), word)
            for n in range(3 + side.words.more)
        ],
        tables={"texts": pa.table({"body": [quote]})},
        read={"texts": {"title": f"Textes {word}", "number": 1}},
    )
    drafting.save(made_drafts[0], by["agent"], f"Récrit {word}")
    drafting.retain(made_drafts[1], by["agent"], f"Retenu {word}")
    drafting.dismiss(made_drafts[2], by["agent"], f"Hors sujet {word}")
    side.facts |= {
        "reply": made_drafts[0],
        "retained_reply": made_drafts[1],
        "granted": granted,
        "prepared": prepared,
        "offence": made[-1],
        "contestation": rows[-1],
        "confirmed": confirmed,
    }


def furnish_programs(side: "Side") -> None:
    """The programs that work for it, and a token for each of its people. Called inside it."""
    word, keeper = side.words.private, side.people["everything"]
    account = tokens.create_service(side.territory, f"Programme {word}", f"Déposer {word}", by=keeper)
    side.facts |= {
        "account": account,
        "token": token_for(side, account.person, by=keeper).token,
        "secrets": {
            name: token_for(side, person).secret
            for name, person in side.people.items()
            if person.kind == Person.Kind.HUMAN and tokens.acts_for(person, side.territory)
        },
    }


def token_for(side: "Side", person: Person, *, by: Person | None = None) -> Any:
    """A token with every act that this person may hand over."""
    acts = [act for act in tokens.acts_for(person, side.territory) if act != "territory.enter"]
    asked = tokens.NewToken(
        label=f"Jeton {side.words.private}",
        acts=acts or ["territory.enter"],
        until=timezone.localdate() + timedelta(days=30),
    )
    return tokens.create(side.territory, person, asked, by=by or person)


def fresh_pace() -> None:
    """The programs' pace is not what is tried here."""
    authentication.rate_limit = authentication.RateLimit()
