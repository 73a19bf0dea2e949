"""Malformed command streams leave the server serving. usage: malformed_test.py PROGRAMS [COUNT] [SEED]"""
import random
import socket
import struct
import sys

from support import World, require, retrieve

BATCH = 50
WORDS = [b"USER u", b"PASS secret", b"PASS wrong", b"STAT", b"LIST", b"UIDL", b"RETR 1", b"TOP 1 0", b"DELE 1", b"RSET",
         b"NOOP", b"CAPA", b"AUTH PLAIN", b"STLS", b"APOP u 0", b"LIST 99999999999999999999", b"RETR -1", b"TOP 1", b"XYZZY"]


def stream(chance):
    """Octets that no client should send."""
    kind = chance.randrange(7)
    if kind == 0:
        return bytes(chance.choices(range(256), k=chance.randrange(2000)))
    if kind == 1:
        return b"A" * chance.randrange(100_000) + b"\r\n"
    if kind == 2:
        return b"".join(chance.choice(WORDS) + chance.choice([b"\r\n", b"\n", b"\r", b"\r\r\n", b" \r\n", b"\0\r\n"])
                        for _ in range(chance.randrange(200)))
    if kind == 3:
        return b"USER u\r\nPASS secret\r\n" + b"".join(chance.choice(WORDS) + b"\r\n" for _ in range(50))[:chance.randrange(900)]
    if kind == 4:
        return b"\r\n" * chance.randrange(5000)
    if kind == 5:
        words = [bytearray(chance.choice(WORDS)) for _ in range(30)]
        for word in words:
            word[chance.randrange(len(word))] = chance.randrange(256)
        return b"\r\n".join(bytes(word) for word in words)
    return b"USER u\r\nPASS secret\r\n" + b"RETR 1\r\n" * chance.randrange(300)


def attack(port, chance):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
        try:
            data = stream(chance)
            cut = chance.randrange(len(data) + 1)
            client.sendall(data[:cut])
            client.sendall(data[cut:])
            way = chance.randrange(3)
            if way == 0:  # reset
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif way == 1:  # half-closed, then read to the end
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):
                    pass
        except OSError:
            pass  # the server hung up first, as it may


def main():
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 150
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    message = b"Subject: x\n\nStill here.\n"
    with World(sys.argv[1]) as world:
        world.add_user("u")
        world.add_user("good")
        world.deliver("u", [message] * 3)
        world.deliver("good", [message])
        world.start()
        for number in range(1, count + 1):
            attack(world.port, chance)
            if number % BATCH == 0 or number == count:
                client = world.login("good")
                require(retrieve(client, 1).endswith(b"Still here.\r\n"), "a good session after bad ones")
                client.quit()
        require(len(list((world.folder / "mail/u/new").iterdir())) == 3, "nothing was deleted without QUIT")
        world.stop()
        print(f"{count} malformed streams, the server serves on")


if __name__ == "__main__":
    main()
