"""Draws docs/states.md from the state tables; `python -m tests.support.states_page` writes it."""

from pathlib import Path
from typing import Any

import app  # noqa: F401 - it imports every noun
from kit.database import Base

PAGE = Path(__file__).resolve().parents[2] / "docs" / "states.md"
INTRODUCTION = """\
# States

Drawn from the tables in the code by `python -m tests.support.states_page`; a test holds that this page is up
to date. A status changes along these edges and no others (`payments/lifecycle.py`). An edge's words are
the event that it causes; an edge without words causes none.
"""


def stateful_nouns() -> list[Any]:
    """Return every table's class that has states, by name."""
    nouns = [mapper.class_ for mapper in Base.registry.mappers if hasattr(mapper.class_, "transitions")]
    return sorted(nouns, key=lambda noun: noun.__name__)


def drawn() -> str:
    """Return the page."""
    return "\n".join([INTRODUCTION, *(_section(noun) for noun in stateful_nouns())])


def _section(noun: Any) -> str:
    sentence = noun.__doc__.partition("\n")[0]
    lines = [f"## {noun.__name__}", "", sentence, "", "```mermaid", "stateDiagram-v2"]
    for (before, after), event_type in noun.transitions.edges.items():
        lines.append(f"    {before} --> {after}" + (f" : {event_type}" if event_type else ""))
    return "\n".join([*lines, "```", ""])


if __name__ == "__main__":
    PAGE.write_text(drawn(), encoding="utf-8")
