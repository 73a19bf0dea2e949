"""A 50 MB message arrives whole, and the server's own memory hardly grows."""
import os
import re
import sys

from support import LABEL, World, original, require, wire

OCTETS = 50_000_000
# A mapped file is not the server's own memory; buffers, the judged part and its decoding are.
BOUND_KIB = 16 * 1024


def anonymous_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"RssAnon:\s+(\d+)", status.read()).group(1))


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


if __name__ == "__main__":
    main()
