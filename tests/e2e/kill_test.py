"""kill -9 at random moments: nothing lost, nothing changed, nothing half learnt.

usage: kill_test.py PROGRAMS [ROUNDS] [SEED]
"""
import poplib
import random
import signal
import subprocess
import sys
import threading
import time

from support import World, demo_mail, original, require, retrieve, wire


def numbered_mail(count):
    """Demo mail, each message once more under a Message-ID of its own, so that none is equal to another."""
    mail = demo_mail()
    return [b"X-Number: %d\n" % number + mail[number % len(mail)] for number in range(count)]


def drain(world, done):
    """Fetches and deletes all; notes when QUIT was said, for from then on deletions may stand."""
    try:
        client = world.login()
        count = client.stat()[0]
        for number in range(1, count + 1):
            client.retr(number)
            client.dele(number)
        done["quit said"] = True
        client.quit()
        done["quit answered"] = True
    except (OSError, EOFError, poplib.error_proto):
        pass


def undisturbed_drain(world, mail):
    """Seconds that a drain takes when nobody is killed."""
    world.deliver("u", mail)
    world.start()
    begun = time.monotonic()
    done = {}
    drain(world, done)
    span = time.monotonic() - begun
    require(done.get("quit answered"), "an undisturbed drain ends well")
    world.stop()
    return span


def check_server(world, rounds, chance):
    mail = numbered_mail(120)
    span = undisturbed_drain(world, mail)
    before_quit = 0
    for number in range(1, rounds + 1):
        folder = world.maildir("u")
        for path in (folder / "new").iterdir():
            path.unlink()
        world.deliver("u", mail, first=1 + 100 * number)
        before = {path.name: path.read_bytes() for path in (folder / "new").iterdir()}
        world.start()
        done = {}
        client = threading.Thread(target=drain, args=(world, done))
        client.start()
        time.sleep(chance.uniform(0, span))  # the random moment itself, not a wait for anything
        world.server.send_signal(signal.SIGKILL)
        world.server.wait()
        client.join()
        after = {path.name: path.read_bytes() for path in (folder / "new").iterdir()}
        require(all(before[name] == octets for name, octets in after.items()), "a message changed")
        require(done.get("quit said") or len(after) == len(before), "deleted without QUIT")
        require(not done.get("quit answered") or not after, "QUIT was answered, but messages are there")
        before_quit += not done.get("quit said")
        world.start()
        session = world.login()
        require(session.stat()[0] == len(after), "a restarted server serves what is there")
        left = sorted(original(retrieve(session, place)) for place in range(1, len(after) + 1))
        require(left == sorted(wire(octets) for octets in after.values()), "as it was stored")
        session.quit()
        world.stop()
    print(f"{rounds} kills of posternd, {before_quit} of them before QUIT")


def check_training(world, rounds, chance):
    lessons = world.folder / "lessons"
    lessons.mkdir()
    lines = []
    for number, message in enumerate(numbered_mail(600)):
        (lessons / f"{number}.eml").write_bytes(message)
        lines.append(f"{'spam' if number % 3 else 'ham'} {number}.eml\n")
    (lessons / "index").write_text("".join(lines))
    probe = [lessons / f"{number}.eml" for number in range(0, 600, 7)]
    whole, killed = world.folder / "whole", world.folder / "killed"
    begun = time.monotonic()
    world.postern("train", "--state", whole, "--index", lessons / "index")
    span = time.monotonic() - begun
    interrupted = 0
    for number in range(rounds):
        # A fresh start every other time, so that kills fall into every part of the work.
        if number % 2 == 0:
            killed = world.folder / f"killed{number}"
        training = subprocess.Popen([world.programs / "postern", "train", "--state", killed, "--index", lessons / "index"],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(chance.uniform(0, span))  # the random moment itself
        interrupted += training.poll() is None
        training.kill()
        training.wait()
        world.postern("classify", "--state", killed, probe[0])
        if number % 2 == 1 or number == rounds - 1:
            world.postern("train", "--state", killed, "--index", lessons / "index")
            require(world.postern("classify", "--state", killed, *probe) == world.postern("classify", "--state", whole, *probe),
                    "a training that was killed and begun again teaches the same")
    print(f"{rounds} kills of postern train, {interrupted} of them while it worked")


def main():
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 1)
    with World(sys.argv[1]) as world:
        world.add_user("u")
        check_server(world, rounds, chance)
        check_training(world, rounds, chance)


if __name__ == "__main__":
    main()
