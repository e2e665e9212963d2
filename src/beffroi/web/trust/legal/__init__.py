"""The law on the systems of a territory: what was answered, what it makes today, the papers of high risk, the gates."""
