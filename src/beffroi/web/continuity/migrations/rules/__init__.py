"""Rules of the database, by noun."""
