"""Accounts at a provider whose mail is fetched ahead: commands, secrets, a real Dovecot behind TLS."""
import json
import os
import poplib
import resource
import signal
import subprocess
import sys

from dovecot import Dovecot
from support import LABEL, World, demo_mail, original, require, retrieve, varied_mail, wait_for, wire

LOOPBACK = ("--upstream-network", "127.0.0.0/8")
SECRET = "a-secret-that-nobody-sees"


def add_account(world, url, *flags, name="work", user="u", login="u", password=SECRET, interval=1):
    world.add_user(user)
    world.postern("account", "add", name, "--user", user, "--url", url, "--login", login, "--interval", interval, "--state",
                  world.state, *flags, input=password.encode() + b"\n")


def accounts(world):
    return {one["name"]: one for one in json.loads(world.postern("account", "list", "--json", "--state", world.state))}


def audit(world, name="work", status=0):
    return json.loads(world.postern("audit", name, "--json", "--state", world.state, status=status))


def polled(world, name="work"):
    """Waits for a poll that began and went through after this call."""
    before = accounts(world)[name]["last_success"]
    wait_for(lambda: accounts(world)[name]["last_success"] not in ("never", before), f"a poll of {name}")


def start(world, *flags):
    world.start(*LOOPBACK, *flags, maildir="")


def drain(client):
    return [retrieve(client, number) for number in range(1, client.stat()[0] + 1)]


def uids(client):
    return [line.split()[1].decode() for line in client.uidl()[1]]


def direct(dovecot):
    client = poplib.POP3("127.0.0.1", dovecot.port, timeout=60)
    client.user("u")
    client.pass_(SECRET)
    return client


def refusal(call):
    try:
        call()
    except poplib.error_proto as error:
        return str(error)
    raise AssertionError("nothing was refused")


def commands_say_what_is_wrong(world):
    def failing(status, *arguments, input=None):
        run = subprocess.run([world.programs / "postern", *map(str, arguments), "--state", world.state], input=input, capture_output=True)
        require(run.returncode == status, f"{arguments}: status {run.returncode}, not {status}: {run.stderr.decode()}")
        return run.stderr.decode()

    add = ("account", "add", "x", "--user", "u", "--url")
    require("pop3s://" in failing(78, *add, "http://example.org", input=b"p\n"), "an unknown kind of URL is refused")
    require("no password" in failing(65, *add, "pop3s://example.org", input=b""), "so is no password")
    failing(67, "account", "test", "x")
    failing(67, "audit", "x")
    require(accounts(world) == {}, "and nothing was added")


def mail_is_served_from_the_spool(world, dovecot, mail):
    first = direct(dovecot)
    theirs, their_uids = drain(first), uids(first)
    first.quit()
    polled(world)
    client = world.login()
    require(uids(client) == their_uids, "the UIDs are the provider's")
    sizes = [int(line.split()[1]) for line in client.list()[1]]
    ours = drain(client)
    require([original(one) for one in ours] == theirs, "below the label everything is as the provider has it")
    require(sizes == [len(one) for one in ours], "LIST is what RETR gives, from the first session on")
    client.quit()
    spool = list((world.state / "spool").glob("*/*"))
    require(len(spool) == len(mail), "a file for each message")
    require(all(one.stat().st_mode & 0o777 == 0o600 for one in spool), "readable for nobody else")
    report = audit(world)
    require(report["states"]["spooled"] == report["seen"] == len(mail), f"audit: {report}")
    return ours


def it_is_there_while_the_provider_is_not(world, dovecot, ours):
    dovecot.stop()
    wait_for(lambda: accounts(world)["work"]["last_error"], "the failure of a poll")
    client = world.login()
    require(drain(client) == ours, "the mail is served all the same")
    client.dele(2)
    client.quit()
    client = world.login()
    require(drain(client) == ours[:1] + ours[2:], "deletions count at once")
    client.quit()
    require(audit(world)["states"]["deleted"] == 1, "and are to be told")
    world.stop(signal.SIGKILL)
    start(world)
    require(len(dovecot.stored("u")) == len(ours), "nothing is deleted there yet")
    dovecot.start()
    wait_for(lambda: len(dovecot.stored("u")) == len(ours) - 1, "the deletion there, over kill -9 and an outage")
    wait_for(lambda: audit(world)["states"]["removed"] == 1, "its being noted")


def deletions_can_be_taken_back(world, dovecot, ours):
    uid = world.postern("account", "undelete", "work", "--state", world.state).split("\t")[0]
    world.postern("account", "undelete", "work", uid, "--state", world.state)
    client = world.login()
    require(drain(client) == ours, "what was deleted is there again, in its place")
    client.dele(2)
    client.quit()
    wait_for(lambda: audit(world)["states"]["removed"] == 1, "the second deletion")


def new_mail_comes(world, dovecot, ours):
    dovecot.deliver("u", [b"Subject: new\r\n\r\nnew\r\n"], first=1000)

    def has_come():
        client = world.login()
        count = client.stat()[0]
        client.quit()
        return count == len(ours)

    wait_for(has_come, "new mail")


def what_others_delete_stays_a_while(world, dovecot):
    client = direct(dovecot)
    count = client.stat()[0]
    client.dele(1)
    client.quit()
    wait_for(lambda: audit(world)["states"]["missing"] == 1, "the missing message's being noticed")
    client = world.login()
    require(client.stat()[0] == count, "it is shown until its time is over")
    client.quit()
    world.stop()
    start(world, "--keep-deleted", "0")
    wait_for(lambda: audit(world)["states"]["gone"] == 1, "its end")
    require(audit(world)["states"]["purged"] == 1, "what was deleted is not kept either")
    client = world.login()
    require(client.stat()[0] == count - 1, "then it is gone")
    client.quit()


def pausing_and_removing(world, dovecot):
    world.postern("account", "pause", "work", "--state", world.state)
    require(accounts(world)["work"]["state"] == "paused", "paused")
    world.login().quit()
    world.postern("account", "resume", "work", "--state", world.state)
    polled(world)
    world.postern("account", "password", "work", "--state", world.state, input=b"wrong\n")
    wait_for(lambda: "password" in accounts(world)["work"]["last_error"] or "Auth" in accounts(world)["work"]["last_error"],
             "the wrong password's being noticed")
    world.postern("account", "remove", "work", "--state", world.state)
    require(not list((world.state / "spool").glob("*/*")), "the spool goes with the account")
    require("[SYS/" in refusal(world.login), "no empty maildrop is shown in its place")


def no_mail_before_the_first_fetch(world):
    add_account(world, "pop3+clear://127.0.0.1:1", name="dead", user="v")
    start(world)
    wait_for(lambda: accounts(world)["dead"]["last_error"], "the failure")
    require("[SYS/TEMP]" in refusal(lambda: world.login("v")), "an account that was never fetched is no empty maildrop")
    world.stop()
    world.postern("account", "remove", "dead", "--state", world.state)


def secrets_stay_secret(world):
    def contains(path):
        return SECRET.encode() in path.read_bytes()

    files = [path for path in world.folder.rglob("*") if path.is_file()]
    require(len(files) > 5, "there are files to look at")
    seen = [path for path in files if contains(path)]
    require(not seen, f"the secret is in {seen}")
    require(not any(SECRET in pathlike.read_text(errors="replace") for pathlike in world.folder.glob("log*")), "it is in a log")
    lines = open(f"/proc/{world.server.pid}/cmdline", "rb").read() + open(f"/proc/{world.server.pid}/environ", "rb").read()
    require(SECRET.encode() not in lines, "it is in arguments")


def an_open_key_is_refused(world):
    key = world.state / "keys" / "secret.key"
    require(key.stat().st_mode & 0o777 == 0o600, "the key is private")
    key.chmod(0o640)
    run = subprocess.run([world.programs / "posternd", "--pop3", "127.0.0.1:0", "--state", world.state], capture_output=True, timeout=60)
    require(run.returncode == 78 and b"chmod 600" in run.stderr, f"a key that others may read is refused: {run.stderr.decode()}")
    key.chmod(0o600)


def no_core_is_dumped(world):
    start(world)
    resource.prlimit(world.server.pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    world.server.send_signal(signal.SIGQUIT)
    _, status = os.waitpid(world.server.pid, 0)
    world.server.returncode = -signal.SIGQUIT
    require(os.WIFSIGNALED(status) and not os.WCOREDUMP(status), "no core dump")


def tls_is_checked(world, dovecot, certificate):
    add_account(world, f"pop3s://localhost:{dovecot.tls_port}", name="work")
    run = subprocess.run([world.programs / "postern", "account", "test", "work", "--state", world.state, *LOOPBACK], capture_output=True)
    require(run.returncode == 78 and b"certificate" in run.stderr, f"an unknown authority is refused: {run.stderr.decode()}")
    run = subprocess.run([world.programs / "postern", "account", "test", "work", "--state", world.state], capture_output=True)
    require(run.returncode == 78, "as is an address that is not public")
    world.postern("account", "remove", "work", "--state", world.state)
    world.postern("account", "add", "work", "--user", "u", "--url", f"pop3s://localhost:{dovecot.tls_port}", "--login", "u",
                  "--interval", 1, "--tls-authorities", certificate, "--state", world.state, input=SECRET.encode() + b"\n")
    said = world.postern("account", "test", "work", "--state", world.state, *LOOPBACK)
    require("messages" in said and "under TLS" in said, f"the session says what it saw: {said}")


def main(programs):
    with World(programs) as world:
        commands_say_what_is_wrong(world)
        no_mail_before_the_first_fetch(world)
    if not Dovecot.is_there():
        print("dovecot is not installed: the part with a real server is left out")
        return 77
    mail = varied_mail() + demo_mail()[:40]
    with World(programs) as world:
        world.postern("tls", "init", "--state", world.state)
        keys = world.state / "keys"
        with Dovecot(certificate=(keys / "server.pem", keys / "server.key")) as dovecot:
            dovecot.add_user("u", SECRET)
            dovecot.deliver("u", mail)
            tls_is_checked(world, dovecot, keys / "ca.pem")
            an_open_key_is_refused(world)
            start(world)
            ours = mail_is_served_from_the_spool(world, dovecot, mail)
            it_is_there_while_the_provider_is_not(world, dovecot, ours)
            deletions_can_be_taken_back(world, dovecot, ours)
            new_mail_comes(world, dovecot, ours)
            what_others_delete_stays_a_while(world, dovecot)
            secrets_stay_secret(world)
            pausing_and_removing(world, dovecot)
            world.stop()
            add_account(world, f"pop3+clear://127.0.0.1:{dovecot.port}", name="other", user="w")
            no_core_is_dumped(world)
    print(f"{len(mail)} messages: served from the spool, with the provider and without")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
