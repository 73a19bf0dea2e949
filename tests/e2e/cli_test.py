"""The command line: exit codes, output shapes, help in messages."""
import json
import shutil
import subprocess
import sys

from support import ROOT, World, require


def daemon(world, *flags):
    run = subprocess.run([world.programs / "posternd", *map(str, flags)], capture_output=True, text=True, timeout=60)
    return run.returncode, run.stdout + run.stderr


def check_daemon_configuration(world):
    config = world.folder / "posternd.toml"
    config.write_text('maildir = "/m/%u"\n\nidle_timout = 700\n')
    status, text = daemon(world, "--config", config, "--check-config")
    require(status == 78 and "posternd.toml:3: unknown key 'idle_timout'" in text, text)
    config.write_text('maildir = "/m/%u"\n')
    require(daemon(world, "--config", config, "--check-config")[0] == 0, "a sound configuration passes")
    status, text = daemon(world, "--config", config, "--tls-certificate", "a", "--tls-certificate", "b", "--tls-key", "a", "--check-config")
    require(status == 78 and "equally many" in text, text)
    status, text = daemon(world, "--config", config, "--tls-certificate", "/missing.pem", "--check-config")
    require(status == 78 and "/missing.pem" in text, text)
    require(daemon(world, "--state", world.state)[0] == 78, "a maildir is needed")
    require(daemon(world, "--no-such-flag")[0] == 64, "usage errors are 64")
    require(daemon(world, "--config", "/nonexistent.toml")[0] == 78, "a missing configuration is 78")
    status, text = daemon(world, "--print-config")
    require(status == 0 and "idle_timeout = 600" in text, text)
    require("--idle-timeout" in daemon(world, "--help")[1], "every key is a flag")


def check_users(world):
    world.add_user("ann")
    require("exists already" in run_failing(world, 65, "user", "add", "ann", "--state", world.state, input=b"x\n"), "twice")
    run_failing(world, 65, "user", "add", "bob", "--state", world.state, input=b"\n")
    run_failing(world, 67, "user", "passwd", "bob", "--state", world.state, input=b"x\n")
    world.postern("user", "passwd", "ann", "--state", world.state, input=b"other\n")
    require(world.postern("user", "list", "--state", world.state).split("\t")[0] == "ann", "listed")
    world.postern("user", "remove", "ann", "--state", world.state)
    run_failing(world, 67, "user", "remove", "ann", "--state", world.state)
    require(world.postern("user", "list", "--state", world.state) == "", "gone")


def run_failing(world, status, *arguments, input=None):
    run = subprocess.run([world.programs / "postern", *map(str, arguments)], input=input, capture_output=True, timeout=120)
    require(run.returncode == status, f"{arguments}: {run.returncode}, not {status}: {run.stderr}")
    require(run.stderr.strip(), f"{arguments}: says nothing")
    return run.stderr.decode()


def check_usage(world):
    run_failing(world, 64)
    run_failing(world, 64, "clasify")
    run_failing(world, 64, "train", "--state", world.state, "--spam")
    run_failing(world, 64, "train", "--state", world.state, "--spam", "--ham", "x")
    run_failing(world, 66, "classify", "/nonexistent/message")
    run_failing(world, 66, "train", "--state", world.state, "--spam", world.folder / "missing")
    index = world.folder / "index"
    index.write_text("spam a\nspma b\n")
    require("index:2:" in run_failing(world, 65, "train", "--state", world.state, "--index", index), "names the line")


def check_judging(world):
    mail = sorted((ROOT / "tests/data/demo_mail").glob("*/*.eml"))
    lines = world.postern("classify", *mail).splitlines()
    require(len(lines) == len(mail), "a line a message")
    for line, path in zip(lines, mail):
        label, probability, score, name = line.split("\t")
        require(label in ("ham", "unsure", "spam") and 0 <= float(probability) <= 1 and name == str(path), line)
        float(score)
    for line in world.postern("classify", "--json", *mail).splitlines():
        judged = json.loads(line)
        total = sum(round(entry["points"] * 1000) for entry in judged["ledger"])
        require(total == round(judged["score"] * 1000), f"the ledger does not add up: {line}")
    explained = world.postern("classify", "--explain", mail[0]).splitlines()
    require(sum("would make it" in line for line in explained) == 2, f"what would change the label: {explained}")
    points = [round(float(line.split()[0]) * 1000) for line in explained[1:-2]]
    require(sum(points[:-1]) == points[-1], f"the explanation does not add up: {explained}")


def check_lessons(world):
    mail = ROOT / "tests/data/demo_mail"
    count = len(list((mail / "spam").iterdir()))
    require(f"learned {count}," in world.postern("train", "--state", world.state, "--spam", mail / "spam"), "learned")
    require(f"already known {count};" in world.postern("train", "--state", world.state, "--spam", mail / "spam"), "known")
    world.postern("train", "--state", world.state, "--ham", mail / "ham")
    one = sorted((mail / "ham").iterdir())[0]
    before = world.postern("classify", "--state", world.state, one)
    require("changed 1," in world.postern("train", "--state", world.state, "--spam", one), "corrected")
    require("changed 1," in world.postern("train", "--state", world.state, "--ham", one), "and back")
    require("forgot 1," in world.postern("forget", "--state", world.state, one), "forgotten")
    require("forgot 0, never taught 1;" in world.postern("forget", "--state", world.state, one), "once")
    world.postern("train", "--state", world.state, "--ham", one)
    require(before.split("\t")[0] == world.postern("classify", "--state", world.state, one).split("\t")[0], "same label")


def check_eval(world):
    mail = ROOT / "tests/data/demo_mail"
    index = world.folder / "evalindex"
    lines = [f"{kind} {path}" for kind in ("ham", "spam") for path in sorted((mail / kind).glob("*.eml"))]
    index.write_text("\n".join(lines))
    scores, plot = world.folder / "scores", world.folder / "roc.svg"
    measured = json.loads(world.postern("eval", "--json", "--strip", "--orders", 2, "--scores", scores, "--plot", plot, index))
    require(measured["messages"] == len(lines) and len(measured["orders"]) == 2, measured)
    require(measured["orders"][1]["roca_loss_percent"] is not None, measured)
    first = [line.split("\t") for line in scores.read_text().splitlines()]
    require([f"{truth} {path}" for truth, _, path in first] == lines, "the first order is the index's")
    other = [line.split("\t")[2] for line in (world.folder / "scores.1").read_text().splitlines()]
    require(sorted(other) == sorted(path for _, _, path in first) and other != [path for _, _, path in first], "the second is shuffled")
    require(plot.read_text().startswith("<svg"), "a picture")
    for protocol in ("online", "half", "cold", "delayed", "onerror"):
        text = world.postern("eval", "--protocol", protocol, "--base", "none", index)
        require("(1-ROCA)%" in text and "peak memory" in text, text)
    run_failing(world, 64, "eval", "--protocol", "offline", index)
    run_failing(world, 66, "eval", world.folder / "nothing")
    run_failing(world, 65, "eval", "--clump", 1000, index)


def check_model(world):
    info = json.loads(world.postern("model", "info", "--json", "--state", world.state))
    require(info["lessons"]["spam"] > 20 and info["octets"] > 400_000, info)
    require("lessons spam" in world.postern("model", "info", "--state", world.state), "for people, too")
    model = world.state / "model/personal.model"
    before = model.read_bytes()
    model.write_bytes(before[:1000])
    world.postern("model", "rebuild", "--state", world.state)
    require(model.read_bytes() == before, "rebuilt octet for octet")

    lessons, other = world.folder / "lessons", world.folder / "other"
    world.postern("model", "export", "--state", world.state, lessons)
    require(lessons.stat().st_mode & 0o077 == 0, "an export is private")
    require(world.postern("model", "info", lessons).count("\n") == 5, "a lesson file is described")
    total = info["lessons"]["spam"] + info["lessons"]["ham"]
    require(f"learned {total}," in world.postern("model", "import", "--state", other, lessons), "imported")
    require(f"already known {total}" in world.postern("model", "import", "--state", other, lessons), "twice")
    again = json.loads(world.postern("model", "info", "--json", "--state", other))
    require(again["lessons"] == info["lessons"], again)
    # Where the log has no gaps (lessons taken back), even the header is the same.
    third, copy = world.folder / "third", world.folder / "copy"
    world.postern("model", "export", "--state", other, copy)
    world.postern("model", "import", "--state", third, copy)
    require((third / "model/personal.model").read_bytes() == (other / "model/personal.model").read_bytes(), "octet for octet")
    header = int.from_bytes(before[20:24], "little")
    require((third / "model/personal.model").read_bytes()[header:] == before[header:], "the same tables")

    site = world.folder / "site.model"
    require(f"{total} lessons" in world.postern("model", "build", "--output", site, "--lessons", lessons), "built")
    require(site.read_bytes() == (other / "model/personal.model").read_bytes(), "a build is the same fold")
    world.postern("model", "build", "--output", site, "--base", "none", world.folder / "evalindex")
    past = world.folder / "past.model"
    world.postern("model", "rebuild", "--state", world.state, "--until", "2000-01-01", "--output", past)
    require(json.loads(world.postern("model", "info", "--json", past))["lessons"] == {"spam": 0, "ham": 0}, "nothing then")
    run_failing(world, 64, "model", "rebuild", "--state", world.state, "--until", "2000-01-01")
    run_failing(world, 64, "model", "rebuild", "--state", world.state, "--until", "2000-13-01", "--output", past)
    run_failing(world, 64, "model", "build", "--output", site)
    run_failing(world, 65, "model", "import", "--state", other, site)
    run_failing(world, 66, "model", "info", "--state", world.folder / "untaught")
    run_failing(world, 65, "model", "info", world.folder / "evalindex")


def check_site(world):
    mail = ROOT / "tests/data/demo_mail"
    site = world.folder / "shared.model"
    world.postern("model", "build", "--output", site, "--spam", mail / "spam", "--ham", mail / "ham")
    spam = sorted((mail / "spam").glob("*.eml"))[0]
    alone = float(world.postern("classify", spam).split("\t")[2])
    require(float(world.postern("classify", "--site", site, spam).split("\t")[2]) > alone, "the site knows it")
    explained = world.postern("classify", "--explain", "--site", site, spam)
    require("the site's lessons" in explained, explained)
    require("(1-ROCA)%" in world.postern("eval", "--site", site, world.folder / "evalindex"), "measured")
    state = world.folder / "user"
    world.postern("train", "--state", state, "--site", site, "--spam", spam)
    over = json.loads(world.postern("model", "info", "--json", "--state", state, "--site", site))["background"]
    bare = json.loads(world.postern("model", "info", "--json", "--state", state))["background"]
    require(over != bare, "a model remembers its background, and is folded anew for another")
    run_failing(world, 78, "classify", "--base", "none", "--site", site, spam)
    run_failing(world, 66, "classify", "--site", world.folder / "nothing", spam)
    run_failing(world, 65, "classify", "--site", world.folder / "evalindex", spam)


def check_imports(world):
    """Against the real output of the other filters, where they are installed; else by fixture."""
    mail = ROOT / "tests/data/demo_mail"
    index = world.folder / "evalindex"
    output = world.folder / "imported.model"

    def useful(dump, *flags):
        text = world.postern("model", "import", "--output", output, *flags, dump)
        words = int(text.split()[0])
        require(words > 20, text)
        measured = json.loads(world.postern("eval", "--json", "--base", "none", "--protocol", "cold", "--site", output, index))
        require(measured["orders"][0]["roca_loss_percent"] < 10, f"{flags}: {measured['orders'][0]}")

    dump = world.folder / "dump"
    if shutil.which("bogofilter") and shutil.which("bogoutil"):
        folder = world.folder / "bogofilter"
        folder.mkdir()
        for flag, kind in (("-s", "spam"), ("-n", "ham")):
            subprocess.run(["bogofilter", "-d", folder, flag, "-B", *sorted((mail / kind).glob("*.eml"))], check=True)
        dump.write_bytes(subprocess.run(["bogoutil", "-d", folder / "wordlist.db"], check=True, capture_output=True).stdout)
        useful(dump, "--from", "bogofilter")
    else:
        print("skipped: bogofilter is not installed")
    if shutil.which("sa-learn"):
        path = world.folder / "sa" / "bayes"
        path.parent.mkdir()
        for kind in ("spam", "ham"):
            subprocess.run(["sa-learn", "--dbpath", path, f"--{kind}", mail / kind], check=True, capture_output=True)
        dump.write_bytes(subprocess.run(["sa-learn", "--dbpath", path, "--backup"], check=True, capture_output=True).stdout)
        useful(dump, "--from", "spamassassin", "--mail", index)
        run_failing(world, 64, "model", "import", "--from", "spamassassin", "--output", output, dump)
    else:
        print("skipped: spamassassin is not installed")
    corpus = world.folder / "corpus"
    for bucket, words in (("spam", "prize casino winner"), ("work", "meeting agenda minutes")):
        (corpus / bucket).mkdir(parents=True)
        (corpus / bucket / "table").write_text("__CORPUS__ __VERSION__ 1\n" + "".join(f"{word} 9\n" for word in words.split()))
    require("6 words of 9 spam and 9 ham" in world.postern("model", "import", "--from", "popfile", "--output", output, corpus), "POPFile")
    run_failing(world, 64, "model", "import", "--from", "popfile", "--output", output, "--spam-bucket", "junk", "--", corpus)
    dump.write_text("2,1\nhello,2,0\n")
    require("1 words" in world.postern("model", "import", "--from", "spambayes", "--output", output, dump), "SpamBayes")
    run_failing(world, 65, "model", "import", "--from", "bogofilter", "--output", output, dump)
    run_failing(world, 64, "model", "import", "--from", "crm114", "--output", output, dump)
    run_failing(world, 64, "model", "import", "--from", "spambayes", dump)


def check_lesson_log(world):
    state, mail = world.folder / "log", ROOT / "tests/data/demo_mail"
    world.postern("train", "--state", state, "--spam", mail / "spam")
    world.postern("train", "--state", state, "--ham", mail / "ham")
    lines = world.postern("lessons", "list", "--state", state).splitlines()
    require(len(lines) == 88 and all(line.count("\t") == 5 for line in lines), lines[:2])
    first = json.loads(world.postern("lessons", "list", "--json", "--state", state).splitlines()[0])
    require(first["number"] == 1 and first["class"] == "spam" and first["subject"] and first["time"].endswith("Z"), first)
    shown = world.postern("lessons", "show", "--state", state, 1)
    require(first["subject"] in shown.splitlines()[0] and "\n\n" in shown, shown[:300])
    # A copy of a ham message with another number in it, taught as spam.
    copy = world.folder / "copy.eml"
    original = max((mail / "ham").glob("*.eml"), key=lambda path: path.stat().st_size)
    copy.write_bytes(original.read_bytes() + b"\n7\n")
    run = subprocess.run([world.programs / "postern", "train", "--state", state, "--spam", copy], capture_output=True, text=True)
    require("1 lessons contradict another" in run.stderr, run.stderr)
    review = json.loads(world.postern("lessons", "review", "--json", "--state", state))
    require(review["lessons"] == 89 and len(review["contradictions"]) == 1, review)
    require([one["number"] for one in review["contradictions"][0]][1] == 89, review["contradictions"])
    require("contradict each other" in world.postern("lessons", "review", "--state", state), "for people, too")
    require("took back 1" in world.postern("lessons", "undo", "--state", state, 89), "undone")
    require(json.loads(world.postern("lessons", "review", "--json", "--state", state))["contradictions"] == [], "and gone")
    run_failing(world, 66, "lessons", "undo", "--state", state, 89)
    run_failing(world, 66, "lessons", "show", "--state", state, 0)
    run_failing(world, 64, "lessons", "undo", "--state", state, "x")
    careful = world.folder / "careful"
    text = world.postern("train", "--on-error", "--state", careful, "--ham", mail / "ham")
    require("judged rightly" in text and "learned 44" not in text, text)


def check_label(world):
    message = b"Subject: x\n\nbody\n"
    run = subprocess.run([world.programs / "postern", "label"], input=message, capture_output=True, timeout=60)
    require(run.returncode == 0 and run.stdout[768:] == message and b"X-Postern-Verdict: " in run.stdout[:768], run.stdout)
    again = subprocess.run([world.programs / "postern", "label"], input=run.stdout, capture_output=True, timeout=60)
    require(again.stdout == run.stdout, "labelling a labelled message changes nothing")
    run = subprocess.run([world.programs / "postern", "label", "--rules", world.folder / "missing"], input=message, capture_output=True)
    require(run.returncode != 0 and run.stdout.endswith(message), "the mail comes through whatever happens")


def check_rules(world):
    world.postern("rules", "check")
    require("0 failed" in world.postern("rules", "test"), "the shipped rules pass their tests")
    bad = world.folder / "bad.cf"
    bad.write_text("body GOOD /good/\nscore GOOD 1\n\nbody BAD /(unclosed/\nscore BAD 1\n")
    run = subprocess.run([world.programs / "postern", "rules", "check", bad], capture_output=True, text=True)
    require(run.returncode == 65 and "bad.cf:4" in run.stdout and "1 rules loaded" in run.stdout, run.stdout)
    bad.write_text("body GOOD /good/\nscore GOOD 1\ntest GOOD ok all is bad\n")
    run = subprocess.run([world.programs / "postern", "rules", "test", bad], capture_output=True, text=True)
    require(run.returncode == 65 and "bad.cf:3" in run.stdout, run.stdout)


def main():
    with World(sys.argv[1]) as world:
        for check in (check_daemon_configuration, check_usage, check_users, check_judging, check_lessons, check_eval, check_model, check_site, check_imports, check_lesson_log, check_label, check_rules):
            check(world)
            print(f"ok {check.__name__}")


if __name__ == "__main__":
    main()
