#!/usr/bin/env python3
"""Prints what posternd thinks of fetched demo mail, a line a message, and the totals.

usage: show_labels.py FETCHED ORIGINALS

FETCHED is a folder of messages as a client got them, ORIGINALS the folder with ham/ and spam/
that they came from. A message is recognised by its bytes: below the label it must be the stored
message with CRLF line ends. Ends with 1 when one is missing or changed.
"""
import email.header
import email.utils
import pathlib
import re
import shutil
import sys
import unicodedata

# Our block: these fields, on top of the message, with their folded lines.
LABEL_FIELD = re.compile(
    rb"(?:X-Spam-(?:Status|Flag|Level|Score)|X-Postern-Verdict):[^\n]*\n(?:[ \t][^\n]*\n)*"
)
VERDICT = re.compile(rb"X-Postern-Verdict:\s*(\w+);\s*p=([\d.]+)")
SCORE = re.compile(rb"X-Spam-Score:\s*(-?[\d.]+)")


def wire_form(stored):
    """RFC 1939: CRLF at the end of every line, the last one included."""
    text = stored.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def take_label(message):
    """The label's bytes and the message below it."""
    end = 0
    while match := LABEL_FIELD.match(message, end):
        end = match.end()
        if match.group().startswith(b"X-Postern-Verdict"):
            break  # the block's last field; what follows belongs to the message
    return message[:end], message[end:]


def header(message, name):
    """A field of the message's header, unfolded, as it is written."""
    match = re.search(rb"^" + name + rb":((?:[^\n]*\n)(?:[ \t][^\n]*\n)*)", message, re.M | re.I)
    return " ".join(match.group(1).decode("utf-8", "replace").split()) if match else ""


def readable(text):
    """Encoded words (RFC 2047) decoded, and fit for a terminal."""
    try:
        text = str(email.header.make_header(email.header.decode_header(text)))
    except (LookupError, ValueError):
        pass
    # Nothing in a message may move the cursor or hide: no control and no format characters.
    return "".join(c for c in text if unicodedata.category(c) not in ("Cc", "Cf")).strip()


def columns(text, width):
    """Exactly `width` columns of a terminal; wide letters take two."""
    out, used = "", 0
    for c in text:
        size = 0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
        if used + size > width:
            break
        out, used = out + c, used + size
    return out + " " * (width - used)


def main():
    fetched, originals = (pathlib.Path(argument) for argument in sys.argv[1:3])
    truth = {wire_form(path.read_bytes()): path for path in originals.glob("*/*.eml")}
    left = dict(truth)
    counts, rows, changed = {}, [], []
    for path in sorted(fetched.glob("*.eml"), key=lambda path: int(path.stem)):
        label, message = take_label(path.read_bytes())
        origin = left.pop(message, None)
        if origin is None:
            changed.append(f"message {path.stem} is not what was stored")
            continue
        verdict, score = VERDICT.search(label), SCORE.search(label)
        if not verdict or not score:
            changed.append(f"message {path.stem} ({origin.name}) carries no label")
            continue
        name, kind = verdict.group(1).decode(), origin.parent.name
        counts[kind, name] = counts.get((kind, name), 0) + 1
        sender = email.utils.parseaddr(header(message, b"From"))
        subject = readable(header(message, b"Subject"))
        remark = "" if name in (kind, "unsure") else f"  <- is {kind}"
        rows.append((name, score.group(1).decode(), readable(sender[0] or sender[1]), subject, remark))

    subject_width = max(30, min(shutil.get_terminal_size((110, 24)).columns, 130) - 58)
    print(f"\n{'label':7}{'score':>6}  {'from':28} subject")
    for name, score, sender, subject, remark in rows:
        print(f"{name:7}{score:>6}  {columns(sender, 28)} {columns(subject, subject_width)}{remark}".rstrip())

    print(f"\n{'':18}{'labelled spam':>14}{'unsure':>9}{'ham':>6}{'error':>7}")
    for kind in ("spam", "ham"):
        of_kind = {name: counts.get((kind, name), 0) for name in ("spam", "unsure", "ham", "error")}
        print(f"{sum(of_kind.values()):4} are {kind:9}{of_kind['spam']:>14}{of_kind['unsure']:>9}"
              f"{of_kind['ham']:>6}{of_kind['error']:>7}")
    changed += [f"{path.name} did not arrive" for path in left.values()]
    if changed:
        print("\n".join(changed), file=sys.stderr)
        return 1
    print(f"\nAll {len(rows)} messages arrived, and below the label each is byte for byte what was stored.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
