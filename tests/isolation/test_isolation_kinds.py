"""What leaves the house is named here by kind, so that no export, answer to a program or search escapes the attempts."""

from . import continuing, routes
from .routes import Route
from .visitors import Attempts

EXPORTS = {
    *continuing.EXPORTS,
    "access-journal-export",
    "api-dataset-csv",
    "api-ledger-export",
    "api-public-csv",
    "board-export",
    "contestation-affected",
    "cyber-call-html",
    "cyber-call-pdf",
    "cyber-script",
    "dataset-compare-csv",
    "dataset-export",
    "decisions-csv",
    "decisions-order",
    "decisions-order-csv",
    "decisions-sheet-csv",
    "guide-evidence",
    "late-deliveries-csv",
    "ledger-export",
    "ledger-proof",
    "mail-letter-text",
    "paper-eml",
    "paper-pdf",
    "paper-odt",
    "paper-txt",
    "paper-zip",
    "plan-export",
    "portal-dataset-csv",
    "portal-ledger-key",
    "portal-ledger-keys",
    "portal-ledger-proof",
    "portal-ledger-root",
    "portal-register-csv",
    "portal-register-json",
    "portal-register-nl-json",
    "portal-report-json",
    "portal-report-pdf",
    "proofs",
    "recipe-export",
    "recipe-python",
    "recipe-yaml",
    "recommendations-csv",
    "register-calendar",
    "register-export",
    "report-json",
    "report-pdf",
    "response-blank",
    "response-export",
    "run-certificate",
    "run-csv",
    "snapshot-aside",
    "trust-register-csv",
    "trust-register-json",
    "trust-register-nl-csv",
    "trust-register-nl-json",
}
DATA = {
    "api-board-figures",
    "api-boards",
    "api-dataset-card",
    "api-dataset-rows",
    "api-datasets",
    "api-decisions",
    "api-deliveries",
    "api-delivery-state",
    "api-enter",
    "api-forget-corrections",
    "api-job-state",
    "api-saved-corrections",
    "api-late-list",
    "api-ledger-verify",
    "api-proposals",
    "api-public-card",
    "api-public-datasets",
    "api-public-rows",
    "api-purposes",
    "api-system-card",
    "api-system-life",
    "api-source-list",
    "api-systems",
    "board-figure",
    "draft-counts",
    "job-state",
    "portal-figure",
    "portal-link-figure",
    "recipe-figure",
}


def asked(attempts: Attempts, route: Route) -> str:
    """The kind of what a route answers to who holds every role: export, data, or page."""
    answers = attempts.opened(route).values()
    if any("attachment" in answer.headers.get("content-disposition", "") for answer in answers):
        return "export"
    told = any("json" in a.headers.get("content-type", "") and a.status < 300 for a in answers)
    return "data" if told else "page"


def test_every_export_and_every_answer_in_data_is_one_of_the_routes_tried(attempts: Attempts):
    found: dict[str, set[str]] = {"export": set(), "data": set(), "page": set()}
    for route in routes.of_space("t", "p"):
        found[asked(attempts, route)].add(route.name)
    assert found["export"] == EXPORTS, (
        f"write the exports of the house in EXPORTS: {found['export'] ^ EXPORTS}"
    )
    assert found["data"] == DATA, f"write what answers in data in DATA: {found['data'] ^ DATA}"


def test_the_only_tiles_are_those_of_contours_which_hold_nothing_of_a_territory():
    tiles = [r.name for r in routes.all_routes() if {"z", "x", "y"} <= {name for name, _ in r.parameters}]
    assert tiles == ["map-tile"], "a tile is data: its route is tried as the others; say here that it is"
