"""testssl.sh looks at the TLS port and at STLS: nothing that it finds may be above LOW.

The server has a certificate as a public authority issues it: with a chain and a list of revocations. (That the local
authority has no such list is no fault: who holds the one certificate replaces it.)"""
import json
import shutil
import subprocess
import sys

from support import World, require
from tls_test import make_certificate

SKIPPED = 77
HARMLESS = {"OK", "INFO", "LOW", "DEBUG"}
# What testssl.sh says of itself, not of the server.
NOTES = {"engine_problem", "sessionresumption_ticket", "scanTime"}
# Proof that it looked: these must be among the findings.
LOOKED_AT = {"SSLv2", "SSLv3", "TLS1", "TLS1_1", "TLS1_2", "TLS1_3", "cipherlist_NULL", "cipherlist_aNULL", "cipherlist_LOW", "cipher_order",
             "cert_chain_of_trust", "cert_trust", "heartbleed", "CCS", "ROBOT", "secure_renego", "secure_client_renego", "CRIME_TLS", "POODLE_SSL",
             "fallback_SCSV", "SWEET32", "FREAK", "DROWN", "LOGJAM", "BEAST", "LUCKY13", "RC4"}


def begin(world, name, authority, *target):
    """Protocols, ciphers, their order, forward secrecy, the server's defaults, vulnerabilities."""
    return subprocess.Popen(["testssl", "--warnings", "off", "--quiet", "--color", "0", "--ip", "127.0.0.1", "--jsonfile", world.folder / f"{name}.json",
                             "--add-ca", authority, "-p", "-s", "-P", "-f", "-S", "-U", *target], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def check(world, name, process):
    output = process.communicate(timeout=500)[0].decode(errors="replace")
    path = world.folder / f"{name}.json"
    require(path.exists(), f"testssl.sh on {name} says: {output[-3000:]}")
    found = json.loads(path.read_text())
    missing = LOOKED_AT - {one["id"] for one in found}
    require(not missing, f"testssl.sh on {name} did not look at {sorted(missing)}: {output[-3000:]}")
    bad = [one for one in found if one["severity"] not in HARMLESS and one["id"] not in NOTES]
    require(not bad, f"{name}: " + "; ".join(f"{one['severity']} {one['id']}: {one['finding']}" for one in bad))
    low = [one["id"] for one in found if one["severity"] == "LOW"]
    print(f"ok {name}: {len(found)} findings, none above LOW; LOW: {', '.join(low) or 'none'}")


def main():
    if not shutil.which("testssl"):
        print("skipped: install the Debian package testssl.sh (tools/packages.txt lists it)")
        return SKIPPED
    with World(sys.argv[1]) as world:
        ca = make_certificate(world.folder, "authority.test", extensions="keyUsage=critical,keyCertSign,cRLSign", days=90)[0]
        certificate, key = make_certificate(
            world.folder, "server", "authority.test",
            "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nkeyUsage=critical,digitalSignature\n"
            "crlDistributionPoints=URI:http://localhost/none.crl", days=90)
        world.start("--pop3s", "127.0.0.1:0", "--tls-certificate", certificate, "--tls-key", key)
        both = {"TLS": begin(world, "tls", ca, f"localhost:{world.tls_port}"), "STLS": begin(world, "stls", ca, "-t", "pop3", f"localhost:{world.port}")}
        for name, process in both.items():
            check(world, name.lower(), process)
        world.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
