"""Upstream servers that must not be believed: refused, with the reason and what to do in the log.

Expired, self-signed, another name, another key than the pinned one, old TLS: nothing is said to them.

The certificates are made here; what answers behind them records whatever it is told.
"""
import poplib
import socket
import ssl
import subprocess
import sys
import threading
import warnings

from support import World, require

LOOPBACK = ("--upstream-network", "127.0.0.0/8")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_certificate(folder, label, name="localhost", expired=False):
    """One that is signed by itself."""
    certificate, key, request = (folder / f"{label}.{kind}" for kind in ("pem", "key", "csr"))
    subject = ("-subj", f"/CN={label}", "-addext", f"subjectAltName=DNS:{name}")
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", *subject, "-keyout", key, "-out", request)
    # `openssl ca` alone can make one whose time is over.
    settings = folder / f"{label}.cnf"
    (folder / f"{label}.index").write_text("")
    settings.write_text(f"[ca]\ndefault_ca = one\n[one]\ndatabase = {folder}/{label}.index\nnew_certs_dir = {folder}\n"
                        "rand_serial = yes\ndefault_md = sha256\npolicy = any\nunique_subject = no\ncopy_extensions = copy\n"
                        "[any]\ncommonName = supplied\n")
    begin, end = ("20200101000000Z", "20200201000000Z") if expired else ("20200101000000Z", "20491231000000Z")
    openssl("ca", "-batch", "-selfsign", "-config", settings, "-keyfile", key, "-in", request, "-startdate", begin, "-enddate", end,
            "-notext", "-out", certificate)
    return certificate, key


class Listener:
    """Speaks TLS and greets as POP3 does; `heard` is what came after a handshake that succeeded."""

    def __init__(self, pair, old=False):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if old:
            self.context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                self.context.minimum_version = ssl.TLSVersion.TLSv1
                self.context.maximum_version = ssl.TLSVersion.TLSv1_1
        self.context.load_cert_chain(*pair)
        self.heard, self.connections = b"", 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.socket.close()

    def serve(self):
        while True:
            try:
                plain, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            try:
                with self.context.wrap_socket(plain, server_side=True) as secure:
                    secure.sendall(b"+OK ready\r\n")
                    while piece := secure.recv(4096):
                        self.heard += piece
                        secure.sendall(b"-ERR no\r\n")
            except OSError:
                pass


def answer_to_login(world, pair, *settings, old=False):
    """What the client is told, what the log says, and what the other server heard."""
    with Listener(pair, old) as server:
        file = world.folder / "posternd.toml"
        file.write_text("\n".join(["[[upstream]]", f'url = "pop3s://localhost:{server.port}"', *settings, ""]))
        world.start("--config", file, *LOOPBACK, maildir="")
        said = ""
        try:
            world.login().close()
        except poplib.error_proto as error:
            said = str(error)
        log = world.stop()
        require(server.connections > 0, "it was tried")
        return said, log, server.heard


def is_refused(world, what, pair, settings, reason, way_out, old=False):
    said, log, heard = answer_to_login(world, pair, *settings, old=old)
    require("[SYS/PERM]" in said, f"{what}: the login is refused: {said!r}")
    require(not heard, f"{what}: nothing is said to it, above all no password: {heard!r}")
    failures = [line for line in log.splitlines() if " login-failed " in line]
    require(len(failures) == 1, f"{what}: one line says why: {log[-1500:]}")
    for wanted in (reason, way_out):
        require(wanted in failures[0], f"{what}: the log lacks '{wanted}': {failures[0]}")
    print(f"ok {what}")


def trusting(pair):
    return [f'tls_authorities = "{pair[0]}"']


def a_sound_certificate_is_believed(world):
    pair = make_certificate(world.folder, "sound")
    _, _, heard = answer_to_login(world, pair, *trusting(pair))
    require(heard, "whom we trust is spoken to: the other cases can fail")


def expired(world):
    pair = make_certificate(world.folder, "expired", expired=True)
    is_refused(world, "expired", pair, trusting(pair), "expired on 2020-02-01", "must renew it")


def self_signed(world):
    pair = make_certificate(world.folder, "alone")
    is_refused(world, "self-signed", pair, [], "signed by nobody but itself", "name that in tls_authorities")


def wrong_name(world):
    pair = make_certificate(world.folder, "elsewhere", name="elsewhere.test")
    is_refused(world, "wrong name", pair, trusting(pair), "is for elsewhere.test", "use the name that it is for")


def another_key_than_the_pinned(world):
    pair = make_certificate(world.folder, "pinned")
    pin = f'tls_pin = "{"0" * 64}"'
    is_refused(world, "pin", pair, [*trusting(pair), pin], "is not the one that was pinned", "change tls_pin")


def old_tls(world):
    pair = make_certificate(world.folder, "old")
    is_refused(world, "old TLS", pair, trusting(pair), "speaks only versions of TLS that are too old",
               "must allow TLS 1.2 or 1.3", old=True)


def main(programs):
    for case in (a_sound_certificate_is_believed, expired, self_signed, wrong_name, another_key_than_the_pinned, old_tls):
        with World(programs) as world:
            case(world)


if __name__ == "__main__":
    main(sys.argv[1])
