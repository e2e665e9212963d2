"""XML parser for responses of services; a document with a doctype or entities is refused.

In: the bytes of a document. Out: its tree, without namespaces. Nothing outside of it is read.
"""

from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from beffroi.lake.sources.errors import SourceError

_REFUSED = (
    "La réponse de ce service déclare des entités XML : elle est refusée par prudence. Prévenez son éditeur."
)
_BROKEN = "La réponse de ce service n'est pas du XML complet. Rien n'en a été repris. Recommencez."


class _Doctype(Exception):
    pass


def _parser() -> expat.XMLParserType:
    made = expat.ParserCreate(namespace_separator="}")

    def refuse(*_: object) -> None:
        raise _Doctype

    made.StartDoctypeDeclHandler = refuse
    made.EntityDeclHandler = refuse
    return made


def parse_xml(body: bytes) -> Element:
    """Root element of the document. Raises SourceError."""
    builder = TreeBuilder()
    parser = _parser()
    parser.StartElementHandler = lambda tag, attributes: builder.start(
        tag.rpartition("}")[2], {name.rpartition("}")[2]: value for name, value in attributes.items()}
    )
    parser.EndElementHandler = lambda tag: builder.end(tag.rpartition("}")[2])
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(body, True)
        return builder.close()
    except _Doctype:
        raise SourceError(_REFUSED) from None
    except (expat.ExpatError, AssertionError) as error:
        raise SourceError(_BROKEN) from error
