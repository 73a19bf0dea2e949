"""TLS from the first octet and by STLS: real clients, openssl s_client, and attackers."""
import contextlib
import json
import os
import pathlib
import poplib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys

from clients_test import check_delivered, client_maildir, delivery_script, run, well_formed
from support import LABEL, World, demo_mail, original, require, retrieve, varied_mail, wait_for, wire

GREETING = b"+OK Postern ready\r\n"


def authority(world):
    return world.state / "keys/ca.pem"


def trusting(world, **options):
    context = ssl.create_default_context(cafile=authority(world))
    for name, value in options.items():
        setattr(context, name, value)
    return context


def secure_login(world, user="u", **options):
    client = poplib.POP3_SSL("localhost", world.tls_port, timeout=60, context=trusting(world, **options))
    client.user(user)
    client.pass_("secret")
    return client


def s_client(world, *arguments, port=None, input=b"QUIT\r\n"):
    """What openssl says of a session; it always trusts our authority and names the server."""
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port or world.tls_port}", "-CAfile", authority(world),
               "-verify_return_error", "-ign_eof", *arguments]
    done = subprocess.run(list(map(str, command)), input=input, capture_output=True, timeout=60)
    return (done.stdout + done.stderr).decode(errors="replace")


def check_poplib(world, stored):
    for newest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
        client = secure_login(world, maximum_version=newest)
        sizes = [int(line.split()[1]) for line in client.list()[1]]
        for number, message in enumerate(stored, 1):
            delivered = retrieve(client, number)
            require(len(delivered) == sizes[number - 1] == len(wire(message)) + LABEL, f"size of message {number}")
            require(original(delivered) == wire(message), f"message {number}")
        require("STLS" not in client.capa(), "no STLS under TLS")
        client.quit()


def check_stls(world, stored):
    client = poplib.POP3("localhost", world.port, timeout=60)
    before = client.capa()
    require("STLS" in before, f"CAPA offers STLS: {before}")
    client.user("u")
    client.stls(trusting(world))
    after = client.capa()
    require("STLS" not in after and "USER" in after, f"CAPA under TLS: {after}")
    with contextlib.suppress(poplib.error_proto):
        client.pass_("secret")
        require(False, "the name that was given in the clear is forgotten")
    client.user("u")
    client.pass_("secret")
    require(original(retrieve(client, 1)) == wire(stored[0]), "message 1")
    client.quit()


def check_curl(world, stored):
    trust = ["--cacert", authority(world), "--user", "u:secret"]
    for number, message in enumerate(stored, 1):
        for url, flags in ((f"pop3s://localhost:{world.tls_port}", []), (f"pop3://localhost:{world.port}", ["--ssl-reqd"])):
            require(original(run(["curl", "-sS", *trust, *flags, f"{url}/{number}"])) == wire(message), f"{url}: {number}")
    for name in ("127.0.0.1", "localhost"):
        run(["curl", "-sS", *trust, f"pop3s://{name}:{world.tls_port}/"])
    refused = subprocess.run(["curl", "-sS", "--user", "u:secret", f"pop3s://localhost:{world.tls_port}/"], capture_output=True)
    require(refused.returncode == 60, f"curl does not trust us unasked: {refused}")


def check_mpop(world, stored):
    for name, flags in (("tls", [f"--port={world.tls_port}", "--tls-starttls=off"]),
                        ("stls", [f"--port={world.port}", "--tls-starttls=on"])):
        folder = client_maildir(world, f"mpop-{name}")
        run(["mpop", "--host=localhost", "--user=u", "--passwordeval=echo secret", "--auth=user", "--tls=on",
             f"--tls-trust-file={authority(world)}", *flags, "--keep=on", f"--delivery=maildir,{folder}",
             f"--uidls-file={folder}/uidls", "--received-header=off"], env={"HOME": str(world.folder), "PATH": "/usr/bin:/bin"})
        check_delivered("mpop", folder, stored)


def check_fetchmail(world, stored):
    for name, port, how in (("tls", world.tls_port, "ssl"), ("stls", world.port, 'sslproto "tls1.2+"')):
        folder = client_maildir(world, f"fetchmail-{name}")
        script = delivery_script(folder)
        config = folder / "fetchmailrc"
        config.write_text(f'poll localhost protocol pop3 port {port} user "whole" password "secret" no rewrite fetchall keep '
                          f'{how} sslcertck sslcertfile {authority(world)} mda "{script}"\n')
        config.chmod(0o600)
        run(["fetchmail", "-f", config, "--pidfile", folder / "fetchmail.pid", "--invisible", "--silent"],
            env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "USER": "u"})
        check_delivered("fetchmail", folder, stored)


def check_openssl(world):
    for port, how in ((world.tls_port, []), (world.port, ["-starttls", "pop3"])):
        text = s_client(world, *how, "-servername", "localhost", "-verify_hostname", "localhost", "-alpn", "pop3", port=port)
        for wanted in ("Verify return code: 0 (ok)", "New, TLSv1.3, Cipher is TLS_AES_", "ALPN protocol: pop3", "+OK bye"):
            require(wanted in text, f"s_client {how}: no '{wanted}' in {text}")
        text = s_client(world, *how, "-tls1_2", port=port)
        require("TLSv1.2" in text and "ECDHE-ECDSA-AES128-GCM-SHA256" in text and "+OK bye" in text, text)
        require("Secure Renegotiation IS supported" in text and "Compression: NONE" in text, text)
        for old in ("-tls1", "-tls1_1"):
            text = s_client(world, *how, old, "-cipher", "ALL:@SECLEVEL=0", port=port)
            require("Cipher is (NONE)" in text, f"{old}: {text}")
        text = s_client(world, *how, "-alpn", "http/1.1", port=port)
        require("no application protocol" in text, f"a foreign ALPN: {text}")
        for version in ("-tls1_2", "-tls1_3"):
            ticket = world.folder / f"ticket{port}{version}"
            text = s_client(world, *how, version, "-sess_out", ticket, port=port)
            require("\nNew, " in text, f"the first is new: {text}")
            text = s_client(world, *how, version, "-sess_in", ticket, port=port)
            require("\nReused, " in text and "+OK bye" in text, f"the second is resumed: {text}")


def raw(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def receive_all(connection):
    text = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while piece := connection.recv(4096):
            text += piece
    return text


def check_injection(world):
    """Commands smuggled in behind STLS are never answered, neither in the clear nor under TLS."""
    with raw(world.port) as client:
        client.sendall(b"STLS\r\nUSER eve\r\nCAPA\r\n")
        text = receive_all(client)
        require(text.startswith(GREETING + b"-ERR") and text.count(b"\r\n") == 2, f"in one segment: {text}")
    with raw(world.port) as client:
        require(client.recv(100) == GREETING, "greeting")
        client.sendall(b"STLS\r\n")
        require(client.recv(100).startswith(b"+OK"), "STLS")
        client.sendall(b"CAPA\r\nUSER eve\r\n")
        text = receive_all(client)
        require(b"+OK" not in text and b"TOP" not in text, f"in a segment of their own: {text}")
    with raw(world.tls_port) as client:
        client.sendall(b"USER u\r\nPASS secret\r\n")
        require(b"+OK" not in receive_all(client), "no answer in the clear on the TLS port")
    log = world.log.read_text()
    require(log.count(" tls-failed ") >= 2 and "login-failed" not in log, log[-2000:])


def messages_left(world, user):
    return len([path for part in ("new", "cur") for path in (world.folder / "mail" / user / part).iterdir()])


def check_truncation(world):
    """A connection that is cut off without close_notify deletes nothing, wherever it is cut."""
    dialogue = b"USER t\r\nPASS secret\r\nRETR 1\r\nDELE 1\r\nNOOP\r\nQUIT\r\n"
    world.add_user("t")
    world.deliver("t", [b"Subject: x\n\ntext\n"])
    context = trusting(world)
    for end in list(range(1, len(dialogue) - 1, 5)) + [len(dialogue) - 2, len(dialogue) - 1]:
        client = context.wrap_socket(raw(world.tls_port), server_hostname="localhost")
        client.sendall(dialogue[:end])
        os.close(client.detach())  # no unwrap(): a FIN, or a reset, of which anybody is capable
    wait_for(lambda: world.log.read_text().count("session-begin") == world.log.read_text().count("session-end"), "the ends")
    require(messages_left(world, "t") == 1, "nothing is deleted")
    client = secure_login(world, "t")
    client.dele(1)
    client.quit()
    require(messages_left(world, "t") == 0, "QUIT deletes")


def check_proxy(world):
    """Behind a trusted proxy the client's own address counts: for the log, and for passwords in the clear."""
    world.start("--pop3s", "127.0.0.1:0", "--trusted-proxy", "127.0.0.0/8")
    version_2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11"
    addresses = socket.inet_aton("192.0.2.9") + socket.inet_aton("192.0.2.2") + b"\x16\x2e\0\x6e"
    by_tls = addresses + b"\x20\0\x05\x01\0\0\0\0"
    for header, user_allowed in ((b"PROXY TCP4 192.0.2.9 192.0.2.2 5678 110\r\n", False), (b"PROXY TCP4 127.0.0.1 127.0.0.1 5678 110\r\n", True),
                                 (b"PROXY UNKNOWN\r\n", True), (version_2 + b"\0\x0c" + addresses, False),
                                 (version_2 + b"\0\x14" + by_tls, True)):
        with raw(world.port) as client:
            client.sendall(header + b"USER u\r\nQUIT\r\n")
            text = receive_all(client)
            require(text.startswith(GREETING + (b"+OK" if user_allowed else b"-ERR [SYS/PERM]")), f"{header}: {text}")
    with raw(world.tls_port) as plain:
        plain.sendall(b"PROXY TCP6 2001:db8::7 ::1 5678 995\r\n")
        client = trusting(world).wrap_socket(plain, server_hostname="localhost")
        client.sendall(b"USER u\r\nPASS secret\r\nQUIT\r\n")
        require(receive_all(client).count(b"+OK") == 4, "a login behind a proxy")
    with raw(world.port) as client:
        client.sendall(b"USER u\r\nPASS secret\r\n")
        require(receive_all(client) == b"", "no header, no service")
    log = world.log.read_text()
    require("peer=192.0.2.9:5678" in log and "peer=[2001:db8::7]:5678" in log and " proxy-failed " in log, log[-2000:])
    world.stop()


def check_end_is_said(world):
    client = trusting(world, ).wrap_socket(raw(world.tls_port), server_hostname="localhost", suppress_ragged_eofs=False)
    client.sendall(b"QUIT\r\n")
    text = b""
    while piece := client.recv(4096):  # raises when close_notify is missing
        text += piece
    require(text.endswith(b"+OK bye\r\n"), f"{text}")


def check_reload(world):
    """New certificates are served after SIGHUP; sessions under way go on; tickets can still be resumed."""
    before = secure_login(world)
    old = before.sock.getpeercert(True)
    world.postern("tls", "init", "--force", "--state", world.state, "--name", "mail.test")
    world.server.send_signal(signal.SIGHUP)
    wait_for(lambda: world.log.read_text().count(" certificate name=") == 2, "the new certificate")
    require(before.noop().startswith(b"+OK"), "the session goes on")
    after = secure_login(world, "whole")
    require(after.sock.getpeercert(True) != old, "another certificate")
    before.quit()
    after.quit()
    shown = json.loads(world.postern("tls", "show", "--json", "--state", world.state))
    require("mail.test" in shown["certificate"]["names"], f"{shown}")
    require(shown["authority"]["sha256"] in world.postern("tls", "trust", "--state", world.state), "the fingerprint to compare")
    # Files that cannot be used change nothing.
    key = world.state / "keys/ca.key"
    good = key.read_bytes()
    (world.state / "keys/server.pem").unlink()
    key.write_bytes(b"damaged")
    world.server.send_signal(signal.SIGHUP)
    wait_for(lambda: "tls-reload-failed" in world.log.read_text(), "the failure in the log")
    secure_login(world).quit()
    key.write_bytes(good)
    world.server.send_signal(signal.SIGHUP)
    wait_for(lambda: world.log.read_text().count(" certificate name=") == 3, "the mended certificate")
    secure_login(world).quit()


def openssl(*arguments):
    run(["openssl", *arguments])


def make_certificate(folder, name, issuer=None, extensions="subjectAltName=DNS:{0}", days=2):
    """FOLDER/NAME.pem and .key, signed by itself or by another one."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    signer = ["-CA", folder / f"{issuer}.pem", "-CAkey", folder / f"{issuer}.key"] if issuer else []
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", f"/CN={name}",
            *(part for line in extensions.format(name).split("\n") for part in ("-addext", line)), *signer, "-keyout", key, "-out", certificate)
    key.chmod(0o600)
    return certificate, key


def check_configured_certificates(world):
    """Several certificates by name, an RSA one among them; client certificates; no password in the clear."""
    folder = world.folder
    one = make_certificate(folder, "one.test")
    two = folder / "two.pem"
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=two.test", "-addext", "subjectAltName=DNS:*.two.test",
            "-keyout", folder / "two.key", "-out", two)
    (folder / "two.key").chmod(0o600)
    make_certificate(folder, "clients", extensions="keyUsage=keyCertSign")
    anna = make_certificate(folder, "anna", "clients", "extendedKeyUsage=clientAuth")
    eve = make_certificate(folder, "eve", extensions="extendedKeyUsage=clientAuth")
    world.start("--pop3s", "127.0.0.1:0", "--tls-certificate", one[0], "--tls-certificate", two, "--tls-key", one[1],
                "--tls-key", folder / "two.key", "--clear-text-login", "never", "--tls-client-authorities", folder / "clients.pem")
    for name, wanted in (("one.test", "one.test"), ("mail.two.test", "two.test"), ("other.test", "one.test"), ("a.b.two.test", "one.test")):
        text = s_client(world, "-servername", name, "-CAfile", folder / f"{'two' if wanted == 'two.test' else wanted}.pem")
        require(f"subject=CN = {wanted}" in text and "+OK bye" in text, f"{name}: {text}")
    text = s_client(world, "-servername", "mail.two.test", "-CAfile", two, "-tls1_2")
    require("ECDHE-RSA-AES128-GCM-SHA256" in text, f"RSA: {text}")
    for cert, key, well in ((*anna, True), (*eve, False)):
        text = s_client(world, "-CAfile", one[0], "-cert", cert, "-key", key)
        require(("+OK bye" in text) == well, f"client certificate {cert}: {text}")
    client = poplib.POP3("127.0.0.1", world.port, timeout=60)
    require("USER" not in client.capa() and "STLS" in client.capa(), "no USER in the clear")
    try:
        client.user("u")
        require(False, "USER in the clear is refused")
    except poplib.error_proto as refused:
        require(b"[SYS/PERM]" in refused.args[0], f"{refused}")
    client.stls(ssl._create_unverified_context())
    client.user("u")
    client.pass_("secret")
    client.quit()
    world.stop()


def main():
    missing = [name for name in ("openssl", "curl", "mpop", "fetchmail") if not shutil.which(name)]
    require(not missing, f"install the Debian packages {' '.join(missing)} (tools/packages.txt lists them)")
    with World(sys.argv[1]) as world:
        stored = varied_mail() + demo_mail()[::16]
        whole = [message for message in stored if well_formed(message)]
        for user, mail in (("u", stored), ("whole", whole)):
            world.add_user(user)
            world.deliver(user, mail)
        world.start("--pop3s", "127.0.0.1:0")
        for check in (check_poplib, check_stls, check_curl, check_mpop):
            check(world, stored)
            print(f"ok {check.__name__}")
        check_fetchmail(world, whole)
        print("ok check_fetchmail")
        for check in (check_openssl, check_injection, check_end_is_said, check_truncation, check_reload):
            check(world)
            print(f"ok {check.__name__}")
        world.stop()
        for check in (check_configured_certificates, check_proxy):
            check(world)
            print(f"ok {check.__name__}")


if __name__ == "__main__":
    main()
