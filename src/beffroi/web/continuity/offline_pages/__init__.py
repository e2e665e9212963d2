"""Pages that open from a stick without network: sealed part, journal, editor of the restoration page."""
