"""Rules of the database on backups: what was read and proven is written once; a person declares, a program does not."""

from beffroi.web.platform.triggers import (
    append_only,
    by_a_person,
    immutable,
    is_human,
    no_replace,
    refuse,
    same_key,
    same_territory,
    set_once,
)

COPIES, SECRETS, READINGS, PROOFS, REMEMBERED, EXPECTED, KEYS = (
    "continuity_backupcopy",
    "continuity_copysecret",
    "continuity_copyreading",
    "continuity_restoreproof",
    "continuity_rememberedfile",
    "continuity_expectedfiles",
    "continuity_backupkey",
)
RULES = [
    by_a_person(COPIES, "declared_by_id", why="a program does not declare a copy"),
    same_territory(COPIES, "entry_id", "guides_registerentry"),
    immutable(
        f"{COPIES}_declared_once",
        COPIES,
        ("territory_id", "entry_id", "kind", "address", "declared_by_id", "declared_at"),
        why="another address is another copy",
    ),
    set_once(
        f"{COPIES}_withdrawn_once",
        COPIES,
        "withdrawn_at",
        why="a withdrawn copy is declared again, not revived",
    ),
    refuse(f"{COPIES}_no_delete", "DELETE", COPIES),
    no_replace(COPIES),
    *(
        same_territory(table, "copy_id", COPIES)
        for table in (SECRETS, READINGS, PROOFS, REMEMBERED, EXPECTED, KEYS)
    ),
    immutable(f"{SECRETS}_of_one_copy", SECRETS, ("territory_id", "copy_id")),
    *append_only(READINGS),
    *append_only(PROOFS),
    same_territory(PROOFS, "evidence_id", "guides_evidence"),
    refuse(
        f"{PROOFS}_attested_by_a_person",
        "INSERT",
        PROOFS,
        condition=f"NEW.origin = 'person' AND NOT {is_human('NEW.by_id')}",
        why="a program attests nothing",
    ),
    immutable(f"{REMEMBERED}_of_one_copy", REMEMBERED, ("territory_id", "copy_id", "path")),
    *append_only(EXPECTED),
    by_a_person(EXPECTED, "by_id"),
    by_a_person(KEYS, "created_by_id", why="a program makes no key"),
    immutable(
        f"{KEYS}_written_once",
        KEYS,
        ("territory_id", "copy_id", "digest", "created_by_id", "created_at"),
        why="a key is written once",
    ),
    set_once(f"{KEYS}_revoked_once", KEYS, "revoked_at", why="a revoked key stays revoked"),
    refuse(f"{KEYS}_no_delete", "DELETE", KEYS),
    no_replace(KEYS, same_key("digest")),
]
