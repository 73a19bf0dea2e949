"""A 50 MB message arrives whole, and the server's own memory hardly grows; nor does it with hundreds of clients that say or
read nothing, and nobody else waits for them."""
import os
import re
import socket
import sys

from support import LABEL, World, original, require, retrieve, wait_for, wire

OCTETS = 50_000_000
# A mapped file is not the server's own memory; buffers, the judged part and its decoding are.
BOUND_KIB = 16 * 1024


def anonymous_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"RssAnon:\s+(\d+)", status.read()).group(1))


IDLE_SESSIONS = 400
IDLE_KIB = 16
DEAF_SESSIONS = 40
DEAF_KIB = 160  # a buffer of 64 KiB, and what the allocator makes of it


def logged_in(world, *, small_window=False):
    connection = socket.socket()
    if small_window:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", world.port))
    connection.sendall(b"USER u\r\nPASS secret\r\n")
    text = b""
    while text.count(b"\r\n") < 3:
        text += connection.recv(4096)
    require(text.count(b"+OK") == 3, f"{text}")
    return connection


def bounded(world, before, count, kib, what):
    grown = (anonymous_kib(world.server.pid) - before) / count
    print(f"{what}: {grown:.1f} KiB each")
    if not os.environ.get("POSTERN_SANITIZE"):
        require(grown < kib, f"more than {kib} KiB")


def check_many(world):
    """Sessions that do nothing, then some that ask for the large message many times and read nothing of it."""
    world.start("--shared-maildrops", "true", "--threads", "1")
    retrieve(world.login(), 2)
    before = anonymous_kib(world.server.pid)
    idle = [logged_in(world) for _ in range(IDLE_SESSIONS)]
    bounded(world, before, IDLE_SESSIONS, IDLE_KIB, f"{IDLE_SESSIONS} idle sessions")

    before = anonymous_kib(world.server.pid)
    deaf = [logged_in(world, small_window=True) for _ in range(DEAF_SESSIONS)]
    for connection in deaf:
        connection.sendall(b"RETR 1\r\n" * 100)
    for connection in deaf:
        require(connection.recv(3) == b"+OK", "the message begins")
    client = world.login()
    require(len(retrieve(client, 2)) == int(client.list(2).split()[2]), "somebody else is served")
    client.quit()
    bounded(world, before, DEAF_SESSIONS, DEAF_KIB, f"{DEAF_SESSIONS} sessions that read nothing")
    for connection in idle + deaf:
        connection.close()
    wait_for(lambda: world.log.read_text().count(" session-begin ") == world.log.read_text().count(" session-end "), "their ends")
    world.stop()


def main():
    line = b"The quick brown fox jumps over the lazy dog, again and again and again.\n"
    message = b"From: a@example.org\nSubject: large\n\n" + line * (OCTETS // len(line))
    with World(sys.argv[1]) as world:
        world.add_user("u")
        world.deliver("u", [message])
        world.start()
        client = world.login()
        before = anonymous_kib(world.server.pid)
        size = int(client.list(1).split()[2])
        require(size == len(wire(message)) + LABEL, "LIST is exact")
        client._putcmd("RETR 1")
        require(client._getresp().startswith(b"+OK"), "RETR")
        peak, received = 0, bytearray()
        while len(received) < size + 3:
            piece = client.file.read1(1 << 16)
            require(piece, "the connection stays open")
            received += piece
            peak = max(peak, anonymous_kib(world.server.pid))
        require(received.endswith(b"\r\n.\r\n") and len(received) == size + 3, "nothing more, nothing less")
        require(original(bytes(received[:-3])) == wire(message), "the message is what was stored")
        client.quit()
        print(f"{size} octets delivered, private memory grew by {peak - before} KiB at most")
        if not os.environ.get("POSTERN_SANITIZE"):
            require(peak - before < BOUND_KIB, f"more than {BOUND_KIB} KiB")
        world.stop()
        world.deliver("u", [b"From: a@example.org\nSubject: small\n\ntext\n"], first=2)
        check_many(world)


if __name__ == "__main__":
    main()
