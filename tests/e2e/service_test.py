"""posternd as a service: Unix sockets, sockets and messages of systemd, IPv6, and giving up root."""
import fcntl
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys

from support import ROOT, World, require, wait_for


class Dialogue:
    def __init__(self, connection):
        self.connection = connection
        self.file = connection.makefile("rb")
        require(self.file.readline() == b"+OK Postern ready\r\n", "a greeting")

    def say(self, line):
        self.connection.sendall(line.encode() + b"\r\n")
        return self.file.readline()

    def life(self):
        for line in ("USER u", "PASS secret", "STAT", "QUIT"):
            answer = self.say(line)
            require(answer.startswith(b"+OK"), f"{line}: {answer}")
        self.connection.close()


def unix(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(path))
    return connection


def check_unix_socket(world):
    path = world.folder / "pop3.socket"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(path))
    stale.close()
    # The listener on a port is how World learns that posternd is ready.
    world.start("--pop3", f"unix:{path}")
    Dialogue(unix(path)).life()
    require("peer=local" in world.log.read_text(), "the peer has a name in the log")
    world.stop()


def check_ipv6(world):
    world.start("--pop3", "[::1]:0", "--pop3", "[::]:0", "--pop3", "0.0.0.0:0")
    ports = wait_for(lambda: re.findall(r"ready pop3=(\S+):(\d+)", world.log.read_text()), "the ports")
    require([host for host, _ in ports] == ["127.0.0.1", "[::1]", "[::]", "0.0.0.0"], f"{ports}")
    for port in (ports[1][1], ports[2][1]):
        Dialogue(socket.create_connection(("::1", int(port)))).life()
    require("peer=[::1]:" in world.log.read_text(), "an IPv6 peer in the log")
    world.stop()


def check_systemd(world):
    """Handed over sockets are served instead of configured ones, and systemd hears of the start."""
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notices.bind(str(world.folder / "notify"))
    notices.settimeout(60)

    def hand_over():
        # By way of numbers that none of them has.
        high = [fcntl.fcntl(listener, fcntl.F_DUPFD, 100) for listener in listeners]
        for at, descriptor in enumerate(high):
            os.dup2(descriptor, 3 + at)
        os.environ["LISTEN_PID"] = str(os.getpid())
        os.execve(program, command, os.environ)

    program = str(world.programs / "posternd")
    command = [program, "--pop3", "127.0.0.1:0", "--state", str(world.state), "--maildir", f"{world.folder}/mail/%u"]
    os.environ.update(LISTEN_FDS="2", LISTEN_FDNAMES="pop3:pop3s", NOTIFY_SOCKET=str(world.folder / "notify"))
    log = world.folder / "systemd.log"
    with open(log, "wb") as sink:
        world.server = subprocess.Popen([program], stderr=sink, preexec_fn=hand_over, close_fds=False)
    world.log = log
    require(notices.recv(100) == b"READY=1", "systemd hears that posternd is ready")
    require(len(re.findall(" ready ", log.read_text())) == 2, log.read_text())
    Dialogue(socket.create_connection(listeners[0].getsockname())).life()
    context = ssl.create_default_context(cafile=world.state / "keys/ca.pem")
    Dialogue(context.wrap_socket(socket.create_connection(listeners[1].getsockname()), server_hostname="localhost")).life()
    world.stop()
    require(notices.recv(100) == b"STOPPING=1", "and that it ends")
    os.environ["LISTEN_FDNAMES"] = "pop3:other"
    refused = subprocess.run([program], capture_output=True, preexec_fn=hand_over, close_fds=False, timeout=60)
    require(refused.returncode == 78 and b"FileDescriptorName=" in refused.stderr, f"{refused}")
    for name in ("LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET"):
        del os.environ[name]


def check_run_as(world):
    if os.geteuid() != 0:
        print("not root: run_as is not tested")
        return
    os.chmod(world.folder, 0o755)
    shutil.chown(world.state, "nobody")
    for folder in (world.state, world.folder / "mail"):
        for path in folder.rglob("*"):
            shutil.chown(path, "nobody")
    world.start("--run-as", "nobody")
    status = pathlib.Path(f"/proc/{world.server.pid}/status").read_text()
    require(re.search(r"^Uid:\s+(65534\s+){3}", status, re.M) and re.search(r"^CapEff:\s+0+$", status, re.M), status)
    Dialogue(socket.create_connection(("127.0.0.1", world.port))).life()
    world.stop()
    refused = subprocess.run([world.programs / "posternd", "--run-as", "no-such-user", "--maildir", "/m", "--pop3", "127.0.0.1:0",
                              "--state", world.state], capture_output=True, timeout=60)
    require(refused.returncode == 78 and b"no-such-user" in refused.stderr, f"{refused}")


def check_unit_exposure():
    """What systemd thinks of the unit's hardening: at most 2.0 of 10 is exposed."""
    unit = ROOT / "tools/systemd/postern.service"
    if not shutil.which("systemd-analyze"):
        print("systemd-analyze is not installed: the unit is not measured")
        return
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", unit], capture_output=True, text=True, timeout=60)
    measured = re.search(r"exposure level for postern\.service: ([0-9.]+)", done.stdout)
    if not measured:
        print(f"systemd-analyze cannot measure files: {done.stderr.strip()[-200:]}")
        return
    require(float(measured.group(1)) <= 2.0, done.stdout[-300:])


def main():
    check_unit_exposure()
    print("ok check_unit_exposure")
    with World(sys.argv[1]) as world:
        world.add_user("u")
        world.deliver("u", [b"Subject: x\n\ntext\n"])
        for check in (check_unix_socket, check_ipv6, check_systemd, check_run_as):
            check(world)
            print(f"ok {check.__name__}")


if __name__ == "__main__":
    main()
