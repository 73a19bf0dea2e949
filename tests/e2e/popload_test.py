"""popload against posternd: every scenario, and sizes that are announced wrong are found."""
import json
import os
import re
import socket
import subprocess
import sys
import threading

from support import World, demo_mail, require

USERS = 4


def popload(world, *arguments, status=0, input=b""):
    run = subprocess.run([world.programs / "popload", "--user", "u%d", "--users", str(USERS), "--pass-file",
                          world.folder / "password", *map(str, arguments)], input=input, capture_output=True, timeout=300)
    output = run.stdout.decode() + run.stderr.decode()
    require(run.returncode == status, f"popload {arguments} ended with {run.returncode}, not {status}:\n{output}")
    return output


def figure(output, name):
    return int(re.search(rf"^{name}\t(\d+)", output, re.M).group(1))


def check_scenarios(world):
    mails = len(demo_mail()[::10])
    for port, *security in ((world.port,), (world.port, "--stls"), (world.tls_port, "--tls")):
        common = ("--port", port, *security, "--sessions", 8, "--concurrent", USERS)
        for scenario, messages in (("login", 0), ("poll", 8 * mails), ("drain", 8 * mails)):
            for how in ((), ("--pipelined",)):
                output = popload(world, *common, "--scenario", scenario, *how)
                require(figure(output, "sessions") == 8 and figure(output, "messages") == messages, output)
        output = popload(world, "--port", port, *security, "--sessions", USERS, "--scenario", "idle")
        require(figure(output, "held") == USERS, output)


def check_spending(world):
    """What the server spends is told with --pid, of its children too, and as JSON as well."""
    common = ("--port", world.port, "--sessions", 40, "--concurrent", USERS, "--scenario", "drain", "--pid")
    told = json.loads(popload(world, *common, world.server.pid, "--json"))
    require(told["sessions"] == 40 and told["faults"] == 0 and told["processes"] == 1, told)
    require(told["cpu_us"] > 0 and told["private_kib"] > 1000, told)
    require(0 < told["first_octet_us"]["p50"] <= told["first_octet_us"]["p99"] <= told["first_octet_us"]["max"], told)
    require(figure(popload(world, *common, os.getpid()), "processes") >= 2, "children are not counted")
    nobody = popload(world, *common, 2**22, status=66)
    require("there is no process" in nobody, nobody)


def check_wrong_size(world):
    """A server that announces one octet too many is found out."""
    script = [b"+OK\r\n", b"+OK\r\n", b"+OK\r\n", b"+OK\r\n1 9\r\n.\r\n", b"+OK\r\nhello\r\n..\r\n.\r\n"]
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as commands:
            for number, reply in enumerate(script):
                if number:
                    commands.readline()
                connection.sendall(reply)
            commands.readline()

    server = threading.Thread(target=serve, daemon=True)
    server.start()
    output = popload(world, "--port", listener.getsockname()[1], "--scenario", "drain", status=1)
    require("LIST says 9 octets, 10 came" in output, output)


def main():
    with World(sys.argv[1]) as world:
        (world.folder / "password").write_text("secret\n")
        for number in range(USERS):
            world.add_user(f"u{number}")
            world.deliver(f"u{number}", demo_mail()[::10])
        world.start("--pop3s", "127.0.0.1:0")
        for check in (check_scenarios, check_spending, check_wrong_size):
            check(world)
            print(f"ok {check.__name__}")
        world.stop()


if __name__ == "__main__":
    main()
