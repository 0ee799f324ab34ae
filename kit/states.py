"""State machines as data: each edge names the event that it causes, or None."""

from collections.abc import Mapping


class IllegalTransition(Exception):
    """No edge leads from one state to the other; the noun's rules should have refused it earlier."""

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"no transition from {before} to {after}")
        self.before = before
        self.after = after


class StateMachine:
    """The edges of one noun's life: `{(before, after): event type or None}`."""

    def __init__(self, edges: Mapping[tuple[str, str], str | None]) -> None:
        self.edges = dict(edges)
        self.states = sorted({state for edge in self.edges for state in edge})

    def allows(self, before: str, after: str) -> bool:
        """Tell whether an edge leads from `before` to `after`."""
        return (before, after) in self.edges

    def event_for(self, before: str, after: str) -> str | None:
        """Return the event type of an edge; raise IllegalTransition where there is none."""
        if (before, after) not in self.edges:
            raise IllegalTransition(before, after)
        return self.edges[before, after]
