"""A Dovecot of the test's own, on loopback: what stands behind Postern as the upstream server."""
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from support import wait_for

CONFIGURATION = """
base_dir = {folder}/run
log_path = {folder}/log
protocols = pop3
listen = 127.0.0.1
ssl = {ssl}
{certificate}
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256 apop
mail_location = maildir:{folder}/mail/%u
mail_max_userip_connections = 100
first_valid_uid = 1
default_process_limit = 500
default_client_limit = 2000
pop3_uidl_format = %08Xu%08Xv
{settings}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
service pop3-login {{
  chroot =
  {login_user}
  inet_listener pop3 {{
    port = {port}
  }}
  inet_listener pop3s {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Dovecot:
    """`settings` are further lines of its configuration; `certificate` is a pair of PEM files."""

    def __init__(self, settings="", certificate=None):
        self.scratch = tempfile.TemporaryDirectory(prefix="postern-dovecot-")
        self.folder = pathlib.Path(self.scratch.name)
        self.folder.chmod(0o755)
        root = os.getuid() == 0
        # Dovecot refuses to read mail as root.
        self.owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.getuid())
        mine = "" if root else f"default_internal_user = {self.owner.pw_name}\ndefault_login_user = {self.owner.pw_name}\n"
        self.port, self.tls_port = free_port(), free_port()
        pair = f"ssl_cert = <{certificate[0]}\nssl_key = <{certificate[1]}" if certificate else ""
        self.configuration = self.folder / "dovecot.conf"
        self.configuration.write_text(CONFIGURATION.format(
            folder=self.folder, uid=self.owner.pw_uid, gid=self.owner.pw_gid, port=self.port, tls_port=self.tls_port,
            ssl="yes" if certificate else "no", certificate=pair, settings=mine + settings, login_user=""))
        self.users = self.folder / "users"
        self.users.write_text("")
        (self.folder / "mail").mkdir()
        self.server = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *ignored):
        self.stop()
        self.scratch.cleanup()

    @staticmethod
    def is_there():
        return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None

    def start(self):
        program = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        self.server = subprocess.Popen([program, "-F", "-c", self.configuration])

        def listens():
            if self.server.poll() is not None:
                raise AssertionError(f"dovecot ended: {self.log()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return True
            except OSError:
                return False

        wait_for(listens, "dovecot")

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait(timeout=30)

    def log(self):
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def add_user(self, name, password="secret"):
        with open(self.users, "a") as file:
            file.write(f"{name}:{password}\n")

    def deliver(self, user, messages, first=1):
        path = self.folder / "mail" / user
        for part in ("new", "cur", "tmp"):
            (path / part).mkdir(parents=True, exist_ok=True)
        for number, message in enumerate(messages, first):
            (path / "tmp" / f"{number}").write_bytes(message)
            # The order of arrival is that of the numbers.
            (path / "tmp" / f"{number}").rename(path / "new" / f"{1_000_000_000 + number}.M{number}P1.host")
        self.own(path)

    def own(self, path):
        if os.getuid() != 0:
            return
        for one in [path, *path.rglob("*")]:
            os.chown(one, self.owner.pw_uid, self.owner.pw_gid)

    def stored(self, user):
        path = self.folder / "mail" / user
        return sorted(one.name.partition(":")[0] for part in ("new", "cur") for one in (path / part).iterdir())
