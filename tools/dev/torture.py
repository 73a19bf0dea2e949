#!/usr/bin/env python3
"""Sends messages and random mutations of them through `postern classify` and through RETR.

usage: torture.py --programs FOLDER [--mutations N] [--seed N] FOLDER...

Takes every file below the FOLDERs and N mutations of them (octets flipped, cut, doubled, spliced,
line ends changed, header lines moved), judges all with FOLDER/postern and fetches all through
FOLDER/posternd. Meant for programs built with the asan preset: any report ends it. Fails when a
message is missing, when LIST and RETR disagree, or when a program writes a sanitizer report.
"""
import argparse
import pathlib
import poplib
import random
import re
import subprocess
import sys
import tempfile
import time

poplib._MAXLINE = 1 << 30  # the library's own limit of a line would end the test, not the server's
BATCH = 500


def mutated(chance, message, other):
    """One to four random changes."""
    data = bytearray(message)
    for _ in range(chance.randint(1, 4)):
        kind = chance.randrange(8)
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.randrange(1, 200))
        if kind == 0 and data:
            for _ in range(chance.randint(1, 20)):
                data[chance.randrange(len(data))] = chance.randrange(256)
        elif kind == 1:
            del data[at:end]
        elif kind == 2:
            data[at:at] = data[at:end] * chance.randint(1, 50)
        elif kind == 3:
            start = chance.randrange(len(other) + 1)
            data[at:at] = other[start:start + chance.randrange(2000)]
        elif kind == 4:
            data = bytearray(bytes(data).replace(b"\n", chance.choice([b"\r\n", b"\r", b"\n\n", b"\n "]), chance.randrange(1, 40)))
        elif kind == 5:
            data = data[:at]
        elif kind == 6:
            lines = bytes(data).split(b"\n")
            chance.shuffle(lines)
            data = bytearray(b"\n".join(lines))
        else:
            data[at:at] = bytes(chance.choices(b"\0\xff=?<>&;\"'()%\\\r\n--", k=chance.randrange(1, 60)))
        del data[1 << 20:]
    return bytes(data)


def write_maildir(folder, sources, count, seed):
    """Maildir with every source and the mutations; gives the number of messages."""
    chance = random.Random(seed)
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    number = 0
    for source in sources:
        number += 1
        (folder / "new" / f"{number}.m.host").write_bytes(source)
    for _ in range(count):
        number += 1
        (folder / "new" / f"{number}.m.host").write_bytes(mutated(chance, chance.choice(sources), chance.choice(sources)))
    return number


def refuse_reports(text):
    found = re.search(r"(ERROR: \w+Sanitizer|runtime error:).*", text)
    if found:
        sys.exit(f"sanitizer report: {found.group(0)}\n{text[-4000:]}")


def classify(programs, folder):
    names = sorted((folder / "new").iterdir())
    lines = 0
    for begin in range(0, len(names), BATCH):
        run = subprocess.run([programs / "postern", "classify", *names[begin:begin + BATCH]], capture_output=True, text=True,
                             errors="replace")
        refuse_reports(run.stderr)
        # A mutated file that begins with "From " is read as an mbox, of which there may be several messages.
        if run.returncode != 0:
            sys.exit(f"classify ended with {run.returncode}: {run.stderr[-2000:]}")
        lines += run.stdout.count("\n")
    return lines


def retrieve(programs, root, count):
    state = root / "state"
    subprocess.run([programs / "postern", "user", "add", "u", "--state", state], input=b"p\n", check=True, stdout=subprocess.DEVNULL)
    with open(root / "log", "w+") as log:
        server = subprocess.Popen([programs / "posternd", "--pop3", "127.0.0.1:0", "--state", state, "--maildir", f"{root}/%u"],
                                  stderr=log)
        try:
            deadline = time.monotonic() + 60
            ready = None
            while not ready and time.monotonic() < deadline:
                ready = re.search(r"ready pop3=127\.0\.0\.1:(\d+)", (root / "log").read_text())
            client = poplib.POP3("127.0.0.1", int(ready.group(1)), timeout=600)
            client.user("u")
            client.pass_("p")
            sizes = [int(line.split()[1]) for line in client.list()[1]]
            if len(sizes) != count:
                sys.exit(f"{count} messages stored, {len(sizes)} listed")
            for number, size in enumerate(sizes, 1):
                lines = client.retr(number)[1]
                got = sum(len(line) + 2 for line in lines)
                if got != size:
                    sys.exit(f"message {number}: LIST says {size}, RETR sent {got}")
            client.quit()
        finally:
            server.terminate()
            status = server.wait()
    text = (root / "log").read_text(errors="replace")
    refuse_reports(text)
    if status != 0 or "session-failed" in text or "judging-failed" in text:
        sys.exit(f"posternd ended with {status}:\n{text[-3000:]}")
    return len(sizes)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--mutations", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    sources = [path.read_bytes() for folder in arguments.folders for path in sorted(folder.rglob("*")) if path.is_file()]
    if not sources:
        sys.exit("the folders hold no file")
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        count = write_maildir(root / "u", sources, arguments.mutations, arguments.seed)
        print(f"{len(sources)} messages and {arguments.mutations} mutations, seed {arguments.seed}", flush=True)
        print(f"classified: {classify(arguments.programs, root / 'u')} lines", flush=True)
        print(f"retrieved: {retrieve(arguments.programs, root, count)}, no report", flush=True)


if __name__ == "__main__":
    main()
