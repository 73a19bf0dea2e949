"""Clients of thirty years live whole lives: log in every way that they know, list, look at the top, retrieve, delete, quit.

Each life begins with three fresh messages and must end with none; each is lived in the clear, by STLS and under TLS."""
import base64
import os
import poplib
import pty
import shutil
import subprocess
import sys

from clients_test import client_maildir, delivery_script, run, run_getmail
from support import LABEL, World, require, wait_for
from tls_test import authority, messages_left, raw, trusting

PROGRAMS = {"curl": "curl", "mpop": "mpop", "fetchmail": "fetchmail", "getmail": "getmail6", "mutt": "mutt", "perl": "perl", "ruby": "ruby"}
PERL_MODULES = {"Mail::POP3Client": "libmail-pop3client-perl", "Authen::SASL": "libauthen-sasl-perl", "IO::Socket::SSL": "libio-socket-ssl-perl"}
HEAD = "From: Ann <ann@example.org>\r\nTo: tim@example.net\r\nDate: Mon, 23 Nov 2026 06:42:00 +0000\r\nMessage-ID: <{0}@example.org>\r\nSubject: {0}\r\n"
MAIL = [(HEAD.format(name) + "\r\n" + text).encode() for name, text in (
    ("one", "Hello,\r\nthis is the first.\r\n"), ("two", ".\r\n..\r\nend\r\n.\r\n"), ("three", "x" * 900 + "\r\nFrom here on\r\n"))]
TRANSPORTS = ("clear", "stls", "tls")

NET_POP3 = r"""
use strict; use Net::POP3; use Authen::SASL;
my ($how, $port, $ca, $way) = @ARGV;
my $pop = Net::POP3->new('localhost', Port => $port, Timeout => 60, $how eq 'tls' ? (SSL => 1, SSL_ca_file => $ca) : ()) or die "no connection: $@";
if ($how eq 'stls') { $pop->starttls(SSL_ca_file => $ca) or die 'STLS: ' . $pop->message }
my $count = $way eq 'USER' ? $pop->login('tim', 'secret') : $way eq 'APOP' ? $pop->apop('tim', 'secret')
  : $pop->auth(Authen::SASL->new(mechanism => $way, callback => {user => 'tim', authname => '', pass => 'secret'}));
defined $count or die $pop->message;
my $sizes = $pop->list; my $uids = $pop->uidl;
keys %$sizes == 3 && keys %$uids == 3 or die 'a list of three';
for my $number (1 .. 3) {
  my $top = join '', @{$pop->top($number, 0)}; my $all = join '', @{$pop->get($number)};
  index($all, substr $top, 0, 768) == 0 or die 'TOP';
  print $all; $pop->delete($number) or die 'DELE';
}
$pop->quit or die 'QUIT';
"""

MAIL_POP3CLIENT = r"""
use strict; use Mail::POP3Client;
my ($how, $port, $ca, $way) = @ARGV;
$ENV{SSL_CERT_FILE} = $ca;
my $pop = Mail::POP3Client->new(HOST => 'localhost', PORT => $port, USER => 'tim', PASSWORD => 'secret', AUTH_MODE => $way, USESSL => $how eq 'tls');
$pop->Count == 3 or die 'three: ' . $pop->Message;
my @list = $pop->ListArray; my @uids = $pop->Uidl;
for my $number (1 .. 3) {
  $pop->Head($number) =~ /X-Postern-Verdict/ or die 'TOP';
  print $pop->HeadAndBody($number); $pop->Delete($number) or die 'DELE';
}
$pop->Close;
"""

NET_POP = r"""
require 'net/pop'
how, port, ca, way = ARGV
pop = Net::POP3.new('localhost', port.to_i, way == 'APOP')
pop.enable_ssl({ca_file: ca}, nil, port.to_i) if how == 'tls'
pop.start('tim', 'secret')
raise 'three' unless pop.n_mails == 3 && pop.mails.map(&:unique_id).uniq.size == 3 && pop.n_bytes == pop.mails.sum(&:length)
pop.each_mail do |mail|
  raise 'TOP' unless mail.top(0).include?('X-Postern-Verdict')
  all = mail.pop
  raise 'size' unless all.bytesize == mail.length
  print all
  mail.delete
end
pop.finish
"""


class Life:
    """What a client needs to know: where to connect, how, and by which mechanism."""

    def __init__(self, world, client, how, way):
        self.world, self.how, self.way = world, how, way
        self.name = f"{client} {how} {way}"
        self.port = world.tls_port if how == "tls" else world.port
        self.folder = client_maildir(world, self.name.replace(" ", "-"))
        self.authority = authority(world)

    def delivered(self):
        return b"\n".join(path.read_bytes() for part in ("new", "cur") for path in (self.folder / part).iterdir())

    def config(self, text):
        path = self.folder / "rc"
        path.write_text(text)
        path.chmod(0o600)
        return path

    def environment(self, **more):
        return {"HOME": str(self.folder), "PATH": "/usr/bin:/bin", "USER": "tim", **more}


def curl(life):
    url = f"{'pop3s' if life.how == 'tls' else 'pop3'}://localhost:{life.port}/"
    flags = ["-sS", "--cacert", life.authority, "--user", "tim:secret", "--login-options", f"AUTH={life.way}", *(["--ssl-reqd"] if life.how == "stls" else [])]
    require(run(["curl", *flags, url]).count(b"\r\n") == 3, "LIST")
    require(run(["curl", *flags, "-X", "UIDL", url]).count(b"\r\n") == 3, "UIDL")
    top = run(["curl", *flags, "-X", "TOP 1 0", url])
    received = run(["curl", *flags, *(f"{url}{number}" for number in (1, 2, 3))])
    require(received.startswith(top[:LABEL]), "TOP")
    for _ in range(3):
        run(["curl", *flags, "-l", "-X", "DELE", f"{url}1"])
    return received


def mpop(life):
    tls = {"clear": ["--tls=off"], "stls": ["--tls=on", "--tls-starttls=on"], "tls": ["--tls=on", "--tls-starttls=off"]}[life.how]
    trust = [] if life.how == "clear" else [f"--tls-trust-file={life.authority}"]
    # With a filter it looks at TOP before it retrieves.
    run(["mpop", "--host=localhost", f"--port={life.port}", "--user=tim", "--passwordeval=echo secret", f"--auth={life.way}", *tls, *trust,
         "--keep=off", "--filter=cat >/dev/null", f"--delivery=maildir,{life.folder}", f"--uidls-file={life.folder}/uidls", "--received-header=off"],
        env=life.environment())
    return life.delivered()


def fetchmail(life):
    protocol, auth = life.way.split("/")
    tls = {"clear": 'sslproto ""', "stls": 'sslproto "tls1.2+"', "tls": "ssl"}[life.how]
    trust = "" if life.how == "clear" else f"sslcertck sslcertfile {life.authority}"
    config = life.config(f'poll localhost protocol {protocol} port {life.port} auth {auth} user "tim" password "secret" no rewrite no keep '
                         f'{tls} {trust} mda "{delivery_script(life.folder)}"\n')
    run(["fetchmail", "-f", config, "--pidfile", life.folder / "fetchmail.pid", "--invisible", "--silent"], env=life.environment())
    return life.delivered()


def getmail(life):
    kind, trust = ("SimplePOP3SSLRetriever", f"ca_certs = {life.authority}\n") if life.how == "tls" else ("SimplePOP3Retriever", "")
    # QUIRK of its driver: see run_getmail(). What it deleted cannot be fetched again, so it deletes in a second run.
    config = life.config(f"[retriever]\ntype = {kind}\nserver = localhost\nport = {life.port}\nusername = tim\npassword = secret\n"
                         f"use_apop = {life.way == 'APOP'}\ntimeout = 60\n{trust}\n[destination]\ntype = MDA_external\npath = {delivery_script(life.folder)}\n"
                         "allow_root_commands = true\n\n[options]\nread_all = false\ndelivered_to = false\nreceived = false\nverbose = 0\n")
    run_getmail(["getmail", "--getmaildir", life.folder, "--rcfile", config], life.folder)
    config.write_text(config.read_text() + "delete = true\n")
    run_getmail(["getmail", "--getmaildir", life.folder, "--rcfile", config], life.folder / "nowhere")
    return life.delivered()


def mutt(life):
    """On a terminal of its own: it opens the maildrop by TOP, copies (RETR) and deletes one after the other, quits."""
    copy = life.folder / "copy"
    config = life.config(
        f"set ssl_starttls={'yes' if life.how == 'stls' else 'no'} ssl_force_tls={'no' if life.how == 'clear' else 'yes'}\n"
        f"set ssl_ca_certificates_file={life.authority}\nset certificate_file={life.folder}/certificates\n"
        f"set pop_authenticators={life.way} pop_user=tim pop_pass=secret pop_delete=yes\nset folder={life.folder} delete=yes quit=yes move=no mark_old=no copy=no\n"
        f"set confirmappend=no confirmcreate=no mbox_type=mbox wait_key=no beep=no\nset header_cache='' message_cachedir=''\n"
        f'push "{f"<copy-message><kill-line>{copy}<enter><delete-message>" * len(MAIL)}<quit>"\n')
    scheme = "pops" if life.how == "tls" else "pop"
    master, slave = pty.openpty()
    client = subprocess.Popen(["mutt", "-n", "-F", config, "-f", f"{scheme}://tim@localhost:{life.port}/"], stdin=slave, stdout=slave, stderr=slave,
                              env=life.environment(TERM="vt100"), start_new_session=True)
    os.close(slave)
    screen = b""
    os.set_blocking(master, False)

    def gone():
        nonlocal screen
        try:
            screen += os.read(master, 1 << 16)
        except (BlockingIOError, OSError):
            pass
        return client.poll() is not None

    try:
        wait_for(gone, "mutt's end", seconds=60)
    except AssertionError as late:
        client.kill()
        client.wait()
        raise AssertionError(f"{late}: {screen[-2000:]!r}") from None
    finally:
        os.close(master)
    require(client.returncode == 0 and copy.exists(), f"mutt ended with {client.returncode}: {screen[-2000:]!r}")
    return copy.read_bytes()


def python(life):
    if life.how == "tls":
        client = poplib.POP3_SSL("localhost", life.port, context=trusting(life.world), timeout=60)
    else:
        client = poplib.POP3("localhost", life.port, timeout=60)
        if life.how == "stls":
            client.stls(trusting(life.world))
    require("TOP" in client.capa(), "CAPA")
    if life.way == "APOP":
        client.apop("tim", "secret")
    else:
        client.user("tim")
        client.pass_("secret")
    require(client.stat()[0] == len(client.list()[1]) == len(client.uidl()[1]) == 3, "three messages")
    received = b""
    for number in (1, 2, 3):
        require(any(b"X-Postern-Verdict" in line for line in client.top(number, 0)[1]), "TOP")
        received += b"\r\n".join(client.retr(number)[1]) + b"\r\n"
        client.dele(number)
    client.rset()
    client.noop()
    for number in (1, 2, 3):
        client.dele(number)
    client.quit()
    return received


def script(*interpreter):
    return lambda life: run([*interpreter, life.how, life.port, life.authority, life.way], env=life.environment())


# Client: ways to log in, transports that it offers.
SASL = ("PLAIN", "LOGIN", "CRAM-MD5")
LIVES = {
    "curl": (curl, (*SASL, "+APOP"), TRANSPORTS),
    "mpop": (mpop, ("user", "apop", "plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256"), TRANSPORTS),
    "fetchmail": (fetchmail, ("pop3/password", "pop3/cram-md5", "apop/any"), TRANSPORTS),
    "getmail": (getmail, ("USER", "APOP"), ("clear", "tls")),
    "mutt": (mutt, ("user", "apop", "plain", "login", "cram-md5", "scram-sha-1", "scram-sha-256"), TRANSPORTS),
    "poplib": (python, ("USER", "APOP"), TRANSPORTS),
    "Net::POP3": (script("perl", "-e", NET_POP3), ("USER", "APOP", *SASL), TRANSPORTS),
    "Mail::POP3Client": (script("perl", "-e", MAIL_POP3CLIENT), ("BEST", "PASS", "APOP", "CRAM-MD5"), ("clear", "tls")),
    "Net::POP": (script("ruby", "-e", NET_POP), ("USER", "APOP"), ("clear", "tls")),
}


def words(message):
    return b"".join(message.split())


def live(world, client, how, way, first):
    life = Life(world, client, how, way)
    world.deliver("tim", MAIL, first=first)
    try:
        received = words(LIVES[client][0](life))
    except AssertionError as failure:
        raise AssertionError(f"{life.name}: {failure}") from None
    for message in MAIL:
        # mbox files quote a line that begins with From.
        body = words(message.partition(b"\r\n\r\n")[2])
        require(body in received or body.replace(b"From", b">From") in received, f"{life.name} did not get {message!r} but {received!r}")
    require(received.count(b"X-Postern-Verdict:") == len(MAIL), f"{life.name}: labels")
    wait_for(lambda: messages_left(world, "tim") == 0, f"{life.name} to have deleted all", seconds=10)


class Replay:
    """A recorded dialogue: lines sent, beginnings of replies awaited."""

    def __init__(self, connection):
        self.connection = connection
        self.stream = connection.makefile("rwb")

    def line(self):
        return self.stream.readline().decode(errors="replace")

    def say(self, line, reply="+OK"):
        self.stream.write(line.encode() + b"\r\n")
        self.stream.flush()
        answer = self.line()
        require(answer.startswith(reply) and answer.endswith("\r\n"), f"{line}: {answer!r}")
        return answer

    def list(self, line):
        self.say(line)
        lines = []
        while (one := self.line()) != ".\r\n":
            require(one, f"{line}: the end came early")
            lines.append(one)
        return lines

    def secured(self, world):
        self.say("STLS")
        return Replay(trusting(world).wrap_socket(self.connection, server_hostname="localhost"))


def thunderbird_login(world, mechanism="PLAIN"):
    """CAPA, STLS, CAPA, and AUTH in two steps: it never sends an initial response."""
    client = Replay(raw(world.port))
    require(client.line().startswith("+OK"), "greeting")
    require("STLS\r\n" in client.list("CAPA"), "STLS is offered")
    client = client.secured(world)
    offered = client.list("CAPA")
    require("STLS\r\n" not in offered and "UIDL\r\n" in offered and any(f" {mechanism}" in line for line in offered if line.startswith("SASL ")), f"{offered}")
    if mechanism == "PLAIN":
        require(client.say("AUTH PLAIN", "+ ") == "+ \r\n", "an empty challenge is a plus and a space")
        client.say(base64.b64encode(b"\0tim\0secret").decode())
    else:
        require(client.say("AUTH LOGIN", "+ ") == "+ VXNlcm5hbWU6\r\n", "Username:")
        require(client.say(base64.b64encode(b"tim").decode(), "+ ") == "+ UGFzc3dvcmQ6\r\n", "Password:")
        client.say(base64.b64encode(b"secret").decode())
    return client


def check_thunderbird(world, first):
    """Statement 119: three sessions: headers only, the rest and deletion with QUIT, and one that does not wait for the answer."""
    world.deliver("tim", MAIL * 8, first=first)
    client = thunderbird_login(world)
    count = int(client.say("STAT").split()[1])
    require(count == 24 and len(client.list("LIST")) == 24, "STAT, LIST")
    uids = [line.split()[1] for line in client.list("UIDL")]
    for number in range(1, 25):
        client.list(f"TOP {number} {20 if number % 2 else 0}")
    client.say("NOOP")
    client.say("QUIT")
    require(client.line() == "", "closed after QUIT")

    client = thunderbird_login(world, "LOGIN")
    client.say("STAT")
    client.list("LIST")
    require([line.split()[1] for line in client.list("UIDL")] == uids, "popstate still fits")
    for number in range(1, 13):
        client.list(f"RETR {number}")
        client.say(f"DELE {number}")
    client.say("QUIT")
    require(messages_left(world, "tim") == 12, "committed when QUIT is answered")

    client = thunderbird_login(world)
    client.say("STAT")
    require([line.split()[1] for line in client.list("UIDL")] == uids[12:], "UIDLs of what is left")
    client.connection.sendall(b"".join(b"DELE %d\r\n" % number for number in range(1, 13)) + b"QUIT\r\n")
    client.stream.close()
    client.connection.close()
    wait_for(lambda: messages_left(world, "tim") == 0, "what QUIT asked for, though nobody waited")


def check_thunderbird_falls_back(world, first):
    """It tries PLAIN, LOGIN, USER/PASS one after the other on one connection; then the right password."""
    world.deliver("tim", MAIL, first=first)
    client = Replay(raw(world.port))
    client.line()
    client = client.secured(world)
    client.say("AUTH PLAIN", "+ ")
    client.say(base64.b64encode(b"\0tim\0old").decode(), "-ERR [AUTH]")
    client.say("AUTH LOGIN", "+ ")
    client.say(base64.b64encode(b"tim").decode(), "+ ")
    client.say(base64.b64encode(b"old").decode(), "-ERR [AUTH]")
    client.say("USER tim")
    client.say("PASS secret")
    client.list("UIDL")
    for number in (1, 2, 3):
        client.say(f"DELE {number}")
    client.say("QUIT")


def check_outlook(world, first):
    """Statement 120: a bare AUTH, UIDL without an argument, RETR and DELE in different sessions."""
    world.deliver("tim", MAIL, first=first)
    uids = []
    for deletes in (False, True):
        client = Replay(trusting(world).wrap_socket(raw(world.tls_port), server_hostname="localhost"))
        client.line()
        client.list("CAPA")
        require("PLAIN\r\n" in client.list("AUTH"), "mechanisms")
        client.say("USER tim")
        client.say("PASS secret")
        client.say("STAT")
        uids.append(client.list("UIDL"))
        client.list("LIST")
        for number in (1, 2, 3):
            if deletes:
                client.say(f"DELE {number}")
            else:
                client.list(f"RETR {number}")
        client.say("QUIT")
    require(uids[0] == uids[1], "UIDLs stay")
    require(messages_left(world, "tim") == 0, "all deleted")


def main():
    missing = [package for program, package in PROGRAMS.items() if not shutil.which(program)]
    for module, package in PERL_MODULES.items():
        if subprocess.run(["perl", f"-M{module}", "-e", "1"], capture_output=True, check=False).returncode != 0:
            missing.append(package)
    require(not missing, f"install the Debian packages {' '.join(missing)} (tools/packages.txt lists them)")
    wanted = sys.argv[2:] or LIVES
    with World(sys.argv[1]) as world:
        world.maildir("tim")
        world.postern("user", "add", "tim", "--recoverable", "--state", world.state, input=b"secret\n")
        world.start("--pop3s", "127.0.0.1:0")
        first = 1
        for client in wanted:
            _, ways, transports = LIVES[client]
            for how in transports:
                for way in ways:
                    live(world, client, how, way, first)
                    first += len(MAIL)
            print(f"ok {client}: {', '.join(ways)}; {', '.join(transports)}")
        for check in (check_thunderbird, check_thunderbird_falls_back, check_outlook):
            check(world, first)
            first += 100
            print(f"ok {check.__name__}")
        world.stop()


if __name__ == "__main__":
    main()
