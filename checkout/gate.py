"""Which page a session's state calls for; nothing else decides what a buyer sees."""

# Page -> the states of a session in which it is shown. A state stands in exactly one row.
PAGES: dict[str, frozenset[str]] = {
    "pay": frozenset({"open", "challenged"}),
    "waiting": frozenset({"processing"}),
    "paid": frozenset({"complete"}),
    "expired": frozenset({"expired"}),
    "sold_out": frozenset({"sold_out"}),
}


def page_for(state: str) -> str:
    """Return the page of a state; a state without a page is a defect and raises LookupError."""
    for page, states in PAGES.items():
        if state in states:
            return page
    raise LookupError(f"no page for a session that is {state}")
