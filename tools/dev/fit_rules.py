#!/usr/bin/env python3
"""Fits the scores of rule files to mail whose class is known, and says what they do on mail not seen.

usage: fit_rules.py RULES INDEX... [--postern PROGRAM] [--base MODEL] [--hits FILE] [--table]
                    [--ham-loss PERCENT] [--margin POINTS] [--ignore SET:REGEX]...
                    [--unseen SET]... [--write]

RULES is a folder of rule files, INDEX has lines `spam|ham PATH`; each index is a set of its own.
Postern itself says which rules hit (with every score at 1, so that all are run); --hits keeps that
in a file for the next time. Then, by logistic regression over the hits:
  - twice: the rules alone against the threshold of 5 points, and on top of the classifier's log
    odds (with --base), where a point is 0.6 nats; both count;
  - spam rules get from 0.1 to 3.0 points, rules named HAM_ from -1.0 to -0.1. A rule may get no
    more than its evidence: the log ratio of its rates, smoothed, of spam sets over the worst ham
    set, and less where only one spam set shows it; what hits no ham may have 1.0 in any case;
  - the weight of a set does not grow with its size alone, and lost ham costs more and more until
    no more than --ham-loss percent of each large ham set comes within --margin of the threshold.
The check is a cross validation in halves: messages with the same subject or the same sender go to
one half, as a campaign or a thread that is in both would be no check. --ignore takes hits of rules
away that come from how a set was made (addresses removed, say), before anything is counted. A set
of --unseen is measured and never fitted on. The scores of --write are
then fitted on everything. Needs only Python.
"""
import argparse
import collections
import email.parser
import email.policy
import json
import math
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import zlib

POINT = 0.6          # nats
THRESHOLD = 5.0      # points that mean spam
LEAST, MOST = 0.1, 3.0
MOST_HAM = -1.0      # a sender can forge what these look at
SHARPNESS = 2.5      # how much steeper than a point's nats the loss is at the threshold
UNTRIED = 1.0        # what a rule may have that hits no ham, however little spam it hits
RIDGE = 1.0          # pull of each score to its prior, in messages' worth of loss
STEPS = 250
SCORE = re.compile(r"^(score\s+(\S+)\s+)(-?[\d.]+)\s*$")


class Message:
    def __init__(self, name, spam, hits, offset, campaign):
        self.set, self.spam, self.hits, self.offset, self.campaign = (
            name, spam, hits, offset, campaign)
        self.weight = 1.0


def rule_scores(folder):
    """Name -> score as written, in order."""
    scores = {}
    for path in sorted(pathlib.Path(folder).glob("*.cf")):
        for line in path.read_text().splitlines():
            found = SCORE.match(line)
            if found:
                scores[found.group(2)] = float(found.group(3))
    return scores


def entries_of(index):
    folder = pathlib.Path(index).resolve().parent
    for line in pathlib.Path(index).read_text().splitlines():
        truth, _, name = line.partition(" ")
        if truth in ("spam", "ham"):
            yield truth == "spam", str(folder / name)


def campaign_of(path):
    """What the messages of one mailing or one thread share: two keys."""
    with open(path, "rb") as file:
        head = file.read(65536)
    fields = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(head)
    subject = str(fields.get("Subject", ""))
    subject = re.sub(r"(?i)^(\s*(re|fwd?|aw|sv|antw)\s*:|\s*\[[^\]]*\])+", "", subject)
    subject = re.sub(r"[\d\W_]+", " ", subject).strip().lower()
    sender = re.findall(r"[^\s<>\"]+@[^\s<>\"]+", str(fields.get("From", "")))
    return (f"s {subject}" if len(subject) > 5 else "", f"f {sender[-1].lower()}" if sender else "")


def judge(postern, arguments, paths):
    for first in range(0, len(paths), 1000):
        command = [postern, "classify", "--json", *arguments, *paths[first:first + 1000]]
        out = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
        for line in out.splitlines():
            if line.startswith("{"):
                yield json.loads(line)


def collect(options, scores):
    """[set, spam, path, hits, log odds of the classifier, campaign keys] of every message."""
    with tempfile.TemporaryDirectory() as folder:
        ones = pathlib.Path(folder) / "ones.cf"
        ones.write_text("".join(f"score {name} 1\n" for name in scores))
        none = pathlib.Path(folder) / "none.cf"
        none.write_text("# no rules\n")
        rows = []
        for index in options.indexes:
            name = pathlib.Path(index).resolve().parent.name
            entries = list(entries_of(index))
            paths = [path for _, path in entries]
            hits = {}
            for answer in judge(options.postern, ["--base", "none", "--rules", options.rules,
                                                  "--rules", str(ones)], paths):
                hits[answer["path"]] = [entry["name"] for entry in answer["ledger"]
                                        if entry["name"] in scores]
            odds = {}
            if options.base:
                for answer in judge(options.postern, ["--base", options.base, "--rules", str(none)],
                                    paths):
                    odds[answer["path"]] = POINT * answer["score"]
            for spam, path in entries:
                if path not in hits:
                    sys.exit(f"{options.postern} said nothing of {path}")
                rows.append([name, spam, hits[path], odds.get(path), campaign_of(path)])
            print(f"{name}: {len(entries)} messages", file=sys.stderr)
        return rows


def ignore(rows, what):
    for each in what:
        name, _, pattern = each.partition(":")
        for row in rows:
            if row[0] == name:
                row[2] = [rule for rule in row[2] if not re.match(pattern, rule)]


def joined(rows):
    """Messages, with the number of the campaign that each is of (union-find over shared keys)."""
    parent = {}

    def find(key):
        while parent.setdefault(key, key) != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    for row in rows:
        keys = [key for key in row[4] if key]
        for key in keys[1:]:
            # A sender of many threads would join them all; threads of lists go by subject alone.
            if row[1]:
                parent[find(key)] = find(keys[0])
    messages = []
    for number, (name, spam, hits, offset, keys) in enumerate(rows):
        keys = [key for key in keys if key]
        campaign = find(keys[0]) if keys else f"alone {number}"
        messages.append(Message(name, spam, hits, offset, campaign))
    return messages


def weigh(messages):
    """Sets count by the root of their size, so that none drowns the others; spam as much as ham."""
    sizes = collections.Counter((each.set, each.spam) for each in messages)
    for each in messages:
        each.weight = 1 / math.sqrt(sizes[each.set, each.spam])
    for spam in (True, False):
        of_class = [each for each in messages if each.spam == spam]
        total = sum(each.weight for each in of_class)
        for each in of_class:
            each.weight *= len(messages) / 2 / total


def rates(messages):
    """Rule -> {(set, spam): (hits, messages)}"""
    sizes = collections.Counter((each.set, each.spam) for each in messages)
    hits = collections.defaultdict(collections.Counter)
    for each in messages:
        for rule in each.hits:
            hits[rule][each.set, each.spam] += 1
    return hits, sizes


def bounds_of(scores, messages):
    """Rule -> (least, most): no more points than its evidence on several sets is worth."""
    hits, sizes = rates(messages)
    bounds = {}
    for rule in scores:
        if rule.startswith("HAM_"):
            bounds[rule] = (MOST_HAM, -LEAST)
            continue
        spam = sorted(((hits[rule][key] / size, hits[rule][key]) for key, size in sizes.items()
                       if key[1]), reverse=True)
        ham = all_ham = 0.0
        for key, size in sizes.items():
            if not key[1]:
                ham = max(ham, hits[rule][key] / (size + 50))
                all_ham += size
        mean = sum(rate for rate, _ in spam[:3]) / 3
        evidence = math.log((mean + 0.0005) / (ham + 0.5 / all_ham)) / POINT
        if sum(1 for _, count in spam if count >= 3) < 2:
            evidence *= 0.7
        if ham == 0:
            evidence = max(evidence, UNTRIED)
        bounds[rule] = (LEAST, min(MOST, max(LEAST, evidence)))
    return bounds


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x > -500 else 0.0


def fit(scores, messages, bounds, ham_cost):
    """Scores that make the loss small, by projected gradient descent with momentum."""
    names = list(scores)
    place = {name: i for i, name in enumerate(names)}
    # Messages with the same hits are one row: there are far fewer of these.
    alone = collections.Counter()
    on_top = collections.Counter()
    for each in messages:
        row = tuple(sorted(place[rule] for rule in each.hits))
        weight = each.weight * (1 if each.spam else ham_cost)
        alone[row, each.spam] += weight
        if each.offset is not None and row:
            clipped = max(-8.0, min(8.0, each.offset))
            on_top[row, each.spam, round(clipped * 4) / 4] += 0.5 * each.weight
    steep = SHARPNESS * POINT
    rows = [(row, 1.0 if spam else 0.0, weight, -THRESHOLD * steep, steep)
            for (row, spam), weight in alone.items() if row]
    rows += [(row, 1.0 if spam else 0.0, weight, offset, POINT)
             for (row, spam, offset), weight in on_top.items()]
    curvature = [RIDGE] * len(names)
    for row, _, weight, _, slope in rows:
        for i in row:
            curvature[i] += weight * slope * slope / 4 * len(row)
    low = [bounds[name][0] for name in names]
    high = [bounds[name][1] for name in names]
    prior = [0.5 * (high[i] if high[i] > 0 else low[i]) for i in range(len(names))]
    values = prior[:]
    before = values[:]
    for step in range(STEPS):
        momentum = step / (step + 3)
        ahead = [value + momentum * (value - old) for value, old in zip(values, before)]
        gradient = [RIDGE * (ahead[i] - prior[i]) for i in range(len(names))]
        for row, truth, weight, offset, slope in rows:
            total = offset
            for i in row:
                total += slope * ahead[i]
            push = weight * slope * (sigmoid(total) - truth)
            for i in row:
                gradient[i] += push
        before = values
        values = [min(high[i], max(low[i], ahead[i] - gradient[i] / curvature[i]))
                  for i in range(len(names))]
    return {name: round(values[i], 1) for i, name in enumerate(names)}


def over_threshold(scores, messages, threshold=THRESHOLD):
    """(set, spam) -> how many of its messages are at or over the threshold, and how many it has."""
    over, sizes = collections.Counter(), collections.Counter()
    for each in messages:
        key = (each.set, each.spam)
        sizes[key] += 1
        over[key] += sum(scores[rule] for rule in each.hits) >= threshold - 1e-9
    return over, sizes


def lost_percent(over, sizes):
    ham = [key for key in sizes if not key[1]]
    return 100 * sum(over[key] for key in ham) / max(1, sum(sizes[key] for key in ham))


def fit_within(scores, messages, options, bounds):
    """The lowest cost of lost ham that keeps the loss below --ham-loss, and its scores."""
    for ham_cost in (4, 8, 16, 32, 64, 128, 256, 512):
        fitted = fit(scores, messages, bounds, ham_cost)
        over, sizes = over_threshold(fitted, messages, THRESHOLD - options.margin)
        worst = max((100 * over[key] / sizes[key] for key in sizes
                     if not key[1] and sizes[key] >= 1000), default=0.0)
        if max(lost_percent(over, sizes), worst) <= options.ham_loss:
            break
    return ham_cost, fitted


def report(title, over, sizes):
    print(f"{title}: {lost_percent(over, sizes):.3f} % of ham lost")
    for key in sorted(sizes, key=lambda key: (key[1], key[0])):
        print(f"  {'spam' if key[1] else 'ham '} {key[0]:16} {sizes[key]:6} messages "
              f"{over[key]:6} at 5 points or more {100 * over[key] / sizes[key]:7.2f} %")


def cross_validate(scores, messages, unseen, options):
    """Over the threshold by scores fitted on the other half; of sets not fitted on, by both."""
    over, sizes = collections.Counter(), collections.Counter()
    for half in (0, 1):
        in_half = [zlib.crc32(each.campaign.encode()) % 2 == half for each in messages]
        seen = [each for each, inside in zip(messages, in_half) if not inside]
        others = [each for each, inside in zip(messages, in_half) if inside]
        _, fitted = fit_within(scores, seen, options, bounds_of(scores, seen))
        for total, part in zip((over, sizes), over_threshold(fitted, others + unseen)):
            total.update(part)
    return over, sizes


def print_table(scores, fitted, bounds, messages):
    hits, sizes = rates(messages)
    keys = sorted(sizes, key=lambda key: (not key[1], key[0]))
    print("percent of each set that a rule hits, its most, its old and its new score")
    print(" ".join(f"{('+' if spam else '-') + name[:8]:>9}" for name, spam in keys))
    for rule in scores:
        print(" ".join(f"{100 * hits[rule][key] / sizes[key]:9.2f}" for key in keys),
              f"{bounds[rule][1]:6.1f} {scores[rule]:6.1f} {fitted[rule]:6.1f}  {rule}")


def write_scores(folder, fitted):
    for path in sorted(pathlib.Path(folder).glob("*.cf")):
        lines = []
        for line in path.read_text().split("\n"):
            found = SCORE.match(line)
            lines.append(f"{found.group(1)}{fitted[found.group(2)]:g}" if found else line)
        path.write_text("\n".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rules")
    parser.add_argument("indexes", nargs="+")
    parser.add_argument("--postern", default="postern")
    parser.add_argument("--base", help="model whose log odds the scores come on top of")
    parser.add_argument("--hits", help="file to keep what was found in, or to take it from")
    parser.add_argument("--ham-loss", type=float, default=0.1, help="percent, on mail seen")
    parser.add_argument("--margin", type=float, default=1.0, help="points [%(default)s]")
    parser.add_argument("--ignore", action="append", default=[], metavar="SET:REGEX",
                        help="rules whose hits in that set are the set's and not the mail's")
    parser.add_argument("--unseen", action="append", default=[], metavar="SET",
                        help="a set to measure on and not to fit on")
    parser.add_argument("--table", action="store_true", help="print how often each rule hits")
    parser.add_argument("--no-check", action="store_true", help="skip the cross validation")
    parser.add_argument("--write", action="store_true", help="write the scores into RULES")
    options = parser.parse_args()
    scores = rule_scores(options.rules)
    if options.hits and pathlib.Path(options.hits).exists():
        rows = json.loads(pathlib.Path(options.hits).read_text())
    else:
        rows = collect(options, scores)
        if options.hits:
            pathlib.Path(options.hits).write_text(json.dumps(rows))
    ignore(rows, options.ignore)
    random.Random(1).shuffle(rows)
    everything = joined(rows)
    messages = [each for each in everything if each.set not in options.unseen]
    unseen = [each for each in everything if each.set in options.unseen]
    weigh(messages)
    report("as written", *over_threshold(scores, everything))
    bounds = bounds_of(scores, messages)
    ham_cost, fitted = fit_within(scores, messages, options, bounds)
    report(f"fitted on everything (lost ham costs {ham_cost})", *over_threshold(fitted, everything))
    if not options.no_check:
        report("on the half not seen", *cross_validate(scores, messages, unseen, options))
    if options.table:
        print_table(scores, fitted, bounds, everything)
    if options.write:
        write_scores(options.rules, fitted)


if __name__ == "__main__":
    main()
