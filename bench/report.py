"""Writes what was measured as Markdown: a table for each workload, then the aims."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.measure import Result
from bench.workloads import WORKLOADS

RESIDENT_LIMIT_MIB = 130
MOST_COMMITS = 3


@dataclass(frozen=True)
class Aim:
    """A promise: this contender's rate in this workload, as a multiple of another's."""

    promise: str
    workload: str
    contender: str
    beside: str
    at_least: float


def aims(scales: Sequence[int]) -> list[Aim]:
    """List what Florin promises of its speed."""
    promised = [
        Aim("creation at 60 % of the limit", "session", "florin", "limit", 0.6),
        Aim("a status read at 40 % of the floor", "status", "florin", "floor", 0.4),
        Aim("a confirm at five times naive", "confirm-0", "florin", "naive", 5),
    ]
    for workload, what in (("intent", "creating an intent"), ("confirm-0", "create and confirm")):
        promised.append(Aim(f"empty localstripe 20 times, {what}", workload, "florin", "peer-empty", 20))
        promised.append(
            Aim(f"localstripe at 10,000 objects 500 times, {what}", workload, "florin", "peer-10000", 500)
        )
    if len(scales) > 1:
        small, large = f"florin-{min(scales)}", f"florin-{max(scales)}"
        for workload, what in (("retrieve", "retrieves"), ("list", "lists")):
            promise = f"{what} keep half their speed from {min(scales):,} to {max(scales):,} sessions"
            promised.append(Aim(promise, f"scale {workload}", large, small, 0.5))
    return promised


def render(database: str, results: Sequence[Result], scales: Sequence[int], settings: str) -> str:
    """Render one database's report."""
    lines = [f"## {database}", "", f"{machine()}; {settings}", ""]
    for name in dict.fromkeys(result.workload for result in results):
        lines += table(name, [result for result in results if result.workload == name])
    lines += aims_table(results, scales)
    lines += memory(results)
    return "\n".join(lines) + "\n"


def machine() -> str:
    """Say what it was measured on."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{when}, {os.cpu_count()} cores, {system}"


def title(name: str) -> str:
    """Give a workload's title."""
    titles = {workload.name: workload.title for workload in WORKLOADS}
    plain = name.removeprefix("scale ")
    return titles[plain] + (", small and large" if plain != name else "")


def table(name: str, results: Sequence[Result]) -> list[str]:
    """Render one workload's table."""
    florin = next((result.median() for result in results if result.contender == "florin"), None)
    lines = [
        f"### {title(name)}",
        "",
        "| contender | requests/s | spread | p50 ms | p99 ms | µs web | µs database | commits | Florin is |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for result in results:
        ratio = f"{florin / result.median():.2f} x" if florin and result.contender != "florin" else ""
        cells = [
            result.contender,
            f"{result.median():,.0f}",
            f"{result.spread():.0%}",
            f"{result.median('p50_ms'):.1f}",
            f"{result.median('p99_ms'):.1f}",
            f"{result.median('web_microseconds'):,.0f}",
            f"{result.median('database_microseconds'):,.0f}",
            f"{result.median('commits'):.1f}",
            ratio,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def ratios_of(aim: Aim, results: Sequence[Result]) -> tuple[float, float] | None:
    """Give what was reached of an aim by rate and by processor time, or None where it was not measured."""
    found = {(result.workload, result.contender): result for result in results}
    mine, other = found.get((aim.workload, aim.contender)), found.get((aim.workload, aim.beside))
    if mine is None or other is None:
        return None
    return mine.median() / other.median(), other.processor_microseconds() / mine.processor_microseconds()


def aims_table(results: Sequence[Result], scales: Sequence[int]) -> list[str]:
    """Render which aims are reached; by rate counts, by processor time tells more on a shared machine."""
    lines = ["### Aims", "", "| aim | at least | by rate | by processor time | |", "|---|---:|---:|---:|---|"]
    for aim in aims(scales):
        reached = ratios_of(aim, results)
        if reached is not None:
            by_rate, by_work = reached
            verdict = "reached" if by_rate >= aim.at_least else "missed"
            cells = [aim.promise, f"{aim.at_least:g} x", f"{by_rate:.2f} x", f"{by_work:.2f} x", verdict]
            lines.append(f"| {' | '.join(cells)} |")
    lines += [
        f"| a confirm in at most {MOST_COMMITS} commits | | {result.median('commits'):.2f} | | "
        f"{'reached' if result.median('commits') < MOST_COMMITS + 0.1 else 'missed'} |"
        for result in results
        if (result.workload, result.contender) == ("confirm-0", "florin") and result.median("commits")
    ]
    largest = max((result.resident_mib for result in results if result.contender == "florin"), default=0.0)
    if largest:
        verdict = "reached" if largest <= RESIDENT_LIMIT_MIB else "missed"
        lines.append(f"| no web process over {RESIDENT_LIMIT_MIB} MiB | | {largest:.0f} MiB | | {verdict} |")
    return [*lines, ""]


def memory(results: Sequence[Result]) -> list[str]:
    """Render the largest process of each contender."""
    largest: dict[str, float] = {}
    for result in results:
        largest[result.contender] = max(largest.get(result.contender, 0.0), result.resident_mib)
    listed = ", ".join(f"{name} {mib:.0f}" for name, mib in largest.items())
    return ["Resident memory of each one's largest process after its last round, MiB: " + listed + ".", ""]
