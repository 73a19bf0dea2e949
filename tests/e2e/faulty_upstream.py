"""A POP3 server that breaks in a chosen way at a chosen reply, for what stands before it."""
import socket
import struct
import threading

FAULTS = ("reset", "close", "half", "stall", "garbage", "refuse")


class FaultyUpstream:
    """Messages by UID. Every reply has a number, from 0; the one numbered `at` is broken by `fault`:

    reset, close   the connection ends in its place (by RST, or in order)
    half           half of it is sent, then the connection ends
    stall          half of it is sent, and then nothing until the other side gives up
    garbage        something that is not POP3 is sent
    refuse         -ERR is said, and nothing done

    Quirks of healthy replies: `wrong_sizes`, `no_uidl`, `same_uids`, `lost_terminator` (of RETR).
    """

    def __init__(self, messages, pipelining=True, **quirks):
        self.messages = dict(messages)
        self.quirks = quirks
        self.pipelining = pipelining
        self.fault, self.at, self.replies = None, None, 0
        self.commands, self.committed = [], []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.listener.close()

    def break_at(self, at, fault):
        with self.lock:
            self.replies, self.at, self.fault = 0, at, fault

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def reply(self, connection, text):
        """False when the connection has ended."""
        with self.lock:
            broken = self.fault if self.replies == self.at else None
            self.replies += 1
        if broken is None:
            connection.sendall(text)
            return True
        if broken == "refuse":
            connection.sendall(b"-ERR [SYS/TEMP] not now\r\n")
            return True
        if broken == "garbage":
            connection.sendall(b"\x00\xff<html>no pop here\r\n")
            return True
        if broken in ("half", "stall"):
            connection.sendall(text[:len(text) // 2])
        if broken == "stall":
            while connection.recv(4096):
                pass
        if broken == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        return False

    def will_refuse(self):
        with self.lock:
            return self.replies == self.at and self.fault in ("refuse", "garbage", "reset", "close", "half", "stall")

    def serve(self, connection):
        try:
            self.converse(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def converse(self, connection):
        view = list(self.messages.items())
        deleted = set()
        if not self.reply(connection, b"+OK ready\r\n"):
            return
        for line in connection.makefile("rb"):
            words = line.decode("latin-1").split()
            command = words[0].upper() if words else ""
            self.commands.append(command)
            refused = self.will_refuse()
            if command == "DELE" and not refused:
                deleted.add(int(words[1]) - 1)
            if command == "QUIT" and not refused:
                self.commit(view, deleted)
            if not self.reply(connection, self.answer(command, words, view)):
                return
            if command == "QUIT":
                return

    def commit(self, view, deleted):
        with self.lock:
            for place in deleted:
                self.messages.pop(view[place][0], None)
                self.committed.append(view[place][0])

    def answer(self, command, words, view):
        def listing(value):
            return b"+OK\r\n" + b"".join(b"%d %s\r\n" % (n, value(*one)) for n, one in enumerate(view, 1)) + b".\r\n"

        if command == "CAPA":
            extra = b"PIPELINING\r\n" if self.pipelining else b""
            uidl = b"" if self.quirks.get("no_uidl") else b"UIDL\r\n"
            return b"+OK\r\nTOP\r\nUSER\r\n" + uidl + extra + b".\r\n"
        if command == "UIDL":
            if self.quirks.get("no_uidl"):
                return b"-ERR unknown command\r\n"
            return listing(lambda uid, _: b"same" if self.quirks.get("same_uids") else uid.encode())
        if command == "LIST":
            return listing(lambda _, text: b"%d" % (len(text) + (7 if self.quirks.get("wrong_sizes") else 0)))
        if command in ("RETR", "TOP"):
            text = view[int(words[1]) - 1][1]
            if command == "TOP":
                text = text.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            stuffed = text.replace(b"\r\n.", b"\r\n..")
            if command == "RETR" and self.quirks.get("lost_terminator"):
                return b"+OK\r\n" + stuffed
            return b"+OK\r\n" + stuffed + b".\r\n"
        return b"+OK\r\n"
