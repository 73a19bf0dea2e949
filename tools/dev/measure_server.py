#!/usr/bin/env python3
"""Measures posternd on loopback: logins, drains, idle sessions, in the clear and under TLS.

usage: measure_server.py [--programs FOLDER] [--index INDEX] [--users N] [--messages N]

Fills N Maildirs with messages (of an index, or the demo mail), starts posternd on them and prints
what the server spends: CPU from /proc, so that a slow client hardly matters, and wall rates.
"""
import argparse
import contextlib
import itertools
import multiprocessing
import os
import pathlib
import re
import resource
import socket
import ssl
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")


class Client:
    """A POP3 session that reads whole replies from one buffer; under TLS with a context for it."""

    def __init__(self, address, tls=None, ticket=None):
        self.socket = socket.create_connection(address, timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, session=ticket)
        self.buffer = b""
        self.line()

    def line(self):
        while b"\r\n" not in self.buffer:
            self.fill()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def fill(self):
        piece = self.socket.recv(1 << 20)
        if not piece:
            raise EOFError("the server closed the connection")
        self.buffer += piece

    def say(self, text):
        self.socket.sendall(text.encode() + b"\r\n")
        line = self.line()
        if not line.startswith(b"+OK"):
            raise RuntimeError(f"{text}: {line!r}")
        return line

    def login(self, user):
        self.say(f"USER {user}")
        self.say("PASS secret")

    def drain(self, count):
        """Every message, pipelined; gives the octets read."""
        self.socket.sendall(b"".join(b"RETR %d\r\n" % (i + 1) for i in range(count)))
        octets, ends, tail = 0, 0, self.buffer
        self.buffer = b""
        while ends < count:
            piece = self.socket.recv(1 << 20)
            if not piece:
                raise EOFError("the server closed the connection")
            octets += len(piece)
            window = tail + piece
            ends += window.count(b"\r\n.\r\n")
            tail = window[-4:]
        return octets


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return {name: int(re.search(rf"{name}:\s+(\d+)", status).group(1)) for name in ("VmRSS", "RssAnon", "VmHWM")}


def tls_context():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def sessions(address, secure, resuming, user, count):
    tls = tls_context() if secure else None
    ticket = None
    for _ in range(count):
        client = Client(address, tls, ticket)
        client.login(user)
        client.say("STAT")
        client.say("QUIT")
        ticket = client.socket.session if resuming else None
        client.socket.close()


def drain(address, secure, user, count, results):
    client = Client(address, tls_context() if secure else None)
    client.login(user)
    results.put(client.drain(count))
    client.say("QUIT")


def in_parallel(target, argument_lists):
    begun = time.perf_counter()
    processes = [multiprocessing.Process(target=target, args=arguments) for arguments in argument_lists]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        if process.exitcode != 0:
            raise RuntimeError("a client failed")
    return time.perf_counter() - begun


def main():
    # Each idle session is a file here, too.
    resource.setrlimit(resource.RLIMIT_NOFILE, [resource.getrlimit(resource.RLIMIT_NOFILE)[1]] * 2)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--index", type=pathlib.Path)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--idle", type=int, default=1000)
    arguments = parser.parse_args()
    if arguments.index:
        names = [arguments.index.parent / line.split()[1] for line in arguments.index.read_text().splitlines()]
    else:
        names = sorted((ROOT / "tests/data/demo_mail").glob("*/*.eml"))
    mails = itertools.cycle([name.read_bytes() for name in names[: arguments.users * arguments.messages]])
    users = [f"user{number}" for number in range(arguments.users)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for user in users:
            for part in ("new", "cur", "tmp"):
                (folder / "mail" / user / part).mkdir(parents=True)
            for number in range(arguments.messages):
                (folder / "mail" / user / "new" / f"{number + 1}.m.host").write_bytes(next(mails))
            subprocess.run([arguments.programs / "postern", "user", "add", user, "--state", folder / "state"],
                           input=b"secret\n", check=True, stdout=subprocess.DEVNULL)
        with serving(arguments, folder) as pid:
            measure_work(arguments, pid, folder, users)
        # Each in a server that has done nothing else, whose heap holds no room that was freed.
        for secure in (False, True):
            with serving(arguments, folder) as pid:
                measure_idle(arguments, pid, folder, secure)


@contextlib.contextmanager
def serving(arguments, folder):
    with open(folder / "log", "wb") as log:
        server = subprocess.Popen([arguments.programs / "posternd", "--pop3", "127.0.0.1:0", "--pop3s", "127.0.0.1:0",
                                   "--state", folder / "state", "--maildir", f"{folder}/mail/%u", "--max-connections", "20000"], stderr=log)
    try:
        yield server.pid
    finally:
        server.terminate()
        server.wait()


def address_of(folder, service):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = re.search(rf"ready {service}=127\.0\.0\.1:(\d+)", (folder / "log").read_text())
        if found:
            return ("127.0.0.1", int(found.group(1)))
        time.sleep(0.01)
    raise RuntimeError("posternd does not get ready")


def measure_drain(arguments, pid, users, what, address, secure):
    total = arguments.users * arguments.messages
    results = multiprocessing.Queue()
    before = cpu_seconds(pid)
    wall = in_parallel(drain, [(address, secure, user, arguments.messages, results) for user in users])
    cpu = cpu_seconds(pid) - before
    octets = sum(results.get() for _ in users)
    print(f"{what}: {total} messages, {octets / 1e6:.1f} MB, {total / wall:.0f} messages/s, "
          f"{octets / wall / 1e6:.1f} MB/s, {cpu / total * 1e6:.0f} us of CPU a message")


def measure_logins(pid, users, what, address, secure, resuming):
    count = 300
    before = cpu_seconds(pid)
    wall = in_parallel(sessions, [(address, secure, resuming, user, count) for user in users[:4]])
    cpu = cpu_seconds(pid) - before
    print(f"logins (password known), {what}: {4 * count / wall:.0f} sessions/s, {cpu / (4 * count) * 1e6:.0f} us of CPU a session")


def measure_idle(arguments, pid, folder, secure):
    address = address_of(folder, "pop3s" if secure else "pop3")
    tls = tls_context() if secure else None
    before = memory(pid)
    idle = []
    for _ in range(arguments.idle):
        client = Client(address, tls)
        client.say("CAPA")
        while not client.buffer.endswith(b".\r\n"):
            client.fill()
        idle.append(client)
    after = memory(pid)
    print(f"{arguments.idle} idle sessions, {'TLS' if secure else 'in the clear'}: {after} KiB, "
          f"{(after['RssAnon'] - before['RssAnon']) / arguments.idle:.1f} KiB private each")


def measure_work(arguments, pid, folder, users):
    clear, secret = address_of(folder, "pop3"), address_of(folder, "pop3s")
    print(f"at start: {memory(pid)} KiB")
    measure_drain(arguments, pid, users, "first drain (every message judged)", clear, False)
    measure_drain(arguments, pid, users, "second drain (verdicts known)", clear, False)
    measure_drain(arguments, pid, users, "third drain, TLS", secret, True)
    measure_logins(pid, users, "in the clear", clear, False, False)
    measure_logins(pid, users, "TLS", secret, True, False)
    measure_logins(pid, users, "TLS, resumed by a ticket", secret, True, True)


if __name__ == "__main__":
    main()
