"""PostgreSQL for a host that outgrew SQLite: the territory told to every transaction, row-level security, its roles."""
