"""Rules of the database on guides: what people answered, noted and accepted is written once, in its own territory."""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.platform.triggers import (
    append_only,
    immutable,
    is_human,
    no_replace,
    refuse,
    same_key,
    same_territory,
    set_once,
)

RESPONSE, ENTRY, ACTION = "guides_response", "guides_registerentry", "guides_followedaction"


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
        *(
            rule
            for table, frozen in (
                (RESPONSE, ("territory_id", "edition_id", "guide", "is_exercise", "previous_id", "opened_by_id", "opened_at")),
                (ENTRY, ("territory_id", "register", "origin")),
                ("guides_offer", ("territory_id", "batch", "kind", "guide", "title", "text", "due_on", "helper", "proposed_by_id", "proposed_at")),
                ("guides_progressshare", ("territory_id", "domain", "level", "since", "by_id")),
                (ACTION, ("territory_id", "plan", "key", "content", "source_id", "by_id", "at")),
            )
            for rule in (
                immutable(f"{table}_frozen", table, frozen),
                refuse(f"{table}_no_delete", "DELETE", table),
                no_replace(table),
            )
        ),
        immutable(
            "guides_contributionlink_frozen",
            "guides_contributionlink",
            ("territory_id", "guide", "response_id", "name", "digest", "until", "by_id", "at"),
        ),
        immutable(
            "guides_contribution_frozen", "guides_contribution", ("territory_id", "link_id", '"values"', "note", "at")
        ),
        *(
            rule
            for table in ("guides_contributionlink", "guides_contribution", "guides_offer", "guides_progressshare")
            for rule in (refuse(f"{table}_no_delete", "DELETE", table), no_replace(table))
        ),
        set_once(
            "guides_contribution_reviewed_once",
            "guides_contribution",
            "reviewed_at",
            why="a contribution is reviewed once",
        ),
        set_once(
            "guides_contributionlink_ends_once", "guides_contributionlink", "ended_at", why="a closed address stays closed"
        ),
        same_territory("guides_contributionlink", "response_id", RESPONSE),
        same_territory("guides_contribution", "link_id", "guides_contributionlink"),
        set_once("guides_offer_answered_once", "guides_offer", "answered_at", why="an offer is answered once"),
        set_once("guides_offer_done_once", "guides_offer", "done_at", why="an offer is done once"),
        set_once("guides_progressshare_ends_once", "guides_progressshare", "until", why="a share ends once"),
        set_once("guides_response_closed_once", RESPONSE, "closed_at", why="a closed response stays closed"),
        same_territory(RESPONSE, "edition_id", "guides_guideedition"),
        same_territory(RESPONSE, "previous_id", RESPONSE),
        same_territory("guides_answer", "response_id", RESPONSE),
        same_territory("guides_stepnote", "response_id", RESPONSE),
        same_territory("guides_entryrevision", "entry_id", ENTRY),
        same_territory(ACTION, "source_id", RESPONSE),
        same_territory("guides_actionmove", "action_id", ACTION),
        *(
            same_territory("guides_evidence", f"{column}_id", table)
            for column, table in (("response", RESPONSE), ("entry", ENTRY), ("action", ACTION))
        ),
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
            refuse(
                f"{table}_by_a_person",
                "INSERT",
                table,
                condition=f"NOT {is_human('NEW.by_id')}",
                why="a program does not answer for a person",
            )
            for table in ("guides_answer", "guides_stepnote", "guides_actionmove", "guides_stageacceptance")
        ),
    )  # fmt: skip
