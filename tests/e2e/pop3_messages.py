"""What pop3_server sends of a stored message, whole and broken."""
import re

# What a filter would put on top.
LABEL = b"X-Spam-Flag: NO\r\nX-Spam-Status: No, score=0.0\r\n required=5.0\r\n"


def served(stored, broken, login):
    """A stored message as it is sent, before dot stuffing."""
    if broken("nul-is-dropped"):
        stored = stored.replace(b"\0", b"")
    if broken("long-lines-are-cut"):
        stored = re.sub(rb"([^\n]{998})(?=[^\n])", rb"\1\n", stored)
    if broken("empty-body-is-filled") and stored.endswith(b"\n\n"):
        stored += b"(no body)\n"
    if broken("header-only-gets-a-body") and not re.search(rb"\n\r?\n", stored):
        stored += b"\n(no body)\n"
    if broken("header-is-unfolded"):
        stored = re.sub(rb"\n[ \t]+", b" ", stored)
    wire = re.sub(rb"\r?\n", b"\r\n", stored)
    if broken("bare-lf-is-kept") and b"X-Popcheck: mixed" in stored:
        wire = stored
    if not wire.endswith(b"\r\n"):
        wire += b"\r\n"
    head, separator, body = wire.partition(b"\r\n\r\n")
    if not broken("forged-fields-stay"):
        head = re.sub(rb"(?im)^x-spam-", b"X-Orig-", head)
    label = LABEL
    if broken("label-has-a-long-line"):
        label = LABEL.replace(b"\r\n required", b" required").replace(b"0.0", b"0." + 50 * b"0")
    if broken("label-is-not-ascii"):
        label = LABEL.replace(b"NO", b"N\xc3\x96")
    if broken("octets-differ-each-time"):
        label += b"X-Session: %09d\r\n" % login
    return label + head + separator + body


class Mail:
    def __init__(self, path, octets):
        self.path, self.uid, self.octets, self.deleted = path, path.name, octets, False
        self.size = len(self.octets)

    def top(self, count):
        head, separator, body = self.octets.partition(b"\r\n\r\n")
        # Where there is no empty line TOP adds it.
        return head + (separator or b"\r\n") + b"".join(re.findall(rb"[^\n]*\n", body)[:count])
