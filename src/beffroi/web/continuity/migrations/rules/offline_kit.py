"""Rules of the database on the offline kit: its history is written once, its lists stay those of the person who added them."""

from typing import Any

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

LISTS, CONTENTS, PHRASES = "continuity_kitlist", "continuity_kitlistcontent", "continuity_kitphrase"
BUILDS, COPIES, OPENINGS = "continuity_kitbuild", "continuity_kitcopy", "continuity_kitopening"

RULES: list[Any] = [
    by_a_person(LISTS, "added_by_id", why="a program reads no list for itself"),
    immutable(
        f"{LISTS}_frozen",
        LISTS,
        (
            "territory_id",
            "entry_id",
            "title",
            "recipe_id",
            "dataset_id",
            "processing_id",
            "columns",
            "is_personal",
            "added_by_id",
            "added_at",
        ),
        why="another list is another row",
    ),
    set_once(f"{LISTS}_removed_once", LISTS, "removed_at", why="a removed list is added again, not revived"),
    refuse(f"{LISTS}_no_delete", "DELETE", LISTS),
    no_replace(LISTS),
    same_territory(LISTS, "entry_id", "guides_registerentry"),
    same_territory(LISTS, "recipe_id", "studio_storedrecipe"),
    same_territory(LISTS, "dataset_id", "catalogue_dataset"),
    same_territory(LISTS, "processing_id", "catalogue_processing"),
    immutable(f"{CONTENTS}_of_one_list", CONTENTS, ("territory_id", "kit_list_id")),
    same_territory(CONTENTS, "kit_list_id", LISTS),
    no_replace(CONTENTS, same_key("kit_list_id")),
    *append_only(PHRASES),
    by_a_person(PHRASES, "by_id"),
    *append_only(
        BUILDS,
        taken=f"{same_key()} OR (NEW.code <> '' AND territory_id = NEW.territory_id AND code = NEW.code)",
    ),
    *append_only(COPIES),
    same_territory(COPIES, "build_id", BUILDS),
    *append_only(OPENINGS),
    by_a_person(OPENINGS, "by_id"),
    same_territory(OPENINGS, "build_id", BUILDS),
]
