"""Conditions of row-level security, in SQL, that models name: `beffroi.scope` holds a territory's key, `host`, or nothing.

A model of the host that everyone reads before any scope is opened (who signs in, where) gives `write_policy`: the condition
for a row to be inserted, and the one for it to be updated or deleted. One whose rows name a territory gives `read_policy` too.
`postgresql.isolation` makes the policies.
"""

HOST = "(SELECT beffroi_host())"
TERRITORY = "(SELECT beffroi_territory())"
OWN = f"territory_id = {TERRITORY}"
HOST_TOO = f"{OWN} OR {HOST}"
OUTSIDE = f"{TERRITORY} IS NULL"  # the host's duties, and what comes before any territory is opened
