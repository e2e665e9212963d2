"""What each address asks for: the table of the values of every parameter of every route, for one side of the world.

A route or a parameter that is not here fails the suite. To add one: say where its value is found in `Side` (and make it
exist there, in world.py); say `SHARED` when its values are the host's, the same for every territory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from beffroi.guides import Questionnaire
from beffroi.web.guides.library import guide

from . import continuing
from .world import Side


@dataclass(frozen=True)
class Value:
    """How to find a parameter's value. `shared`: the host's, the same word means the same thing everywhere."""

    of: Callable[[Side], Any]
    shared: bool = False


def _(of: Callable[[Side], Any]) -> Value:
    return Value(of)


SLUG = Value(lambda side: side.territory.slug)
SYSTEM = Value(lambda side: "tiny", shared=True)

QUESTION = guide(Questionnaire, "mon_aide_cyber").questions[0].key
REGISTER_ENTRIES = (
    "register-attach",
    "register-confirm",
    "register-entry",
    "register-remove",
    "register-restore",
)
PLAN_ACTIONS = ("plan-action", "plan-attach", "plan-move")
RESPONSES = (
    "response",
    "response-again",
    "response-all",
    "response-blank",
    "response-close",
    "response-comparison",
    "response-contributions",
    "response-export",
    "response-import",
    "response-question",
)
RUNS = ("guide-run", "guide-run-end", "guide-run-facts", "guide-run-step")
PAPERS = ("paper", "paper-eml", "paper-pdf", "paper-txt", "paper-zip")
CONTRIBUTIONS = ("contribution-leave", "contribution-take")
OFFERS = ("offer", "offer-done", "offer-leave", "offer-take")

# By route and parameter; "*" stands for every route that has no line of its own.
PARAMETERS: dict[tuple[str, str], Value] = {
    ("*", "slug"): SLUG,
    ("*", "dataset"): _(lambda side: side.meals.slug),
    ("*", "recipe"): _(lambda side: side.recipe.slug),
    ("*", "system"): SYSTEM,
    ("*", "draft"): _(lambda side: side.draft.pk),
    **{
        (route, "pk"): _(lambda side: side.device.pk)
        for route in (
            "device",
            "device-acknowledge",
            "device-change",
            "device-key",
            "device-remove",
        )
    },
    ("machine-key-revoke", "pk"): _(lambda side: side.machine_key.pk),
    ("job", "pk"): _(lambda side: side.job.pk),
    ("job-state", "pk"): _(lambda side: side.job.pk),
    ("ledger-line", "seq"): _(lambda side: side.seq),
    ("delivery", "pk"): _(lambda side: side.staged.pk),
    ("delivery-read", "pk"): _(lambda side: side.refused.pk),
    ("delivery-correct", "pk"): _(lambda side: side.staged.pk),
    ("corrections-forget", "dataset"): _(lambda side: side.permits.slug),
    ("corrections-forget", "saved"): _(lambda side: side.saved_corrections.pk),
    ("delivery-cancel", "pk"): _(lambda side: side.staged.pk),
    ("snapshot", "number"): _(lambda side: side.last_meals.number),
    ("snapshot-aside", "number"): _(lambda side: side.last_meals.number),
    ("snapshot-undo", "number"): _(lambda side: side.last_meals.number),
    ("row-correct", "number"): _(lambda side: side.last_meals.number),
    ("row-correct", "origin"): _(lambda side: side.last_meals.number_in_lake),
    ("row-correct", "line"): Value(lambda side: 2, shared=True),
    ("source-add-step", "step"): Value(lambda side: "genre", shared=True),
    ("source-deposit", "pk"): _(lambda side: side.owed.pk),
    **{
        (route, "pk"): _(lambda side: side.source.pk)
        for route in (
            "source",
            "source-edit",
            "source-fetch",
            "source-pause",
            "source-remove",
            "source-resume",
            "source-secret",
        )
    },
    **{
        (route, "dataset"): _(lambda side: side.families.slug)
        for route in (
            "publication",
            "publication-advise",
            "publication-decide",
            "publication-request",
            "publication-withdraw",
        )
    },
    ("dataset-push", "dataset"): _(lambda side: side.visits.slug),
    ("dataset-unpublish", "dataset"): _(lambda side: side.visits.slug),
    ("board", "board"): _(lambda side: side.board.slug),
    **{
        (route, "board"): _(lambda side: side.board.slug)
        for route in (
            "board-comment",
            "board-comment-remove",
            "board-export",
            "board-filters",
            "board-remove",
            "board-share",
            "board-unshare",
        )
    },
    ("board-comment-remove", "comment"): _(lambda side: side.comment.pk),
    ("board-unshare", "link"): _(lambda side: side.link.pk),
    ("help-guide", "guide"): Value(lambda side: "citoyens", shared=True),
    ("board-export", "form"): Value(lambda side: "xlsx", shared=True),
    ("recipe-export", "form"): Value(lambda side: "csv", shared=True),
    ("board-figure", "board"): _(lambda side: side.board.slug),
    ("board-figure", "rank"): _(lambda side: side.rank),
    ("board-figure-remove", "board"): _(lambda side: side.board.slug),
    ("board-figure-remove", "rank"): _(lambda side: side.rank),
    ("readymade-board", "model"): Value(lambda side: "cantine", shared=True),
    ("board-figure-arrange", "board"): _(lambda side: side.board.slug),
    ("board-figure-arrange", "rank"): _(lambda side: side.rank),
    ("run", "pk"): _(lambda side: side.run.pk),
    ("run-csv", "pk"): _(lambda side: side.run.pk),
    ("run-certificate", "pk"): _(lambda side: side.run.pk),
    ("system-record", "system"): Value(lambda side: side.quiet.system, shared=True),
    ("system-record", "table"): Value(lambda side: "strikes", shared=True),
    ("system-sheet", "kind"): Value(lambda side: "need", shared=True),
    ("system-declaration", "system"): _(lambda side: side.robot.system),
    ("committee-leave", "pk"): _(lambda side: side.seat.pk),
    ("committee-publish", "pk"): _(lambda side: side.hidden_opinion.pk),
    ("committee-overrule", "pk"): _(lambda side: side.opinion.pk),
    ("*", "year"): Value(lambda side: side.publication.year, shared=True),
    **{
        (route, "pk"): _(lambda side: side.mail_domain.pk)
        for route in (
            "mail-domain",
            "mail-check",
            "mail-selectors",
            "mail-withdraw",
            "mail-letter",
            "mail-letter-text",
        )
    },
    ("recommendation", "number"): _(lambda side: side.recommendation.number),
    ("recommendation-step", "number"): _(lambda side: side.recommendation.number),
    **{
        (route, "pk"): _(lambda side: side.watched_site.pk)
        for route in ("site", "site-pause", "site-remove", "site-resume", "site-settings", "site-visit")
    },
    ("site-alert", "pk"): _(lambda side: side.site_alert.pk),
    ("site-alert-answer", "pk"): _(lambda side: side.site_alert.pk),
    ("proposal", "pk"): _(lambda side: side.waiting.pk),
    ("proposal-decide", "pk"): _(lambda side: side.waiting.pk),
    ("decisions-line", "pk"): _(lambda side: side.waiting.pk),
    ("proposal-read", "pk"): _(lambda side: side.prepared.pk),
    ("proposal-withdraw", "pk"): _(lambda side: side.prepared.pk),
    ("decision-letter", "pk"): _(lambda side: side.granted.pk),
    **{
        (route, "pk"): _(lambda side: side.offence.pk)
        for route in ("offence", "offence-decide", "offence-read", "offence-withdraw")
    },
    **{
        (route, "pk"): _(lambda side: side.reply.pk)
        for route in ("reply-draft", "reply-draft-set-aside", "reply-draft-write")
    },
    **{
        (route, "pk"): _(lambda side: side.contestation.pk)
        for route in ("contestation", "contestation-answer", "contestation-take", "contestation-tie")
    },
    **{
        (route, "pk"): _(lambda side: side.confirmed.pk)
        for route in (
            "contestation-affected",
            "contestation-correct",
            "contestation-system",
            "contestation-teach",
        )
    },
    ("portal-dataset", "dataset"): _(lambda side: side.visits.slug),
    ("portal-dataset-csv", "dataset"): _(lambda side: side.visits.slug),
    ("portal-board", "board"): _(lambda side: side.public_board.slug),
    ("portal-figure", "board"): _(lambda side: side.public_board.slug),
    ("portal-figure", "rank"): _(lambda side: side.public_rank),
    ("portal-link", "secret"): _(lambda side: side.link_secret),
    ("portal-link-figure", "secret"): _(lambda side: side.link_secret),
    ("portal-link-figure", "rank"): _(lambda side: side.public_rank),
    # Tiles of contours: reference data, of no territory.
    **{
        (route, name): Value(lambda side, value=value: value, shared=True)  # type: ignore[misc]
        for route in ("map-tile", "map-names")
        for name, value in (("version", "v1"), ("layer", "communes"), ("z", "5"), ("x", "16"), ("y", "11"))
    },
    # Registers and plans.
    **{
        (route, "key"): Value(lambda side: "contracts", shared=True)
        for route in (
            "register",
            "register-add",
            "register-begin",
            "register-contributions",
            "register-export",
            "register-import",
            "register-paper",
            "register-calendar",
            "register-rows",
            *REGISTER_ENTRIES,
        )
    },
    **{
        (route, "key"): Value(lambda side: "handover", shared=True)
        for route in (
            "plan",
            "plan-accept",
            "plan-add",
            "plan-begin",
            "plan-export",
            "plan-feed",
            "plan-paper",
            "plan-retain",
            "plan-road-map",
            *PLAN_ACTIONS,
        )
    },
    **{(route, "pk"): _(lambda side: side.contract.pk) for route in REGISTER_ENTRIES},
    **{(route, "pk"): _(lambda side: side.task.pk) for route in PLAN_ACTIONS},
    ("response-export", "form"): Value(lambda side: "csv", shared=True),
    ("register-export", "form"): Value(lambda side: "csv", shared=True),
    ("plan-export", "form"): Value(lambda side: "csv", shared=True),
    ("plan-accept", "stage"): Value(lambda side: "transmit", shared=True),
    ("plan-retain", "key"): Value(lambda side: "handover", shared=True),
    ("plan-feed", "response"): _(lambda side: side.filled.pk),
    ("guide-evidence", "pk"): _(lambda side: side.proof.pk),
    # Questionnaires, runbooks, papers; what comes from outside the territory.
    ("questionnaire", "key"): Value(lambda side: "mon_aide_cyber", shared=True),
    ("runbook", "key"): Value(lambda side: "cyber_incident", shared=True),
    **{(route, "key"): Value(lambda side: "notice_police", shared=True) for route in PAPERS},
    **{(route, "pk"): _(lambda side: side.filled.pk) for route in RESPONSES},
    **{(route, "pk"): _(lambda side: side.incident.pk) for route in RUNS},
    ("response-question", "question"): Value(lambda side: QUESTION, shared=True),
    ("guide-run-step", "step"): Value(lambda side: "call_provider", shared=True),
    **{(route, "pk"): _(lambda side: side.offer.pk) for route in OFFERS},
    **{(route, "batch"): _(lambda side: side.offer.batch) for route in ("host-offer", "host-offer-withdraw")},
    **{(route, "pk"): _(lambda side: side.contribution.pk) for route in CONTRIBUTIONS},
    ("contribution-end", "pk"): _(lambda side: side.contribution_link.pk),
    ("contribute", "secret"): _(lambda side: side.contribution_secret),
    **{
        (route, "pk"): _(lambda side: side.incident.pk)
        for route in ("cyber-notices", "cyber-entrust", "cyber-take-back")
    },
    ("cyber-take-back", "share"): _(lambda side: side.incident_share.pk),
    ("cyber-ticket", "pk"): _(lambda side: side.ticket.pk),
    ("cyber-call", "secret"): _(lambda side: side.call_secret),
    # What a third party brings for an action, an entry that one assesses or decides on, a file to decide on, scripts to read.
    ("action-contributions", "key"): Value(lambda side: "handover", shared=True),
    ("action-contributions", "pk"): _(lambda side: side.task.pk),
    ("register-assess", "key"): Value(lambda side: "providers", shared=True),
    ("register-assess", "pk"): _(lambda side: side.supplier.pk),
    ("register-assess", "about"): Value(lambda side: "provider_scorecard", shared=True),
    ("register-decide", "key"): Value(lambda side: "teleservices", shared=True),
    ("register-decide", "pk"): _(lambda side: side.online_service.pk),
    ("response-decide", "pk"): _(lambda side: side.brief.pk),
    ("paper-odt", "key"): Value(lambda side: "notice_police", shared=True),
    ("cyber-script", "name"): Value(lambda side: "inventaire-linux.sh", shared=True),
    # Places, programs and the host.
    ("competence-end", "pk"): _(lambda side: side.competence.pk),
    ("service-entrust", "pk"): _(lambda side: side.account.pk),
    ("token-revoke", "pk"): _(lambda side: side.token.pk),
    ("*", "which"): SLUG,
    ("host-add-place", "code"): Value(lambda side: "44109", shared=True),
    # People, sign-in, long work and the ledger.
    ("job-cancel", "pk"): _(lambda side: side.job.pk),
    ("job-retry", "pk"): _(lambda side: side.job_failed.pk),
    ("ledger-proof", "seq"): _(lambda side: side.seq),
    ("ledger-erase", "seq"): _(lambda side: side.seq),
    ("signin-provider", "pk"): _(lambda side: side.provider.pk),
    **{
        (route, "pk"): _(lambda side: side.people["agent"].pk)
        for route in (
            "end-member-sessions",
            "person",
            "person-delegate",
            "person-depart",
            "person-end",
            "person-invite-again",
            "person-replace",
            "person-roles",
            "person-suspend",
            "person-term",
        )
    },
    ("person-revoke", "pk"): _(lambda side: side.delegate.pk),
    ("person-reactivate", "pk"): _(lambda side: side.suspended.pk),
    ("person-end", "membership"): _(lambda side: side.membership.pk),
    ("person-term", "membership"): _(lambda side: side.membership.pk),
    ("person-revoke", "delegation"): _(lambda side: side.delegation.pk),
    ("session-end", "pk"): Value(lambda side: 1, shared=True),
    # What programs ask for.
    ("api-job-state", "job"): _(lambda side: side.job.pk),
    ("api-delivery-state", "delivery"): _(lambda side: side.staged.pk),
    ("api-pour", "delivery"): _(lambda side: side.staged.pk),
    ("api-correct", "delivery"): _(lambda side: side.staged.pk),
    ("api-forget-corrections", "dataset"): _(lambda side: side.permits.slug),
    ("api-forget-corrections", "kept"): _(lambda side: side.saved_corrections.pk),
    ("api-board-figures", "board"): _(lambda side: side.board.slug),
    ("api-public-card", "dataset"): _(lambda side: side.visits.slug),
    ("api-public-rows", "dataset"): _(lambda side: side.visits.slug),
    ("api-public-csv", "dataset"): _(lambda side: side.visits.slug),
    ("entry", "secret"): _(lambda side: side.secret),
    ("join", "secret"): _(lambda side: side.offered),
    **{
        (route, "key"): Value(lambda side: "few_rooms", shared=True)
        for route in ("safeguard-lift", "safeguard-put-back")
    },
    # The continuity room, by noun.
    **{name: Value(of) for name, of in continuing.PARAMETERS.items()},
    **{
        name: Value(lambda side, value=value: value, shared=True) for name, value in continuing.SHARED.items()
    },
}

# What exists nowhere, by the converter of the parameter.
UNKNOWN: dict[str, Any] = {
    "int": 987654,
    "slug": "inconnu-de-tous",
    "str": "inconnu-de-tous",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "path": "inconnu-de-tous",
}

# Routes that stay shut to some who hold the declared act: the further act that they ask for, or who may see them.
NARROWER: dict[str, str] = {
    **continuing.NARROWER,
    "job": "dataset.manage",
    "job-state": "dataset.manage",
    "job-cancel": "dataset.manage",
    "job-retry": "dataset.manage",
    "delivery-cancel": "dataset.manage",
    "source-fetch": "source.manage",
    "snapshot-undo": "dataset.manage",
    "token-revoke": "member.invite",
    "board-comment-remove": "dataset.publish",
    "result-keep": "dataset.deposit",
    "result-renew": "dataset.deposit",
    "result-stop": "dataset.manage",
    "publication-advise": "publication.advise",
    "publication-withdraw": "dataset.publish",
    "system-sheet": "system.bind",
    "system-options": "system.bind",
    "trainings": "member.invite",
    "committee-session": "committee.manage",
    "committee-interest": "committee.manage",
    # Guides are of a domain, which says who reads them.
    **dict.fromkeys(
        (
            "register",
            "register-add",
            "register-begin",
            "register-export",
            "register-import",
            "register-paper",
            "register-calendar",
            "register-rows",
            *REGISTER_ENTRIES,
            "plan",
            "plan-accept",
            "plan-add",
            "plan-begin",
            "plan-export",
            "plan-paper",
            "plan-retain",
            "plan-road-map",
            *PLAN_ACTIONS,
            "guide-evidence",
            "register-contributions",
            *CONTRIBUTIONS,
            "contribution-end",
            "action-contributions",
        ),
        "guide.read",
    ),
    **dict.fromkeys(
        (
            "plan-feed",
            "questionnaire",
            "runbook",
            *PAPERS,
            *RESPONSES,
            *RUNS,
            "register-assess",
            "register-decide",
            "response-decide",
            "paper-odt",
        ),
        "cyber.read",
    ),
    # A draft exists for its author alone.
    **dict.fromkeys(
        (
            "draft",
            "draft-counts",
            "draft-discard",
            "draft-redo",
            "draft-save",
            "draft-step",
            "draft-step-move",
            "draft-step-remove",
            "draft-undo",
        ),
        "",
    ),
    # A program sees what it asked for itself, and nobody else's.
    "api-job-state": "",
    "api-delivery-state": "",
    "api-pour": "",
    "api-correct": "",
}

# What must be posted for an address to answer at all: without it, even who may would be told that nothing is there.
BODIES: dict[str, Callable[[Side], dict[str, Any]]] = {
    "service-entrust": lambda side: {"owner": side.people["everything"].pk},
    "system-examine": lambda side: {"key": side.run.key[:32]},
    "recipe-to-board": lambda side: {"tableau": f"{side.words.private_word}-cantine"},
    "recipe-example-remove": lambda side: {"numero": 1, "version": side.recipe.version},
}

# Addresses of the API that take JSON rather than a form, by the end of their path.
TAKES_JSON = ("/corrections",)

# The query without which a public address answers nothing.
ASKED: dict[str, str] = {"portal-ledger-proof": "?lignes=3"}

# Addresses under no territory, which hold nothing of any: the host's own pages.
HOSTS = {
    "portal",
    "home",
    "health",
    "metrics",
    "robots",
    "entry",
    "join",
    "api",
    "api-description",
    "find-place",
    "enter-place",
    "map-tile",
    "map-names",
    "help",
    "help-guide",
    "machine-backup",
    "machine-inventory",
    "machine-sign",
}


def value_of(route: str, parameter: str) -> Value | None:
    return PARAMETERS.get((route, parameter)) or PARAMETERS.get(("*", parameter))


# What a territory has and does not publish, tried at its public addresses.
UNPUBLISHED: dict[str, list[Callable[[Side], Any]]] = {
    "dataset": [lambda side: side.meals.slug, lambda side: side.families.slug],
    "board": [lambda side: side.board.slug],
    "system": [lambda side: side.quiet.system],
    "year": [lambda side: side.publication.year - 1],
    "secret": [
        lambda side: side.ended_secret,
        lambda side: side.ended_contribution_secret,
        lambda side: side.ended_call_secret,
    ],
}

# What a public page says of a thing that is not published: the card of a system names what it was measured on, the form
# of a third party whom it was given to.
SAID_IN_PUBLIC: dict[str, Callable[[Side], str]] = {
    "contribute": lambda side: side.contribution_link.name,
    **{
        route: lambda side: side.meals.title
        for route in (
            "portal-system",
            "portal-register-csv",
            "portal-register-json",
            "portal-register-nl-json",
            "portal-report",
            "portal-report-pdf",
            "portal-report-json",
        )
    },
}

# What a person must write in a form before it can be sent, by the route that it is sent to ("*": wherever it is asked).
FILL: dict[tuple[str, str], str] = {
    ("decisions-accept", "words"): "Effectifs vus",
    ("decisions-line", "words"): "Effectifs vus",
    ("proposal-decide", "words"): "Effectifs vus",
    ("reply-draft-write", "text"): "Réponse relue",
    ("reply-draft-set-aside", "reason"): "Hors sujet",
    ("new-analysis", "action"): "save",
    ("new-analysis", "new_board"): "",
    ("draft-step", "action"): "keep",
    ("people", "email"): "nouvelle@example.org",
    ("people", "name"): "Nouvelle",
    ("system-run", "verb"): "backtest",
}

# Identifiers of another territory that no page of it shows, by the route and field where one would send them.
HIDDEN_VALUES: dict[tuple[str, str], list[Callable[[Side], Any]]] = {
    ("system-run", "key"): [lambda side: side.run.key],
}

# Pages to open for their forms, besides each route with the values above.
MORE_PAGES: list[tuple[str, Callable[[Side], dict[str, Any]]]] = [
    ("system", lambda side: {"system": side.quiet.system}),
    ("dataset", lambda side: {"dataset": side.families.slug}),
    ("dataset", lambda side: {"dataset": side.visits.slug}),
    ("dataset", lambda side: {"dataset": side.permits.slug}),
    ("proposal", lambda side: {"pk": side.decided.pk}),
    ("proposal", lambda side: {"pk": side.prepared.pk}),
    ("proposal", lambda side: {"pk": side.granted.pk}),
    ("contestation", lambda side: {"pk": side.confirmed.pk}),
    ("reply-draft", lambda side: {"pk": side.retained_reply.pk}),
    ("delivery", lambda side: {"pk": side.refused.pk}),
    ("delivery", lambda side: {"pk": side.changed.pk}),
    ("delivery", lambda side: {"pk": side.archive.pk}),
    ("offer", lambda side: {"pk": side.adapted_offer.pk}),
]

# The same for queries.
HIDDEN_QUERIES: dict[tuple[str, str], list[Callable[[Side], Any]]] = {
    ("system-morning", "lieu"): [lambda side: side.waiting.place],
    ("run", "lieu"): [lambda side: side.waiting.place],
    **{(route, "de"): [lambda side: side.incident.pk] for route in PAPERS},
    ("snapshot", "finalite"): [lambda side: side.purpose.key],
    ("snapshot-aside", "finalite"): [lambda side: side.purpose.key],
}
