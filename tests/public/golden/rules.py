"""From what TaskRouter.js does to what is expected of us: the differences, as rules.

A rule changes a case in place: its script where something can't come, its `expected`
where ours is meant to differ, and `allow` where ours is free. Its docstring says why.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from . import call_rules, event_rules, value_rules
from .case import Case
from .rule_tools import Rule


# In the order in which they are applied: values last, as they look at what is left.
RULES = (*call_rules.RULES, *event_rules.RULES, *value_rules.RULES)


def adapt(recorded: Case, rules: Sequence[Rule] = RULES) -> Case:
    """Make of a recorded case the one that ours is held to.

    The result has one more key, `allow`, which says where ours is free:

    * `raises`: steps whose call may raise what the service answered;
    * `told`: callbacks that JavaScript never calls, with the step that names each;
    * `gets`: steps during which ours may send GETs of its own;
    * `late_gets`: whether it may send them after the first connection;
    * `free_gets`: ends of URLs that it may GET at any time;
    * `posts`: what ours sends at steps that JavaScript refuses.
    """
    case = copy.deepcopy(recorded)
    case["allow"] = {
        "raises": set(),
        "told": {},
        "gets": set(),
        "late_gets": False,
        "free_gets": [],
        "posts": {},
    }
    for rule in rules:
        rule(case)
    return case
