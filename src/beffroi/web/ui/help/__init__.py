"""Help of the site: the French guides as pages, their sections to search, and the two sentences of help of each page.

In: `help.toml` and the guides of `docs/` (in a wheel, the copies that the build hook put in `guides/`). Out: rendered
guides, `sections()` for a search index, `help_of(route, name)` for the « Aide » of the header.
"""

from .markdown_pages import HelpPage, Section, help_pages, sections
from .page_help import PageHelp, help_of

__all__ = ["HelpPage", "PageHelp", "Section", "help_of", "help_pages", "sections"]
