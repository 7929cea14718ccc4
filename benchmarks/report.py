"""Tables in markdown, and on what machine they were measured."""

import datetime
import math
import os
import platform
from pathlib import Path

from benchmarks.harness import Failure, Samples, Worker, agreement, ratio, temporary_folder
from benchmarks.sides import Side, commit

RESULTS = Path(__file__).resolve().parent / "results"


def machine() -> list[str]:
    """Lines about the processor, the system and how busy the machine is: nothing that names it."""
    facts = {}
    with open("/proc/cpuinfo") as file:
        for line in file:
            name, _, value = line.partition(":")
            facts[name.strip()] = value.strip()
    flags = facts.get("flags", "").split()
    vectors = [name for name in ("avx2", "avx512f") if name in flags]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return [
        f"* processor: {facts.get('model name', platform.processor())} (family {facts.get('cpu family')}, model "
        f"{facts.get('model')}, {', '.join(vectors)}), {os.cpu_count()} cores, {memory:.0f} GiB; {platform.system()}",
        f"* load at the end, our own included (1, 5, 15 minutes): {', '.join(f'{x:.1f}' for x in os.getloadavg())}",
        f"* {datetime.date.today().isoformat()}, commit {commit()}",
    ]


def versions(sides: list[Side]) -> list[str]:
    """One line a side: the versions of its packages, or why it is absent."""
    lines = []
    for side in sides:
        try:
            with temporary_folder() as cache, Worker(side, cache) as worker:
                found = worker.ask("versions")
            lines.append(f"* {side.name}: " + ", ".join(f"{name} {version}" for name, version in found.items()))
        except Failure as failure:
            lines.append(f"* {side.name}: {failure}")
    return lines


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    if math.isnan(seconds):
        return ""
    units = (("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9))
    unit, size = next((row for row in units if abs(seconds) >= row[1]), units[-1])
    value = seconds / size
    digits = max(0, 2 - int(math.floor(math.log10(abs(value))))) if value else 0
    return f"{value:.{digits}f} {unit}"


def table(found: dict[str, Samples], reference: str, extra: str = "") -> str:
    """Rows: side, median, best, times `reference` (or the first side with a result), `extra`, rounds, equal results."""
    measured = [name for name, samples in found.items() if not math.isnan(samples.median)]
    if reference not in measured:
        reference = measured[0] if measured else reference
    agrees = agreement(found)
    heads = ["", "median", "best", f"times {reference}", *([extra] if extra else []), "rounds", "same numbers"]
    rows = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for name, samples in found.items():
        if math.isnan(samples.median):
            cells = [name, samples.failure.replace("|", "/"), *[""] * (len(heads) - 2)]
        else:
            rounds = sum(not math.isnan(value) for value in samples.seconds)
            same = {True: "yes", False: "**NO**", None: ""}[agrees.get(name)]
            more = [duration(sorted(samples.extra)[len(samples.extra) // 2]) if samples.extra else ""] if extra else []
            times = f"{ratio(samples, found[reference]):.3g}"
            cells = [name, duration(samples.median), duration(samples.best), times, *more, str(rounds), same]
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows)


def goal(samples: Samples | None, limit: float, text: str) -> str:
    """A line that says whether symgraph's median keeps within `limit` seconds."""
    if samples is None or math.isnan(samples.median):
        return f"Goal: {text}. symgraph: not measured."
    kept = "kept" if samples.median <= limit else "**missed**"
    return f"Goal: {text}. symgraph: {duration(samples.median)}, {kept}."


def progress(title: str, found: dict[str, Samples]) -> None:
    """One line on the terminal for a table that is complete."""
    told = (f"{name} {duration(samples.median) or samples.failure}" for name, samples in found.items())
    print(f"{title}: {'; '.join(told)}", flush=True)


def write(name: str, title: str, sections: list[str], sides: list[Side]) -> Path:
    """Write results/NAME.md: title, sections, the machine and the versions."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.md"
    lines = [f"# {title}", *sections, "## Measured on", "\n".join(machine()), "\n".join(versions(sides))]
    path.write_text("\n\n".join(lines) + "\n")
    return path
