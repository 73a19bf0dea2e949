"""Pass-through: Postern before another POP3 server, first a real Dovecot, then one that breaks."""
import poplib
import socket
import subprocess
import sys
import time

from dovecot import Dovecot
from faulty_upstream import FAULTS, FaultyUpstream
from support import LABEL, World, demo_mail, original, require, retrieve, varied_mail, wire

LOOPBACK = ("--upstream-network", "127.0.0.0/8")


def before(world, url, *flags):
    world.start("--upstream", url, *LOOPBACK, *flags, maildir="")


def login_to(port, user="u", password="secret"):
    client = poplib.POP3("127.0.0.1", port, timeout=60)
    client.user(user)
    client.pass_(password)
    return client


def refusal(call):
    try:
        call()
    except poplib.error_proto as error:
        return str(error)
    raise AssertionError("nothing was refused")


def listing(client):
    return [int(line.split()[1]) for line in client.list()[1]]


def drain(client):
    return [retrieve(client, number) for number in range(1, len(client.list()[1]) + 1)]


def everything_is_the_same(world, dovecot, mail):
    direct = login_to(dovecot.port)
    theirs, their_uids, their_sizes = drain(direct), direct.uidl()[1], listing(direct)
    direct.quit()
    require(theirs == [wire(one) for one in mail], "Dovecot gives back what was stored")
    first = world.login()
    require(first.uidl()[1] == their_uids, "the UIDs are Dovecot's")
    ours = drain(first)
    require([original(one) for one in ours] == theirs, "below the label everything is as Dovecot has it")
    for size, message, there, stored in zip(listing(first), ours, their_sizes, theirs):
        require(size == there + LABEL, "LIST is Dovecot's and the label's width")
        # Dovecot does not count the line end that it adds to a message without one.
        require(size == len(message) or there == len(stored) - 2, "LIST is what RETR gives")
    top = b"".join(line + b"\r\n" for line in first.top(1, 0)[1])
    require(ours[0].startswith(top), "TOP gives what RETR gives")
    first.quit()
    again = world.login()
    require(listing(again) == [len(one) for one in ours], "LIST is exact where it was not at first")
    require(drain(again) == ours, "verdicts stay")
    again.quit()
    curl = subprocess.run(["curl", "-s", "-u", "u:secret", f"pop3://127.0.0.1:{world.port}/1"], capture_output=True)
    require(curl.stdout == ours[0], "curl gets the same")
    return ours


def logins_are_the_other_servers(world, dovecot):
    require("[AUTH]" in refusal(lambda: world.login(password="wrong")), "a wrong password is said to be wrong")
    require("[AUTH]" in refusal(lambda: world.login(user="nobody")), "so is an unknown user")
    with socket.create_connection(("127.0.0.1", world.port)) as raw:
        raw.settimeout(30)
        # NUL authorization identity, and a name that would be a command there.
        raw.sendall(b"AUTH PLAIN AGFcDQpRVUlUAHNlY3JldA==\r\n")
        raw.recv(4096)
    require("QUIT" not in dovecot.log(), "no command gets through in a name")


def deletions_are_carried_out_at_quit(world, dovecot, count):
    client = world.login()
    client.dele(1)
    client.dele(3)
    require(len(dovecot.stored("u")) == count, "nothing is deleted before QUIT")
    client.close()
    time.sleep(0.2)
    require(len(dovecot.stored("u")) == count, "nothing is deleted without QUIT")
    client = world.login()
    uids = [line.split()[1] for line in client.uidl()[1]]
    client.dele(2)
    client.quit()
    require(len(dovecot.stored("u")) == count - 1, "what was deleted is gone there")
    client = world.login()
    left = [line.split()[1] for line in client.uidl()[1]]
    client.quit()
    require(left == uids[:1] + uids[2:], "and it was the right one")


def an_absent_server_is_no_empty_maildrop(world, dovecot):
    dovecot.stop()
    text = refusal(world.login)
    require("[SYS/TEMP]" in text, f"a server that is down is a temporary failure: {text}")
    dovecot.start()
    world.login().quit()


def a_lost_connection_is_made_anew(world, dovecot):
    client = world.login()
    count, _ = client.stat()
    dovecot.stop()
    dovecot.start()
    require(len(drain(client)) == count, "messages are fetched over a new connection")
    client.quit()


def large_messages_pass(world, dovecot):
    big = b"Subject: big\r\n\r\n" + b"0123456789abcdef" * 4 + b"\r\n"
    big += (b"x" * 70 + b"\r\n") * 400_000
    dovecot.add_user("big")
    dovecot.deliver("big", [big])
    client = world.login("big")
    require(original(retrieve(client, 1)) == big, "28 MB arrive whole")
    client.quit()
    left = list((world.state / "tmp").iterdir()) if (world.state / "tmp").exists() else []
    require(not left, "no temporary file is left")


def real_server(programs):
    mail = varied_mail() + demo_mail()[:40]
    with Dovecot() as dovecot, World(programs) as world:
        dovecot.add_user("u")
        dovecot.deliver("u", mail)
        before(world, f"pop3+clear://127.0.0.1:{dovecot.port}")
        ours = everything_is_the_same(world, dovecot, mail)
        logins_are_the_other_servers(world, dovecot)
        world.stop()
        before(world, f"pop3+clear://127.0.0.1:{dovecot.port}")
        client = world.login()
        require(drain(client) == ours, "verdicts stay over a restart")
        client.quit()
        deletions_are_carried_out_at_quit(world, dovecot, len(mail))
        an_absent_server_is_no_empty_maildrop(world, dovecot)
        a_lost_connection_is_made_anew(world, dovecot)
        large_messages_pass(world, dovecot)
        world.stop()
    print(f"{len(mail)} messages: equal below the label, LIST and UIDL as Dovecot's")


def tls(programs):
    with World(programs) as world:
        world.postern("tls", "init", "--state", world.state)
        keys = world.state / "keys"
        pair = (keys / "server.pem", keys / "server.key")
        with Dovecot(certificate=pair) as dovecot:
            dovecot.add_user("u")
            dovecot.deliver("u", varied_mail()[:2])
            for url in (f"pop3s://localhost:{dovecot.tls_port}", f"pop3://localhost:{dovecot.port}"):
                settings = world.folder / "posternd.toml"
                settings.write_text(f'[[upstream]]\nurl = "{url}"\ntls_authorities = "{keys / "ca.pem"}"\n')
                world.start("--config", settings, *LOOPBACK, maildir="")
                client = world.login()
                require(len(drain(client)) == 2, f"mail comes by {url}")
                client.quit()
                world.stop()
                # Without being told to, nobody trusts that authority.
                before(world, url)
                text = refusal(world.login)
                require("[SYS/PERM]" in text, f"a certificate that is not trusted is refused: {text}")
                require("tls_authorities" in world.log.read_text(), "the log says what to do")
                world.stop()
    print("TLS at once and by STLS")


def inside_is_out_of_reach(programs):
    with World(programs) as world, FaultyUpstream({}) as upstream:
        world.start("--upstream", f"pop3+clear://127.0.0.1:{upstream.port}", maildir="")
        require("[SYS/PERM]" in refusal(world.login), "private addresses are not connected to unless they are allowed")
        require(not upstream.commands, "not at all")
        world.stop()


FEW = {f"uid-{n}": b"Subject: %d\r\nFrom: a@example.org\r\n\r\n.line\r\n%s\r\n" % (n, b"text " * n * 20) for n in range(1, 5)}


def use(world, upstream):
    """A client's whole session. Checks what it gets; says whether QUIT was confirmed."""
    client = world.login()
    try:
        count, _ = client.stat()
        require(count == len(upstream.messages), "a maildrop is never shown smaller than it is")
        uids = [line.split()[1].decode() for line in client.uidl()[1]]
        for number, uid in enumerate(uids, 1):
            try:
                message = retrieve(client, number)
            except poplib.error_proto as error:
                require("[SYS/" in str(error), f"a message that cannot be had is refused: {error}")
                continue
            require(original(message) == FEW[uid], "what is delivered is whole")
        client.dele(1)
        client.quit()
        return uids[0]
    finally:
        client.close()


def every_fault_at_every_reply(programs):
    counts = {"sessions": 0, "refused logins": 0, "confirmed": 0, "not confirmed": 0}
    with World(programs) as world:
        for pipelining in (True, False):
            with FaultyUpstream(FEW, pipelining) as upstream:
                before(world, f"pop3+clear://127.0.0.1:{upstream.port}", "--upstream-timeout", "1", "--failed-logins-limit", "100")
                upstream.break_at(None, None)
                use(world, upstream)
                replies = upstream.replies
                for fault in FAULTS:
                    for at in range(replies):
                        if fault == "stall" and at % 3 and pipelining:
                            continue  # a second each
                        upstream.messages, upstream.committed = dict(FEW), []
                        upstream.break_at(at, fault)
                        one_session(world, upstream, counts)
                world.stop()
    print("faults: " + ", ".join(f"{value} {key}" for key, value in counts.items()))


def one_session(world, upstream, counts):
    counts["sessions"] += 1
    confirmed = None
    try:
        confirmed = use(world, upstream)
    except poplib.error_proto as error:
        counts["refused logins" if "maildrop" in str(error) or "password" in str(error) else "not confirmed"] += 1
    # Upstream may have carried out a QUIT whose answer was lost, but never anything else.
    require(set(upstream.committed) <= {"uid-1"}, f"deleted without being asked to: {upstream.committed}")
    if confirmed:
        counts["confirmed"] += 1
        require(upstream.committed.count("uid-1") == 1 and "uid-1" not in upstream.messages, "what was confirmed is done")
    upstream.break_at(None, None)
    client = world.login()
    uids = [line.split()[1].decode() for line in client.uidl()[1]]
    require(uids == list(upstream.messages), "afterwards every message is there, under its UID")
    client.close()


def quirks_are_borne_with(programs):
    for quirk in ("wrong_sizes", "no_uidl", "same_uids"):
        with World(programs) as world, FaultyUpstream(FEW, **{quirk: True}) as upstream:
            before(world, f"pop3+clear://127.0.0.1:{upstream.port}")
            client = world.login()
            uids = client.uidl()[1]
            require(len(set(uids)) == len(FEW), f"{quirk}: every message has a UID of its own")
            messages = drain(client)
            require([original(one) for one in messages] == list(FEW.values()), f"{quirk}: messages are whole")
            client.quit()
            client = world.login()
            require(client.uidl()[1] == uids, f"{quirk}: UIDs stay")
            require(listing(client) == [len(one) for one in messages], f"{quirk}: LIST is true the second time")
            client.quit()
            world.stop()
    with World(programs) as world, FaultyUpstream(FEW, lost_terminator=True) as upstream:
        before(world, f"pop3+clear://127.0.0.1:{upstream.port}", "--upstream-timeout", "1")
        client = world.login()
        require("[SYS/TEMP]" in refusal(lambda: client.retr(1)), "a message without its end is not delivered")
        world.stop()


def main(programs):
    inside_is_out_of_reach(programs)
    quirks_are_borne_with(programs)
    every_fault_at_every_reply(programs)
    if not Dovecot.is_there():
        print("dovecot is not installed: the part with a real server is left out")
        return 77
    real_server(programs)
    tls(programs)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
