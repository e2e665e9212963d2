"""Formula parser: operator precedence over the tokens (Pratt, Top down operator precedence, 1973).

From the loosest to the tightest: OU, ET, NON, comparisons, &, + and -, * and /, unary minus, as in spreadsheets.
"""

from dataclasses import replace

from beffroi.recipes.formula import tokenizer as words
from beffroi.recipes.formula.errors import refuse
from beffroi.recipes.formula.tokenizer import Token
from beffroi.recipes.formula.tree import Binary, Call, Column, Literal, Minus, Node
from beffroi.recipes.text_folding import fold

MAX_DEPTH = 60
"""Maximum nesting of a formula: beyond, it is unreadable, and costly for the engine."""

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
STRENGTHS = {"OU": 1, "ET": 2, **dict.fromkeys(COMPARISONS, 4), "&": 5, "+": 6, "-": 6, "*": 7, "/": 7}
NEGATION = 3
MINUS = 8


def parse(formula: str) -> Node:
    """Syntax tree of a formula. Raises FormulaError."""
    parser = _Parser(words.tokenize(formula))
    if parser.done:
        refuse("la formule est vide. Écrivez par exemple [Tonnage] * 2.", 0, len(formula))
    node = parser.expression(0, 1)
    if not parser.done:
        parser.refuse_unexpected()
    return node


def function_name(text: str) -> str:
    """Canonical name of a function."""
    return fold(text).upper()


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._index = 0
        self._last_parenthesized: Node | None = None
        """Last parenthesized node."""

    @property
    def token(self) -> Token:
        return self._tokens[self._index]

    @property
    def done(self) -> bool:
        return self.token.kind == "end"

    def _take(self) -> Token:
        token = self.token
        self._index += 1
        return token

    def expression(self, least: int, level: int) -> Node:
        """Expression of operators stronger than `least`, at nesting `level`."""
        left = self._value(level)
        while (sign := self._operator()) is not None and (strength := STRENGTHS[sign]) > least:
            token = self._take()
            if sign in COMPARISONS and self._is_bare_comparison(left):
                refuse(
                    "deux comparaisons à la suite n'ont pas de sens. Écrivez par exemple 1 < [a] ET [a] < 3.",
                    token.start,
                    token.end,
                )
            self._require_operand(token)
            right = self.expression(strength, level + 1)
            depth = self._depth(left.start, right.end, left, right)
            left = Binary(sign, left, right, start=left.start, end=right.end, depth=depth)
        return left

    def refuse_unexpected(self) -> None:
        """Refuse a token that follows a complete value."""
        token = self.token
        if token.kind == "sign" and token.value == ")":
            refuse("cette parenthèse ferme sans avoir été ouverte. Retirez-la.", token.start, token.end)
        if token.kind == "sign":
            refuse(f"« {token.value} » ne sépare que les valeurs d'une fonction.", token.start, token.end)
        before = self._tokens[self._index - 1]
        if token.kind == before.kind == "name":
            refuse(
                f"il manque un signe, ou des crochets. Une colonne dont le nom a des espaces s'écrit "
                f"[{before.value} {token.value}].",
                before.start,
                token.end,
            )
        refuse("il manque un signe avant cette valeur : +, &, ; ou un autre.", token.start, token.end)

    def _operator(self) -> str | None:
        token = self.token
        if token.kind == "sign" and token.value in STRENGTHS:
            return str(token.value)
        word = function_name(str(token.value)) if token.kind == "name" else ""
        return word if word in ("ET", "OU") else None

    def _require_operand(self, token: Token) -> None:
        """Refuse an operator without a right operand."""
        following = self.token
        if following.kind == "end" or (following.value in (")", ";") and following.kind == "sign"):
            refuse(f"il manque une valeur après « {token.value} ».", token.start, token.end)

    def _value(self, level: int) -> Node:
        token = self._take()
        if level > MAX_DEPTH:
            self._too_deep(token.start, token.end)
        if token.kind in ("number", "text"):
            return Literal(token.value, start=token.start, end=token.end)
        if token.kind == "column":
            return Column(str(token.value), start=token.start, end=token.end)
        if token.kind == "name":
            return self._word(token, level)
        if token.value == "(":
            inside = self._argument(token, level)
            self._last_parenthesized = replace(inside, start=token.start, end=self._expect_closing(token).end)
            return self._last_parenthesized
        if token.value in ("-", "+"):
            self._require_operand(token)
            operand = self.expression(MINUS, level + 1)
            if token.value == "+":
                return operand
            depth = self._depth(token.start, operand.end, operand)
            return Minus(operand, start=token.start, end=operand.end, depth=depth)
        if token.kind == "end":
            return refuse("la formule s'arrête trop tôt : il manque une valeur.", token.start, token.end)
        return refuse(f"il manque une valeur avant « {token.value} ».", token.start, token.end)

    def _word(self, token: Token, level: int) -> Node:
        word = function_name(str(token.value))
        opened = self.token.kind == "sign" and self.token.value == "("
        if word == "NON" and not opened:
            self._require_operand(token)
            operand = self.expression(NEGATION - 1, level + 1)
            depth = self._depth(token.start, operand.end, operand)
            return Call(word, (operand,), start=token.start, end=operand.end, depth=depth)
        if opened:
            return self._call(token, word, level)
        if word in ("ET", "OU"):
            refuse(f"il manque une valeur avant « {token.value} ».", token.start, token.end)
        if word in ("VRAI", "FAUX"):
            return Literal(word == "VRAI", start=token.start, end=token.end)
        return Column(str(token.value), start=token.start, end=token.end)

    def _call(self, name: Token, word: str, level: int) -> Node:
        opening = self._take()
        arguments: list[Node] = []
        if not self._is_closing():
            arguments.append(self._argument(opening, level))
            while self.token.kind == "sign" and self.token.value == ";":
                self._take()
                arguments.append(self._argument(opening, level))
        end = self._expect_closing(opening).end
        depth = self._depth(name.start, end, *arguments)
        return Call(word, tuple(arguments), start=name.start, end=end, depth=depth)

    def _argument(self, opening: Token, level: int) -> Node:
        token = self.token
        if token.kind == "end":
            self._expect_closing(opening)
        if token.kind == "sign" and token.value in (")", ";"):
            refuse(f"il manque une valeur avant « {token.value} ».", token.start, token.end)
        return self.expression(0, level + 1)

    def _is_closing(self) -> bool:
        return self.token.kind == "sign" and self.token.value == ")"

    def _expect_closing(self, opening: Token) -> Token:
        if self._is_closing():
            return self._take()
        if self.token.kind == "end":
            refuse("cette parenthèse n'est pas fermée. Ajoutez « ) ».", opening.start, opening.end)
        self.refuse_unexpected()
        return self.token

    def _is_bare_comparison(self, node: Node) -> bool:
        return isinstance(node, Binary) and node.sign in COMPARISONS and node is not self._last_parenthesized

    def _depth(self, start: int, end: int, *parts: Node) -> int:
        """One level more than the deepest part: a long chain of operators is deep as well."""
        depth = 1 + max((part.depth for part in parts), default=0)
        if depth > MAX_DEPTH:
            self._too_deep(start, end)
        return depth

    def _too_deep(self, start: int, end: int) -> None:
        refuse(
            f"la formule a plus de {MAX_DEPTH} niveaux. Faites-en une partie dans une étape d'avant.",
            start,
            end,
        )
