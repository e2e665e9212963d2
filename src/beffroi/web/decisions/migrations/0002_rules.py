"""Rules of the database on decisions: a person decides, once, under a mandate in force; what a system wrote is frozen.

These rules repeat what the services check, for whoever writes in the tables without them.
"""

# Conditions of our own: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from beffroi.web.decisions.words import LEAST, plain_sql
from beffroi.web.platform.triggers import (
    append_only,
    changes,
    immutable,
    in_period,
    is_blank,
    is_human,
    no_replace,
    on_insert,
    refuse,
    same_key,
)

PROPOSALS, DECISIONS, DRAFTS = "decisions_proposal", "decisions_decision", "decisions_draft"
CONTESTATIONS, CASE_CORRECTIONS = "decisions_contestation", "decisions_casecorrection"
VERSIONS, CORRECTIONS, CASES = (
    "decisions_draftversion", "decisions_correction", "decisions_regressioncase",
)  # fmt: skip
MOST_AT_ONCE = 20

# Of a proposal named p.
IS_INDIVIDUAL = "coalesce(p.case_file, '') <> ''"
GOES_AGAINST = (
    "((NEW.verdict = 'accept' AND p.effect = 'unfavourable')"
    " OR (NEW.verdict = 'refuse' AND p.effect = 'favourable'))"
)

# Proposals. What concerns a supposed offence is forgotten once nobody confirmed it in time: all together, and then only.
PROPOSAL_FROZEN = (
    "id", "territory_id", "system", "system_version", "run", "value", "low", "high", "unit", "created_at",
    "confidence", "effect", "offence", "responsible", "contest", "expires_at",
)  # fmt: skip
FORGOTTEN = {
    "subject": "'Infraction oubliée n° ' || CAST(OLD.id AS text)",
    "reasons": "'[]'",
    "place": "''",
    "plain_reasons": None,
    "case_file": None,
    "explanation": None,
    "due": None,
}
IS_FORGOTTEN = (
    "OLD.offence IS TRUE AND OLD.expires_at IS NOT NULL AND OLD.expires_at <= CURRENT_TIMESTAMP"
    " AND NEW.superseded_at IS NOT NULL AND NEW.erased_at IS NOT NULL AND CAST(NEW.evidence AS text) = '{}'"
    f" AND NOT EXISTS (SELECT 1 FROM {DECISIONS} WHERE proposal_id = OLD.id) AND "
) + " AND ".join(
    f"NEW.{column} IS NULL" if value is None else f"CAST(NEW.{column} AS text) = {value}"
    for column, value in FORGOTTEN.items()
)
PROPOSAL = [
    immutable("proposal_frozen", PROPOSALS, PROPOSAL_FROZEN),
    refuse(
        "proposal_evidence_frozen",
        f"UPDATE OF {', '.join(FORGOTTEN)}, evidence, erased_at",
        PROPOSALS,
        condition=f"NOT coalesce({IS_FORGOTTEN}, FALSE)",
    ),
    refuse("proposal_no_delete", "DELETE", PROPOSALS),
    no_replace(PROPOSALS, same_key("territory_id, run, subject")),
    refuse(
        "proposal_superseded_once",
        "UPDATE OF superseded_at",
        PROPOSALS,
        condition="OLD.superseded_at IS NOT NULL OR NEW.superseded_at IS NULL"
        f" OR EXISTS (SELECT 1 FROM {DECISIONS} WHERE proposal_id = OLD.id)",
    ),
]

# Decisions. The mandate is a row m of memberships, the delegation d that it rests on a legal act of an elected decider, whose row is e.
OF_PROPOSAL = f"SELECT 1 FROM {PROPOSALS} p WHERE p.id = NEW.proposal_id"
IS_OFFENCE = f"EXISTS (SELECT 1 FROM {PROPOSALS} o WHERE o.id = NEW.proposal_id AND o.offence IS TRUE)"
ROLE_DECIDES = f"m.role = CASE WHEN {IS_OFFENCE} THEN 'authorised_agent' ELSE 'decider' END"
ROLE_READS = (
    f"(({IS_OFFENCE} AND m.role = 'authorised_agent')"
    f" OR (NOT {IS_OFFENCE} AND m.role IN ('decider', 'supervisor')))"
)
MANDATE = "SELECT 1 FROM platform_membership m"
DELEGATION = f"{MANDATE} JOIN platform_delegation d ON d.id = m.delegation_id"
IS_DELEGATED = f"EXISTS ({MANDATE} WHERE m.id = NEW.mandate_id AND m.delegation_id IS NOT NULL)"
ELECTED = (
    "EXISTS (SELECT 1 FROM platform_membership e WHERE e.person_id = d.delegator_id AND e.territory_id = NEW.territory_id"
    " AND e.role = 'decider' AND e.delegation_id IS NULL AND {only})"
)
WAITS, IN_FORCE = (
    "e.waiting_since IS NOT NULL",
    f"e.waiting_since IS NULL AND e.suspended_at IS NULL AND {in_period('e')}",
)
DECISION = [
    *append_only(DECISIONS, "decision", taken=same_key("proposal_id")),
    *on_insert(
        DECISIONS,
        {
            # REPLACE deletes without calling the rules on DELETE: hence the identifier in this one.
            "decision_once": (
                "this proposal is already decided",
                f"EXISTS (SELECT 1 FROM {DECISIONS} WHERE proposal_id = NEW.proposal_id OR id = NEW.id)",
            ),
            "decision_same_territory": (
                "no such proposal here",
                f"NOT EXISTS (SELECT 1 FROM {PROPOSALS}"
                " WHERE id = NEW.proposal_id AND territory_id = NEW.territory_id)",
            ),
            "decision_not_superseded": (
                "this proposal is superseded",
                f"EXISTS (SELECT 1 FROM {PROPOSALS} WHERE id = NEW.proposal_id AND superseded_at IS NOT NULL)",
            ),
            "decision_simulated": (
                "a demonstration member decides for demonstration only",
                "NEW.simulated <> (SELECT simulated FROM platform_person WHERE id = NEW.person_id)",
            ),
            "decision_reason": ("a decision has a reason", is_blank("NEW.reason")),
            "decision_accepted_value": (
                "an accepted value is the proposed one",
                "NEW.verdict = 'accept'"
                f" AND NEW.value <> (SELECT value FROM {PROPOSALS} WHERE id = NEW.proposal_id)",
            ),
            "decision_finite_value": ("a value is a finite number", "abs(NEW.value) > 1e300"),
            # The mandate.
            "decision_mandate_named": (
                "a decision says under which mandate",
                "NEW.mandate_id IS NULL OR NEW.authority IS NULL",
            ),
            "decision_delegation_in_force": (
                "this delegation is not in force",
                f"{IS_DELEGATED} AND NOT EXISTS ({DELEGATION} WHERE m.id = NEW.mandate_id"
                " AND d.territory_id = NEW.territory_id AND d.delegate_id = NEW.person_id"
                f" AND d.revoked_at IS NULL AND {in_period('d')})",
            ),
            "decision_delegator_elected": (
                "who delegated is no longer an elected decider",
                f"{IS_DELEGATED} AND NOT EXISTS ({DELEGATION}"
                " JOIN platform_membership e ON e.person_id = d.delegator_id"
                " JOIN platform_person p ON p.id = e.person_id"
                " WHERE m.id = NEW.mandate_id AND p.is_active AND e.delegation_id IS NULL"
                " AND e.territory_id = NEW.territory_id AND e.role = 'decider'"
                f" AND e.suspended_at IS NULL AND {in_period('e')})",
            ),
            "decision_no_service_role": (
                "a service account never decides",
                f"EXISTS ({MANDATE} WHERE m.person_id = NEW.person_id AND m.territory_id = NEW.territory_id"
                f" AND m.role = 'service' AND {in_period('m')})",
            ),
            "no_service_decides": (
                "a service account never decides",
                f"NOT {is_human('NEW.person_id')}",
            ),
            "decision_mandate_accepted": (
                "this mandate has not been accepted",
                f"EXISTS ({MANDATE} WHERE m.id = NEW.mandate_id AND m.waiting_since IS NOT NULL)",
            ),
            "decision_source_accepted": (
                "who delegated has not accepted their mandate",
                f"EXISTS ({DELEGATION} WHERE m.id = NEW.mandate_id"
                f" AND {ELECTED.format(only=WAITS)} AND NOT {ELECTED.format(only=IN_FORCE)})",
            ),
            # A decision against a person: a text of one's own, and a second reader.
            "decision_unfavourable": (
                "a decision against a person says that it is unfavourable",
                f"NEW.unfavourable IS NOT TRUE AND EXISTS ({OF_PROPOSAL} AND {IS_INDIVIDUAL} AND {GOES_AGAINST})",
            ),
            "decision_change_unfavourable": (
                "a changed value on a person says whether it is unfavourable",
                "NEW.unfavourable IS NULL AND NEW.verdict = 'change'"
                f" AND EXISTS ({OF_PROPOSAL} AND {IS_INDIVIDUAL})",
            ),
            "decision_own_text": (
                "an unfavourable decision has the text of a person",
                f"NEW.unfavourable IS TRUE AND length(trim(coalesce(NEW.text, ''), ' \t\n\r')) < {LEAST}",
            ),
            "decision_text_not_copied": (
                "an unfavourable decision does not copy the reasons of the system",
                f"NEW.unfavourable IS TRUE AND EXISTS ({OF_PROPOSAL}"
                f" AND p.plain_reasons LIKE '%%' || {plain_sql('NEW.text').replace('%', '%%')} || '%%')",
            ),
            "decision_second_reader": (
                "an unfavourable decision has a second reader",
                "NEW.unfavourable IS TRUE AND (NEW.second_reader_id IS NULL OR NEW.second_read_at IS NULL"
                f" OR {is_blank("coalesce(NEW.second_reading, '')")})",
            ),
            "decision_other_reader": (
                "nobody reads their own decision",
                "NEW.second_reader_id = NEW.person_id",
            ),
            # Several proposals accepted at once.
            "decision_batch_size": (
                "no more than twenty at once",
                f"NEW.batch IS NOT NULL AND (SELECT count(*) FROM {DECISIONS} d"
                f" WHERE d.batch = NEW.batch AND d.territory_id = NEW.territory_id) >= {MOST_AT_ONCE}",
            ),
            "decision_batch_about_nobody": (
                "what concerns somebody is decided one by one",
                f"NEW.batch IS NOT NULL AND EXISTS ({OF_PROPOSAL}"
                f" AND ({IS_INDIVIDUAL} OR p.offence IS TRUE OR p.effect = 'unfavourable'))",
            ),
            "decision_batch_accepts": (
                "a batch accepts, it neither changes nor refuses",
                "NEW.batch IS NOT NULL AND NEW.verdict <> 'accept'",
            ),
            "decision_batch_same_reason": (
                "a batch has one person and one reason",
                f"NEW.batch IS NOT NULL AND EXISTS (SELECT 1 FROM {DECISIONS} d WHERE d.batch = NEW.batch"
                " AND (d.person_id <> NEW.person_id OR d.territory_id <> NEW.territory_id OR d.reason <> NEW.reason))",
            ),
            # Who decides and who reads: on a supposed offence, an authorised agent.
            "decision_by_a_member": (
                "only a member who may decide decides",
                f"NOT EXISTS ({MANDATE} JOIN platform_person p ON p.id = m.person_id"
                " WHERE m.person_id = NEW.person_id AND m.territory_id = NEW.territory_id"
                f" AND {ROLE_DECIDES} AND p.is_active AND {in_period('m')})",
            ),
            "decision_mandate_in_force": (
                "this mandate is not in force",
                f"NEW.mandate_id IS NOT NULL AND NOT EXISTS ({MANDATE} WHERE m.id = NEW.mandate_id"
                " AND m.person_id = NEW.person_id AND m.territory_id = NEW.territory_id"
                f" AND {ROLE_DECIDES} AND m.suspended_at IS NULL AND {in_period('m')})",
            ),
            "decision_reader_may_read": (
                "a second reader is a person who may read",
                f"NEW.second_reader_id IS NOT NULL AND NOT EXISTS ({MANDATE}"
                " JOIN platform_person r ON r.id = m.person_id WHERE m.person_id = NEW.second_reader_id"
                f" AND m.territory_id = NEW.territory_id AND {ROLE_READS} AND r.is_active AND r.kind = 'human'"
                " AND r.simulated = NEW.simulated AND m.suspended_at IS NULL AND m.waiting_since IS NULL"
                f" AND {in_period('m', 'NEW.second_read_at')} AND (m.delegation_id IS NULL OR EXISTS"
                " (SELECT 1 FROM platform_delegation d WHERE d.id = m.delegation_id AND d.revoked_at IS NULL"
                f" AND {in_period('d', 'NEW.second_read_at')})))",
            ),
            "decision_offence_expired": (
                "this supposed offence has expired",
                f"EXISTS (SELECT 1 FROM {PROPOSALS} o WHERE o.id = NEW.proposal_id"
                " AND o.offence IS TRUE AND o.expires_at <= NEW.at)",
            ),
        },
    ),
]

# Contestations. Texts go once, all together, after the answer; facts never change.
FACTS = ("territory_id", "digest", "channel", "received_at", "due_on")
TEXTS = ("about", "contested", "requested_remedy", "name", "contact", "reference")
IS_ERASED = "OLD.state = 'answered' AND NEW.erased_at IS NOT NULL AND " + " AND ".join(
    f"NEW.{column} = ''" for column in (*TEXTS, "answer")
)
MAY_ANSWER = (
    f"EXISTS ({MANDATE} JOIN platform_person p ON p.id = m.person_id"
    " WHERE m.person_id = NEW.answered_by_id AND m.territory_id = NEW.territory_id"
    " AND m.role IN ('administrator', 'data_officer', 'supervisor', 'decider') AND p.kind = 'human' AND p.is_active"
    f" AND m.suspended_at IS NULL AND m.waiting_since IS NULL AND {in_period('m', 'NEW.answered_at')})"
)
CONTESTATION = [
    refuse("contestation_no_delete", "DELETE", CONTESTATIONS),
    no_replace(CONTESTATIONS, same_key("territory_id, digest")),
    *on_insert(
        CONTESTATIONS,
        {
            "contestation_comes_first": (
                "a contestation is received before it is answered",
                "NEW.state = 'answered'",
            )
        },
    ),
    *(
        refuse(f"contestation_{name}", "UPDATE", CONTESTATIONS, condition=condition, why=why)
        for name, why, condition in (
            ("facts", "what was received is frozen", changes(*FACTS)),
            ("texts", "what was written is frozen", f"({changes(*TEXTS)}) AND NOT ({IS_ERASED})"),
            (
                "erased",
                "what is erased is erased whole, after the answer",
                f"OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NOT ({IS_ERASED})",
            ),
            (
                "final",
                "an answer is final",
                f"OLD.state = 'answered' AND ({changes('state', 'outcome', 'learned', 'answered_by_id', 'answered_at')}"
                f" OR (NEW.answer <> OLD.answer AND NOT ({IS_ERASED})))",
            ),
            (
                "person",
                "a person who may answer answers, in words",
                "OLD.state <> 'answered' AND NEW.state = 'answered'"
                f" AND (length(trim(NEW.answer)) < 50 OR NOT {MAY_ANSWER})",
            ),
        )
    ),
]

# Corrections of a case. What stands is the last correction of the decision, else the decision d itself.
OF_DECISION = (
    f"SELECT 1 FROM {DECISIONS} d JOIN {PROPOSALS} p ON p.id = d.proposal_id WHERE d.id = NEW.decision_id"
)
CORRECTED = f"FROM {CASE_CORRECTIONS} c WHERE c.decision_id = NEW.decision_id"
STANDS = (
    f"(CASE WHEN EXISTS (SELECT 1 {CORRECTED})"
    f" THEN (SELECT c.value {CORRECTED} ORDER BY c.at DESC, c.id DESC LIMIT 1) ELSE d.value END)"
)
CASE_CORRECTION = [
    *append_only(CASE_CORRECTIONS, "case_correction"),
    *on_insert(
        CASE_CORRECTIONS,
        {
            "case_correction_same_territory": (
                "no such decision here",
                f"NOT EXISTS ({OF_DECISION} AND d.territory_id = NEW.territory_id)",
            ),
            "case_correction_not_against": (
                "a correction takes nothing from the person",
                f"EXISTS ({OF_DECISION} AND {IS_INDIVIDUAL} AND {GOES_AGAINST})",
            ),
            "case_correction_mandate": (
                "this mandate is not in force",
                f"NOT EXISTS ({MANDATE} JOIN platform_person p ON p.id = m.person_id"
                " WHERE m.id = NEW.mandate_id AND m.person_id = NEW.person_id AND m.territory_id = NEW.territory_id"
                f" AND m.role = CASE WHEN EXISTS ({OF_DECISION} AND p.offence IS TRUE)"
                " THEN 'authorised_agent' ELSE 'decider' END AND p.is_active AND p.kind = 'human'"
                f" AND m.suspended_at IS NULL AND m.waiting_since IS NULL AND {in_period('m')}"
                " AND (m.delegation_id IS NULL OR EXISTS (SELECT 1 FROM platform_delegation g"
                " JOIN platform_membership e ON e.person_id = g.delegator_id WHERE g.id = m.delegation_id"
                f" AND g.revoked_at IS NULL AND {in_period('g')}"
                " AND e.territory_id = NEW.territory_id AND e.role = 'decider' AND e.delegation_id IS NULL"
                f" AND e.suspended_at IS NULL AND e.waiting_since IS NULL AND {in_period('e')})))",
            ),
            "case_correction_reason": ("a correction has a reason", is_blank("NEW.reason")),
            "case_correction_gives_no_less": (
                "a correction takes nothing from what the person has",
                f"EXISTS ({OF_DECISION} AND {IS_INDIVIDUAL} AND NEW.value IS NOT NULL"
                f" AND ((p.effect = 'favourable' AND NEW.value < {STANDS})"
                f" OR (p.effect = 'unfavourable' AND ({STANDS} IS NULL OR NEW.value > {STANDS}))))",
            ),
            "case_correction_confirmed_error": (
                "a correction that answers a contestation follows a confirmed error",
                f"NEW.contestation_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {CONTESTATIONS} t"
                f" JOIN {DECISIONS} d ON d.proposal_id = t.proposal_id WHERE t.id = NEW.contestation_id"
                " AND d.id = NEW.decision_id AND t.territory_id = NEW.territory_id"
                " AND t.outcome IN ('confirmed', 'partly'))",
            ),
        },
    ),
]

# What people teach a system: written once, withdrawn by a further row.
TEACHING = [
    *(
        rule
        for name, keys in (
            ("correction", ("withdraws_id", "territory_id, system, number")),
            ("regressioncase", ("withdraws_id",)),
            ("replay", ("territory_id, key",)),
        )
        for rule in (
            *append_only(f"decisions_{name}", f"system_{name}", taken=same_key(*keys)),
            refuse(
                f"system_{name}_by_a_person",
                "INSERT",
                f"decisions_{name}",
                condition=f"NOT {is_human('NEW.by_id', active=True)}",
                why="a person teaches a system, never a program",
            ),
        )
    ),
    *on_insert(
        CORRECTIONS,
        {
            "system_correction_withdraws": (
                "a withdrawal names the correction that it withdraws",
                "(NEW.kind = 'withdrawal') <> (NEW.withdraws_id IS NOT NULL) OR (NEW.withdraws_id IS NOT NULL"
                f" AND NOT EXISTS (SELECT 1 FROM {CORRECTIONS} c WHERE c.id = NEW.withdraws_id"
                " AND c.territory_id = NEW.territory_id AND c.system = NEW.system AND c.kind <> 'withdrawal'))",
            )
        },
    ),
    *on_insert(
        CASES,
        {
            "system_regressioncase_withdraws": (
                "a withdrawal names the case that it withdraws",
                f"NEW.withdraws_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {CASES} c"
                " WHERE c.id = NEW.withdraws_id AND c.territory_id = NEW.territory_id AND c.system = NEW.system"
                " AND c.withdraws_id IS NULL)",
            ),
            "system_regressioncase_reason": (
                "a withdrawal has a reason",
                f"NEW.withdraws_id IS NOT NULL AND {is_blank("coalesce(NEW.reason, '')")}",
            ),
        },
    ),
]

# Drafts of answers: frozen as a system wrote them, answered once by a person, whose every version is kept.
DRAFT_FROZEN = (
    "id", "territory_id", "system", "system_version", "run", "rank", "question", "subject", "text", "passages",
    "responsible", "contest", "created_at",
)  # fmt: skip
IS_WRITTEN = f"EXISTS (SELECT 1 FROM {VERSIONS} WHERE draft_id = OLD.id)"
DRAFT = [
    immutable("draft_frozen", DRAFTS, DRAFT_FROZEN),
    refuse("draft_no_delete", "DELETE", DRAFTS),
    no_replace(DRAFTS, same_key("territory_id, run, rank")),
    refuse(
        "draft_begins_waiting",
        "INSERT",
        DRAFTS,
        condition=f"NEW.state <> 'waiting' OR NEW.superseded_at IS NOT NULL OR EXISTS (SELECT 1 FROM {DRAFTS}"
        " WHERE id = NEW.id OR (territory_id = NEW.territory_id AND run = NEW.run AND rank = NEW.rank))",
        why="a draft begins by waiting for a person",
    ),
    refuse(
        "draft_superseded_once",
        "UPDATE OF superseded_at",
        DRAFTS,
        condition=f"OLD.superseded_at IS NOT NULL OR OLD.state <> 'waiting' OR {IS_WRITTEN}",
        why="a draft that somebody works on is not replaced",
    ),
    refuse(
        "draft_closed_once",
        "UPDATE OF state, closed_by_id, closed_at, reason, rewritten",
        DRAFTS,
        condition="OLD.state <> 'waiting' OR OLD.superseded_at IS NOT NULL"
        f" OR NOT {is_human('NEW.closed_by_id', active=True)} OR (NEW.state = 'retained' AND NOT {IS_WRITTEN})",
        why="a draft is answered once, by a person, with a text of theirs",
    ),
    *append_only(VERSIONS, "draft_version", taken=same_key("draft_id, number")),
    *on_insert(
        VERSIONS,
        {
            "draft_version_once": (
                "a version is written once",
                f"EXISTS (SELECT 1 FROM {VERSIONS} WHERE id = NEW.id"
                " OR (draft_id = NEW.draft_id AND number = NEW.number))",
            ),
            "draft_version_of_a_waiting_draft": (
                "this draft does not wait",
                f"NOT EXISTS (SELECT 1 FROM {DRAFTS} WHERE id = NEW.draft_id AND territory_id = NEW.territory_id"
                " AND state = 'waiting' AND superseded_at IS NULL)",
            ),
            "draft_version_by_a_person": (
                "a person writes a version",
                f"NOT {is_human('NEW.by_id', active=True)}",
            ),
        },
    ),
]


class Migration(migrations.Migration):
    dependencies = [("decisions", "0001_initial"), ("platform", "0001_initial")]
    operations = [
        *PROPOSAL,
        *DECISION,
        *CONTESTATION,
        *CASE_CORRECTION,
        *TEACHING,
        *DRAFT,
        *append_only("decisions_staffconsultation", "consultation"),
    ]
