"""Full-text search in French: documents in, those that answer a few words out, best first. No Django.

`analysis` cuts texts into words and their stems, `queries` reads what a person typed, `synonyms` adds the words of the field,
`dialects` has what SQLite (FTS5) and PostgreSQL (tsvector) each do their own way, `index` searches, `snippets` shows where.
Both engines store the words that `analysis` gives, so that they find the same documents.
"""

from .dialects import Match
from .index import Document, Hit, Index, MemoryIndex
from .queries import Query, parse
from .snippets import Fragment, highlight, snippet
from .spelling import correct

__all__ = [
    "Document",
    "Fragment",
    "Hit",
    "Index",
    "Match",
    "MemoryIndex",
    "Query",
    "correct",
    "highlight",
    "parse",
    "snippet",
]
