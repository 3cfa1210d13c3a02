"""What a capability token allows.

Owns: the token's policies: which rule covers a request, and which of several wins.
Pure: imports nothing; how URLs are spelled is passed in as a function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


Values = Mapping[str, Sequence[str]]
"""Parameters by name, each with all its values."""

Filter = Mapping[str, "Condition"]


class InvalidPolicies(ValueError):
    """The token's policies are unreadable or contradict each other."""


@dataclass(frozen=True)
class Condition:
    """What a filter asks of one parameter."""

    required: bool
    value: str | None


@dataclass(frozen=True)
class Policy:
    """One rule of a token."""

    steps: tuple[str, ...]
    # How many more steps the rule covers below its own: (least, most).
    depth: tuple[int, float]
    method: str
    allow: bool
    query_filter: Filter
    post_filter: Filter

    def covers(self, method: str, steps: Sequence[str]) -> bool:
        """Tell whether the rule is about this method and URL."""
        least, most = self.depth
        return (
            method == self.method
            and tuple(steps[: len(self.steps)]) == self.steps
            and least <= len(steps) - len(self.steps) <= most
        )

    @property
    def specificity(self) -> tuple[int, float, bool]:
        """Rank the rule: longer path, then narrower pattern, then with filters."""
        filtered = bool(self.query_filter or self.post_filter)
        return len(self.steps), -self.depth[1], filtered


class Policies:
    """The rules of one token.

    Args:
        claim: the token's ``policies`` claim, as it was decoded.
        canonical: gives the one spelling of a URL by which URLs are compared.

    Raises:
        InvalidPolicies: the claim is malformed or contradicts itself.
    """

    def __init__(self, claim: object, canonical: Callable[[str], str]) -> None:
        if not isinstance(claim, list):
            raise InvalidPolicies("policies must be a list")
        self._canonical = canonical
        self._rules = [_policy(item, canonical) for item in claim]
        _refuse_contradictions(self._rules)

    def allows(
        self,
        method: str,
        url: str,
        *,
        query: Values | None = None,
        form: Values | None = None,
    ) -> bool:
        """Tell whether the token allows the request.

        Args:
            method: GET, POST or DELETE.
            url: the absolute URL; its query is not looked at.
            query: the query parameters.
            form: the form parameters.

        Raises:
            InvalidPolicies: the best rules for the request contradict each other.
        """
        steps = self._canonical(url).split("/")
        matching = [
            rule
            for rule in self._rules
            if rule.covers(method, steps)
            and _fulfilled(rule.query_filter, query or {})
            and _fulfilled(rule.post_filter, form or {})
        ]
        if not matching:
            return False
        best = max(rule.specificity for rule in matching)
        verdicts = {rule.allow for rule in matching if rule.specificity == best}
        if len(verdicts) > 1:
            raise InvalidPolicies("policies contradict each other")
        return verdicts.pop()


def _policy(item: object, canonical: Callable[[str], str]) -> Policy:
    if not isinstance(item, dict):
        raise InvalidPolicies("a policy must be an object")
    url, method = item.get("url"), item.get("method")
    if not isinstance(url, str) or not isinstance(method, str):
        raise InvalidPolicies("a policy needs a url and a method")
    # Only the end of a URL can be a pattern; a star elsewhere is a literal.
    if url.endswith("/**"):
        # The published docs show X/** not covering X, but the standard worker token
        # reads …/Reservations by virtue of …/Reservations/** alone, so it must.
        url, depth = url[:-3], (0, float("inf"))
    elif url.endswith("/*"):
        url, depth = url[:-2], (1, 1.0)
    else:
        depth = (0, 0.0)
    return Policy(
        steps=tuple(canonical(url).split("/")),
        depth=depth,
        method=method.upper(),
        allow=item.get("allow") is True,
        query_filter=_filter(item.get("query_filter")),
        post_filter=_filter(item.get("post_filter")),
    )


def _filter(claim: object) -> Filter:
    if claim is None:
        return {}
    if not isinstance(claim, dict):
        raise InvalidPolicies("a filter must be an object")
    return {name: _condition(condition) for name, condition in claim.items()}


def _condition(claim: object) -> Condition:
    if isinstance(claim, str):
        return Condition(required=True, value=claim)
    if not isinstance(claim, dict):
        raise InvalidPolicies("a filter's condition must be a text or an object")
    value = claim.get("value")
    if value is not None and not isinstance(value, str):
        raise InvalidPolicies("a filter's value must be a text")
    return Condition(required=claim.get("required") is True, value=value)


def _fulfilled(conditions: Filter, params: Values) -> bool:
    if not conditions:
        return True
    # An empty value counts as present: public facts do not say.
    return params.keys() <= conditions.keys() and all(
        _holds(condition, params.get(name)) for name, condition in conditions.items()
    )


def _holds(condition: Condition, values: Sequence[str] | None) -> bool:
    if values is None:
        return not condition.required
    return condition.value is None or all(value == condition.value for value in values)


def _refuse_contradictions(rules: Sequence[Policy]) -> None:
    seen: list[Policy] = []
    for rule in rules:
        for other in seen:
            if rule.allow != other.allow and _same_subject(rule, other):
                raise InvalidPolicies("policies contradict each other")
        seen.append(rule)


def _same_subject(one: Policy, two: Policy) -> bool:
    return (one.steps, one.depth, one.method, one.query_filter, one.post_filter) == (
        (two.steps, two.depth, two.method, two.query_filter, two.post_filter)
    )
