"""What a user does with rules and senders: check, test, try out, score, allow and block."""
import json
import subprocess
import sys

from support import ROOT, World, require, retrieve, verdict, wait_for

MAIL = ROOT / "tests/data/demo_mail"
RULE = "header {0} Subject =~ /{1}/\nscore {0} {2}\ndescribe {0} says {1}\n"


def rule(word, points):
    return RULE.format("SAYS_" + word.upper(), word, points)


def message(subject, sender="a@example.org", header=""):
    return f"{header}From: {sender}\nSubject: {subject}\n\nSome words.\n".encode()


def run(world, *arguments):
    done = subprocess.run([world.programs / "postern", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


def index_of_demo_mail(world):
    index = world.folder / "index"
    index.write_text("".join(f"{kind} {path}\n" for kind in ("ham", "spam") for path in sorted((MAIL / kind).glob("*.eml"))))
    return index


def check_lint(world):
    file = world.folder / "lint.cf"
    file.write_text("header ALWAYS exists:From\nscore ALWAYS 1\ndescribe ALWAYS is a message\n"
                    "body NEVER /xyzzy-plugh/\ndescribe NEVER says a word of magic\n"
                    "body __SUB /x/\nbody PLAIN /the/\nscore PLAIN 1\n"
                    "header HAMMY exists:To\nscore HAMMY -0.1\ndescribe HAMMY has recipients\n"
                    "score NOBODY 3\nheader ALWAYS exists:From\n")
    status, text, _ = run(world, "rules", "check", file, "--mail", index_of_demo_mail(world))
    require(status == 0, f"warnings are no errors: {text}")
    for wanted in ("lint.cf:4: warning: NEVER: has no score", "lint.cf:4: warning: NEVER: hits none of 88 messages",
                   "lint.cf:7: warning: PLAIN: has no description", "ALWAYS: hits every one of 88 messages",
                   "NOBODY: score without a rule of that name", "ALWAYS: defined again, in place of", "88 messages: 1 rules hit none"):
        require(wanted in text, f"{wanted}: {text}")
    require("__SUB" not in text, f"sub-rules need neither: {text}")
    told = json.loads(run(world, "rules", "check", "--json", file, "--mail", index_of_demo_mail(world))[1])
    require(told["never_hit"] == ["NEVER"] and "ALWAYS" in told["always_hit"] and told["errors"] == 0 and told["messages"] == 88, told)
    require(any(one["rule"] == "NEVER" and one["line"] == 4 and one["advice"] for one in told["diagnostics"]), told)
    file.write_text("body BAD /(unclosed/\nscore BAD 1\ndescribe BAD x\n")
    status, text, _ = run(world, "rules", "check", file)
    require(status == 65 and f"{file}:1:" in text and "    body BAD /(unclosed/\n" in text and "^\n" in text, f"the line and the place: {text}")
    require(json.loads(run(world, "rules", "check", "--json", file)[1])["errors"] == 1, "in JSON, too")
    require(run(world, "rules", "check", world.folder / "none.cf")[0] == 66, "a missing file")


def check_limits(world):
    file = world.folder / "slow.cf"
    file.write_text("body SLOW /(?:a?){30}(?=b)a{30}/\nscore SLOW 1\ndescribe SLOW takes long\n")
    box = world.folder / "slow.eml"
    box.write_bytes(message("slow") + b"a" * 500 + b"\n")
    told = json.loads(run(world, "rules", "check", "--json", file, "--mail", box)[1])
    require([one["rule"] for one in told["limits"]] == ["SLOW"] and told["limits"][0]["searches"] > 0, told)


def check_tests(world):
    file = world.folder / "tested.cf"
    file.write_text(rule("ape", 1) + rule("bee", 1) + "test SAYS_APE ok an ape\ntest SAYS_APE fail an ape, too\n")
    status, text, _ = run(world, "rules", "test", file)
    require(status == 65 and "tested.cf:8: SAYS_APE should not hit: an ape, too" in text and "1 passed, 1 failed, 1 rules without" in text, text)
    told = json.loads(run(world, "rules", "test", "--json", file)[1])
    require(told["passed"] == 1 and told["failed"][0]["line"] == 8 and told["untested"] == ["SAYS_BEE"], told)


def check_what_if(world):
    state, served = world.state, world.folder / "served.cf"
    served.write_text(rule("ape", 50))
    world.maildir("tester")
    world.deliver("tester", [message("ape"), message("bee"), message("cat")])
    world.add_user("tester")
    world.start("--base-model", "none", "--rules", served)
    draft = world.folder / "draft.cf"
    draft.write_text(rule("bee", 50) + rule("cat", 0.5))
    box = world.folder / "mail" / "tester"
    what_if = ("rules", "what-if", "--state", state, "--mail", box)
    status, text, error = run(world, *what_if, draft)
    require(status == 0 and text.startswith("ham -> spam\t0.0 -> 50.0\tSAYS_BEE +50.0\t"), text + error)
    require("3 messages: 1 would get another label, 1 another score alone" in text and "1  by SAYS_BEE" in text, text)
    told = json.loads(run(world, *what_if, "--json", "--instead", draft)[1])
    require(told["moves"] == {"ham -> spam": 1, "spam -> ham": 1} and told["relabelled"] == 2, f"the draft alone: {told}")
    gone = [one for one in told["changed"] if one["from"] == "spam"][0]
    require(gone["to"] == "ham" and gone["score_from"] == 50 and gone["rules"] == [{"rule": "SAYS_APE", "from": 50, "to": 0}], gone)
    require(json.loads(run(world, *what_if, "--json", served)[1])["relabelled"] == 0, "what is served already changes nothing")
    index = world.folder / "truth"
    names = sorted((box / "new").iterdir())
    index.write_text("".join(f"{'spam' if number < 2 else 'ham'} {path}\n" for number, path in enumerate(names)))
    told = json.loads(run(world, "rules", "what-if", "--state", state, "--mail", index, "--json", draft)[1])
    require(told["spam"] == {"messages": 2, "called_spam_from": 1, "called_spam_to": 2} and told["ham"]["called_spam_to"] == 0, told)
    # The daemon's configuration and lessons count: as served, the label is the one that a client gets.
    client = world.login("tester")
    require([verdict(retrieve(client, number)) for number in (1, 2, 3)] == ["spam", "ham", "ham"], "as what-if says of the present")
    client.quit()
    draft.write_text("body BROKEN /(/\n")
    status, _, error = run(world, *what_if, draft)
    require(status == 65 and "draft.cf:1:" in error, error)
    world.stop()


def deliver_and_label(world, user, mail, first):
    world.deliver(user, mail, first=first)
    client = world.login(user)
    labels = []
    for number in range(first, first + len(mail)):
        delivered = retrieve(client, number)
        labels.append((verdict(delivered), delivered[:768].decode()))
    client.quit()
    return labels


def check_senders(world):
    rules = world.folder / "senders.cf"
    rules.write_text(rule("ape", 6) + rule("bee", 6))
    for user in ("kim", "lee"):
        world.add_user(user)
        world.maildir(user)
    at = ("--state", world.state)
    world.start("--base-model", "none", "--rules", rules, "--authserv-id", "mx.example")
    require("allow friend@example.org" in world.postern("allow", "add", *at, "kim", "Friend@Example.org"), "added")
    world.postern("block", "add", *at, "kim", "evil.example", "*@promo*.example.net")
    require(world.postern("block", "list", *at, "kim").splitlines() == ["*@promo*.example.net", "evil.example"], "listed")
    mail = [message("ape", "friend@example.org"), message("hello", "x@mail.evil.example"), message("hello", "x@promo7.example.net"), message("ape")]
    labels = deliver_and_label(world, "kim", mail, 1)
    require([label for label, _ in labels] == ["ham", "spam", "spam", "spam"], labels)
    require("ALLOWED_SENDER" in labels[0][1] and "BLOCKED_SENDER" in labels[1][1], "in the label's list of tests")
    require([label for label, _ in deliver_and_label(world, "lee", mail, 1)] == ["spam", "ham", "ham", "spam"], "one user's lists are nobody else's")

    world.postern("allow", "remove", *at, "kim", "friend@example.org")
    require(deliver_and_label(world, "kim", [mail[0]], 5)[0][0] == "spam", "removed, from the next session on")
    client = world.login("kim")
    require(verdict(retrieve(client, 1)) == "ham", "what was shown keeps its verdict")
    client.quit()

    status, _, error = run(world, "allow", "add", "--authenticated", *at, "kim", "bank.example")
    require(status == 0 and error == "", f"the daemon has an authserv_id: {error}")
    passed = "Authentication-Results: mx.example; dkim=pass header.d=bank.example\n"
    forged = "Received: from x by mx.example; today\nAuthentication-Results: mx.example; dkim=pass header.d=bank.example\n"
    labels = deliver_and_label(world, "kim", [message("ape", "x@bank.example", passed), message("ape", "x@bank.example"),
                                              message("ape", "x@bank.example", passed.replace("mx.", "evil.")),
                                              message("ape", "x@bank.example", passed.replace("=pass", "=fail") + forged)], 6)
    require([label for label, _ in labels] == ["ham", "spam", "spam", "spam"], labels)

    file = world.folder / "bank.eml"
    file.write_bytes(message("ape", "x@bank.example", passed))
    flags = ("--base", "none", "--rules", rules, *at)
    explained = world.postern("classify", "--explain", *flags, "--user", "kim", file)
    require("-100.000  ALLOWED_SENDER  you allow bank.example, and dkim=pass header.d=bank.example" in explained, explained)
    require("ALLOWED" not in world.postern("classify", "--explain", *flags, file), "nobody's lists without --user")

    world.postern("rules", "score", *at, "kim", "SAYS_APE", "1.5")
    world.postern("rules", "score", *at, "kim", "SAYS_BEE", "--", "-2")
    require(world.postern("rules", "score", *at, "kim").splitlines() == ["SAYS_APE\t1.5", "SAYS_BEE\t-2"], "listed")
    judged = json.loads(world.postern("classify", "--json", *flags, "--user", "kim", write(world.folder / "ape.eml", message("ape bee"))))
    require(judged["score"] == -0.5 and {one["name"]: one["points"] for one in judged["ledger"]} == {"SAYS_APE": 1.5, "SAYS_BEE": -2}, judged)
    require(deliver_and_label(world, "kim", [message("ape")], 10)[0][0] == "ham", "the server counts them, too")
    require(deliver_and_label(world, "lee", [message("ape")], 5)[0][0] == "spam", "for that user alone")
    require("check the spelling" in run(world, "rules", "score", *at, "kim", "SAYS_APPE", 1)[2], "a rule that there is not")
    world.postern("rules", "score", *at, "kim", "SAYS_APE", "--remove")
    require("SAYS_APE" not in world.postern("rules", "score", *at, "kim"), "removed")
    world.stop()

    require(run(world, "allow", "add", *at, "nobody", "a@example.org")[0] == 67, "an unknown user")
    require(run(world, "allow", "add", *at, "kim", "*")[0] == 64, "everybody")
    require(run(world, "block", "remove", *at, "kim", "other.example")[0] == 66, "not on the list")
    require(run(world, "classify", "--user", "kim", file)[0] == 64, "lists are in a state")
    other = world.folder / "bare"
    world.postern("user", "add", "kim", "--state", other, input=b"x\n")
    status, _, error = run(world, "allow", "add", "--authenticated", "--state", other, "kim", "bank.example")
    require(status == 0 and "never count" in error, f"without authserv_id it says so: {error}")
    told = json.loads(world.postern("allow", "list", "--json", "--state", other, "kim"))
    require(told == [{"pattern": "bank.example", "authenticated": True}], told)


def write(path, octets):
    path.write_bytes(octets)
    return path


def main():
    with World(sys.argv[1]) as world:
        for check in (check_lint, check_limits, check_tests, check_what_if, check_senders):
            check(world)
            print(f"ok {check.__name__}")


if __name__ == "__main__":
    main()
