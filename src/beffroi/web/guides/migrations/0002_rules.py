"""Rules of the database on guides: what people answered, noted and accepted is written once, in its own territory."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.platform.triggers import (
    append_only,
    by_a_person,
    immutable,
    no_replace,
    refuse,
    same_key,
    same_territory,
    set_once,
)

RESPONSE, ENTRY, ACTION, OFFER = (
    "guides_response",
    "guides_registerentry",
    "guides_followedaction",
    "guides_offer",
)
SHARE, LINK, CONTRIBUTION = "guides_progressshare", "guides_contributionlink", "guides_contribution"

# Rows that change in part: the columns written once with the row, and the unique keys that a new row may not take.
FROZEN: dict[str, tuple[tuple[str, ...], str]] = {
    RESPONSE: (("territory_id", "edition_id", "guide", "entry_id", "is_exercise", "previous_id", "opened_by_id", "opened_at"), ""),
    ENTRY: (("territory_id", "register", "origin"), ""),
    ACTION: (("territory_id", "plan", "key", "content", "source_id", "by_id", "at"), "territory_id, plan, key"),
    OFFER: (
        (
            "territory_id", "batch", "kind", "guide", "title", "text", "due_on", "helper", "proposed_by_id", "proposed_at",
        ),
        "territory_id, batch",
    ),
    SHARE: (("territory_id", "domain", "level", "since", "by_id"), ""),
    LINK: (("territory_id", "guide", "response_id", "action_id", "name", "digest", "until", "by_id", "at"), "digest"),
    CONTRIBUTION: (("territory_id", "link_id", '"values"', "note", "at"), ""),
}  # fmt: skip
ONCE = (
    (RESPONSE, "closed_at", "a closed response stays closed"),
    (OFFER, "answered_at", "an offer is answered once"),
    (OFFER, "done_at", "an offer is done once"),
    (SHARE, "until", "a share ends once"),
    (LINK, "ended_at", "a closed address stays closed"),
    (CONTRIBUTION, "reviewed_at", "a contribution is reviewed once"),
)
BELONGS = (
    (RESPONSE, "edition_id", "guides_guideedition"),
    (RESPONSE, "previous_id", RESPONSE),
    (RESPONSE, "entry_id", ENTRY),
    ("guides_answer", "response_id", RESPONSE),
    ("guides_stepnote", "response_id", RESPONSE),
    ("guides_entryrevision", "entry_id", ENTRY),
    (ACTION, "source_id", RESPONSE),
    ("guides_actionmove", "action_id", ACTION),
    ("guides_evidence", "response_id", RESPONSE),
    ("guides_evidence", "entry_id", ENTRY),
    ("guides_evidence", "action_id", ACTION),
    ("guides_evidence", "contribution_id", CONTRIBUTION),
    ("guides_arbitration", "response_id", RESPONSE),
    ("guides_arbitration", "entry_id", ENTRY),
    (LINK, "response_id", RESPONSE),
    (LINK, "action_id", ACTION),
    (CONTRIBUTION, "link_id", LINK),
)


class Migration(migrations.Migration):
    dependencies = (("guides", "0001_initial"),)

    operations = (
        *append_only("guides_guideedition", taken=same_key("territory_id, guide, version")),
        *append_only("guides_answer"),
        *append_only("guides_stepnote"),
        *append_only("guides_entryrevision", taken=same_key("entry_id, revision")),
        *append_only("guides_actionmove"),
        *append_only("guides_stageacceptance", taken=same_key("territory_id, plan, stage")),
        *append_only("guides_evidence"),
        *append_only("guides_arbitration"),
        *(
            rule
            for table, (columns, key) in FROZEN.items()
            for rule in (
                immutable(f"{table}_frozen", table, columns),
                refuse(f"{table}_no_delete", "DELETE", table),
                no_replace(table, same_key(*filter(None, [key]))),
            )
        ),
        *(set_once(f"{table}_{column}_once", table, column, why=why) for table, column, why in ONCE),
        *(same_territory(table, column, of) for table, column, of in BELONGS),
        *(
            refuse(
                f"{table}_response_is_open",
                "INSERT",
                table,
                condition=f"EXISTS (SELECT 1 FROM {RESPONSE} WHERE id = NEW.response_id AND closed_at IS NOT NULL)",
                why="this response is closed",
            )
            for table in ("guides_answer", "guides_stepnote")
        ),
        *(
            by_a_person(table, "by_id")
            for table in (
                "guides_answer",
                "guides_stepnote",
                "guides_actionmove",
                "guides_stageacceptance",
                "guides_arbitration",
            )
        ),
    )
