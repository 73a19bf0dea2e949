"""The SASL mechanisms of pop3_server, whole and broken."""
import base64
import hashlib
import hmac
import os
import ssl

ROUNDS = 4096


def digest(key, text):
    return hmac.new(key, text, "sha256").digest()


class Sasl:
    def __init__(self, user, password, broken, certificate):
        self.user, self.password, self.broken = user, password, broken
        pem = certificate.read_text()
        der = ssl.PEM_cert_to_DER_cert(pem[pem.index("-----BEGIN CERTIFICATE"):])
        self.end_point = hashlib.sha256(der).digest()

    def run(self, session, name, initial):
        """An exchange from its first step to +OK or -ERR."""
        first = None
        if initial is not None:
            first = b"" if initial == "=" else base64.b64decode(initial)
        if name == "LOGIN":
            return self.login(session)
        if first is None:
            first = session.response(b"")
        if first is None:
            return session.err("cancelled")
        if name == "PLAIN":
            return self.plain(session, first)
        if name == "OAUTHBEARER":
            return self.bearer(session)
        self.scram(session, first, name.endswith("-PLUS"))

    def check(self, session, good):
        session.log_in() if good else session.refuse_login()

    def plain(self, session, message):
        parts = message.split(b"\0")
        good = len(parts) == 3 and parts[1].decode() == self.user and parts[2].decode() == self.password
        if good and parts[0] not in (b"", parts[1]) and not self.broken("anyone-may-act-for-another"):
            good = False
        self.check(session, good)

    def login(self, session):
        user = session.response(b"user?" if self.broken("login-asks-otherwise") else b"Username:")
        password = session.response(b"Password:")
        self.check(session, (user, password) == (self.user.encode(), self.password.encode()))

    def bearer(self, session):
        if not self.broken("tokens-are-refused-at-once"):
            session.response(b'{"status":"invalid_token"}')
        session.err("no" if self.broken("token-refusal-has-no-code") else "[AUTH] no")

    def scram(self, session, first, plus):
        flag, _, rest = first.decode().partition(",")
        bare = rest.partition(",")[2]
        fields = dict(part.split("=", 1) for part in bare.split(","))
        if flag == "y" and "SCRAM-SHA-256-PLUS" in session.sasl_names() and not self.broken("downgrades-are-accepted"):
            return session.err("[AUTH] a downgrade")
        types = ["p=tls-server-end-point"] + (["p=tls-unique"] if self.broken("tls-unique-is-taken") else [])
        if plus != flag.startswith("p=") or (plus and flag not in types):
            return session.err("no such binding")
        nonce = fields["r"] + base64.b64encode(os.urandom(12)).decode()
        if self.broken("nonce-is-not-ours"):
            nonce = nonce[-16:]
        rounds = 1000 if self.broken("few-rounds") else ROUNDS
        salt = b"popcheck's salt"
        challenge = f"r={nonce},s={base64.b64encode(salt).decode()},i={rounds}"
        final = session.response(challenge.encode())
        if final is None:
            return session.err("cancelled")
        without_proof, _, proof = final.decode().rpartition(",p=")
        said = dict(part.split("=", 1) for part in without_proof.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), salt, rounds)
        every = f"{bare},{challenge},{without_proof}".encode()
        key = digest(salted, b"Client Key")
        mask = digest(hashlib.sha256(key).digest(), every)
        good = bytes(a ^ b for a, b in zip(key, mask)) == base64.b64decode(proof) or self.broken("any-proof-is-good")
        if said["r"] != nonce and not self.broken("any-nonce-is-good"):
            good = False
        header = f"{flag},{rest.partition(',')[0]},".encode()
        bound = base64.b64decode(said["c"]).removeprefix(header)
        wanted = self.end_point if plus else b""
        if self.broken("end-point-is-another"):
            wanted = wanted[::-1]
        if bound != wanted and not self.broken("any-binding-is-good") and flag != "p=tls-unique":
            good = False
        if not good:
            return session.refuse_login()
        signature = digest(digest(salted, b"Server Key"), every)
        if self.broken("server-does-not-sign"):
            return session.log_in()
        session.response(b"v=" + base64.b64encode(b"x" * 32 if self.broken("signature-is-wrong") else signature))
        session.log_in()
