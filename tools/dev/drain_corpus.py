#!/usr/bin/env python3
"""Trains with one half of judged mail and fetches the other half through posternd with real clients.

usage: drain_corpus.py INDEX [--programs FOLDER] [--users N]

INDEX has lines `spam|ham PATH`. The second half is spread over N Maildirs; curl, poplib, mpop,
fetchmail and getmail6 each fetch all of it. Checks that every message arrives, that LIST and STAT
equal the octets of RETR for every one, and that each equals the stored message below the label;
of what getmail6 and fetchmail mend, that all of it arrives with its label.
Prints what was checked and how the labels fit the classes.
"""
import argparse
import collections
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

import clients_test  # noqa: E402
from support import LABEL, World, original, require, retrieve, verdict, wire  # noqa: E402


def check_poplib(world, user, stored, table):
    client = world.login(user)
    sizes = [int(line.split()[1]) for line in client.list()[1]]
    require(client.stat() == (len(stored), sum(sizes)), f"{user}: STAT is not the sum of LIST")
    for number, (truth, message) in enumerate(stored, 1):
        delivered = retrieve(client, number)
        require(len(delivered) == sizes[number - 1] == len(wire(message)) + LABEL, f"{user}: size of message {number}")
        require(original(delivered) == wire(message), f"{user}: message {number} differs")
        table[truth, verdict(delivered)] += 1
    client.quit()


def without_from_line(message):
    """What a delivery agent puts into a Maildir: the mbox separator line is none of the message."""
    return message.partition(b"\n")[2] if message.startswith(b"From ") else message


def arrival(message):
    """All that is compared of what a client mends: that it is there, with its label."""
    return b""


def check_mending_client(world, name, check, number, everything, form, counts):
    """A client that mends malformed mail: the well-formed is compared, of the rest it is counted what arrives."""
    for kind, chosen in (("equal", [message for message in everything if clients_test.well_formed(message)]),
                         ("arrived", [message for message in everything if not clients_test.well_formed(message)])):
        if chosen:
            owner = f"{name}-{kind}-{number}"
            world.add_user(owner)
            world.deliver(owner, chosen)
            check(world, chosen, owner, form if kind == "equal" else arrival)
            counts[f"{name} {'arrived' if form is arrival else kind}"] += len(chosen)


def check_curl(world, user, stored):
    command = ["curl", "-sS", "--user", f"{user}:secret"]
    for number, (_, message) in enumerate(stored, 1):
        command += ["-o", f"{world.folder}/curl-{number}", f"pop3://127.0.0.1:{world.port}/{number}"]
    subprocess.run(command, check=True)
    for number, (_, message) in enumerate(stored, 1):
        path = world.folder / f"curl-{number}"
        require(original(path.read_bytes()) == wire(message), f"curl: {user}, message {number}")
        path.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=pathlib.Path)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--users", type=int, default=10)
    arguments = parser.parse_args()
    entries = [line.split(maxsplit=1) for line in arguments.index.read_text().splitlines() if line.strip()]
    half = len(entries) // 2
    folder = arguments.index.parent.resolve()
    table = collections.Counter()
    counts = collections.Counter()
    with World(arguments.programs) as world:
        index = world.folder / "index"
        index.write_text("".join(f"{truth} {folder / name}\n" for truth, name in entries[:half]))
        print(world.postern("train", "--state", world.state, "--index", index), end="", flush=True)
        mail = [(truth, without_from_line((folder / name).read_bytes())) for truth, name in entries[half:]]
        parts = [mail[start::arguments.users] for start in range(arguments.users)]
        for number, part in enumerate(parts):
            world.add_user(f"u{number}")
            world.deliver(f"u{number}", [message for _, message in part])
        world.start()
        for number, part in enumerate(parts):
            user = f"u{number}"
            check_poplib(world, user, part, table)
            counts["poplib"] += len(part)
            check_curl(world, user, part)
            counts["curl"] += len(part)
            everything = [message for _, message in part]
            clients_test.check_mpop(world, everything, user)
            counts["mpop"] += len(part)
            check_mending_client(world, "getmail", clients_test.check_getmail, number, everything, arrival, counts)
            check_mending_client(world, "fetchmail", clients_test.check_fetchmail, number, everything, bytes, counts)
            print(f"{number + 1} of {len(parts)} maildrops", flush=True)
        world.stop()
    print("fetched: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    for (truth, label), count in sorted(table.items()):
        print(f"{truth} labelled {label}: {count}")


if __name__ == "__main__":
    main()
