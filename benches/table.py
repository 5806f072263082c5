#!/usr/bin/env python3
"""What cxform costs at 10,000, 100,000 and 500,000 assignments: CPU seconds and peak memory.

    python3 benches/table.py            the whole table, octoDNS beside it (about ten minutes)
    python3 benches/table.py --quick    without the largest size, applies and octoDNS

Whole processes are measured, by what the system says of them when they end (`wait4`), so that start
and end count too. `cargo build --release` is run first. Every command works on a project that
`cxform sim generate` has made; what speaks to a tenant speaks to `cxform sim serve` in a process of
its own, whose cost is not counted. The last lines hold the limits that the project has set itself;
the exit code is 1 where one is broken.
"""

import argparse
import contextlib
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import typing

import octodns

ROOT = pathlib.Path(__file__).resolve().parent.parent
SKILLS = 50
SIZES = {10_000: 200, 100_000: 2_000, 500_000: 10_000}
PORT = 18321
NETWORK = f"""apiVersion: cxform/v1
kind: Project
manifests: [desired-state]
defaultTenant: net
tenants:
  net:
    url: "http://127.0.0.1:{PORT}"
    clientId: {{ env: BENCH_ID }}
    clientSecret: {{ env: BENCH_ID }}
    requestsPerSecond: 1000000
    concurrency: 16
    licensedAgents: 20000
"""


class Cost(typing.NamedTuple):
    """What a process took: CPU seconds, peak memory in MiB, and what it printed."""

    cpu: float
    peak: float
    out: str


class Check(typing.NamedTuple):
    """A figure that has a limit."""

    what: str
    measured: str
    limit: str
    is_kept: bool


def measure(*command, expect=(0,), keep=False) -> Cost:
    """Runs a command and waits for its bill; its output is kept only where asked for."""
    with tempfile.TemporaryFile("w+") as out:
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode not in expect:
            sys.exit(f"{' '.join(map(str, command))}: exit code {child.returncode}")
        out.seek(0)
        text = out.read() if keep else ""
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)


def best(*command, times=3, **how) -> Cost:
    """The cheapest of several runs: on a busy machine the others measure their neighbours."""
    return min((measure(*command, **how) for _ in range(times)), key=lambda cost: cost.cpu)


class Bench:
    """The binary, and a folder for the projects that it is tried on."""

    def __init__(self, work: pathlib.Path):
        self.work = work
        self.cxform = ROOT / "target" / "release" / "cxform"
        self.rows: list[tuple[str, int, Cost]] = []
        self.checks: list[Check] = []

    def project(self, size: int, changed: int) -> pathlib.Path:
        """A generated project of so many assignments, `changed` percent of which differ."""
        folder = self.work / f"{size}-{changed}"
        if not folder.exists():
            arguments = ["--agents", str(SIZES[size]), "--skills", str(SKILLS)]
            arguments += ["--changed", str(changed), "--out", folder]
            measure(self.cxform, "sim", "generate", *arguments)
            (folder / "net.yaml").write_text(NETWORK)
        return folder

    def run(self, project: pathlib.Path, *arguments, **how) -> Cost:
        """One command in a project, cheapest of three."""
        state = ["--state-dir", self.work / "state"]
        return best(self.cxform, "--chdir", project, *state, *arguments, **how)

    @contextlib.contextmanager
    def served(self, project: pathlib.Path):
        """The project's tenant behind a port, as long as this lasts."""
        command = [self.cxform, "--chdir", project, "sim", "serve", "tenant.json"]
        server = subprocess.Popen([*command, "--port", str(PORT)], stdout=subprocess.PIPE, text=True)
        try:
            server.stdout.readline()
            yield
        finally:
            server.terminate()
            server.wait()

    def note(self, what: str, size: int, cost: Cost) -> Cost:
        """Puts a measurement into the table."""
        self.rows.append((what, size, cost))
        print(f"{what}, {size}: {cost.cpu:.2f} s, {cost.peak:.0f} MiB", file=sys.stderr)
        return cost

    def at_most(self, what: str, value: float, limit: float) -> None:
        """Holds a figure against the most that it may be."""
        self.checks.append(Check(what, f"{value:.2f}", f"at most {limit}", value <= limit))

    def at_least(self, what: str, value: float, limit: float) -> None:
        """Holds a figure against the least that it may be."""
        self.checks.append(Check(what, f"{value:.0f}", f"at least {limit}", value >= limit))


def offline(bench: Bench, sizes: list[int]) -> None:
    """Manifests and a snapshot: parse, plan, render."""
    live = ["plan", "--live", "tenant.json"]
    costs = {}
    for size in sizes:
        few, none, all_ = (bench.project(size, changed) for changed in (1, 0, 100))
        bench.note("parse (`validate`)", size, bench.run(few, "validate"))
        costs[size] = bench.note("plan `--live`, 1 % changed", size, bench.run(few, *live))
        noop = bench.note("plan `--live`, nothing changed", size, bench.run(none, *live))
        bench.note("plan and text, all changed", size, bench.run(all_, *live))
        bench.note("plan and JSON, all changed", size, bench.run(all_, *live, "--format", "json"))
        if size == 500_000:
            bench.at_most("plan of 500,000, 1 % changed, CPU s", costs[size].cpu, 3)
            bench.at_most("plan of 500,000, 1 % changed, MiB", costs[size].peak, 400)
            bench.at_most("plan of 500,000, nothing changed, CPU s", noop.cpu, 3)
            bench.at_most("plan of 500,000, nothing changed, MiB", noop.peak, 400)
    first, last = sizes[0], sizes[-1]
    exponent = math.log(costs[last].cpu / costs[first].cpu) / math.log(last / first)
    bench.at_most(f"exponent of CPU from {first:,} to {last:,}", exponent, 1.05)


def online(bench: Bench, size: int) -> None:
    """A tenant behind a port: reading every agent, applying a change to every assignment."""
    net = ["--config", "net.yaml"]
    quiet = bench.project(size, 0)
    with bench.served(quiet):
        behind_port = bench.run(quiet, *net, "plan")
        taken = bench.run(quiet, *net, "snapshot", "--out", bench.work / "taken.json")
    bench.note("plan of a tenant behind a port, nothing changed", size, behind_port)
    bench.note("`snapshot`, two requests an agent", size, taken)
    live = bench.run(quiet, "plan", "--live", "tenant.json")
    fetch = (behind_port.cpu - live.cpu) / SIZES[size] * 1e6
    what = f"an agent behind a port rather than in a snapshot ({size:,}), µs of CPU"
    bench.at_most(what, fetch, 100)
    busy = bench.project(size, 100)
    plan = bench.work / "all.json"
    with bench.served(busy):
        bench.run(busy, *net, "plan", "--out", plan, times=1)
        apply = bench.run(busy, *net, "apply", "--plan", plan, times=1)
    bench.note("apply, all changed", size, apply)
    if size >= 100_000:
        bench.at_most(f"apply of a change ({size:,}), ms of CPU", apply.cpu / size * 1000, 0.3)
        bench.at_most(f"apply of a change ({size:,}), KiB", apply.peak * 1024 / size, 2)


def beside_octodns(bench: Bench, size: int) -> None:
    """The same question to octoDNS, in the same run: both without what an empty start costs."""
    python = octodns.install(bench.work.parent)
    costs = {}
    for records in (100, size):
        folder = bench.work / f"octodns-{records}"
        octodns.write_zones(folder, records, 1)
        peer = measure(*octodns.command(python, folder), expect=octodns.EXIT_CODES, keep=True)
        if octodns.changes(peer.out) != records // 100:
            sys.exit(f"octoDNS found {octodns.changes(peer.out)} changes of {records // 100}")
        costs[records] = peer
    bench.note(f"octoDNS {octodns.VERSION}, 1 % changed", size, costs[size])
    ours = bench.run(bench.project(size, 1), "plan", "--live", "tenant.json")
    start = best(bench.cxform, "version")
    cpu = (costs[size].cpu - costs[100].cpu) / (ours.cpu - start.cpu)
    peak = (costs[size].peak - costs[100].peak) / (ours.peak - start.peak)
    bench.at_least(f"octoDNS's CPU a record over ours ({size:,})", cpu, 100)
    bench.at_least(f"octoDNS's memory a record over ours ({size:,})", peak, 10)


def table(bench: Bench) -> str:
    """The measurements as markdown, then the limits."""
    lines = ["| what | assignments | CPU s | CPU µs each | peak MiB | peak KiB each |"]
    lines.append("| --- | ---: | ---: | ---: | ---: | ---: |")
    for what, size, cost in bench.rows:
        each = f"{cost.cpu / size * 1e6:.1f}", f"{cost.peak * 1024 / size:.2f}"
        figures = f"{cost.cpu:.2f} | {each[0]} | {cost.peak:.0f} | {each[1]}"
        lines.append(f"| {what} | {size:,} | {figures} |")
    lines += ["", "| what has a limit | measured | limit | |", "| --- | ---: | --- | --- |"]
    for check in bench.checks:
        verdict = "kept" if check.is_kept else "BROKEN"
        lines.append(f"| {check.what} | {check.measured} | {check.limit} | {verdict} |")
    return "\n".join(lines)


def main() -> int:
    """Builds, measures, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, no applies, no octoDNS")
    quick = parser.parse_args().quick
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    os.environ["BENCH_ID"] = "bench"
    work = ROOT / "target" / "bench" / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    bench = Bench(work)
    sizes = list(SIZES)[:2] if quick else list(SIZES)
    offline(bench, sizes)
    if not quick:
        for size in sizes:
            online(bench, size)
        beside_octodns(bench, 10_000)
        beside_octodns(bench, 100_000)
    shutil.rmtree(work)
    print(table(bench))
    return int(not all(check.is_kept for check in bench.checks))


if __name__ == "__main__":
    sys.exit(main())
