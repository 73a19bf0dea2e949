"""Every way to log in that real clients offer; app passwords, another server's users, guessing and bans."""
import base64
import contextlib
import hashlib
import hmac
import poplib
import shutil
import ssl
import subprocess
import sys

from clients_test import check_delivered, client_maildir, delivery_script, run, run_getmail, well_formed
from support import World, demo_mail, original, require, retrieve, wire
from tls_test import authority, make_certificate, raw, receive_all, trusting

PROGRAMS = {"curl": "curl", "mpop": "mpop", "fetchmail": "fetchmail", "getmail": "getmail6", "perl": "perl"}
PERL = r"""
use strict; use Net::POP3; use Mail::POP3Client; use Authen::SASL;
my ($client, $way, $port, $user) = @ARGV;
if ($client eq 'Net::POP3') {
  my $pop = Net::POP3->new('127.0.0.1', Port => $port, Timeout => 30) or die 'no connection';
  my $count = $way eq 'USER' ? $pop->login($user, 'secret') : $way eq 'APOP' ? $pop->apop($user, 'secret')
    : $pop->auth(Authen::SASL->new(mechanism => $way, callback => {user => $user, authname => '', pass => 'secret'}));
  defined $count or die "$way: " . $pop->message;
  print join '', @{$pop->get(1)};
  $pop->quit;
} else {
  my $pop = Mail::POP3Client->new(HOST => '127.0.0.1', PORT => $port, USER => $user, PASSWORD => 'secret', AUTH_MODE => $way);
  $pop->Count >= 1 or die "$way: " . $pop->Message;
  print $pop->HeadAndBody(1);
  $pop->Close;
}
"""


def capabilities(world, secure=False):
    client = poplib.POP3_SSL("localhost", world.tls_port, context=trusting(world), timeout=60) if secure else \
        poplib.POP3("127.0.0.1", world.port, timeout=60)
    found = client.capa()
    client.quit()
    return found


def answers(world, *lines, secure=None, port=None):
    """What the server says to these lines, one answer awaited after the other."""
    plain = raw(port or (world.tls_port if secure else world.port))
    with plain if secure is None else secure.wrap_socket(plain, server_hostname="localhost") as client:
        stream = client.makefile("rwb")
        said = [stream.readline().decode()]
        for line in lines:
            stream.write((line(said) if callable(line) else line).encode() + b"\r\n")
            stream.flush()
            said.append(stream.readline().decode())
        return said


def encoded(octets):
    return base64.b64encode(octets if isinstance(octets, bytes) else octets.encode()).decode()


def challenge(reply):
    require(reply.startswith("+ "), f"a challenge: {reply!r}")
    return base64.b64decode(reply[2:])


def check_curl(world, message):
    for way in ("AUTH=PLAIN", "AUTH=LOGIN", "AUTH=CRAM-MD5", "AUTH=+APOP"):
        for extra, url in (([], f"pop3://127.0.0.1:{world.port}/1"),
                           (["--cacert", authority(world)], f"pop3s://localhost:{world.tls_port}/1"),
                           (["--sasl-ir"], f"pop3://127.0.0.1:{world.port}/1")):
            got = run(["curl", "-sS", "--user", "tim:secret", "--login-options", way, *extra, url])
            require(original(got) == wire(message), f"curl {way} {extra}")


def check_mpop(world, message):
    for number, way in enumerate(("user", "plain", "login", "apop", "cram-md5", "scram-sha-1", "scram-sha-256")):
        folder = client_maildir(world, f"mpop-{number}")
        run(["mpop", "--host=127.0.0.1", f"--port={world.port}", "--user=tim", "--passwordeval=echo secret", f"--auth={way}",
             "--tls=off", "--keep=on", f"--delivery=maildir,{folder}", f"--uidls-file={folder}/uidls", "--received-header=off"],
            env={"HOME": str(world.folder), "PATH": "/usr/bin:/bin"})
        check_delivered(f"mpop {way}", folder, [message])


def check_fetchmail(world, message):
    for number, (protocol, way) in enumerate((("pop3", "password"), ("pop3", "cram-md5"), ("pop3", "any"), ("apop", "any"))):
        folder = client_maildir(world, f"fetchmail-{number}")
        config = folder / "fetchmailrc"
        config.write_text(f'poll 127.0.0.1 protocol {protocol} port {world.port} auth {way} user "tim" password "secret" no rewrite '
                          f'fetchall keep sslproto "" mda "{delivery_script(folder)}"\n')
        config.chmod(0o600)
        run(["fetchmail", "-f", config, "--pidfile", folder / "fetchmail.pid", "--invisible", "--silent"],
            env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "USER": "u"})
        check_delivered(f"fetchmail {protocol} {way}", folder, [message])


def check_getmail(world, message):
    folder = client_maildir(world, "getmail")
    config = folder / "getmailrc"
    config.write_text(f"[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = {world.port}\nusername = tim\n"
                      f"password = secret\nuse_apop = true\ntimeout = 20\n\n[destination]\ntype = MDA_external\n"
                      f"path = {delivery_script(folder)}\nallow_root_commands = true\n\n"
                      "[options]\ndelete = false\ndelivered_to = false\nreceived = false\nverbose = 0\n")
    run_getmail(["getmail", "--getmaildir", folder, "--rcfile", config], folder)
    require(len(list((folder / "new").iterdir())) == 1, "getmail by APOP")


def check_perl(world, message):
    words = b"".join(message.partition(b"\n\n")[2].split())
    for client, ways in (("Net::POP3", ("USER", "APOP", "PLAIN", "LOGIN", "CRAM-MD5")), ("Mail::POP3Client", ("BEST", "PASS", "APOP", "CRAM-MD5"))):
        for way in ways:
            got = run(["perl", "-e", PERL, client, way, world.port, "tim"])
            require(words in b"".join(got.split()), f"{client} {way}: {got[-300:]}")


def check_poplib(world, message):
    client = poplib.POP3("127.0.0.1", world.port, timeout=60)
    client.apop("tim", "secret")
    require(original(retrieve(client, 1)) == wire(message), "poplib by APOP")
    client.quit()


def scram(world, context, flag, octets, user="tim", password="secret"):
    """SCRAM-SHA-256 by hand, for what no client here speaks: channel binding."""
    header, first = flag + ",,", f"n={user},r=rOprNGfwEbeRWgbNEkqO"
    name = "SCRAM-SHA-256-PLUS" if flag.startswith("p=") else "SCRAM-SHA-256"

    def final(said):
        server = challenge(said[-1]).decode()
        nonce, salt, count = (part.split("=", 1)[1] for part in server.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(count))
        key = hmac.digest(salted, b"Client Key", "sha256")
        plain = f"c={encoded(header.encode() + octets)},r={nonce}"
        signature = hmac.digest(hashlib.sha256(key).digest(), f"{first},{server},{plain}".encode(), "sha256")
        return encoded(plain + ",p=" + encoded(bytes(a ^ b for a, b in zip(key, signature))))

    return answers(world, f"AUTH {name} {encoded(header + first)}", final, "", secure=context)


def check_scram(world, _):
    context = trusting(world)
    pem = (world.state / "keys/server.pem").read_text()
    end_point = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem[:pem.index("-----END") + 26].strip())).digest()
    said = scram(world, context, "p=tls-server-end-point", end_point)
    require(said[-1].startswith("+OK") and challenge(said[-2]).startswith(b"v="), f"channel binding: {said}")
    require(scram(world, context, "n", b"")[-1].startswith("+OK"), "without channel binding")
    require(scram(world, None, "y", b"")[-1].startswith("+OK"), "in the clear")
    require(scram(world, context, "p=tls-server-end-point", b"x" * 32)[2].startswith("-ERR"), "bound to another certificate")
    require(answers(world, "AUTH SCRAM-SHA-256 " + encoded("y,,n=tim,r=abc"), secure=context)[-1].startswith("-ERR"), "a downgrade")
    require(scram(world, None, "n", b"", password="wrong")[2].startswith("-ERR [AUTH]"), "a wrong password")
    require(scram(world, None, "n", b"", user="nobody")[2].startswith("-ERR [AUTH]"), "somebody who does not exist")


def check_replay(world, _):
    """What one session has heard opens no other."""
    def apop(said):
        banner = said[0].split()[-1]
        return "APOP tim " + hashlib.md5((banner + "secret").encode()).hexdigest()

    digest = []
    require(answers(world, lambda said: digest.append(apop(said)) or digest[0])[1].startswith("+OK"), "APOP")
    require(answers(world, digest[0])[1].startswith("-ERR [AUTH]"), "a replayed APOP")
    response = []

    def cram(said):
        response.append(encoded("tim " + hmac.new(b"secret", challenge(said[-1]), "md5").hexdigest()))
        return response[0]

    require(answers(world, "AUTH CRAM-MD5", cram)[2].startswith("+OK"), "CRAM-MD5")
    require(answers(world, "AUTH CRAM-MD5", response[0])[2].startswith("-ERR [AUTH]"), "a replayed CRAM-MD5")


def check_offer(world, _):
    clear, secure = capabilities(world), capabilities(world, secure=True)
    both = ["SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN", "CRAM-MD5"]
    require(clear["SASL"] == both, f"on loopback: {clear}")
    require(secure["SASL"] == ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", *both], f"under TLS: {secure}")


def log_in(world, user, password, well=True):
    client = poplib.POP3("127.0.0.1", world.port, timeout=60)
    try:
        client.user(user)
        client.pass_(password)
        require(well, f"{user} must not log in with {password}")
        client.quit()
    except poplib.error_proto as refused:
        require(not well and b"[AUTH]" in refused.args[0], f"{user} with {password}: {refused}")


def check_app_passwords(world, _):
    password = world.postern("user", "app-password", "add", "ann", "phone", "--state", world.state).strip()
    listed = world.postern("user", "app-password", "list", "ann", "--state", world.state).split("\t")
    require(listed[0] == "phone" and listed[2] == "never", f"{listed}")
    log_in(world, "ann", password)
    log_in(world, "ann", "secret")
    require(scram(world, None, "n", b"", "ann", password)[-1].startswith("+OK"), "SCRAM with an app password")
    listed = world.postern("user", "app-password", "list", "ann", "--state", world.state).split("\t")
    require(listed[2].endswith("Z"), f"seen: {listed}")
    world.postern("user", "app-password", "revoke", "ann", "phone", "--state", world.state)
    log_in(world, "ann", password, well=False)
    key = world.state / "keys/secret.key"
    require(key.stat().st_mode & 0o777 == 0o600, "the key is for its owner alone")


def check_external(world, message):
    """A client certificate is the password."""
    folder = world.folder / "certificates"
    folder.mkdir()
    own = make_certificate(folder, "one.test", extensions="subjectAltName=DNS:one.test,DNS:localhost")
    ca = make_certificate(folder, "clients", extensions="basicConstraints=critical,CA:TRUE")
    ann = make_certificate(folder, "tim", "clients", "extendedKeyUsage=clientAuth")
    world.start("--pop3s", "127.0.0.1:0", "--tls-certificate", own[0], "--tls-key", own[1], "--tls-client-authorities", ca[0])
    context = ssl.create_default_context(cafile=own[0])
    context.check_hostname = False
    require("EXTERNAL" not in capabilities_of(world, context), "without a certificate")
    context.load_cert_chain(*ann)
    require(capabilities_of(world, context)[0] == "EXTERNAL", "with one")
    require(answers(world, "AUTH EXTERNAL =", "STAT", secure=context)[-1].startswith("+OK 1 "), "EXTERNAL")
    require(answers(world, "AUTH EXTERNAL " + encoded("ann"), secure=context)[-1].startswith("-ERR [AUTH]"), "as somebody else")
    maildir = client_maildir(world, "mpop-external")
    run(["mpop", "--host=localhost", f"--port={world.tls_port}", "--user=tim", "--auth=external", "--tls=on", "--tls-starttls=off",
         f"--tls-trust-file={own[0]}", f"--tls-cert-file={ann[0]}", f"--tls-key-file={ann[1]}", "--keep=on",
         f"--delivery=maildir,{maildir}", f"--uidls-file={maildir}/uidls", "--received-header=off"],
        env={"HOME": str(world.folder), "PATH": "/usr/bin:/bin"})
    check_delivered("mpop external", maildir, [message])
    world.stop()


def capabilities_of(world, context):
    client = poplib.POP3_SSL("localhost", world.tls_port, context=context, timeout=60)
    found = client.capa()
    client.quit()
    return found["SASL"]


def check_another_servers_users(world, _):
    passwd = world.folder / "passwd"
    salted = hashlib.sha256(b"secretsalt").digest() + b"salt"
    passwd.write_text(f"olga:{{SSHA256}}{encoded(salted)}:1000:1000::/home/olga::\npaul:{{PLAIN}}secret:::::\n")
    world.start("--passwd-file", passwd)
    log_in(world, "olga", "secret")
    log_in(world, "olga", "wrong", well=False)
    client = poplib.POP3("127.0.0.1", world.port, timeout=60)
    require("SCRAM-SHA-256" not in client.capa()["SASL"], "SCRAM would not work for olga")
    client.apop("paul", "secret")
    client.quit()
    log_in(world, "ann", "secret")
    world.stop()


def check_bans(world, _):
    """An address that guesses is banned, shown, and let go; others are not touched."""
    world.start("--trusted-proxy", "127.0.0.1", "--clear-text-login", "always", "--ban-after", "3", "--failed-logins-limit", "1")

    def guess(address, password):
        with raw(world.port) as client:
            client.sendall(f"PROXY TCP4 {address} 127.0.0.1 5678 110\r\n".encode())
            with contextlib.suppress(ConnectionError):
                client.sendall(f"USER ann\r\nPASS {password}\r\nQUIT\r\n".encode())
            return receive_all(client).decode()

    for number in range(3):
        require("-ERR [AUTH]" in guess("192.0.2.7", f"guess{number}"), "a wrong password")
    require(guess("192.0.2.7", "secret").startswith("-ERR [SYS/TEMP] too many"), "banned, even with the right password")
    require("+OK bye" in guess("192.0.2.8", "secret"), "others are not")
    bans = world.postern("user", "bans", "--state", world.state)
    require(bans.startswith("192.0.2.7\t") and bans.count("\n") == 1, bans)
    world.postern("user", "unban", "192.0.2.7", "--state", world.state)
    require("+OK bye" in guess("192.0.2.7", "secret"), "the ban was lifted")
    world.postern("user", "unban", "192.0.2.7", "--state", world.state, status=66)
    world.stop()


def main():
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    perl = subprocess.run(["perl", "-MMail::POP3Client", "-MAuthen::SASL", "-e", "1"], capture_output=True, check=False)
    if perl.returncode != 0:
        missing += ["libmail-pop3client-perl", "libauthen-sasl-perl"]
    require(not missing, f"install the Debian packages {' '.join(missing)} (tools/packages.txt lists them)")
    with World(sys.argv[1]) as world:
        message = next(message for message in demo_mail() if well_formed(message))
        for user in ("tim", "ann", "olga", "paul"):
            world.maildir(user)
        world.deliver("tim", [message])
        world.add_user("ann")
        world.postern("user", "add", "tim", "--recoverable", "--state", world.state, input=b"secret\n")
        world.start("--pop3s", "127.0.0.1:0")
        for check in (check_offer, check_poplib, check_curl, check_mpop, check_fetchmail, check_getmail, check_perl, check_scram,
                      check_replay, check_app_passwords):
            check(world, message)
            print(f"ok {check.__name__}")
        world.stop()
        for check in (check_external, check_another_servers_users, check_bans):
            check(world, message)
            print(f"ok {check.__name__}")


if __name__ == "__main__":
    main()
