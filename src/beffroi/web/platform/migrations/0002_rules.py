"""Rules of the database: the ledger and the journal of access are append-only; delegations and tokens are revoked, never
changed; a program stays a program of one territory, which never decides.
"""

# Names of our own tables only: no text of a user is in this SQL.
# ruff: noqa: S608

from django.db import migrations

from ..triggers import append_only, changes, immutable, no_replace, on_insert_or_update, refuse, set_once

LINES, DETAILS, BLOCKS = "platform_ledgerline", "platform_ledgerdetail", "platform_ledgerblock"
EVENTS, DELEGATIONS, TOKENS = "platform_accessevent", "platform_delegation", "platform_apitoken"
MEMBERSHIPS = "platform_membership"

SAME_CHAIN = "territory_id IS NOT DISTINCT FROM NEW.territory_id"  # the host's chain has no territory
ERASURE_IS_WRITTEN = (
    f"EXISTS (SELECT 1 FROM {LINES} held JOIN {LINES} said ON said.territory_id IS NOT DISTINCT FROM held.territory_id "
    "AND said.act = 'ledger.erase_detail' AND said.thing = 'line:' || held.seq WHERE held.id = OLD.line_id)"
)
DELEGATION_FROZEN = (
    "id", "territory_id", "delegator_id", "delegate_id", "object", "legal_act_reference", "legal_act_date", "since",
)  # fmt: skip
TOKEN_FROZEN = (
    "id", "territory_id", "person_id", "digest", "created_by_id", "created_at", "acts", "resources", "expires",
)  # fmt: skip
IS_SERVICE = "EXISTS (SELECT 1 FROM platform_person p WHERE p.id = NEW.person_id AND p.kind = 'service')"
IS_ELSEWHERE = (
    "NOT EXISTS (SELECT 1 FROM platform_serviceaccount s"
    " WHERE s.person_id = NEW.person_id AND s.territory_id = NEW.territory_id)"
)

LEDGER = [
    *append_only(LINES, taken=f"id = NEW.id OR ({SAME_CHAIN} AND seq = NEW.seq)"),
    *append_only(BLOCKS, taken=f"id = NEW.id OR ({SAME_CHAIN} AND rank = NEW.rank)"),
    # A detail may be erased (GDPR) once a line says so, never rewritten.
    refuse(f"{DETAILS}_no_update", "UPDATE", DETAILS),
    no_replace(DETAILS, "line_id = NEW.line_id"),
    refuse(f"{DETAILS}_no_silent_delete", "DELETE", DETAILS, condition=f"NOT {ERASURE_IS_WRITTEN}"),
]

ACCESS = [
    refuse(f"{EVENTS}_no_update", "UPDATE", EVENTS),
    # A year, less a day of slack: the clock of the database and that of the purge are not the same.
    refuse(
        f"{EVENTS}_no_delete",
        "DELETE",
        EVENTS,
        condition="OLD.at > datetime('now', '-364 days')",
        postgresql="OLD.at > now() - interval '364 days'",
    ),
    no_replace(EVENTS),
    immutable("token_never_wider", TOKENS, TOKEN_FROZEN, why="a token is revoked, never changed"),
    set_once("token_stays_revoked", TOKENS, "revoked_at", why="a revoked token stays revoked"),
]

DELEGATION = [
    immutable(
        "delegation_frozen",
        DELEGATIONS,
        DELEGATION_FROZEN,
        why="a delegation is its legal act: revoke it and write another",
    ),
    set_once(
        "delegation_revoked_for_good",
        DELEGATIONS,
        "revoked_at",
        why="a revoked delegation never comes back",
    ),
    refuse("delegation_no_delete", "DELETE", DELEGATIONS),
    no_replace(DELEGATIONS),
]

SERVICE_ACCOUNTS = [
    refuse(
        "person_kind_fixed",
        "UPDATE OF kind",
        "platform_person",
        condition=changes("kind"),
        why="a program stays a program",
    ),
    *on_insert_or_update(
        "service_never_decides",
        MEMBERSHIPS,
        ("role", "person_id", "territory_id"),
        condition=f"{IS_SERVICE} AND NEW.role = 'decider'",
        why="a service account never decides",
    ),
    *on_insert_or_update(
        "service_stays_home",
        MEMBERSHIPS,
        ("role", "person_id", "territory_id"),
        condition=f"{IS_SERVICE} AND {IS_ELSEWHERE}",
        why="a service account belongs to one territory",
    ),
    refuse(
        "service_stays_put",
        "UPDATE OF person_id, territory_id",
        "platform_serviceaccount",
        condition=changes("person_id", "territory_id"),
        why="a service account belongs to one territory",
    ),
]


class Migration(migrations.Migration):
    dependencies = [("platform", "0001_initial")]
    operations = [*LEDGER, *ACCESS, *DELEGATION, *SERVICE_ACCOUNTS]
