"""The expression language: from text to an Expression that a context matches.

Owns lexing and grammar; meaning is in `terms`. Knows nothing of workers or tasks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args
from lark.lexer import Lexer

from .terms import Junction, Literal, Node, Path, Scalar, comparison


# One OPERATOR terminal, so that a message can name it as the service does. An
# operand alone (`vip`) is no expression: the documentation knows none.
GRAMMAR = r"""
    start: disjunction
    disjunction: conjunction (OR conjunction)*
    conjunction: condition (AND condition)*
    ?condition: operand OPERATOR operand -> comparison
              | LPAR disjunction RPAR    -> group
    ?operand: PATH -> path | literal | list
    list: LSQB [literal (COMMA literal)*] RSQB
    literal: STRING | NUMBER | TRUE | FALSE | NULL

    %declare PATH NUMBER STRING TRUE FALSE NULL AND OR OPERATOR
    %declare LPAR RPAR LSQB RSQB COMMA
"""

# Deeper nesting is refused: evaluation recurses.
MAX_DEPTH = 100

_PATH = r"[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*|\[[0-9]+\])*"
_TOKEN = re.compile(
    rf"""
      (?P<SPACE>    \s+ )
    | (?P<STRING>   "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
    | (?P<NUMBER>   -?[0-9]+(?:\.[0-9]+)? )
    | (?P<OPERATOR> == | != | <= | >= | >- | <- | = | < | > | not\s+in(?![\w$.]) )
    | (?P<WORD>     (?:and|or|has|in|contains|true|false|null)(?![\w$.]) )
    | (?P<PATH>     {_PATH} )
    | (?P<LPAR> \( ) | (?P<RPAR> \) ) | (?P<LSQB> \[ ) | (?P<RSQB> \] )
    | (?P<COMMA> , )
    # What the service's lexer drops when no token fits: a minus sign goes with
    # the character after it, so that `skill-level` reads as `skill` `evel`.
    | (?P<JUNK>     -[^\s] | . )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL | re.ASCII,
)
_WORDS = {
    "and": "AND",
    "or": "OR",
    "has": "OPERATOR",
    "in": "OPERATOR",
    "contains": "OPERATOR",
    "true": "TRUE",
    "false": "FALSE",
    "null": "NULL",
}
_PATH_TEXT = re.compile(_PATH, re.ASCII)
_PATH_STEP = re.compile(r"[A-Za-z_$][\w$]*|[0-9]+", re.ASCII)


class ExpressionError(ValueError):
    """The text is no expression; the message says where, as the service does."""


class Expression:
    """A parsed expression; immutable."""

    def __init__(self, text: str, root: Node) -> None:
        self.text = text
        self._root = root

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def matches(self, context: Mapping[str, Any]) -> bool:
        """Tell whether the expression is true of `context` (JSON values)."""
        return self._root.test(context)

    def mentions(self, *steps: str) -> bool:
        """Tell whether a key that starts with `steps` occurs in the expression."""
        return any(path[: len(steps)] == steps for path in self._root.paths())


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind in ("SPACE", "JUNK"):
            continue
        value = match.group()
        if kind == "WORD":
            kind = _WORDS[value.lower()]
        yield Token(kind, value, start_pos=match.start())


class _Lexer(Lexer):
    """The tokens above, as lark wants them."""

    __future_interface__ = 1

    def __init__(self, lexer_conf: Any) -> None:
        """Take what lark gives to every lexer; nothing of it is needed."""

    def lex(self, lexer_state: Any, parser_state: Any) -> Iterator[Token]:
        text = lexer_state.text
        # A slice since lark 1.3.
        return _tokens(text if isinstance(text, str) else text.text)


@v_args(inline=True)
class _Builder(Transformer[Token, Node]):
    def start(self, root: Node) -> Node:
        return root

    def disjunction(self, *parts: Any) -> Node:
        return _join(any, parts)

    def conjunction(self, *parts: Any) -> Node:
        return _join(all, parts)

    def comparison(self, left: Any, operator: Token, right: Any) -> Node:
        return comparison(left, " ".join(operator.upper().split()), right)

    def group(self, _left: Token, inner: Node, _right: Token) -> Node:
        return inner

    def path(self, token: Token) -> Path:
        return _path(token)

    def list(self, *items: Any) -> Literal:
        return Literal([item.constant for item in items if isinstance(item, Literal)])

    def literal(self, token: Token) -> Literal:
        return Literal(_LITERALS[token.type](token))


def _unescape(token: str) -> str:
    # Escapes are not documented; a backslash keeps the character after it.
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)


def _number(token: str) -> Scalar:
    # int() refuses thousands of digits, float() takes them.
    return float(token) if "." in token or len(token) > 300 else int(token)


_LITERALS: dict[str, Any] = {
    "STRING": _unescape,
    "NUMBER": _number,
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
    "NULL": lambda _: None,
}


def _join(how: Any, parts: tuple[Any, ...]) -> Node:
    nodes: tuple[Node, ...] = parts[::2]
    if len(nodes) == 1:
        return nodes[0]
    node = Junction(how is all, nodes)
    if node.depth > MAX_DEPTH:
        raise ExpressionError(f"expression is nested deeper than {MAX_DEPTH} levels")
    return node


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(
        GRAMMAR,
        parser="lalr",
        lexer=_Lexer,
        transformer=_Builder(),
        maybe_placeholders=False,
    )


def parse(text: str) -> Expression:
    """Parse an expression; raises ExpressionError.

    Choices where the documentation is silent: AND binds tighter than OR,
    keywords and literals are read in any case, there is no NOT and no EXISTS,
    a quoted word is always a text and never a key, and `>-` and `<-` are the
    aliases of HAS and IN even before a digit.
    """
    try:
        root: Any = _parser().parse(text)
    except UnexpectedInput as exc:
        raise ExpressionError(_explain(text, exc)) from exc
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "JUNK":
            junk = f"token recognition error at: '{match.group()}'"
            raise ExpressionError(f"{_place(text, match.start())} {junk}")
    return Expression(text, root)


def parse_path(text: str) -> Path | None:
    """Parse a bare key such as `task.agent_sid`; None if it is none."""
    return _path(text) if _PATH_TEXT.fullmatch(text) else None


def _path(text: str) -> Path:
    # No list is longer than nine digits; int() refuses thousands of them.
    steps = _PATH_STEP.findall(text)
    return Path(tuple(int(s[:9]) if s[0].isdigit() else s for s in steps))


def _explain(text: str, error: UnexpectedInput) -> str:
    """Say it as the service's parser generator (ANTLR) does."""
    if not isinstance(error, UnexpectedToken):
        return str(error)
    token = error.token
    at = len(text) if token.type == "$END" else token.start_pos or 0
    shown = "<EOF>" if token.type == "$END" else str(token)
    accepted = error.accepts or set()
    names = sorted(_SIGNS.get(name, name) for name in accepted)
    expecting = names[0] if len(names) == 1 else "{" + ", ".join(names) + "}"
    # "Extraneous" is what parses on if it is left out.
    after = next((t.type for t in _tokens(text) if (t.start_pos or 0) > at), None)
    what = "extraneous" if after in accepted else "mismatched"
    return f"{_place(text, at)} {what} input '{shown}' expecting {expecting}"


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"line {line}:{position - text.rfind(chr(10), 0, position) - 1}"


_SIGNS = {
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "COMMA": "','",
    "$END": "<EOF>",
}
