"""popcheck finds a server healthy that is, and of each broken promise exactly the statements that it breaks.

Every statement that can fail has a fault here, and the test fails when one has none. Given names of
faults as further arguments, it tries these alone.
"""
import collections
import concurrent.futures
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml

from pop3_server import PASSWORD, USER, Pop3Server
from support import require

CHAOS = [f"C{number}" for number in range(1, 9)]
# Fault: how to connect, and the statements that fail; whole runs leave the chaos modes out.
Fault = collections.namedtuple("Fault", "name flag fails")
CLEAR, STLS, TLS = None, "--stls", "--tls"
FAULTS = [Fault(name, flag, fails.split()) for name, flag, fails in [
    ("greeting-ends-in-lf", CLEAR, "1"),
    ("greeting-is-long", CLEAR, "1"),
    ("status-ends-in-lf", CLEAR, "2"),
    ("err-has-no-crlf", CLEAR, "2"),
    ("keywords-are-case-sensitive", CLEAR, "4a"),
    ("unknown-keyword-is-ok", CLEAR, "4b"),
    ("lines-over-100-octets-close", CLEAR, "5a 5b"),
    ("long-lines-close", CLEAR, "5b"),
    ("long-lines-get-two-answers", CLEAR, "5b"),
    ("lf-does-not-end-a-line", CLEAR, "7a"),
    ("cr-ends-a-line", CLEAR, "7b"),
    ("commands-come-in-one-piece", CLEAR, "8"),
    ("nul-is-ignored", CLEAR, "9a"),
    ("8-bit-closes", CLEAR, "9b"),
    ("password-ends-at-a-space", CLEAR, "10"),
    ("plus-is-a-digit", CLEAR, "11a"),
    ("numbers-wrap", CLEAR, "11b"),
    ("noise-behind-numbers-is-ignored", CLEAR, "11c"),
    ("nonsense-goes-on", CLEAR, "12"),
    ("terminator-is-split", TLS, "13"),
    ("vanishing-deletes-what-was-retrieved", CLEAR, "15"),
    ("pass-needs-no-user", CLEAR, "16 33"),
    ("user-tells-who-exists", CLEAR, "17a"),
    ("refusal-tells-who-exists", CLEAR, "17b"),
    ("refusal-has-no-code", CLEAR, "18a 105"),
    ("refusal-closes", CLEAR, "18b 49 52"),
    ("trouble-is-auth", CLEAR, "19"),
    ("trouble-has-no-code", CLEAR, "20"),
    ("in-use-has-no-code", CLEAR, "21"),
    ("login-delay-is-not-kept", CLEAR, "22"),
    ("login-delay-is-not-said", CLEAR, "21 22"),
    ("clear-login-is-not-listed", STLS, "23"),
    ("time-stamp-is-the-same", CLEAR, "24"),
    ("user-after-login-is-ok", CLEAR, "25"),
    ("stat-before-login-is-ok", CLEAR, "26a"),
    ("quit-does-not-close", CLEAR, "27"),
    ("capa-is-unknown", CLEAR, "28a"),
    ("capa-changes-after-login", CLEAR, "28b"),
    ("stls-is-listed-under-tls", STLS, "29"),
    ("tls-1.1-is-spoken", TLS, "31a"),
    ("tls-1.2-is-not-spoken", TLS, "31b"),
    ("plaintext-is-obeyed-under-tls", STLS, "32"),
    ("user-is-remembered-under-tls", STLS, "33"),
    ("stls-under-tls-is-ok", TLS, "34a"),
    ("stls-after-login-is-ok", CLEAR, "34b"),
    ("protocol-pop3-is-refused", TLS, "37a 37b"),
    ("any-protocol-is-accepted", TLS, "37b"),
    ("unknown-names-are-refused", TLS, "38a"),
    ("one-certificate-for-all-names", TLS, "38b"),
    ("close-notify-is-not-sent", TLS, "39"),
    ("empty-challenge-has-no-space", CLEAR, "41"),
    ("initial-responses-are-refused", CLEAR, "43"),
    ("cancelling-closes", CLEAR, "46"),
    ("bad-base64-closes", CLEAR, "47"),
    ("bare-auth-is-refused", CLEAR, "48"),
    ("bare-auth-lacks-one", CLEAR, "48"),
    ("anyone-may-act-for-another", CLEAR, "49"),
    ("login-asks-otherwise", CLEAR, "50"),
    ("responses-are-short", CLEAR, "52"),
    ("nonce-is-not-ours", CLEAR, "53a"),
    ("few-rounds", CLEAR, "53a"),
    ("server-does-not-sign", CLEAR, "53a"),
    ("signature-is-wrong", CLEAR, "53a"),
    ("any-proof-is-good", CLEAR, "53b"),
    ("any-nonce-is-good", CLEAR, "53c"),
    ("downgrades-are-accepted", TLS, "53d"),
    ("exporter-is-not-known", TLS, "54a"),
    ("end-point-is-another", TLS, "54b"),
    ("any-binding-is-good", TLS, "54c"),
    ("tls-unique-is-taken", TLS, "54a 54d"),
    ("tokens-are-refused-at-once", CLEAR, "55"),
    ("token-refusal-has-no-code", CLEAR, "55"),
    ("stat-adds-wrong", CLEAR, "57"),
    ("list-is-wrong", CLEAR, "58"),
    ("uidl-of-one-differs", CLEAR, "61"),
    ("uids-have-spaces", CLEAR, "62"),
    ("uids-are-long", CLEAR, "62"),
    ("uids-are-not-ascii", CLEAR, "62"),
    ("uids-change", CLEAR, "15 62 85 89 101 104"),
    ("uids-are-of-the-text", CLEAR, "63"),
    ("new-mail-appears", CLEAR, "67"),
    ("big-lists-are-slow", CLEAR, "70"),
    ("deleted-messages-are-served", CLEAR, "71"),
    ("retrieved-messages-are-gone", CLEAR, "72 104"),
    ("only-single-dots-are-stuffed", CLEAR, "58 73"),
    ("bare-lf-is-kept", CLEAR, "74 79b"),
    ("retr-has-no-end", CLEAR, "58 74"),
    ("nul-is-dropped", CLEAR, "75"),
    ("long-lines-are-cut", CLEAR, "76"),
    ("header-only-gets-a-body", CLEAR, "77"),
    ("empty-body-is-filled", CLEAR, "78"),
    ("top-needs-no-count", CLEAR, "79a"),
    ("top-counts-the-header", CLEAR, "79b"),
    ("top-sends-a-line-more", CLEAR, "79b"),
    ("top-has-another-header", CLEAR, "80"),
    ("dele-twice-is-ok", CLEAR, "84"),
    ("reset-commits", CLEAR, "85"),
    ("rset-takes-nothing-back", CLEAR, "84 85 86"),
    ("the-second-noop-fails", CLEAR, "87"),
    ("quit-deletes-nothing", CLEAR, "89 101"),
    ("quit-deletes-one-more", CLEAR, "89 101"),
    ("commands-behind-quit-are-obeyed", CLEAR, "91"),
    ("sessions-are-short", CLEAR, "94 95"),
    ("pipelined-commands-are-lost", CLEAR, "99 101"),
    ("quit-counts-only-when-heard", CLEAR, "101"),
    ("utf8-is-refused", CLEAR, "103a 105"),
    ("utf8-after-login-is-ok", CLEAR, "103b"),
    ("utf-8-is-refused-by-retr-alone", CLEAR, "104"),
    ("utf8-changes-uids", CLEAR, "104"),
    ("utf-8-names-are-refused", CLEAR, "105"),
    ("any-language-is-ok", CLEAR, "106"),
    ("label-has-a-long-line", CLEAR, "112"),
    ("label-is-not-ascii", CLEAR, "112"),
    ("forged-fields-stay", CLEAR, "113"),
    ("header-is-unfolded", CLEAR, "114"),
    ("octets-differ-each-time", CLEAR, "80 117"),
    ("top-20-fails", CLEAR, "119"),
    ("quit-after-login-does-not-close", CLEAR, "120"),
    ("one-uid-only-after-all", CLEAR, "124"),
    ("commands-come-in-one-piece", CLEAR, "C1"),
    ("one-client-at-a-time", CLEAR, "C2"),
    ("half-closed-stays-open", CLEAR, "C3"),
    ("reset-costs-mail", CLEAR, "C4"),
    ("a-giant-line-harms-others", CLEAR, "C5"),
    ("an-answer-is-lost", CLEAR, "C6"),
    ("cut-off-commits", TLS, "C7"),
    ("a-flood-is-read-to-its-end", CLEAR, "C8"),
]]
# These say something of one statement alone, since they need much mail or depend on time.
ALONE = ("big-lists-are-slow", "sessions-are-short")


class Bench:
    """Runs popcheck against servers of its own, each with a maildrop of its own."""

    def __init__(self, programs, folder):
        self.popcheck, self.folder = pathlib.Path(programs) / "popcheck", folder
        (folder / "password").write_text(PASSWORD + "\n")
        subprocess.run([self.popcheck, "--fixture", folder / "fixture"], check=True)
        self.certificates = [self.make_certificate("default.example"), self.make_certificate("other.example")]

    def make_certificate(self, name):
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.crt"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", certificate],
                       check=True, capture_output=True)
        both = self.folder / f"{name}.pem"
        both.write_text(key.read_text() + certificate.read_text())
        return both

    def maildir(self, name, fault):
        path = self.folder / name
        shutil.copytree(self.folder / "fixture", path)
        if fault and fault.name != "long-lines-are-cut":
            # What is true of 100 kB is true of 10 MB, and quicker to see. Without it 76 fails.
            for large in (path / "new").iterdir():
                if large.stat().st_size > 1_000_000 and fault.fails[0][0] != "C":
                    large.write_bytes(b"X-Popcheck: line of 10 MB\r\nsmall: yes\n\nx\n")
        if fault and fault.name == "big-lists-are-slow":
            for number in range(10_000):
                (path / "new" / f"2{number:09}.P1").write_bytes(b"From: a@example.org\n\nx\n")
        return path

    def run(self, name, flag=None, fault=None, more=()):
        """The results of a run: statement -> "pass", "fail" or "n/a"."""
        maildir = self.maildir(name, fault)
        (self.folder / f"{name}.eml").write_bytes(b"From: a@example.org\n\nnew\n")
        server = Pop3Server(maildir, self.certificates, [fault.name] if fault else [], implicit=flag == TLS)
        junit = self.folder / f"{name}.xml"
        command = [self.popcheck, "--port", server.port, "--user", USER, "--pass-file", self.folder / "password", "--destructive",
                   "--temporary-trouble", "temporary", "--permanent-trouble", "permanent",
                   "--server-name", "other.example", "default.example",
                   "--deliver", f"cp '{self.folder / name}.eml' '{maildir / 'new' / '8000000000.P1'}'",
                   "--junit", junit, *([flag] if flag else []), *more]
        ran = subprocess.run(list(map(str, command)), capture_output=True, timeout=300)
        server.close()
        shutil.rmtree(maildir)
        output = (ran.stdout + ran.stderr).decode(errors="replace")
        require(ran.returncode in (0, 1) and junit.exists(), f"{name}: popcheck ended with {ran.returncode}: {output}")
        results = {}
        for case in xml.parse(junit).getroot():
            kinds = [child.tag for child in case]
            results[case.get("name").split()[0]] = {"failure": "fail", "skipped": "n/a"}.get(kinds[0] if kinds else "", "pass")
        return results, output


def check_healthy(bench, pool):
    """Nothing fails, and together the three ways to connect leave nothing untried."""
    ways = (("clear", CLEAR), ("stls", STLS), ("tls", TLS))
    tried, known = set(), set()
    for results, output in pool.map(lambda way: bench.run(*way, more=["--chaos", "--idle", "1"]), ways):
        require("fail" not in results.values(), output)
        tried |= {statement for statement, result in results.items() if result == "pass"}
        known |= set(results)
    # The server has no 10,000 messages, and no TLS 1.3.
    require(known - tried == {"70", "54a", "54d"}, f"not tried: {known - tried}")
    return known


def check_fault(bench, number, fault):
    chaotic = fault.fails[0][0] == "C"
    only = CHAOS if chaotic else fault.fails if fault.name in ALONE else []
    more = ["--patience", "6", *(["--only", *only, "--idle", "1"] if only else [])]
    results, output = bench.run(f"{number}-{fault.name}", fault.flag, fault, more)
    failed = sorted(statement for statement, result in results.items() if result == "fail")
    wanted = sorted(fault.fails if fault.name == "long-lines-are-cut" or chaotic or only else [*fault.fails, "76"])
    if failed == wanted:
        return None
    lines = "".join(line + "\n" for line in output.splitlines() if line.startswith("FAIL"))
    return f"{fault.name}: wanted {wanted}, failed {failed}:\n{lines}"


def main():
    chosen = [fault for fault in FAULTS if not sys.argv[2:] or fault.name in sys.argv[2:]]
    with tempfile.TemporaryDirectory(prefix="popcheck-faults-") as folder:
        bench = Bench(sys.argv[1], pathlib.Path(folder))
        # Mostly they wait.
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            if chosen == FAULTS:
                statements = check_healthy(bench, pool)
                print(f"ok healthy: {len(statements)} statements", flush=True)
                without = statements - {statement for fault in FAULTS for statement in fault.fails}
                require(not without, f"these statements have no fault that shows that they can fail: {sorted(without)}")
            wrong = [text for text in pool.map(lambda one: check_fault(bench, *one), enumerate(chosen)) if text]
        require(not wrong, "\n".join(wrong))
        print(f"ok {len(chosen)} faults")


if __name__ == "__main__":
    main()
