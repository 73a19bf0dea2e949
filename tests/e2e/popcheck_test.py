"""popcheck against posternd: every applicable statement holds in the clear, by STLS and under TLS."""
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
                      "--destructive", "--chaos", "--junit", junit, *flags)
    suite = xml.parse(junit).getroot()
    require(int(suite.get("failures")) == 0, output)
    return int(suite.get("tests")) - int(suite.get("skipped"))


def check_tap(world):
    output = popcheck(world, "--port", world.port, "--user", "clear", "--pass-file", world.folder / "password",
                      "--only", "1", "57", "--tap", "--dialogue")
    require(output.startswith("TAP version 13\n1..2\nok 1 - 1 "), output)


def check_finds_faults(world):
    """A login that fails is not a pass."""
    (world.folder / "wrong").write_text("wrong\n")
    output = popcheck(world, "--port", world.port, "--user", "clear", "--pass-file", world.folder / "wrong", status=69)
    require("cannot log in" in output, output)


def main():
    with World(sys.argv[1]) as world:
        (world.folder / "password").write_text("secret\n")
        for user in ("clear", "stls", "tls"):
            world.add_user(user)
            popcheck(world, "--fixture", world.maildir(user))
            world.deliver(user, demo_mail()[::30], first=100)
        # Its own wrong passwords must not get the checker banned.
        world.start("--pop3s", "127.0.0.1:0", "--failed-logins-limit", "100")
        for user, port, *flags in (("clear", world.port), ("stls", world.port, "--stls"), ("tls", world.tls_port, "--tls")):
            held = check_server(world, user, port, *flags)
            require(held >= 50, f"only {held} statements applied ({user})")
            print(f"ok {user}: {held} statements")
        for check in (check_tap, check_finds_faults):
            check(world)
            print(f"ok {check.__name__}")
        world.stop()


if __name__ == "__main__":
    main()
