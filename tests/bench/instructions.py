#!/usr/bin/env python3
"""Counts the instructions of each stage of judging and holds them against a baseline.

usage: instructions.py PROGRAM SOURCE_FOLDER [--update] [--only STAGE]...

PROGRAM is the built `stages`. Every stage runs under callgrind over tests/data/demo_mail; its
instructions a message may be at most a tenth more than tests/bench/instructions.txt says. --update
writes that file anew: do so with the change that made a stage faster (or, with its reason in the
commit, slower). Needs Debian's package valgrind.
"""
import argparse
import pathlib
import re
import subprocess
import sys

ALLOWED = 1.10  # of the baseline: libraries differ a little from one point release to the next
STAGES = ("decode", "tokenize", "judge-by-base", "judge-by-lessons", "learn", "rules", "scan", "label")


def instructions(program, source, stage):
    """A message's, averaged."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=measured_stage*",
               str(program), stage, str(source / "tests/data/demo_mail"), str(source / "models/base.model"),
               str(source / "rules")]
    done = subprocess.run(command, capture_output=True, text=True)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    messages = re.match(r"(\d+) messages", done.stdout)
    if done.returncode != 0 or not collected or not messages:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return int(collected.group(1)) // int(messages.group(1))


def read_baseline(path):
    rows = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {stage: int(count) for stage, count in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--only", action="append", choices=STAGES)
    arguments = parser.parse_args()
    path = arguments.source / "tests/bench/instructions.txt"
    baseline = read_baseline(path) if path.exists() else {}
    slower = []
    for stage in arguments.only or STAGES:
        count = instructions(arguments.program, arguments.source, stage)
        before = baseline.get(stage)
        ratio = f"{count / before:6.3f} of the baseline" if before else "no baseline"
        print(f"{stage:<18}{count:>10} instructions a message, {ratio}", flush=True)
        if before is None or count > before * ALLOWED:
            slower.append(stage)
        if arguments.update:
            baseline[stage] = count
    if arguments.update:
        rows = "".join(f"{stage:<18}{baseline[stage]:>10}\n" for stage in STAGES if stage in baseline)
        path.write_text("# Instructions a message (instructions.py --update), g++ 12.2, preset release.\n" + rows)
        return 0
    if slower:
        print(f"slower than before: {', '.join(slower)}; find out why, or write the baseline anew with --update")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
