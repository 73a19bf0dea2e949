#!/usr/bin/env python3
"""Compares posternd with Dovecot: CPU a login, a poll and a message, memory of idle sessions.

usage: compare_dovecot.py INDEX [--programs FOLDER] [--users N] [--messages N] [--rounds N]
                          [--idle N] [--alone]

INDEX has lines `spam PATH` or `ham PATH`. N Maildirs of N messages each (100 of 100) are filled
with them; posternd and a Dovecot of our own (Debian's dovecot-pop3d, its login processes in
high-performance mode) serve the same ones with the same passwords, kept as plain text, so that no
hash is measured, and the same certificate. popload puts the same load on each in turns, and the
median of the rounds counts. CPU and private memory are those of the whole process tree. --alone
leaves Dovecot out.

The bars of Postern were set beside a Dovecot on another machine; "bar" is that, times what Dovecot
spends here by what it spent there.
"""
import argparse
import contextlib
import itertools
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PASSWORD = "secret"
DOVECOT = """
base_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = pop3
listen = 127.0.0.1
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 20000
first_valid_uid = 1
default_process_limit = 1000
default_client_limit = 20000
default_login_user = {owner}
default_internal_user = {owner}
default_internal_group = {group}
passdb {{
  driver = passwd-file
  args = scheme=plain username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home
}}
service pop3-login {{
  chroot =
  service_count = 0
  process_min_avail = 2
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Server:
    """A server that runs: what popload must know of it."""

    def __init__(self, process, port, tls_port):
        self.process, self.ports = process, {"": port, "--tls": tls_port}


def wait_for(condition, what):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(0.02)
    raise RuntimeError(f"{what} does not get ready")


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(command, log):
    with open(log, "wb") as sink:
        process = subprocess.Popen(list(map(str, command)), stderr=sink)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def postern(arguments, folder):
    log = folder / "postern.log"
    command = [arguments.programs / "posternd", "--pop3", "127.0.0.1:0", "--pop3s", "127.0.0.1:0", "--state", folder / "state",
               "--maildir", f"{folder}/mail/%u", "--passwd-file", folder / "users", "--tls-certificate", folder / "certificate.pem",
               "--tls-key", folder / "key.pem", "--max-connections", "20000", "--max-connections-per-address", "0",
               "--shared-maildrops", "true"]
    with running(command, log) as process:
        def port(service):
            return wait_for(lambda: re.search(rf"ready {service}=127\.0\.0\.1:(\d+)", log.read_text()), "posternd").group(1)
        yield Server(process, port("pop3"), port("pop3s"))


@contextlib.contextmanager
def dovecot(_, folder):
    owner = pwd.getpwuid((folder / "mail").stat().st_uid)
    ports = free_port(), free_port()
    group = subprocess.run(["id", "-gn", owner.pw_name], capture_output=True, text=True, check=True).stdout.strip()
    configuration = folder / "dovecot.conf"
    configuration.write_text(DOVECOT.format(folder=folder, owner=owner.pw_name, group=group, uid=owner.pw_uid, gid=owner.pw_gid,
                                            port=ports[0], tls_port=ports[1]))
    program = shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin")
    with running([program, "-F", "-c", configuration], folder / "dovecot.err") as process:
        wait_for(lambda: listens(ports[1]), "dovecot")
        yield Server(process, *ports)


def fill(arguments, folder):
    """Maildirs, passwords and a certificate, for both servers."""
    names = [arguments.index.parent / line.split()[1] for line in arguments.index.read_text().splitlines()]
    # Dovecot's LIST leaves out the line end that RETR must add to a last line without one.
    whole = (mail for name in names if (mail := name.read_bytes()).endswith(b"\n"))
    mails = itertools.cycle(list(itertools.islice(whole, arguments.users * arguments.messages)))
    for user in range(arguments.users):
        path = folder / "mail" / f"u{user}"
        for part in ("new", "cur", "tmp"):
            (path / part).mkdir(parents=True)
        for number in range(arguments.messages):
            (path / "new" / f"{1_000_000_000 + number}.M{number}P1.host").write_bytes(next(mails))
    (folder / "users").write_text("".join(f"u{user}:{{PLAIN}}{PASSWORD}\n" for user in range(arguments.users)))
    (folder / "password").write_text(PASSWORD + "\n")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"],
                   check=True, capture_output=True)
    if os.getuid() == 0:  # Dovecot refuses to read mail as root.
        nobody = pwd.getpwnam("nobody")
        folder.chmod(0o755)
        for one in [folder / "mail", *(folder / "mail").rglob("*"), folder / "users"]:
            os.chown(one, nobody.pw_uid, nobody.pw_gid)


def popload(arguments, folder, server, scenario, security="", *flags):
    command = [arguments.programs / "popload", "--port", server.ports[security], "--user", "u%d", "--users", arguments.users,
               "--pass-file", folder / "password", "--scenario", scenario, "--pid", server.process.pid, "--json",
               *([security] if security else []), *flags]
    # An idle load ends with its input, at once: the figures were taken while it was open.
    run = subprocess.run(list(map(str, command)), capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if run.returncode != 0:
        raise RuntimeError(f"popload {scenario}: {run.stderr[:2000]}")
    return json.loads(run.stdout.splitlines()[-1])


# What is measured: name, unit, load, figure of popload; what Dovecot spent where the bars were set,
# and the bar. Without the former the bar is as it stands.
LOGINS = ("--sessions", 600, "--concurrent", 4)
WORK = [
    ("login", "us of CPU", ("login", "", *LOGINS), "cpu_us_a_session", 1480, 250),
    ("login, TLS", "us of CPU", ("login", "--tls", *LOGINS), "cpu_us_a_session", 2400, 900),
    ("login, UIDL and LIST", "us of CPU", ("poll", "", *LOGINS), "cpu_us_a_session", 1780, 300),
    ("message drained", "us of CPU", ("drain", "", "--concurrent", 4), "cpu_us_a_message", 99, 40),
    ("message drained, TLS", "us of CPU", ("drain", "--tls", "--concurrent", 4), "cpu_us_a_message", 270, 70),
    ("message drained, pipelined", "us of CPU", ("drain", "", "--concurrent", 4, "--pipelined"), "cpu_us_a_message", 99, 20),
    ("message drained, TLS, pipelined", "us of CPU", ("drain", "--tls", "--concurrent", 4, "--pipelined"), "cpu_us_a_message", None, None),
]


def latencies(arguments, folder, server):
    """Of one session at a time, so that only the server can make it wait."""
    drained = popload(arguments, folder, server, "drain", "", "--sessions", 20)
    polled = popload(arguments, folder, server, "poll", "--tls", "--sessions", 20)
    return {"first octet of RETR, p99": drained["first_octet_us"]["p99"],
            "longest command": max(drained["first_octet_us"]["max"], drained["command_us"]["max"], polled["command_us"]["max"])}


def measure_work(arguments, folder, servers):
    """Medians of the rounds, by what and by server."""
    found = {}
    for _ in range(arguments.rounds):
        for name, server in servers.items():
            for what, _, (scenario, security, *flags), figure, _, _ in WORK:
                if scenario == "drain":
                    flags += ["--sessions", arguments.users]
                told = popload(arguments, folder, server, scenario, security, *flags)[figure]
                found.setdefault((what, name), []).append(told)
            for what, told in latencies(arguments, folder, server).items():
                found.setdefault((what, name), []).append(told)
    # What stalls always does so in every round; what the machine's other work delays does not.
    return {key: min(told) if key[0] == "longest command" else statistics.median(told) for key, told in found.items()}


def measure_idle(arguments, folder, start, sessions):
    """KiB of private memory that a session costs which has logged in and waits, by security."""
    found = {}
    for security in ("", "--tls"):
        # In a server that has done little else, whose heap holds no room that was freed.
        with start(arguments, folder) as server:
            popload(arguments, folder, server, "login", security, "--sessions", 20)
            told = popload(arguments, folder, server, "idle", security, "--sessions", sessions)
            found[security] = told["private_kib_a_session"]
    return found


def line(what, unit, here, beside="", bar=""):
    ratio = f"{here / beside:.3f}" if beside else ""
    shown = [f"{value:,.1f}" if isinstance(value, float) else str(value) for value in (here, beside, bar)]
    print(f"| {what} | {unit} | {shown[0]} | {shown[1]} | {ratio} | {shown[2]} |", flush=True)


def print_work(found, alone):
    for what, unit, _, _, there, bar in WORK:
        here, beside = found[what, "postern"], found.get((what, "dovecot"), "")
        scale = beside / there if there and not alone else 1.0
        line(what, unit, here, beside, bar * scale if bar else "")
    for what, bar in (("first octet of RETR, p99", None), ("longest command", 40_000.0)):
        beside = found.get((what, "dovecot"), "")
        line(what, "us", found[what, "postern"], beside, bar or beside)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=pathlib.Path)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--alone", action="store_true")
    arguments = parser.parse_args()
    starts = {"postern": postern} if arguments.alone else {"postern": postern, "dovecot": dovecot}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        fill(arguments, folder)
        print("| what | unit | Postern | Dovecot | ratio | bar |\n|---|---|---|---|---|---|")
        with contextlib.ExitStack() as stack:
            servers = {one: stack.enter_context(start(arguments, folder)) for one, start in starts.items()}
            drain = ("drain", "", "--sessions", arguments.users, "--concurrent", 4)
            first = {one: popload(arguments, folder, server, *drain) for one, server in servers.items()}["postern"]
            print_work(measure_work(arguments, folder, servers), arguments.alone)
        line("first drain, every message judged", "us of CPU a message", first["cpu_us_a_message"], bar=1000.0)
        line("the same", "messages/s", first["messages"] / first["seconds"], bar=2000.0)
        idle = {one: measure_idle(arguments, folder, start, arguments.idle if one == "postern" else arguments.users)
                for one, start in starts.items()}
        for security, bar in (("", 12.0), ("--tls", 40.0)):
            line(f"idle session{', TLS' * bool(security)} ({arguments.idle:,} of Postern's at once)", "KiB private",
                 idle["postern"][security], idle.get("dovecot", {}).get(security, ""), bar)


if __name__ == "__main__":
    main()
