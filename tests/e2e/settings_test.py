"""Settings that change what clients see: UTF8 asked for, NULs mapped, separators added, maildrops shared, logins rationed."""
import poplib
import socket
import sys

from lives_test import Replay
from support import LABEL, World, require, retrieve, wire
from tls_test import messages_left, raw, receive_all

INTERNATIONAL = "From: ann@example.org\nSubject: Grüße\n\ntext\n".encode()
NULS = b"From: ann@example.org\nSubject: x\n\na\0b\0\n"
NO_SEPARATOR = b"From: ann@example.org\nSubject: x\nno field\n"
PLAIN = b"From: ann@example.org\nSubject: y\n\ntext\n"


def refused(action, code):
    try:
        action()
    except poplib.error_proto as answer:
        require(code in answer.args[0], f"{code}: {answer}")
        return
    raise AssertionError(f"not refused with {code}")


def check_defaults(world):
    world.start()
    client = world.login()
    offered = client.capa()
    require(offered["UTF8"] == ["USER"] and "LANG" in offered and offered["EXPIRE"] == ["NEVER"] and "LOGIN-DELAY" not in offered, f"{offered}")
    for number, message in enumerate((INTERNATIONAL, NULS, NO_SEPARATOR), 1):
        require(retrieve(client, number)[LABEL:] == wire(message), f"message {number} as it is")
    refused(lambda: world.login(), b"[IN-USE]")
    client.quit()
    world.stop()


def check_utf8(world):
    world.start("--refuse-utf8-headers", "true")
    client = world.login()
    uids = client.uidl()[1]
    for command in (lambda: client.retr(1), lambda: client.top(1, 0), lambda: client.list(1)):
        refused(command, b"[UTF8]")
    retrieve(client, 2)
    refused(client.utf8, b"-ERR")
    client.quit()
    client = poplib.POP3("127.0.0.1", world.port, timeout=60)
    client.utf8()
    client.user("u")
    client.pass_("secret")
    require(client.uidl()[1] == uids, "UIDLs are the same")
    require(len(retrieve(client, 1)) == int(client.list(1).split()[2]), "size")
    client.quit()
    world.stop()


def check_language(world):
    world.start()
    client = Replay(raw(world.port))
    client.line()
    require(client.list("LANG")[0].startswith("i-default "), "i-default is listed")
    client.say("LANG de")
    client.say("USER u")
    require("falsch" in client.say("PASS wrong", "-ERR [AUTH] "), "an answer in German")
    client.say("LANG tlh", "-ERR")
    client.say("QUIT")
    world.stop()


def check_nuls_and_separators(world):
    world.start("--map-nuls", "true", "--add-separator", "true")
    client = world.login()
    sizes = [int(line.split()[1]) for line in client.list()[1]]
    got = [retrieve(client, number) for number in (1, 2, 3)]
    require([len(one) for one in got] == sizes, "sizes stay exact")
    require(got[1][LABEL:] == wire(NULS).replace(b"\0", b"\x80"), "NULs are 0x80")
    require(got[2].endswith(b"Subject: x\r\n\r\nno field\r\n"), f"a separator: {got[2][-80:]}")
    client.quit()
    world.stop()


def check_shared_maildrops(world):
    """Each session keeps the view that it began with; what one deletes the other cannot read, and nothing else is lost."""
    world.deliver("shared", [PLAIN, NULS])
    world.start("--shared-maildrops", "true")
    first = world.login("shared")
    world.deliver("shared", [INTERNATIONAL], first=10)
    second = world.login("shared")
    require((first.stat()[0], second.stat()[0]) == (2, 3), "views")
    require(retrieve(first, 1) == retrieve(second, 1), "one verdict")
    first.dele(1)
    first.quit()
    require(messages_left(world, "shared") == 2 and second.stat()[0] == 3, "the other view stays")
    refused(lambda: second.retr(1), b"-ERR")
    second.dele(1)
    second.dele(2)
    second.quit()
    require(messages_left(world, "shared") == 1, "what both deleted, and nothing else")
    world.stop()


def check_login_delay(world):
    world.start("--login-delay", "1000")
    client = world.login()
    require(client.capa()["LOGIN-DELAY"] == ["1000"], "CAPA says it")
    client.quit()
    refused(lambda: world.login(), b"[LOGIN-DELAY]")
    world.login("shared").quit()
    world.stop()


def proxied(world, address):
    connection = raw(world.port)
    connection.sendall(f"PROXY TCP4 {address} 127.0.0.1 5678 110\r\n".encode())
    return connection


def check_connection_limits(world):
    """So many connections of an address, counted behind a proxy, too; others are not touched, and a free place is given."""
    world.start("--max-connections-per-address", "2", "--trusted-proxy", "127.0.0.1")
    held = [Replay(proxied(world, "192.0.2.1")) for _ in range(2)]
    for one in held:
        require(one.line().startswith("+OK"), "a place")
    require(receive_all(proxied(world, "192.0.2.1")).startswith(b"-ERR [SYS/TEMP]"), "one too many")
    other = Replay(proxied(world, "192.0.2.2"))
    require(other.line().startswith("+OK"), "another address")
    held[0].say("QUIT")
    require(held[0].line() == "", "closed")
    # The place is free once the session has ended, a moment after the client sees it.
    while not (said := Replay(proxied(world, "192.0.2.1")).line()).startswith("+OK"):
        require(said.startswith("-ERR [SYS/TEMP]"), said)
    world.stop()


def check_patience(world):
    """A client that says little things for ever is not waited for: it must log in in time."""
    world.start("--login-timeout", "1")
    with raw(world.port) as client:
        client.settimeout(0.2)
        text = b""
        while True:
            try:
                piece = client.recv(4096)
                if not piece:
                    break
                text += piece
            except socket.timeout:
                client.sendall(b"CAPA\r\n")
            except ConnectionError:
                break
    require(text.startswith(b"+OK"), f"{text}")
    world.stop()


def main():
    with World(sys.argv[1]) as world:
        for user in ("u", "shared"):
            world.add_user(user)
        world.deliver("u", [INTERNATIONAL, NULS, NO_SEPARATOR])
        for check in (check_defaults, check_utf8, check_language, check_nuls_and_separators, check_shared_maildrops, check_login_delay,
                      check_connection_limits, check_patience):
            check(world)
            print(f"ok {check.__name__}")


if __name__ == "__main__":
    main()
