"""curl, poplib, mpop, fetchmail and getmail6 fetch mail that breaks careless servers."""
import pathlib
import re
import shutil
import subprocess
import sys

from support import LABEL, World, demo_mail, original, require, retrieve, varied_mail, wait_for, wire

PACKAGES = {"curl": "curl", "mpop": "mpop", "fetchmail": "fetchmail", "getmail": "getmail6"}


def run(command, **options):
    """Clients end with 0, or with 1 where that only says that no mail was left."""
    done = subprocess.run(list(map(str, command)), capture_output=True, timeout=300, **options)
    require(done.returncode == 0, f"{command[0]} ended with {done.returncode}: {done.stdout} {done.stderr}")
    return done.stdout


def check_poplib(world, stored):
    client = world.login()
    sizes = [int(line.split()[1]) for line in client.list()[1]]
    uids = [line.split()[1] for line in client.uidl()[1]]
    require(len(sizes) == len(stored) and len(set(uids)) == len(uids), "every message, and UIDLs that differ")
    require(client.stat() == (len(stored), sum(sizes)), "STAT is the sum of LIST")
    for number, message in enumerate(stored, 1):
        delivered = retrieve(client, number)
        require(len(delivered) == sizes[number - 1] == len(wire(message)) + LABEL, f"size of message {number}")
        require(original(delivered) == wire(message), f"message {number} is not what was stored")
        header = delivered.partition(b"\r\n\r\n")[0]
        top = b"".join(line + b"\r\n" for line in client.top(number, 0)[1])
        require(top.startswith(header[:LABEL]) and delivered.startswith(top), f"TOP of message {number}")
    client.quit()
    return uids


def check_curl(world, stored):
    for number, message in enumerate(stored, 1):
        delivered = run(["curl", "-sS", "--user", "u:secret", f"pop3://127.0.0.1:{world.port}/{number}"])
        require(original(delivered) == wire(message), f"curl: message {number}")


def lf(message):
    """With LF line ends; CRs before one are lost, as in what mpop and fetchmail write."""
    return re.sub(rb"\r+\n", b"\n", message)


def check_delivered(name, folder, stored, form=lambda message: message):
    """Clients that deliver files with LF: the same messages as a set, in the form that both sides are brought to."""
    got = [drop_added_fields(path.read_bytes()) for part in ("new", "cur") for path in (folder / part).iterdir()]
    require(len(got) == len(stored), f"{name} delivered {len(got)} of {len(stored)}")
    wanted = sorted(form(lf(wire(message))) for message in stored)
    for ours, theirs in zip(wanted, sorted(form(lf(original(wire(message)))) for message in got)):
        at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
        require(ours == theirs, f"{name}: a message differs at {at}: {ours[max(0, at - 80):at + 80]!r} and {theirs[max(0, at - 80):at + 80]!r}")


def client_maildir(world, name):
    folder = world.folder / name
    for part in ("new", "cur", "tmp"):
        (folder / part).mkdir(parents=True)
    return folder


def drop_added_fields(message):
    """The message from the label on: some clients put fields of their own above it."""
    at = message.find(b"X-Spam-Status: ")
    require(at >= 0, "the label is there")
    return message[at:]


def check_mpop(world, stored, user="u"):
    folder = client_maildir(world, f"mpop-{user}")
    run(["mpop", "--host=127.0.0.1", f"--port={world.port}", f"--user={user}", "--passwordeval=echo secret", "--auth=user",
         "--tls=off", "--keep=on", f"--delivery=maildir,{folder}", f"--uidls-file={folder}/uidls",
         "--received-header=off"], env={"HOME": str(world.folder), "PATH": "/usr/bin:/bin"})
    check_delivered("mpop", folder, stored)


def well_formed(message):
    """Header, empty line, body: getmail and fetchmail mend everything else before they deliver it."""
    header, separator, _ = lf(message).partition(b"\n\n")
    # fetchmail's own buffer has 8 kB: it breaks longer lines. It drops NULs and lone CRs, too.
    if any(len(line) > 8000 for line in message.split(b"\n")) or re.search(rb"\r(?!\n)|\0", message):
        return False
    return bool(separator) and all(re.match(rb"[!-9;-~]+[ \t]*:|[ \t]", line) for line in header.split(b"\n"))


def delivery_script(folder):
    """A delivery agent for clients that want a program: standard input into a new file."""
    script = folder / "deliver"
    script.write_text(f"#!/bin/sh\nexec cat > \"$(mktemp {folder}/new/XXXXXXXX)\"\n")
    script.chmod(0o755)
    return script


def body(message):
    """getmail writes header and MIME fields anew (Python's email package): other folds, the same words."""
    return b"".join(message.partition(b"\n\n")[2].split())


def run_getmail(command, folder):
    """QUIRK: getmail6 waits for a delivery program on a condition that SIGCHLD's handler notifies; a
    program that ends before the wait begins is waited for in vain. Only that is tried again, from the start."""
    for _ in range(4):
        done = subprocess.run(list(map(str, command)), capture_output=True, timeout=300)
        if b"waiting child pid" not in done.stdout + done.stderr:
            break
        for path in (folder / "new").iterdir():
            path.unlink()
    require(done.returncode == 0, f"getmail ended with {done.returncode}: {done.stdout} {done.stderr}")


def check_getmail(world, stored, user="whole", form=body):
    folder = client_maildir(world, f"getmail-{user}")
    # getmail does not write a Maildir as root, which CI is.
    script = delivery_script(folder)
    config = folder / "getmailrc"
    config.write_text(f"[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = {world.port}\nusername = {user}\n"
                      f"password = secret\ntimeout = 20\n\n[destination]\ntype = MDA_external\npath = {script}\nallow_root_commands = true\n\n"
                      "[options]\ndelete = false\ndelivered_to = false\nreceived = false\nverbose = 0\n")
    run_getmail(["getmail", "--getmaildir", folder, "--rcfile", config], folder)
    check_delivered("getmail", folder, stored, form)


def check_fetchmail(world, stored, user="whole", form=lambda message: message):
    folder = client_maildir(world, f"fetchmail-{user}")
    script = delivery_script(folder)
    config = folder / "fetchmailrc"
    config.write_text(f'poll 127.0.0.1 protocol pop3 port {world.port} user "{user}" password "secret" no rewrite fetchall keep '
                      f'sslproto "" mda "{script}"\n')
    config.chmod(0o600)
    run(["fetchmail", "-f", config, "--pidfile", folder / "fetchmail.pid", "--invisible", "--silent"],
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin", "USER": "u"})
    check_delivered("fetchmail", folder, stored, form)


def check_mbox(world, stored):
    """The same mail out of an mbox file; what is deleted is gone, the rest stays as it is."""
    path = world.folder / "mail" / "box"
    with open(path, "wb") as box:
        for message in stored:
            quoted = b"".join(b">" + line if line.lstrip(b">").startswith(b"From ") else line
                              for line in lf(message).splitlines(keepends=True))
            box.write(b"From ann@example.org Mon Nov 23 06:42:00 2026\n" + quoted)
            box.write(b"\n\n" if not quoted.endswith(b"\n") else b"\n")
    world.add_user("box")
    client = world.login("box")
    require(client.stat()[0] == len(stored), f"{client.stat()[0]} messages in the mbox, not {len(stored)}")
    uids = [line.split()[1] for line in client.uidl()[1]]
    for number, message in enumerate(stored, 1):
        require(original(retrieve(client, number)) == wire(lf(message)), f"mbox: message {number}")
    for number in range(1, len(stored) + 1, 3):
        client.dele(number)
    client.quit()
    kept = [message for number, message in enumerate(stored) if number % 3 != 0]
    client = world.login("box")
    require([line.split()[1] for line in client.uidl()[1]] == [uid for number, uid in enumerate(uids) if number % 3 != 0],
            "mbox: UIDLs of what is left")
    for number, message in enumerate(kept, 1):
        require(original(retrieve(client, number)) == wire(lf(message)), f"mbox: message {number} after deleting")
    client.quit()


def check_deleting(world, stored):
    client = world.login()
    client.dele(1)
    client.close()
    # The maildrop is in use until the server has seen the end.
    wait_for(lambda: world.log.read_text().count(" session-begin ") == world.log.read_text().count(" session-end "), "the end")
    client = world.login()
    require(client.stat()[0] == len(stored), "without QUIT nothing is deleted")
    client.dele(1)
    client.quit()
    client = world.login()
    require(client.stat()[0] == len(stored) - 1, "QUIT deletes")
    client.quit()
    require(len(list((pathlib.Path(world.folder) / "mail/u/new").iterdir())) == len(stored) - 1, "in the Maildir, too")


def main():
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    require(not missing, f"install the Debian packages {' '.join(missing)} (tools/packages.txt lists them)")
    with World(sys.argv[1]) as world:
        stored = varied_mail() + demo_mail()[::4]
        world.add_user("u")
        world.add_user("whole")
        world.deliver("u", stored)
        whole = [message for message in stored if well_formed(message)]
        require(len(whole) > len(stored) // 2, "most of the mail is well formed")
        world.deliver("whole", whole)
        world.start()
        uids = check_poplib(world, stored)
        world.stop()
        world.start()
        require(check_poplib(world, stored) == uids, "UIDLs are the same after a restart")
        print("ok poplib, twice")
        for check in (check_curl, check_mpop, check_mbox, check_deleting):
            check(world, stored)
            print(f"ok {check.__name__}")
        for check in (check_getmail, check_fetchmail):
            check(world, whole)
            print(f"ok {check.__name__}")
        world.stop()


if __name__ == "__main__":
    main()
