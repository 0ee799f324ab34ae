"""Faults on demand: which calls go wrong and how, as rules that one seed makes the same at every run.

A plan is a seed and a list of rules. Whether a rule strikes is drawn for each call from the seed, the rule's
place, what the call is about and how often that was asked before; so threads that overtake each other change
nothing. What each kind does stands in fault_effects.py; fault_switch.py sets the plan over HTTP.

A fault lies about the line and the answer, never about the books: the journal says what really happened.
"""

import hashlib
import json
import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from bank_simulator.errors import InvalidRequest

# What a WSGI application can do to its own answers, and the fault proxy too.
ANSWERS: dict[str, str] = {
    "latency": "acts and answers after `seconds`",
    "error_500": "answers 500; with `after`, once it has acted",
    "unavailable_503": "answers 503; with `after`, once it has acted",
    "closed": "answers 503 with the promise that it has done nothing, and keeps it",
    "garbage": "acts and answers with what nobody can read",
    "wrong_amount": "acts and answers with another amount",
    "duplicate": "acts twice; over the proxy, it answers twice as well",
    "late": "answers 504 at once and acts after `seconds`",
    "clock_skew": "acts and answers with times that are off by `seconds`",
}
# What has to be done to the connection itself, so that only the fault proxy can.
LINES: dict[str, str] = {
    "slow_drip": "acts and drips its answer over `seconds`",
    "refused": "resets the connection unread; nobody listens for `seconds` after it",
    "reset_before": "reads the request and resets; never acts",
    "reset_after": "acts and resets instead of answering",
}

# Whoever switches, audits or watches over the bank hears the truth.
NEVER = ("/health", "/v1/faults", "/v1/journal", "/v1/clock")
OPERATIONS = ("authorization", "capture", "refund", "void", "look_up")
MOST_RULES = 64
LONGEST_SECONDS = 86_400.0
FOREVER = 2**53


@dataclass(frozen=True)
class Rule:
    """One way in which calls go wrong. `path` is a shell pattern; no `operations` means all of them.

    `count` is how many calls it strikes at most, None for no end.
    """

    kind: str
    probability: float = 1.0
    path: str = "/v1/*"
    operations: tuple[str, ...] = ()
    count: int | None = None
    seconds: float = 0.0
    after: bool = False

    def concerns(self, call: "Call") -> bool:
        fits = not self.operations or call.operation in self.operations
        return fits and fnmatchcase(call.path, self.path)


@dataclass(frozen=True)
class Plan:
    seed: int = 0
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Call:
    """What a plan may know of a call: `subject` tells repeats from other calls."""

    method: str
    path: str
    subject: str = ""

    @property
    def operation(self) -> str:
        last = self.path.rstrip("/").rpartition("/")[2]
        named = {
            "authorizations": "authorization",
            "payments": "authorization",
            "captures": "capture",
            "refunds": "refund",
        }
        if self.method == "GET":
            return "look_up"
        return named.get(last, last)


@dataclass(frozen=True)
class Strike:
    """A rule that struck, and a number drawn with it for whatever its kind has to choose."""

    rule: Rule
    dice: int


@dataclass
class Switch:
    """The plan in force and what it has done so far; one for each process, safe for its threads."""

    kinds: frozenset[str]
    plan: Plan = field(default_factory=Plan)
    struck: Counter[int] = field(default_factory=Counter)
    _asked: Counter[Call] = field(default_factory=Counter)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def replace(self, plan: Plan) -> None:
        """Puts a plan in force; all counts begin anew."""
        for number, rule in enumerate(plan.rules):
            if rule.kind not in self.kinds:
                raise InvalidRequest(f"{rule.kind} takes the fault proxy.", f"rules.{number}.kind")
        with self._guard:
            self.plan, self.struck, self._asked = plan, Counter(), Counter()

    def strike(self, call: Call, *, kinds: frozenset[str] | None = None) -> Strike | None:
        """The first rule that strikes this call, of some kinds or all; None where it is left alone."""
        if call.path.startswith(NEVER):
            return None
        with self._guard:
            plan = self.plan
            candidates = [
                (number, rule)
                for number, rule in enumerate(plan.rules)
                if (kinds is None or rule.kind in kinds) and rule.concerns(call)
            ]
            if not candidates:
                return None
            self._asked[call] += 1
            for number, rule in candidates:
                dice = _dice(plan.seed, number, call, self._asked[call])
                spent = rule.count is not None and self.struck[number] >= rule.count
                if not spent and dice % FOREVER < rule.probability * FOREVER:
                    self.struck[number] += 1
                    return Strike(rule, dice >> 53)
        return None

    def as_json(self) -> dict[str, Any]:
        with self._guard:
            rules = [
                {**asdict(rule), "operations": list(rule.operations), "struck": self.struck[number]}
                for number, rule in enumerate(self.plan.rules)
            ]
            return {"object": "faults", "seed": self.plan.seed, "rules": rules}


def _dice(seed: int, number: int, call: Call, nth: int) -> int:
    words = f"{seed}|{number}|{call.method}|{call.path}|{call.subject}|{nth}".encode()
    return int.from_bytes(hashlib.blake2b(words, digest_size=12).digest())


def call_of(method: str, path: str, body: bytes) -> Call:
    """The call that a request is: its body's reference, where it has one, is what it is about."""
    try:
        subject = json.loads(body)["reference"] if body else ""
    except (ValueError, KeyError, TypeError, RecursionError):
        subject = ""
    return Call(method, path.partition("?")[0], subject if isinstance(subject, str) else "")


def read_plan(body: bytes) -> Plan:
    """Reads {"seed": 7, "rules": [{"kind": ..., "probability": 0.1, ...}]}; raises InvalidRequest."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or given.keys() - {"seed", "rules"}:
        raise InvalidRequest("The body has to be a JSON object of `seed` and `rules`.")
    rules = given.get("rules", [])
    if not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise InvalidRequest(f"rules has to be a list of at most {MOST_RULES}.", "rules")
    seed = given.get("seed", 0)
    if type(seed) is not int or not 0 <= seed < 2**63:
        raise InvalidRequest("seed has to be a whole number that is not negative.", "seed")
    return Plan(seed, tuple(_rule(rule, f"rules.{number}") for number, rule in enumerate(rules)))


def _rule(given: Any, place: str) -> Rule:
    if not isinstance(given, dict) or given.keys() - Rule.__dataclass_fields__.keys():
        known = ", ".join(Rule.__dataclass_fields__)
        raise InvalidRequest(f"{place} has to be an object of {known}.", place)
    kind, operations = given.get("kind"), given.get("operations", [])
    _check(kind in (ANSWERS | LINES), f"{place}.kind", f"one of {', '.join(ANSWERS | LINES)}")
    listed = isinstance(operations, list) and all(name in OPERATIONS for name in operations)
    _check(listed, f"{place}.operations", f"a list of {', '.join(OPERATIONS)}")
    path, count, after = given.get("path", Rule.path), given.get("count"), given.get("after", False)
    _check(isinstance(path, str) and path.startswith("/"), f"{place}.path", "a pattern that begins with /")
    _check(
        count is None or (type(count) is int and 0 < count <= FOREVER), f"{place}.count", "positive or null"
    )
    _check(isinstance(after, bool), f"{place}.after", "true or false")
    soonest = -LONGEST_SECONDS if kind == "clock_skew" else 0.0
    probability, seconds = given.get("probability", 1.0), given.get("seconds", 0.0)
    _check(_lies_in(probability, 0.0, 1.0), f"{place}.probability", "a number from 0 to 1")
    _check(_lies_in(seconds, soonest, LONGEST_SECONDS), f"{place}.seconds", f"within {LONGEST_SECONDS:g}")
    return Rule(str(kind), float(probability), path, tuple(operations), count, float(seconds), after)


def _lies_in(value: Any, lowest: float, highest: float) -> bool:
    """True is an int to isinstance, and what is not a number (NaN) lies between no two."""
    return isinstance(value, int | float) and not isinstance(value, bool) and lowest <= value <= highest


def _check(right: bool, place: str, wanted: str) -> None:
    if not right:
        raise InvalidRequest(f"{place} has to be {wanted}.", place)
