"""What `./run bench webhooks` has found, as Markdown: rates, their cost, and what came of the aims."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

AIMS = (("SimpleWorker", 25), ("one SimpleWorker", 25), ("dramatiq", 3))
FIRST_ATTEMPT_MS, HANGING_COSTS = 250, 1.10
# Whose processor time is counted; what a contender does not use stays at nothing.
PARTS = ("workers", "PostgreSQL", "Redis", "sink")
LIMIT = "limit"


@dataclass(frozen=True)
class Turn:
    """What one contender did once: deliveries a second, and processor microseconds for each, part by part."""

    rate: float
    spent_us: dict[str, float]


@dataclass
class Row:
    """What one contender did at one delay, turn by turn."""

    name: str
    delay_ms: int
    turns: list[Turn] = field(default_factory=list)

    def rate(self) -> float:
        """The median of the turns."""
        return statistics.median(turn.rate for turn in self.turns)

    def spent_us(self, part: str) -> float:
        """Processor microseconds of one part for each delivery, the median of the turns."""
        return statistics.median(turn.spent_us[part] for turn in self.turns)


def of_rates(rows: Sequence[Row], delays_ms: Sequence[int]) -> str:
    """How many deliveries a second, what each cost, and what came of the aims."""
    found = {(row.name, row.delay_ms): row for row in rows}
    names = list(dict.fromkeys(row.name for row in rows))
    quick = delays_ms[0]
    delays = " | ".join(f"sink at {delay} ms" for delay in delays_ms)
    lines = [
        f"| deliveries a second | {delays} | processor us each, at {quick} ms: {' + '.join(PARTS)} |",
        f"|---|{'---:|' * len(delays_ms)}---|",
    ]
    for name in names:
        rates = " | ".join(f"{found[name, delay].rate():,.0f}" for delay in delays_ms)
        spent = [found[name, quick].spent_us(part) for part in PARTS]
        told = " + ".join(f"{each:,.0f}" for each in spent)
        lines.append(f"| {name} | {rates} | {told} = {sum(spent):,.0f} |")
    lines += ["", f"| Florin beside | {delays} |", f"|---|{'---|' * len(delays_ms)}"]
    if "Florin" in names:
        wanted = dict(AIMS)
        for name in names:
            if name != "Florin":
                ratios = [found["Florin", delay].rate() / found[name, delay].rate() for delay in delays_ms]
                lines.append(f"| {name} | {' | '.join(_told(ratio, wanted.get(name)) for ratio in ratios)} |")
    return "\n".join(lines) + "\n"


def _told(ratio: float, at_least: int | None) -> str:
    """Say a ratio, and what came of the aim where there is one."""
    if at_least is None:
        return f"{ratio:,.2f}"
    return f"{ratio:,.1f} of {at_least}, {'reached' if ratio >= at_least else 'missed'}"


def p99(milliseconds: Sequence[float]) -> float:
    """The 99th percentile of sorted values."""
    return milliseconds[min(len(milliseconds) - 1, int(len(milliseconds) * 0.99))]


def of_latency(calm: list[list[float]], beside_a_hole: list[list[float]], per_second: int) -> str:
    """How soon the first attempt comes, alone and beside an endpoint that hangs."""
    lines = [
        f"| commit to first attempt, ms, at {per_second} events a second | p50 | p99 | each p99 |",
        "|---|---:|---:|---|",
    ]
    middle = {}
    for name, turns in (("alone", calm), ("beside an endpoint that hangs", beside_a_hole)):
        tails = [p99(turn) for turn in turns]
        middle[name] = statistics.median(tails)
        half = statistics.median(statistics.median(turn) for turn in turns)
        each = ", ".join(f"{tail:,.1f}" for tail in tails)
        lines.append(f"| {name} | {half:,.1f} | {middle[name]:,.1f} | {each} |")
    quiet, disturbed = middle.values()
    reached = "reached" if quiet < FIRST_ATTEMPT_MS else "missed"
    fair = "reached" if disturbed < HANGING_COSTS * quiet else "missed"
    lines += [
        "",
        f"Aims: p99 under {FIRST_ATTEMPT_MS} ms: {reached}; beside one that hangs less than 10 % more:",
    ]
    lines[-1] += f" {fair} ({100 * (disturbed / quiet - 1):+,.0f} %)."
    return "\n".join(lines) + "\n"
