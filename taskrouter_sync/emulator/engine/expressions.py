"""The expression language: from text to an Expression that a context matches.

Knows nothing of workers or tasks. Reading takes time in proportion to the length of
the text, and evaluation is total: any JSON value in, a bool or a value out. It takes
time in proportion to the expression plus the lists that it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedToken, v_args
from lark.lexer import Lexer


_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*")


@dataclass(frozen=True)
class Path:
    """A key such as `a.b[2]`."""

    steps: tuple[str | int, ...]

    def value(self, context: Mapping[str, Any]) -> Any:
        """Read the key; what is missing is None."""
        found: Any = context
        for step in self.steps:
            if isinstance(step, int):
                if not isinstance(found, list) or step >= len(found):
                    return None
                found = found[step]
            elif isinstance(found, Mapping):
                found = found.get(step)
            else:
                return None
        return found


@dataclass(frozen=True)
class Literal:
    """A value written in the expression."""

    constant: Any

    def value(self, context: Mapping[str, Any]) -> Any:
        """Return the constant."""
        return self.constant


@dataclass(frozen=True)
class Condition:
    """Two operands and what is asked of their values."""

    left: Path | Literal
    right: Path | Literal
    holds: Callable[[Any, Any], bool]
    # Levels of nesting below and with this part.
    depth: int = 1

    def test(self, evaluation: Evaluation) -> bool:
        """Return whether it is true of the context."""
        return self.holds(evaluation.value(self.left), evaluation.value(self.right))

    def paths(self) -> Iterator[tuple[str | int, ...]]:
        """Yield the keys of the operands."""
        for operand in (self.left, self.right):
            if isinstance(operand, Path):
                yield operand.steps


class Junction:
    """Parts joined by AND (`every`) or by OR."""

    def __init__(self, every: bool, parts: tuple[Node, ...]) -> None:
        self.every = every
        self.parts = parts
        self.depth: int = 1 + max(part.depth for part in parts)

    def test(self, evaluation: Evaluation) -> bool:
        """Return whether it is true of the context."""
        for part in self.parts:
            if part.test(evaluation) is not self.every:
                return not self.every
        return self.every

    def paths(self) -> Iterator[tuple[str | int, ...]]:
        """Yield the keys of all parts."""
        for part in self.parts:
            yield from part.paths()


# A part of an expression that is true or false.
Node = Condition | Junction


class Elements:
    """A list to look scalars up in, each in the same time however long it is.

    What is in it is what equals one of its items; the sets are by the rules of `_same`.
    """

    def __init__(self, items: list[Any]) -> None:
        self._booleans = {item for item in items if isinstance(item, bool)}
        self._texts = {item for item in items if isinstance(item, str)}
        self._numbers = {
            item
            for item in items
            if isinstance(item, int | float) and not isinstance(item, bool)
        }
        self._numeric_texts = {number_of(text) for text in self._texts} - {None}

    def __contains__(self, value: bool | int | float | str | None) -> bool:
        if isinstance(value, bool):
            return value in self._booleans
        if isinstance(value, str):
            return value in self._texts or number_of(value) in self._numbers
        return value in self._numbers or value in self._numeric_texts


class Evaluation:
    """One evaluation, in which each list is read once, whatever asks for it."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        self._context = context
        # By the identity of the list, which the context keeps.
        self._lists: dict[int, Elements] = {}

    def value(self, operand: Path | Literal) -> Any:
        """Return the value of an operand; of a list its elements."""
        found = operand.value(self._context)
        if not isinstance(found, list):
            return found
        elements = self._lists.get(id(found))
        if elements is None:
            elements = self._lists[id(found)] = Elements(found)
        return elements


def number_of(value: Any) -> int | float | None:
    """Read a number, also from a numeric text; anything else is None.

    The documentation expects the attribute "6" to satisfy `> 5`.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    return _number_in(value) if isinstance(value, str) else None


# A long text may be compared in thousands of conditions.
@lru_cache(maxsize=256)
def _number_in(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (Elements, Mapping))


def _same(left: Any, right: Any) -> bool:
    """Compare two scalars. Case counts; null equals only null.

    Only number and numeric text are coerced to each other (`6` and `"6"`): a
    boolean equals neither 1 nor "true".
    """
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str) == isinstance(right, str):
        return bool(left == right)
    first, second = number_of(left), number_of(right)
    return first is not None and first == second


def _equal(left: Any, right: Any) -> bool:
    return _is_scalar(left) and _is_scalar(right) and _same(left, right)


def _unequal(left: Any, right: Any) -> bool:
    # A list with a scalar operator is always false; null differs from any value.
    return _is_scalar(left) and _is_scalar(right) and not _same(left, right)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(left: Any, right: Any) -> bool:
        """Two texts compare as texts, all else by number; null is never in order."""
        if isinstance(left, str) and isinstance(right, str):
            return test(left, right)
        first, second = number_of(left), number_of(right)
        return first is not None and second is not None and test(first, second)

    return holds


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    # str() refuses integers of thousands of digits.
    if isinstance(value, int) and value.bit_length() > 1024:
        return hex(value)
    return str(value) if isinstance(value, (int, float)) else None


def _contains(left: Any, right: Any) -> bool:
    whole, part = _text(left), _text(right)
    return whole is not None and part is not None and part in whole


def _has(left: Any, right: Any) -> bool:
    # HAS with a list on the right is false: elements are compared with scalars.
    if not isinstance(left, Elements) or right is None or not _is_scalar(right):
        return False
    return right in left


def _in(left: Any, right: Any) -> bool:
    return _has(right, left)


def _not_in(left: Any, right: Any) -> bool:
    # What is missing holds nothing, so everything is NOT IN it; like `!=`, and
    # unlike a scalar on the right, which makes any array operator false.
    if not _is_scalar(left):
        return False
    return right is None or (isinstance(right, Elements) and not _in(left, right))


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": _equal,
    "=": _equal,
    "!=": _unequal,
    "<": _ordered(lambda a, b: bool(a < b)),
    "<=": _ordered(lambda a, b: bool(a <= b)),
    ">": _ordered(lambda a, b: bool(a > b)),
    ">=": _ordered(lambda a, b: bool(a >= b)),
    "CONTAINS": _contains,
    "HAS": _has,
    ">-": _has,
    "IN": _in,
    "<-": _in,
    "NOT IN": _not_in,
}


# One OPERATOR terminal, so that a message can name it as the service does. An
# operand alone (`vip`) is not a valid expression: none is documented.
GRAMMAR = r"""
    ?start: disjunction
    ?disjunction: conjunction (OR conjunction)*
    ?conjunction: condition (AND condition)*
    ?condition: operand OPERATOR operand -> comparison
              | LPAR disjunction RPAR    -> group
    ?operand: PATH -> path | literal | list
    list: LSQB [literal (COMMA literal)*] RSQB
    literal: STRING | NUMBER | TRUE | FALSE | NULL

    %declare PATH NUMBER STRING TRUE FALSE NULL AND OR OPERATOR
    %declare LPAR RPAR LSQB RSQB COMMA
"""

# Deeper nesting is refused: evaluation recurses. The limit of the length is a choice:
# the service's is not published.
MAX_DEPTH = 100
MAX_LENGTH = 32_768
# How much of a token a message shows.
_MAX_SHOWN = 100

# Published workflows have names that begin with a digit (worker.levels.24h).
_PATH = r"[\w$]+(?:\.[\w$]+|\[[0-9]+\])*"
_TOKEN = re.compile(
    rf"""
      (?P<SPACE>    \s+ )
    | (?P<STRING>   "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' )
    | (?P<NUMBER>   -?[0-9]+(?:\.[0-9]+)?(?![\w$]) )
    | (?P<OPERATOR> == | != | <= | >= | >- | <- | = | < | >
                    | (?:has|in|contains|not\s+in)(?![\w$.]) )
    | (?P<WORD>     (?:and|or|true|false|null)(?![\w$.]) )
    | (?P<PATH>     {_PATH} )
    | (?P<LPAR> \( ) | (?P<RPAR> \) ) | (?P<LSQB> \[ ) | (?P<RSQB> \] )
    | (?P<COMMA> , )
    # What the service's lexer drops when no token fits: a minus sign goes with
    # the character after it, so that `skill-level` reads as `skill` `evel`. An
    # unterminated text goes to the end, so that no quote in it is tried as well.
    | (?P<JUNK>     "(?:[^"\\]|\\.)* | '(?:[^'\\]|\\.)* | -[^\s] | . )
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL | re.ASCII,
)
_PATH_TEXT = re.compile(_PATH, re.ASCII)
_PATH_STEP = re.compile(r"\[([0-9]+)\]|([\w$]+)", re.ASCII)


class ExpressionError(ValueError):
    """The expression is invalid; the message has the position, as the service's."""


class Expression:
    """A parsed expression; immutable."""

    def __init__(self, text: str, root: Node) -> None:
        self.text = text
        self._root = root

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy or a pickle parses the text again: operators are not pickled.
        return parse, (self.text,)

    def matches(self, context: Mapping[str, Any]) -> bool:
        """Return whether the expression is true of `context` (JSON values)."""
        return self._root.test(Evaluation(context))

    def mentions(self, *steps: str) -> bool:
        """Return whether a key that starts with `steps` occurs in the expression."""
        return any(path[: len(steps)] == steps for path in self._root.paths())


def _tokens(text: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind in ("SPACE", "JUNK"):
            continue
        value = match.group()
        if kind == "WORD":
            kind = value.upper()
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
    def disjunction(self, *parts: Any) -> Node:
        return _join(False, parts)

    def conjunction(self, *parts: Any) -> Node:
        return _join(True, parts)

    def comparison(self, left: Any, operator: Token, right: Any) -> Node:
        holds = OPERATORS[" ".join(operator.upper().split())]
        return Condition(left, right, holds)

    def group(self, _left: Token, inner: Node, _right: Token) -> Node:
        return inner

    def path(self, token: Token) -> Path:
        return _path(token)

    def list(self, *items: Any) -> Literal:
        constants = [item.constant for item in items if isinstance(item, Literal)]
        return Literal(Elements(constants))

    def literal(self, token: Token) -> Literal:
        return Literal(_LITERALS[token.type](token))


def _unescape(token: str) -> str:
    # Escapes are not documented; a backslash keeps the character after it.
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)


def _number(token: str) -> int | float:
    # int() refuses thousands of digits, float() takes them.
    return float(token) if "." in token or len(token) > 300 else int(token)


_LITERALS: dict[str, Any] = {
    "STRING": _unescape,
    "NUMBER": _number,
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
    "NULL": lambda _: None,
}


def _join(every: bool, parts: tuple[Any, ...]) -> Node:
    node = Junction(every, parts[::2])
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
    a quoted word is always a string and never a key, and `>-` and `<-` are the
    aliases of HAS and IN even before a digit.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters")
    try:
        root: Any = _parser().parse(text)
    # Its lexer is ours, and has a token for everything: nothing else is raised.
    except UnexpectedToken as exc:
        raise ExpressionError(_explain(text, exc)) from exc
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "JUNK":
            junk = f"token recognition error at: '{match.group()[:_MAX_SHOWN]}'"
            raise ExpressionError(f"{_place(text, match.start())} {junk}")
    return Expression(text, root)


def parse_path(text: str) -> Path | None:
    """Parse a bare key such as `task.agent_sid`; None if it is not one."""
    path = _path(text) if _PATH_TEXT.fullmatch(text) else None
    return None if path is None or str(path.steps[0]).isdigit() else path


def _path(text: str) -> Path:
    # No list is longer than nine digits; int() refuses thousands of them.
    steps = _PATH_STEP.findall(text)
    return Path(tuple(int(index[:9]) if index else name for index, name in steps))


def _explain(text: str, error: UnexpectedToken) -> str:
    """Return the message of the service's parser generator (ANTLR)."""
    token = error.token
    at = len(text) if token.type == "$END" else token.start_pos or 0
    shown = "<EOF>" if token.type == "$END" else str(token)[:_MAX_SHOWN]
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
