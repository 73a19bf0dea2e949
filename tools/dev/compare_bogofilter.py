#!/usr/bin/env python3
"""Runs Postern and bogofilter beside each other on the same judged mail.

usage: compare_bogofilter.py INDEX [--postern PROGRAM] [--base MODEL] [--orders N] [--flip SHARE]
       compare_bogofilter.py INDEX [--postern PROGRAM] --speed

INDEX has lines `spam|ham PATH`. Both filters read copies without the header fields that mark a
mailbox or another filter, in the same order, start empty, judge each message and then learn its
true class. With --base Postern runs again over that base model (give one that was trained without
this mail), and once more with the shipped rules' points added; with --flip all are taught the same
share of lessons wrongly. Prints (1-ROCA)% and the spam missed at 0.1 % and 1 % ham loss for each
order, and their means. --speed instead trains both on the first half and times `postern classify`
(with the base model alone, with the lessons, with the shipped rules) and `bogofilter -b -T` on the
second, one core each.
Needs Debian's package bogofilter.
"""
import argparse
import pathlib
import random
import re
import resource
import subprocess
import sys
import tempfile

MARKS = re.compile(
    rb"^(status|x-status|x-mozilla-.*|x-keywords|x-uid|content-length|lines|x-spam.*|x-barracuda.*"
    rb"|x-asg.*|x-virus.*|x-rc-.*|x-miltered|x-uuid|x-ms-.*|x-microsoft-.*|x-forefront-.*|x-sid-.*"
    rb"|x-sender-ip|x-va-spam.*)$", re.I)


SEED = 1
MASK64 = 2**64 - 1


def stripped(message):
    """The message without mailbox and filter fields and its From_ line."""
    header, separator, body = message.partition(b"\n\n")
    kept, keep = [], True
    for number, line in enumerate(header.split(b"\n")):
        if line[:1] not in (b" ", b"\t"):
            name = line.partition(b":")[0].strip()
            keep = not MARKS.match(name) and not (number == 0 and line.startswith(b"From "))
        if keep:
            kept.append(re.sub(rb"(?i)^(subject:\s*(?:re:\s*)?)\[[^\]]*\]\s*", rb"\1", line))
    return b"\n".join(kept) + separator + body


def read_index(path):
    folder = pathlib.Path(path).parent
    entries = []
    for line in pathlib.Path(path).read_text().splitlines():
        truth, _, name = line.partition(" ")
        if truth in ("spam", "ham"):
            entries.append((truth, folder / name))
    return entries


def copies(entries, folder):
    made = []
    for number, (truth, path) in enumerate(entries):
        copy = folder / f"{number:06d}.eml"
        copy.write_bytes(stripped(path.read_bytes()))
        made.append((truth, copy))
    return made


def roca_loss(results):
    """(1-ROCA)%, ties half."""
    ordered = sorted(results, key=lambda result: result[1])
    below = ham_total = spam_total = errors = 0
    at = 0
    while at < len(ordered):
        end = at
        while end < len(ordered) and ordered[end][1] == ordered[at][1]:
            end += 1
        spam = sum(1 for truth, _ in ordered[at:end] if truth == "spam")
        ham = end - at - spam
        errors += ham * (below + spam / 2)
        below += spam
        ham_total += ham
        spam_total += spam
        at = end
    return 100.0 * errors / (ham_total * spam_total)


def missed(results, loss):
    ham = sorted((score for truth, score in results if truth == "ham"), reverse=True)
    limit = ham[int(len(ham) * loss)]
    spam = [score for truth, score in results if truth == "spam"]
    return 100.0 * sum(1 for score in spam if score <= limit) / len(spam)


def mix64(x):
    x ^= x >> 33
    x = x * 0xFF51AFD7ED558CCD & MASK64
    x ^= x >> 33
    x = x * 0xC4CEB9FE1A85EC53 & MASK64
    return x ^ x >> 33


def taught(truth, number, flip):
    """What lesson `number` says: the dice of `postern eval --flip SHARE --seed 1`."""
    dice = (mix64(mix64(SEED + 1) + number & MASK64) >> 11) * 2.0**-53
    return {"spam": "ham", "ham": "spam"}[truth] if dice < flip else truth


def run_bogofilter(entries, folder, flip):
    """Scores by one process a message: judge, then learn."""
    results = []
    for number, (truth, path) in enumerate(entries):
        said = subprocess.run(["bogofilter", "-d", folder, "-TT", "-I", path], capture_output=True, text=True)
        # Before the first lesson there is no database to ask.
        score = float(said.stdout.split()[-1]) if said.returncode < 3 and said.stdout else 0.5
        results.append((truth, score))
        lesson = "-s" if taught(truth, number, flip) == "spam" else "-n"
        subprocess.run(["bogofilter", "-d", folder, lesson, "-I", path], check=True)
    return results


def run_postern(program, options, entries, folder, flip):
    index = folder / "index"
    index.write_text("".join(f"{truth} {path}\n" for truth, path in entries))
    scores = folder / "scores"
    subprocess.run([program, "eval", "--protocol", "online", *options, "--flip", str(flip), "--seed", str(SEED),
                    "--scores", scores, index], check=True, stdout=subprocess.DEVNULL)
    rows = [line.split("\t") for line in scores.read_text().splitlines()]
    return [(row[0], float(row[1])) for row in rows]


def accuracy(arguments, entries, folder):
    table = {}
    for order in range(arguments.orders):
        shuffled = list(entries)
        if order:
            random.Random(order).shuffle(shuffled)
        program, flip = arguments.postern, arguments.flip
        runs = {"postern": run_postern(program, ["--base", "none"], shuffled, folder, flip)}
        if arguments.base:
            base = ["--base", arguments.base]
            runs["and base"] = run_postern(program, base, shuffled, folder, flip)
            runs["and rules"] = run_postern(program, [*base, "--rules", "shipped"], shuffled, folder, flip)
        runs["bogofilter"] = run_bogofilter(shuffled, tempfile.mkdtemp(dir=folder), flip)
        for name, results in runs.items():
            row = (roca_loss(results), missed(results, 0.001), missed(results, 0.01))
            table.setdefault(name, []).append(row)
            print(f"order {order}  {name:<10}  (1-ROCA)% {row[0]:.4f}  missed at 0.1 % {row[1]:.2f}  at 1 % {row[2]:.2f}",
                  flush=True)
    for name, rows in table.items():
        means = [sum(column) / len(rows) for column in zip(*rows)]
        print(f"mean     {name:<10}  (1-ROCA)% {means[0]:.4f}  missed at 0.1 % {means[1]:.2f}  at 1 % {means[2]:.2f}")


def cpu_of(command, count, **options):
    """Seconds of CPU; a line must come out for each of `count` messages."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(command, check=False, capture_output=True, text=True, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if len(run.stdout.splitlines()) != count:
        sys.exit(f"{command[0]} judged {len(run.stdout.splitlines())} of {count} messages: {run.stderr}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speed(arguments, entries, folder):
    half = len(entries) // 2
    index = folder / "index"
    index.write_text("".join(f"{truth} {path}\n" for truth, path in entries[:half]))
    subprocess.run([arguments.postern, "train", "--state", folder / "state", "--index", index], check=True)
    database = folder / "bogofilter"
    database.mkdir()
    for truth, path in entries[:half]:
        subprocess.run(["bogofilter", "-d", database, "-s" if truth == "spam" else "-n", "-I", path], check=True)
    rest = [str(path) for _, path in entries[half:]]
    no_rules = folder / "none.cf"
    no_rules.write_text("")
    for _ in range(3):
        classify = [arguments.postern, "classify"]
        lessons = ["--state", folder / "state"]
        times = {
            "base model alone": cpu_of([*classify, "--rules", no_rules, *rest], len(rest)),
            "with lessons": cpu_of([*classify, *lessons, "--rules", no_rules, *rest], len(rest)),
            "with lessons and the shipped rules": cpu_of([*classify, *lessons, *rest], len(rest)),
        }
        theirs = cpu_of(["bogofilter", "-d", database, "-b", "-T"], len(rest), input="\n".join(rest) + "\n")
        print(f"{len(rest)} messages, a second of CPU: bogofilter {len(rest) / theirs:.0f}", flush=True)
        for name, ours in times.items():
            print(f"  postern, {name}: {len(rest) / ours:.0f}, {theirs / ours:.2f} times bogofilter", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index")
    parser.add_argument("--postern", default="build/release/postern")
    parser.add_argument("--base", help="a base model trained without this mail")
    parser.add_argument("--flip", type=float, default=0, help="share of lessons taught wrongly, 0 to 1")
    parser.add_argument("--orders", type=int, default=1)
    parser.add_argument("--speed", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        entries = copies(read_index(arguments.index), folder)
        if not entries:
            sys.exit(f"{arguments.index} names no message")
        (speed if arguments.speed else accuracy)(arguments, entries, folder)


if __name__ == "__main__":
    main()
