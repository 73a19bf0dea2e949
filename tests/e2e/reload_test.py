"""Rules, lessons and signals while posternd serves."""
import signal
import sys

from support import World, demo_mail, require, retrieve, verdict, wait_for

RULE = "header TEST_WORD Subject =~ /{}/\nscore TEST_WORD 50\n"


def message(subject):
    return f"From: a@example.org\nSubject: {subject}\n\nSome words, {subject}.\n".encode()


def reload(world):
    before = world.log.read_text().count(" loaded ")
    world.server.send_signal(signal.SIGHUP)
    wait_for(lambda: world.log.read_text().count(" loaded ") > before, "`loaded` in the log")


def check_rules(world):
    rules = world.folder / "rules.cf"
    rules.write_text(RULE.format("aardvark"))
    world.deliver("u", [message("aardvark one"), message("badger one"), message("badger two")])
    world.start("--rules", rules, "--base-model", "none")
    client = world.login()
    require([verdict(retrieve(client, number)) for number in (1, 2)] == ["spam", "ham"], "by the first rules")
    rules.write_text(RULE.format("badger"))
    reload(world)
    require(verdict(retrieve(client, 3)) == "ham", "a session under way keeps its rules")
    client.quit()
    world.deliver("u", [message("badger three"), message("aardvark two")], first=4)
    client = world.login()
    verdicts = [verdict(retrieve(client, number)) for number in range(1, 6)]
    require(verdicts == ["spam", "ham", "ham", "spam", "ham"], f"shown verdicts stay, new ones follow the new rules: {verdicts}")
    client.quit()
    rules.unlink()
    world.server.send_signal(signal.SIGHUP)
    wait_for(lambda: "rules-broken" in world.log.read_text(), "the missing file to be noticed")
    world.deliver("u", [message("badger four")], first=6)
    client = world.login()
    require(verdict(retrieve(client, 6)) == "spam", "the last good rules serve on")
    client.quit()
    world.stop()


def check_training(world):
    mail = demo_mail()
    lessons = world.folder / "lessons"
    lessons.mkdir()
    for number in range(40):
        (lessons / f"{number}.eml").write_bytes(message(f"zebra {number}"))
        (lessons / f"{number}.ham").write_bytes(message(f"lunch {number}"))
    world.maildir("v")
    world.add_user("v")
    world.deliver("v", [message("zebra crossing"), *mail[:3]])
    world.start("--base-model", "none", "--rules", write(world.folder / "none.cf", ""))
    client = world.login("v")
    client.quit()
    world.postern("train", "--base", "none", "--state", world.state, "--spam", *sorted(lessons.glob("*.eml")))
    world.postern("train", "--base", "none", "--state", world.state, "--ham", *sorted(lessons.glob("*.ham")))
    client = world.login("v")
    delivered = retrieve(client, 1)
    require(verdict(delivered) == "spam", f"lessons count from the next session on, without a signal: {delivered} {world.log.read_text()}")
    client.quit()
    world.stop()


def check_stopping(world):
    world.start()
    client = world.login()
    count = client.stat()[0]
    client.dele(1)
    world.stop()
    world.start()
    require(world.login().stat()[0] == count, "an ended server has deleted nothing")
    world.stop()


def write(path, text):
    path.write_text(text)
    return path


def main():
    with World(sys.argv[1]) as world:
        world.add_user("u")
        for check in (check_rules, check_training, check_stopping):
            check(world)
            print(f"ok {check.__name__}")


if __name__ == "__main__":
    main()
