"""A small POP3 server that can be told to break one promise at a time: what popcheck is tested with.

It serves the files of a Maildir's `new` to one user, a thread for each connection. `faults` names
what is broken; `broken()` asks. Each name is explained where it is asked for.
"""
import base64
import hashlib
import pathlib
import re
import socket
import ssl
import threading
import time

from pop3_messages import Mail, served
from pop3_sasl import Sasl

USER, PASSWORD = "u", "secret"
LINE_LIMIT, RESPONSE_LIMIT, GIANT = 255, 16384, 1 << 20
PATIENCE_WITH_NONSENSE = 50
# No client sends so much at once, but for popcheck when it floods.
FLOOD = 16384
# As often as popcheck looks whether a server has recovered.
LOGINS_REFUSED = 20


class Ended(Exception):
    """The session is over."""


class Pop3Server:
    """Listens at `port` in the clear, with STLS, or with `implicit` under TLS at once."""

    def __init__(self, maildir, certificates, faults=(), implicit=False):
        self.maildir, self.faults, self.implicit = pathlib.Path(maildir), set(faults), implicit
        self.read = {}  # what each file is sent as
        self.sasl = Sasl(USER, PASSWORD, self.broken, certificates[0])
        self.context = self.make_context(certificates)
        self.lock, self.holder, self.logins, self.hurried, self.deaf = threading.Lock(), None, 0, False, 0
        self.one_at_a_time = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def broken(self, name):
        return name in self.faults

    def make_context(self, certificates):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates[0])
        other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        other.load_cert_chain(certificates[1])

        def choose(connection, name, _):
            if name == "other.example" and not self.broken("one-certificate-for-all-names"):
                connection.context = other
            if name == "unknown.popcheck.invalid" and self.broken("unknown-names-are-refused"):
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME

        context.sni_callback = choose
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # The library cannot compute tls-exporter bindings, so that -PLUS goes with 1.2 only.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        if self.broken("tls-1.1-is-spoken"):
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
            context.minimum_version = ssl.TLSVersion.TLSv1
        if self.broken("tls-1.2-is-not-spoken"):
            context.maximum_version = ssl.TLSVersion.TLSv1_3
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        if self.broken("exporter-is-not-known") or self.broken("tls-unique-is-taken"):
            context.maximum_version = ssl.TLSVersion.TLSv1_3
        return context

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=Session(self, connection).run, daemon=True).start()

    def close(self):
        self.listener.close()

    def load(self):
        if self.broken("octets-differ-each-time"):
            self.read.clear()
        paths = sorted((self.maildir / "new").iterdir())
        for path in paths:
            if path not in self.read:
                self.read[path] = served(path.read_bytes(), self.broken, self.logins)
        return [Mail(path, self.read[path]) for path in paths]


class Session:
    def __init__(self, server, connection):
        self.server, self.broken = server, server.broken
        self.socket = connection
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input, self.secure, self.user, self.mail = b"", False, None, None
        self.utf8, self.bad, self.noops, self.last, self.retrieved = False, 0, 0, "", set()
        self.listed, self.harmful = False, False

    # Octets

    def run(self):
        try:
            if self.server.implicit:
                self.handshake()
            stamp = "<1@popcheck>" if self.broken("time-stamp-is-the-same") else f"<{time.monotonic_ns()}@popcheck>"
            greeting = f"+OK popcheck's own server {stamp}"
            if self.broken("greeting-is-long"):
                greeting += "x" * 600
            self.send(greeting.encode() + (b"\n" if self.broken("greeting-ends-in-lf") else b"\r\n"))
            while True:
                self.obey(self.read_line())
        except (ConnectionResetError, BrokenPipeError):
            if self.broken("reset-costs-mail") and self.mail and self.last == "UIDL" and not self.retrieved:
                self.mail[-1].path.unlink(missing_ok=True)
            if self.broken("vanishing-deletes-what-was-retrieved") and self.mail:
                for number in self.retrieved:
                    self.mail[number - 1].path.unlink(missing_ok=True)
            if self.broken("reset-commits"):
                self.commit()
        except ssl.SSLEOFError:
            if self.broken("cut-off-commits"):
                self.commit()
        except (Ended, OSError):
            pass
        finally:
            if self.server.holder is self:
                self.server.holder = None
            if not (self.broken("half-closed-stays-open") and self.last == "NOOP"):
                self.socket.close()

    def handshake(self):
        hello = self.socket.recv(4096, socket.MSG_PEEK)
        refused = b"\x08http/1.1" if not self.broken("any-protocol-is-accepted") else None
        if self.broken("protocol-pop3-is-refused"):
            refused = b"\x04pop3"
        if refused and refused in hello:
            self.socket.sendall(b"\x15\x03\x03\x00\x02\x02\x78")  # no_application_protocol
            raise Ended
        self.socket = self.server.context.wrap_socket(self.socket, server_side=True, suppress_ragged_eofs=False)
        self.secure = True

    def send(self, octets):
        self.socket.sendall(octets)

    def ok(self, text=""):
        self.bad = 0
        self.send(b"+OK " + text.encode() + b"\r\n" if text else b"+OK\r\n")

    def err(self, text="no"):
        self.bad += 1
        if self.bad == PATIENCE_WITH_NONSENSE and not self.broken("nonsense-goes-on"):
            raise Ended
        self.send(f"-ERR {text}\r\n".encode())

    def multi(self, text, octets):
        stuffed = re.sub(rb"(?m)^\.", b"..", octets)
        if self.broken("only-single-dots-are-stuffed"):
            stuffed = re.sub(rb"(?m)^\.(?=\r\n)", b"..", octets)
        # Without this the closing dot would be found in the middle.
        self.send(b"+OK " + text.encode() + b"\r\n" + stuffed)
        if self.broken("terminator-is-split"):
            self.send(b".")
            self.send(b"\r\n")
        else:
            self.send(b".\r\n")
        self.bad = 0

    def fill(self):
        more = self.socket.recv(65536)
        if not more:
            raise Ended
        while len(more) > FLOOD and self.broken("a-flood-is-read-to-its-end"):
            self.socket.recv(65536) or self.leave()
        if self.broken("commands-come-in-one-piece") and not more.endswith(b"\n") and len(more) < 4096:
            more = b"?\r\n"
        self.input += more

    def read_line(self, limit=LINE_LIMIT):
        """One line without its end; None when it was too long."""
        size = 0
        while True:
            if self.broken("cr-ends-a-line"):
                self.input = re.sub(rb"\r(?!\n|$)", b"\r\n", self.input)
            end = self.input.find(b"\n")
            if self.broken("lf-does-not-end-a-line") and end >= 0 and self.input[end - 1:end] != b"\r":
                end = -1
            if end >= 0:
                line, self.input = self.input[:end + 1], self.input[end + 1:]
                if self.broken("pipelined-commands-are-lost"):
                    self.input = b""
                size += len(line)
                if size > 100 and limit == LINE_LIMIT and self.broken("lines-over-100-octets-close"):
                    raise Ended
                if size > limit:
                    if self.broken("long-lines-close"):
                        raise Ended
                    return None
                return line.rstrip(b"\r\n")
            if len(self.input) > RESPONSE_LIMIT:
                size += len(self.input)
                self.input = b""
                if size > GIANT and not self.harmful and self.broken("a-giant-line-harms-others"):
                    self.server.deaf, self.harmful = LOGINS_REFUSED, True
            self.fill()

    # Commands

    def obey(self, line):
        if line is None:
            self.err("that line is too long")
            if self.broken("long-lines-get-two-answers"):
                self.err("and what was behind it")
            return
        if b"\0" in line and self.broken("nul-is-ignored"):
            line = line.replace(b"\0", b"")
        keyword, _, rest = line.partition(b" ")
        if any(octet >= 0x80 for octet in keyword) and self.broken("8-bit-closes"):
            raise Ended
        name = keyword.decode("latin-1")
        if not self.broken("keywords-are-case-sensitive"):
            name = name.upper()
        state = "before" if self.mail is None else "after"
        action = getattr(self, f"{state}_{name}" if name.isalnum() else "none", None) or getattr(
            self, f"any_{name}" if name.isalnum() else "none", None)
        if name == "XYZZY" and self.broken("unknown-keyword-is-ok"):
            self.bad += 1
            return self.send(b"+OK\r\n") if self.bad < PATIENCE_WITH_NONSENSE else self.leave()
        if action is None:
            return self.err("no such command here")
        self.last = name
        if self.broken("one-client-at-a-time"):
            with self.server.one_at_a_time:
                return action(rest)
        action(rest)

    def capabilities(self):
        names = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "UTF8 USER", "LANG"]
        if not (self.mail and self.broken("capa-changes-after-login")):
            names.append("EXPIRE NEVER")
        else:
            names.remove("UIDL")
        if self.broken("login-delay-is-not-kept"):
            names.append("LOGIN-DELAY 900")
        if self.secure or not self.broken("clear-login-is-not-listed"):
            names.append("USER")
        names.append("SASL " + " ".join(self.sasl_names()))
        if not self.server.implicit and (not self.secure or self.broken("stls-is-listed-under-tls")):
            names.append("STLS")
        return names

    def sasl_names(self):
        names = ["PLAIN", "LOGIN", "OAUTHBEARER", "SCRAM-SHA-256"]
        bindable = self.secure and (self.socket.version() == "TLSv1.2" or self.broken("exporter-is-not-known")
                                    or self.broken("tls-unique-is-taken"))
        return names + ["SCRAM-SHA-256-PLUS"] if bindable else names

    def any_CAPA(self, _):
        if self.broken("capa-is-unknown"):
            return self.err()
        self.multi("these", "".join(name + "\r\n" for name in self.capabilities()).encode())

    def before_QUIT(self, _):
        self.ok("bye")
        self.leave()

    def leave(self, late=False):
        if self.broken("commands-behind-quit-are-obeyed"):
            while self.input:
                self.obey(self.read_line())
        if self.broken("quit-does-not-close") and self.mail is None or late:
            time.sleep(60)
        if self.secure and not self.broken("close-notify-is-not-sent"):
            self.socket.settimeout(0.2)
            try:
                self.socket.unwrap().close()
            except OSError:
                pass
        raise Ended

    def before_STLS(self, _):
        if self.server.implicit or self.secure:
            return self.ok() if self.broken("stls-under-tls-is-ok") else self.err("TLS is on")
        self.ok("now")
        if not self.broken("plaintext-is-obeyed-under-tls"):
            if self.input:
                raise Ended
        if not self.broken("user-is-remembered-under-tls"):
            self.user = None
        self.handshake()

    def after_STLS(self, _):
        self.ok() if self.broken("stls-after-login-is-ok") else self.err("too late")

    def before_USER(self, name):
        if self.broken("utf-8-names-are-refused") and any(octet >= 0x80 for octet in name):
            return self.err("strange name")
        self.user = name.decode(errors="replace")
        if name.startswith(b"nobody") and self.broken("user-tells-who-exists"):
            return self.err("nobody of that name")
        self.ok("now the password")

    def after_USER(self, _):
        self.ok() if self.broken("user-after-login-is-ok") else self.err("you are in")

    def before_PASS(self, password):
        user, self.user = self.user, None
        if user is None:
            if self.broken("pass-needs-no-user") and password.decode(errors="replace") == PASSWORD:
                return self.log_in()
            return self.err("USER first")
        if user == "temporary":
            return self.err("[AUTH] no" if self.broken("trouble-is-auth") else "[SYS/TEMP] later")
        if user == "permanent":
            return self.err("no" if self.broken("trouble-has-no-code") else "[SYS/PERM] never")
        if self.broken("password-ends-at-a-space"):
            password = password.split(b" ")[0]
        if user == USER and password == PASSWORD.encode():
            if self.broken("login-delay-is-not-said") and self.server.hurried:
                self.server.hurried = False
                return self.err("[LOGIN-DELAY] too soon")
            return self.log_in()
        self.refuse_login(user)

    def refuse_login(self, user=USER):
        if user != USER and self.broken("refusal-tells-who-exists"):
            return self.err("[AUTH] nobody of that name")
        self.err("wrong" if self.broken("refusal-has-no-code") else "[AUTH] wrong")
        if self.broken("refusal-closes"):
            raise Ended

    def log_in(self):
        server = self.server
        with server.lock:
            if server.deaf:
                server.deaf -= 1
                raise Ended
            # A client that comes back at once finds its own session ending.
            for _ in range(100):
                if server.holder is None:
                    break
                time.sleep(0.005)
            else:
                return self.err("busy" if self.broken("in-use-has-no-code") else "[IN-USE] busy")
            server.holder, server.hurried = self, True
            server.logins += 1
            self.mail = server.load()
            if self.broken("sessions-are-short"):
                self.ends_at = time.monotonic() + 0.5
                self.socket.settimeout(0.3)
        self.ok("welcome")

    def before_UTF8(self, _):
        if self.broken("utf8-is-refused"):
            return self.err()
        self.utf8 = True
        self.ok("UTF8")

    def after_UTF8(self, _):
        self.ok() if self.broken("utf8-after-login-is-ok") else self.err("too late")

    def any_LANG(self, wanted):
        if not wanted:
            return self.multi("these", b"en English\r\n")
        known = wanted in (b"en", b"*") or self.broken("any-language-is-ok")
        self.ok() if known else self.err("no such language")

    def before_AUTH(self, rest):
        if not rest:
            if self.broken("bare-auth-is-refused"):
                return self.err()
            names = self.sasl_names()[1:] if self.broken("bare-auth-lacks-one") else self.sasl_names()
            return self.multi("these", "".join(name + "\r\n" for name in names).encode())
        name, _, initial = rest.decode(errors="replace").partition(" ")
        if name not in self.sasl_names():
            return self.err("no such mechanism")
        if initial and self.broken("initial-responses-are-refused"):
            return self.err("one step at a time")
        self.server.sasl.run(self, name, initial or None)

    def response(self, challenge):
        """Sends a challenge; the client's answer, or None when it cancels or sends no base64."""
        form = base64.b64encode(challenge)
        self.send(b"+\r\n" if not form and self.broken("empty-challenge-has-no-space") else b"+ " + form + b"\r\n")
        line = self.read_line(1000 if self.broken("responses-are-short") else RESPONSE_LIMIT)
        if line is None:
            raise Ended
        if line == b"*":
            if self.broken("cancelling-closes"):
                raise Ended
            return None
        try:
            return base64.b64decode(line, validate=True)
        except ValueError:
            if self.broken("bad-base64-closes"):
                raise Ended from None
            return None

    # TRANSACTION

    def number(self, text):
        """The message of that number, unless it is deleted or there is none."""
        digits = text.decode("latin-1")
        if self.broken("plus-is-a-digit"):
            digits = digits.removeprefix("+")
        if self.broken("noise-behind-numbers-is-ignored"):
            digits = re.match(r"\d*", digits).group()
        value = int(digits) if re.fullmatch(r"[0-9]+", digits) else 0
        if self.broken("numbers-wrap"):
            value %= 1 << 32
        if not 1 <= value <= len(self.mail):
            return None, None
        one = self.mail[value - 1]
        return (None, None) if one.deleted and not self.broken("deleted-messages-are-served") else (value, one)

    def here(self):
        return [(number, one) for number, one in enumerate(self.mail, 1) if not one.deleted]

    def size(self, one):
        return one.size + 1 if self.broken("list-is-wrong") else one.size

    def refresh(self):
        if self.broken("new-mail-appears"):
            known = {one.path for one in self.mail}
            self.mail += [one for one in self.server.load() if one.path not in known]

    def after_STAT(self, _):
        self.refresh()
        here = self.here()
        octets = sum(self.size(one) for _, one in here) + (1 if self.broken("stat-adds-wrong") else 0)
        self.ok(f"{len(here)} {octets}")

    def before_STAT(self, _):
        self.ok("0 0") if self.broken("stat-before-login-is-ok") else self.err("log in first")

    def after_LIST(self, rest):
        if not rest:
            if self.broken("big-lists-are-slow") and len(self.mail) >= 10_000:
                time.sleep(1.2)
            text = "".join(f"{number} {self.size(one)}\r\n" for number, one in self.here())
            return self.multi("these", text.encode())
        number, one = self.number(rest)
        if rest == b"0" and self.broken("err-has-no-crlf"):
            return self.send(b"-ERR")
        if number and number in self.retrieved and self.broken("retrieved-messages-are-gone"):
            number = None
        self.ok(f"{number} {self.size(one)}") if number else self.err("no such message")

    def uid(self, one):
        if self.broken("uids-have-spaces"):
            return one.uid.replace(".", " ")
        if self.broken("uids-are-long"):
            return one.uid + "x" * 70
        if self.broken("uids-are-not-ascii"):
            return one.uid + "\u00fc"
        if self.broken("uids-change"):
            return f"{one.uid}.{self.server.logins}"
        if self.broken("uids-are-of-the-text"):
            return hashlib.sha256(one.octets).hexdigest()
        if self.broken("utf8-changes-uids") and self.utf8:
            return "utf8." + one.uid
        return one.uid

    def after_UIDL(self, rest):
        if not rest:
            self.listed = True
            text = "".join(f"{number} {self.uid(one)}\r\n" for number, one in self.here())
            return self.multi("these", text.encode())
        number, one = self.number(rest)
        if not number or (not self.listed and self.broken("one-uid-only-after-all")):
            return self.err("no such message")
        self.ok(f"{number} {one.path}" if self.broken("uidl-of-one-differs") else f"{number} {self.uid(one)}")

    def after_RETR(self, rest):
        number, one = self.number(rest)
        if not number:
            return self.err("no such message")
        self.retrieved.add(number)
        if b"X-Popcheck: utf-8 header" in one.octets and self.broken("utf-8-is-refused-by-retr-alone") and not self.utf8:
            return self.err("[UTF8] say UTF8 first")
        if self.broken("sessions-are-short") and time.monotonic() > self.ends_at:
            raise Ended
        octets = one.octets
        if self.broken("retr-has-no-end") and b"X-Popcheck: no final newline" in octets:
            octets = octets.removesuffix(b"\r\n")
        self.multi(f"{one.size} octets", octets)

    def after_TOP(self, rest):
        parts = rest.split(b" ")
        number, one = self.number(parts[0])
        if len(parts) == 1 and self.broken("top-needs-no-count"):
            parts.append(b"0")
        if not number or len(parts) != 2 or not parts[1].isdigit():
            return self.err("TOP needs a message and a count")
        count = int(parts[1])
        if count == 20 and self.broken("top-20-fails"):
            return self.err()
        if self.broken("top-counts-the-header"):
            count = max(0, count - one.octets.partition(b"\r\n\r\n")[0].count(b"\n"))
        if self.broken("top-sends-a-line-more"):
            count += 1
        self.multi("this", (b"X-Top: yes\r\n" if self.broken("top-has-another-header") else b"") + one.top(count))

    def after_DELE(self, rest):
        number, one = self.number(rest)
        if not number or (one.deleted and not self.broken("dele-twice-is-ok")):
            if not (self.broken("dele-twice-is-ok") and rest.isdigit() and 1 <= int(rest) <= len(self.mail)):
                return self.err("no such message")
            one = self.mail[int(rest) - 1]
        one.deleted = True
        self.ok("marked")

    def after_NOOP(self, _):
        self.noops += 1
        if self.noops == 2 and self.broken("the-second-noop-fails"):
            return self.err()
        if self.noops == 1000 and self.broken("an-answer-is-lost"):
            return
        self.send(b"+OK\n") if self.broken("status-ends-in-lf") else self.ok()

    def after_RSET(self, _):
        for one in self.mail:
            one.deleted = one.deleted and self.broken("rset-takes-nothing-back")
        self.ok()

    def commit(self):
        for _, one in enumerate(self.mail or []):
            if one.deleted:
                one.path.unlink(missing_ok=True)

    def after_QUIT(self, _):
        gone = [one for one in self.mail if one.deleted]
        if gone and self.broken("quit-deletes-nothing"):
            gone = []
        elif gone and self.broken("quit-deletes-one-more"):
            gone = self.mail[-2:]
        elif gone and self.broken("quit-counts-only-when-heard"):
            self.ok("bye")
            time.sleep(0.5)
            self.send(b" ")
        for one in gone:
            one.path.unlink(missing_ok=True)
        if self.server.holder is self:
            self.server.holder = None
        self.ok("bye")
        self.leave(late=self.broken("quit-after-login-does-not-close"))
