"""popcheck against posternd: every applicable statement holds in the clear, by STLS and under TLS."""
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

from support import World, demo_mail, require


def popcheck(world, *arguments, status=0):
    run = subprocess.run([world.programs / "popcheck", *map(str, arguments)], capture_output=True, timeout=300)
    output = run.stdout.decode(errors="replace") + run.stderr.decode(errors="replace")
    require(run.returncode == status, f"popcheck {arguments} ended with {run.returncode}, not {status}:\n{output}")
    return output


def check_server(world, user, port, *flags):
    """All statements and chaos modes; returns how many held."""
    junit = world.folder / "junit.xml"
    output = popcheck(world, "--port", port, "--user", user, "--pass-file", world.folder / "password",
                      "--destructive", "--chaos", "--idle", "1", "--junit", junit,
                      "--temporary-trouble", "away", "--permanent-trouble", "odd", "--server-name", "localhost",
                      "--deliver", f"cp '{world.folder}/message' '{world.maildir(user)}/new/8000000000.P1.host'", *flags)
    suite = xml.parse(junit).getroot()
    require(int(suite.get("failures")) == 0, output)
    skipped = {case.get("name").split()[0] for case in suite if case.find("skipped") is not None}
    return {case.get("name").split()[0] for case in suite} - skipped


def statements(world):
    """How many there are in all."""
    output = popcheck(world, "--port", world.port, "--user", "clear", "--pass-file", world.folder / "password",
                      "--chaos", "--tap")
    return int(re.match(r"TAP version 13\n1\.\.(\d+)\n", output).group(1))


def check_tap(world):
    output = popcheck(world, "--port", world.port, "--user", "clear", "--pass-file", world.folder / "password",
                      "--only", "1", "57", "--tap", "--dialogue")
    require(output.startswith("TAP version 13\n1..2\nok 1 - 1 "), output)


def check_finds_faults(world):
    """A login that fails is not a pass."""
    (world.folder / "wrong").write_text("wrong\n")
    output = popcheck(world, "--port", world.port, "--user", "clear", "--pass-file", world.folder / "wrong", status=69)
    require("cannot log in" in output, output)


def make_trouble(world):
    """A user whose disk is not there (mail was there before), and one whose maildrop is something else."""
    for user in ("away", "odd"):
        world.add_user(user)
    world.deliver("away", demo_mail()[:1])
    (world.folder / "mail" / "odd" / "things").mkdir(parents=True)

def lose_the_disk(world):
    world.login("away").quit()
    shutil.rmtree(world.folder / "mail" / "away")
    (world.folder / "mail" / "away").mkdir()


# Nobody has so much mail here, nor are there tokens.
NOT_TRIED = {"55", "70"}


def main():
    with World(sys.argv[1]) as world:
        (world.folder / "password").write_text("secret\n")
        for user in ("clear", "stls", "tls"):
            world.add_user(user)
            popcheck(world, "--fixture", world.maildir(user))
            world.deliver(user, demo_mail()[::30], first=100)
        # Where one user has such a secret APOP is offered.
        world.postern("user", "add", "digests", "--recoverable", "--state", world.state, input=b"secret\n")
        (world.folder / "message").write_bytes(demo_mail()[0])
        make_trouble(world)
        # Its own wrong passwords must not get the checker banned.
        world.start("--pop3s", "127.0.0.1:0", "--failed-logins-limit", "100")
        lose_the_disk(world)
        tried = set()
        for user, port, *flags in (("clear", world.port), ("stls", world.port, "--stls"), ("tls", world.tls_port, "--tls")):
            applied = check_server(world, user, port, *flags)
            print(f"ok {user}: {len(applied)} statements")
            tried |= applied
        require(not NOT_TRIED & tried and len(tried) + len(NOT_TRIED) == statements(world), f"tried: {sorted(tried)}")
        for check in (check_tap, check_finds_faults):
            check(world)
            print(f"ok {check.__name__}")
        world.stop()


if __name__ == "__main__":
    main()
