"""Reading backup repositories of others, as they stand: restic, borg, and Beffroi's own. Nothing is ever written in them."""
