"""Rule files are edited while posternd serves: every way of editing counts, a broken edit does not."""
import hashlib
import json
import os
import random
import signal
import subprocess
import sys

from support import World, require, retrieve, verdict, wait_for

RULE = "header {0} Subject =~ /{1}/\nscore {0} 50\ndescribe {0} says {1}\n"


def rule(word):
    return RULE.format("SAYS_" + word.upper(), word)


def message(subject):
    return f"From: a@example.org\nSubject: {subject}\n\nSome words.\n".encode()


def set_id(paths):
    """The name of what rule files hold, as src/app/RULE_HISTORY.md defines it."""
    octets = b"postern rule set 1\n"
    for path in paths:
        name, text = str(path).encode(), path.read_bytes()
        octets += b"file %d %d\n%b\n%b\n" % (len(name), len(text), name, text)
    return hashlib.sha256(octets).hexdigest()[:16]


def files_in(folder):
    return sorted(folder.glob("*.cf"))


def status(world):
    run = subprocess.run([world.programs / "postern", "rules", "status", "--json", "--state", world.state],
                         capture_output=True, text=True, timeout=60)
    require(run.returncode in (0, 65), run.stderr)
    told = json.loads(run.stdout)
    require((run.returncode == 65) == (told["error_count"] > 0), f"the exit status says whether the files are sound: {told}")
    return told


def wait_until_read(world, paths):
    """The status once the daemon has seen what the files hold now."""
    wanted = set_id(paths)

    def seen():
        told = status(world)
        return told if told["files"] == wanted else None

    return wait_for(seen, f"the server to read {paths}")


def wait_until_serving(world, id):
    return wait_for(lambda: status(world)["serving"] == id, f"set {id} to be served")


class Mailbox:
    """Delivers messages one by one and asks how a new session labels them."""

    def __init__(self, world, user):
        self.world, self.user, self.count = world, user, 0
        world.add_user(user)
        world.maildir(user)

    def deliver(self, subject):
        self.count += 1
        self.world.deliver(self.user, [message(subject)], first=self.count)
        return self.count

    def label(self, subject):
        number = self.deliver(subject)
        client = self.world.login(self.user)
        found = verdict(retrieve(client, number))
        client.quit()
        return found


def start(world, *rules):
    world.start("--base-model", "none", *(flag for path in rules for flag in ("--rules", path)))


def check_every_way_of_editing(world):
    folder, aside = world.folder / "edited", world.folder / "aside"
    folder.mkdir()
    aside.mkdir()
    (folder / "a.cf").write_text(rule("ape"))
    box = Mailbox(world, "edited")
    start(world, folder)
    require(box.label("ape") == "spam" and box.label("bee") == "ham", "the first set")

    def written():
        (folder / "a.cf").write_text(rule("bee"))

    def renamed():
        (aside / "a.new").write_text(rule("cat"))
        (aside / "a.new").rename(folder / "a.cf")

    def appended():
        with open(folder / "a.cf", "a") as file:
            file.write(rule("dog"))

    def added():
        (folder / "b.cf").write_text(rule("eel"))

    def linked():
        (aside / "c.text").write_text(rule("fox"))
        (folder / "c.cf").symlink_to(aside / "c.text")

    def written_behind_link():
        (aside / "c.text").write_text(rule("gnu"))

    def removed():
        (folder / "b.cf").unlink()

    def moved_away():
        (folder / "a.cf").rename(aside / "a.old")

    def folder_replaced():
        other = world.folder / "other"
        other.mkdir()
        (other / "z.cf").write_text(rule("hen"))
        folder.rename(world.folder / "former")
        other.rename(folder)

    steps = ((written, "bee", "ape"), (renamed, "cat", "bee"), (appended, "dog", "bee"), (added, "eel", "bee"), (linked, "fox", "bee"),
             (written_behind_link, "gnu", "fox"), (removed, "gnu", "eel"), (moved_away, "gnu", "dog"), (folder_replaced, "hen", "gnu"))
    for edit, spam, ham in steps:
        edit()
        told = wait_until_read(world, files_in(folder))
        require(told["state"] == "good" and told["serving"] == told["files"], f"{edit.__name__}: {told}")
        wait_for(lambda: box.label(spam) == "spam", f"{edit.__name__} to count")
        require(box.label(ham) == "ham", f"{edit.__name__}: {ham} counts no longer")
    world.stop()


def check_sessions_and_shown_verdicts(world):
    file = world.folder / "shown.cf"
    file.write_text(rule("ape"))
    box = Mailbox(world, "shown")
    for subject in ("ape one", "bee one", "ape two", "bee two"):
        box.deliver(subject)
    start(world, file)
    client = world.login("shown")
    labels = [verdict(retrieve(client, number)) for number in (1, 2)]
    file.write_text(rule("bee"))
    wait_until_read(world, [file])
    wait_for(lambda: world.log.read_text().count(" loaded ") >= 2, "the new set to be in service")
    labels += [verdict(retrieve(client, number)) for number in (3, 4)]
    require(labels == ["spam", "ham", "spam", "ham"], f"a session under way keeps its set: {labels}")
    box.deliver("bee three")
    client.quit()
    box.deliver("ape three")
    client = world.login("shown")
    labels = [verdict(retrieve(client, number)) for number in range(1, 7)]
    require(labels == ["spam", "ham", "spam", "ham", "spam", "ham"], f"what was shown stays, what was not is judged anew: {labels}")
    client.quit()
    world.stop()


def check_broken_edit(world):
    file = world.folder / "broken.cf"
    file.write_text(rule("ape"))
    box = Mailbox(world, "broken")
    start(world, file)
    good = wait_until_read(world, [file])["serving"]
    whole = rule("ape") + "body  SAYS_BEE  /bee(s|hive)/\nscore SAYS_BEE 50\n"
    file.write_text(whole[:whole.index("hive")])
    told = wait_until_read(world, [file])
    require(told["state"] == "broken" and told["serving"] == good, told)
    require(told["error_count"] == 1 and f"{file}:4:17: error: SAYS_BEE:" in told["errors"][0], f"file, line and column: {told}")
    text = subprocess.run([world.programs / "postern", "rules", "status", "--state", world.state], capture_output=True, text=True).stdout
    require("broken since" in text and f"{file}:4:" in text, text)
    require("rules-broken" in world.log.read_text(), "the log says so")
    require(box.label("ape") == "spam", "the last good set serves")
    world.stop(signal.SIGKILL)
    start(world, file)
    require(status(world)["state"] == "broken" and box.label("ape") == "spam", "after a restart, too")
    file.write_text(whole)
    told = wait_until_read(world, [file])
    require(told["state"] == "good" and told["serving"] == told["files"], f"mended: {told}")
    file.unlink()
    told = wait_for(lambda: (now := status(world))["state"] == "broken" and now, "the missing file to be noticed")
    require(told["files"] == "unreadable" and str(file) in told["errors"][0] and box.label("ape") == "spam", told)
    file.write_text(rule("cat"))
    require(wait_until_read(world, [file])["state"] == "good", "and back")
    world.stop()

    first = world.folder / "first.cf"
    first.write_text(rule("ape") + "body BAD /(/\n")
    start(world, first)
    require(status(world)["state"] == "partial" and box.label("ape") == "spam", "with nothing good before, what can be understood serves")
    world.stop()


def check_half_written(world, chance, rounds=12):
    """Cut anywhere, a file is either a sound set or changes nothing; the other half always ends well."""
    file = world.folder / "half.cf"
    file.write_text(rule("ape"))
    start(world, file)
    good = wait_until_read(world, [file])["serving"]
    broken = 0
    for number in range(rounds):
        whole = "".join(rule(word) for word in chance.sample(("ape", "bee", "cat", "dog", "eel"), 3)) + f"# {number}\n"
        cut = chance.randrange(1, len(whole))
        file.write_text(whole[:cut])
        told = wait_until_read(world, [file])
        if told["state"] == "broken":
            require(told["serving"] == good, f"cut at {cut}: {told}")
            broken += 1
        else:
            require(told["state"] == "good" and told["serving"] == told["files"], f"cut at {cut}: {told}")
        with open(file, "a") as rest:
            rest.write(whole[cut:])
        told = wait_until_read(world, [file])
        require(told["state"] == "good" and told["serving"] == told["files"], f"cut at {cut}, then whole: {told}")
        good = told["serving"]
    require(0 < broken < rounds, f"{broken} of {rounds} cuts were broken: the test tests both")
    world.stop()


def check_killed_while_editing(world, chance, rounds=6):
    """kill -9 at a random moment of a storm of edits: the next start serves what the files hold."""
    folder = world.folder / "storm"
    folder.mkdir()
    box = Mailbox(world, "storm")
    (folder / "a.cf").write_text(rule("ape"))
    for _ in range(rounds):
        start(world, folder)
        for step in range(chance.randrange(1, 40)):
            (folder / "new").write_text(rule(chance.choice(("ape", "bee", "cat"))) + f"# {step}\n")
            os.replace(folder / "new", folder / chance.choice(("a.cf", "b.cf")))
        world.server.kill()
        world.server.wait()
        (folder / "a.cf").write_text(rule("ape"))
        start(world, folder)
        told = status(world)
        require(told["state"] == "good" and told["serving"] == told["files"] == set_id(files_in(folder)), told)
        require(box.label("ape") == "spam", "by the rules that are there")
        world.stop()


def rollback(world, *flags):
    return world.postern("rules", "rollback", "--state", world.state, *flags)


def check_rollback(world):
    file = world.folder / "rolled.cf"
    box = Mailbox(world, "rolled")
    ids = []
    file.write_text(rule("ape"))
    start(world, file)
    for word in ("ape", "bee", "cat"):
        file.write_text(rule(word))
        ids.append(wait_until_read(world, [file])["serving"])
    rollback(world)
    wait_until_serving(world, ids[1])
    wait_for(lambda: box.label("bee") == "spam", "the set before")
    require(box.label("cat") == "ham" and file.read_text() == rule("cat"), "the file stays as it was written")
    require("rules-rolled-back" in world.log.read_text() and status(world)["state"] == "rolled-back", "said")
    rollback(world)
    wait_until_serving(world, ids[0])
    world.stop(signal.SIGKILL)
    start(world, file)
    require(status(world)["serving"] == ids[0] and box.label("ape") == "spam", "it survives a crash")
    listed = json.loads(rollback(world, "--list", "--json"))
    require([one["id"] for one in listed][:3] == ids[::-1] and [one["serving"] for one in listed][:3] == [False, False, True], listed)
    require("* " + ids[0] in rollback(world, "--list"), "for people, too")
    rollback(world, "--to", ids[1])
    wait_until_serving(world, ids[1])
    rollback(world, "--undo")
    wait_until_serving(world, ids[2])
    require(status(world)["state"] == "good", "undone")
    rollback(world)
    wait_until_serving(world, ids[1])
    rollback(world, "--to", ids[2])
    wait_until_serving(world, ids[2])
    require(status(world)["state"] == "good", "a rollback to what the files hold is the end of one")
    rollback(world)
    wait_until_serving(world, ids[1])
    file.write_text(rule("dog"))
    told = wait_until_read(world, [file])
    require(told["state"] == "good" and told["serving"] == told["files"], f"an edit wins over a rollback: {told}")
    output = world.folder / "old"
    rollback(world, "--to", ids[0], "--output", output)
    require((output / "01_rolled.cf").read_text() == rule("ape"), "the text of an old set")
    run = subprocess.run([world.programs / "postern", "rules", "rollback", "--state", world.state, "--to", "0" * 16], capture_output=True)
    require(run.returncode == 66, f"an unknown set: {run}")

    file.write_text("body BROKEN /(/\n")
    require(wait_until_read(world, [file])["state"] == "broken", "broken")
    rollback(world)
    wait_until_serving(world, ids[2])
    file.write_text("body BROKEN /(again/\n")
    told = wait_until_read(world, [file])
    require(told["state"] == "broken" and told["serving"] != ids[2], f"the newest good set serves beside a broken edit: {told}")
    for number in range(14):
        file.write_text(rule("ape") + f"# {number}\n")
        wait_until_read(world, [file])
    require(len(json.loads(rollback(world, "--list", "--json"))) == 10, "the history is bounded")
    require(len(list((world.state / "rules/sets").iterdir())) <= 12, "and so is what it takes")
    world.stop()


def main():
    chance = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    with World(sys.argv[1]) as world:
        check_every_way_of_editing(world)
        check_sessions_and_shown_verdicts(world)
        check_broken_edit(world)
        check_half_written(world, chance)
        check_killed_while_editing(world, chance)
        check_rollback(world)
        print("ok")


if __name__ == "__main__":
    main()
