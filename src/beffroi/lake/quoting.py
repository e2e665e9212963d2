"""Names and texts written into SQL, whatever they hold."""


def quote_identifier(name: str) -> str:
    """A column or a table in SQL: `a"b` → `"a""b"`."""
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """A text in SQL: `l'été` → `'l''été'`."""
    return "'" + text.replace("'", "''") + "'"
