"""What the end-to-end tests share: a posternd of their own, mail to put into it, and the label."""
import pathlib
import poplib
import re
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
LABEL = 768
# The library refuses lines of over 2,048 octets; POP3 servers must send what was stored.
poplib._MAXLINE = 1 << 30


def require(holds, what):
    if not holds:
        raise AssertionError(what)


def wait_for(condition, what, seconds=60):
    """The first true value of condition(), polled; fails loudly when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.005)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


class World:
    """A folder with state, Maildirs and rules, and the programs of a build."""

    def __init__(self, programs):
        self.programs = pathlib.Path(programs)
        self.scratch = tempfile.TemporaryDirectory(prefix="postern-e2e-")
        self.folder = pathlib.Path(self.scratch.name)
        self.state = self.folder / "state"
        self.server = None
        self.logs = 0

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        if self.server and self.server.poll() is None:
            self.server.kill()
            self.server.wait()
        self.scratch.cleanup()

    def postern(self, *arguments, input=None, status=0):
        run = subprocess.run([self.programs / "postern", *map(str, arguments)], input=input, capture_output=True, timeout=300)
        require(run.returncode == status,
                f"postern {arguments[:3]} ended with {run.returncode}, not {status}: {run.stderr.decode(errors='replace')[-2000:]}")
        return run.stdout.decode(errors="replace")

    def add_user(self, name, password="secret"):
        self.postern("user", "add", name, "--state", self.state, input=password.encode() + b"\n")

    def maildir(self, user):
        path = self.folder / "mail" / user
        for part in ("new", "cur", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)
        return path

    def deliver(self, user, messages, first=1):
        path = self.maildir(user)
        for number, message in enumerate(messages, first):
            (path / "tmp" / f"{number}").write_bytes(message)
            (path / "tmp" / f"{number}").rename(path / "new" / f"{number}.M{number}P1.host")

    def start(self, *flags, maildir=None):
        self.logs += 1
        log = self.folder / f"log{self.logs}"
        command = [self.programs / "posternd", "--pop3", "127.0.0.1:0", "--state", self.state,
                   "--maildir", maildir or f"{self.folder}/mail/%u", "--failed-login-delay", "0.01", *flags]
        with open(log, "wb") as sink:
            self.server = subprocess.Popen(list(map(str, command)), stderr=sink)

        def ready():
            require(self.server.poll() is None, f"posternd ended at once: {log.read_text()}")
            return re.search(r"ready pop3=127\.0\.0\.1:(\d+)", log.read_text())

        self.port = int(wait_for(ready, "posternd's `ready`").group(1))
        if "--pop3s" in flags:
            secure = wait_for(lambda: re.search(r"ready pop3s=127\.0\.0\.1:(\d+)", log.read_text()), "the TLS port")
            self.tls_port = int(secure.group(1))
        self.log = log

    def stop(self, number=signal.SIGTERM):
        self.server.send_signal(number)
        status = self.server.wait(timeout=60)
        text = self.log.read_text(errors="replace")
        require("Sanitizer" not in text and "runtime error:" not in text, text[-4000:])
        require("session-failed" not in text, text[-2000:])
        if number == signal.SIGTERM:
            require(status == 0, f"posternd ended with {status}: {text[-2000:]}")
        return text

    def login(self, user="u", password="secret"):
        client = poplib.POP3("127.0.0.1", self.port, timeout=120)
        client.user(user)
        client.pass_(password)
        return client


def wire(stored):
    """A stored message as POP3 sends it, before dot stuffing."""
    message = re.sub(rb"\r?\n", b"\r\n", stored)
    return message if not message or message.endswith(b"\r\n") else message + b"\r\n"


def retrieve(client, number):
    """The octets of RETR, dot stuffing taken away."""
    return b"".join(line + b"\r\n" for line in client.retr(number)[1])


RENAMED = re.compile(rb"(?im)^(x-orig-(?:status|flag|level|score)|x-foreign-[^:\r\n]*)(?=:)")


def original(delivered):
    """What stands below the label, with forged fields given their names back."""
    require(delivered[:15] == b"X-Spam-Status: " and b"X-Postern-Verdict: " in delivered[:LABEL], "no label on top")
    require(delivered[LABEL - 2:LABEL] == b"\r\n", "the label is not 768 octets wide")
    below = delivered[LABEL:]
    header, separator, body = below.partition(b"\r\n\r\n")

    def rename(match):
        old, name = (b"orig", b"spam") if match.group(1)[2:6].lower() == b"orig" else (b"foreign", b"postern")
        out = bytearray(match.group(1))
        for place, letter in enumerate(name):
            out[2 + place] = letter - 32 if chr(out[2 + place]).isupper() else letter
        require(len(old) == len(name), "renaming keeps the length")
        return bytes(out)

    return RENAMED.sub(rename, header) + separator + body


def verdict(delivered):
    return re.search(rb"X-Postern-Verdict: (\w+);", delivered).group(1).decode()


def demo_mail():
    return [path.read_bytes() for path in sorted((ROOT / "tests/data/demo_mail").glob("*/*.eml"))]


def varied_mail():
    """Messages that break careless servers."""
    head = b"From: Ann <ann@example.org>\nTo: u@example.net\nSubject: "
    mail = [
        head + b"plain\n\nHello.\n",
        head.replace(b"\n", b"\r\n") + b"CRLF\r\n\r\nHello.\r\n.\r\n..\r\nend\r\n",
        head + b"no end of line\n\nHello",
        head + b"dots\n\n.\n..\n...\n.hidden\n\n.\n",
        head + b"empty body\n\n",
        head + b"header only\n",
        head + b"8 bit\n\nGr\xc3\xbc\xc3\x9fe, caf\xe9\n",
        head + b"mixed ends\r\n\nline\r\nline\nlast\r\n",
        head + b"From in the body\n\nFrom here it goes on.\n>From there, too.\n",
        head + b"long line\n\n" + b"x" * 100_000 + b"\n",
        head + b"folded\n and folded\n\tagain\n\nbody\n",
        b"X-Spam-Status: No, score=-99\n required=5\nX-Spam-Flag: NO\nx-spam-score: 0\nX-Postern-Verdict: ham; p=0\n"
        + head + b"forged\n\nX-Spam-Flag: NO\n",
        b"no header at all\njust text\n",
        b"\n\nonly a body\n",
        head + b"attachment\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\n"
        b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n"
        + b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0NTY3ODkwQUJDREVGR0hJSktMTU5P\n" * 40_000 + b"--b--\n",
    ]
    mail += [head + b"same\n\ntwice the same\n"] * 2
    return mail
