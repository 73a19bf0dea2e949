#!/usr/bin/env python3
"""Runs SpamAssassin's stock rules on Postern, on SpamAssassin and beside rspamd, on the same mail.

usage: compare_rule_speed.py INDEX... [--postern PROGRAM] [--messages N] [--stock FOLDER]
                             [--shipped FOLDER] [--skip spamassassin|rspamd]

INDEX has lines `spam|ham PATH`. N messages, spread evenly over all indexes, go through
  - postern rules bench with SpamAssassin's stock rules (and with ours, for their own cost),
  - SpamAssassin in one long-lived Perl process, local tests only, no Bayes,
  - rspamd with its own rules, everything that asks the network or Redis turned off, one worker.
Each is told of WARM_UP messages more before the clock starts, so that what is compiled on first
use is. Time is CPU time of the process that does the work, so that other load on the machine
counts little; parsing the message is part of it everywhere. Prints messages a CPU second of each,
and how many times faster Postern is. Needs Debian's packages spamassassin and rspamd.
"""
import argparse
import http.client
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

WARM_UP = 300
SEED = 1
PORT = 21333

SPAMASSASSIN = r"""
use strict; use warnings; use Mail::SpamAssassin;
my ($stock, $warm_up) = @ARGV;
my $sa = Mail::SpamAssassin->new({
  rules_filename => $stock, local_tests_only => 1, dont_copy_prefs => 1,
  userprefs_filename => '/dev/null', home_dir_for_helpers => '/nonexistent',
  post_config_text => "use_bayes 0\nuse_auto_welcomelist 0\nuse_razor2 0\nuse_pyzor 0\n"});
$sa->compile_now(0, 1);
sub cpu { my ($user, $system) = times; return $user + $system; }
my ($begun, $done) = (cpu(), 0);
while (my $path = <STDIN>) {
  chomp $path;
  open(my $file, '<:raw', $path) or die "$path: $!";
  local $/; my $text = <$file>; close $file;
  my $mail = $sa->parse($text, 0);
  my $status = $sa->check($mail);
  $status->finish(); $mail->finish();
  $begun = cpu() if ++$done == $warm_up;
}
printf "%.6f\n", cpu() - $begun;
"""

# What asks the network, Redis or other programs, or waits for them.
RSPAMD_OFF = """antivirus arc asn aws_s3 bimi clickhouse dcc dkim dkim_signing dmarc elastic
external_relay external_services fuzzy_check greylist history_redis metadata_exporter
metric_exporter milter_headers mx_check neural p0f ratelimit rbl redis replies reputation
rspamd_update spamtrap spf surbl url_redirector""".split()


def paths_of(indexes):
    paths = []
    for index in indexes:
        folder = pathlib.Path(index).resolve().parent
        for line in pathlib.Path(index).read_text().splitlines():
            truth, _, name = line.partition(" ")
            if truth in ("spam", "ham"):
                paths.append(str(folder / name))
    return paths


def chosen(indexes, count):
    """WARM_UP messages, then `count`, with as many from each index as the others have."""
    pick = random.Random(SEED)
    lists = [paths_of([index]) for index in indexes]
    for each in lists:
        pick.shuffle(each)
    turns = [path for row in zip(*(each * (count // len(each) + 2) for each in lists))
             for path in row]
    unique = list(dict.fromkeys(turns))[:count + WARM_UP]
    pick.shuffle(unique)
    return unique[:WARM_UP], unique[WARM_UP:]


def postern_speed(program, rules, warm_up, messages, folder):
    index = pathlib.Path(folder) / "index"
    index.write_text("".join(f"spam {path}\n" for path in warm_up + messages))
    command = [program, "rules", "bench", rules, "--mail", str(index), "--rows", "0",
               "--most", str(len(warm_up) + len(messages)), "--warm-up", str(len(warm_up))]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = re.search(r"([\d.]+) messages a second of CPU", out)
    if not found:
        sys.exit(f"{' '.join(command)} printed no speed:\n{out}")
    return float(found.group(1))


def spamassassin_speed(stock, warm_up, messages):
    paths = "".join(f"{path}\n" for path in warm_up + messages)
    out = subprocess.run(["perl", "-e", SPAMASSASSIN, stock, str(len(warm_up))], input=paths,
                         check=True, capture_output=True, text=True).stdout
    return len(messages) / float(out)


def write_rspamd_config(folder):
    local = folder / "local.d"
    local.mkdir()
    (folder / "override.d").mkdir()
    for module in RSPAMD_OFF:
        (local / f"{module}.conf").write_text("enabled = false;\n")
    # No name server answers there, and nothing above should ask it.
    (local / "options.inc").write_text(
        'filters = "chartable,regexp";\nexplicit_modules = [];\n'
        'dns { nameserver = ["127.0.0.1:9"]; timeout = 0.01s; retransmits = 1; }\n')
    (local / "worker-normal.inc").write_text(
        f'bind_socket = "127.0.0.1:{PORT}";\ncount = 1;\n')
    for other in ("controller", "proxy"):
        (local / f"worker-{other}.inc").write_text("enabled = false;\n")
    (local / "logging.inc").write_text('level = "info";\n')


def scan_by_rspamd(path):
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    connection.request("POST", "/checkv2", pathlib.Path(path).read_bytes())
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status == 200 and b'"symbols"' in body


def worker_of(main):
    """The process id of the one worker that scans."""
    for entry in pathlib.Path("/proc").iterdir():
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == main and b"normal" in (entry / "cmdline").read_bytes():
                return int(entry.name)
        except (OSError, ValueError, IndexError):
            continue
    return None


def cpu_seconds_of(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_for_rspamd(main, log):
    """Until the worker answers and, where rspamd has Hyperscan, its expressions are compiled."""
    for _ in range(600):
        time.sleep(1)
        text = log.read_text(errors="replace") if log.exists() else ""
        if worker_of(main) and ("hyperscan" not in text or "loaded hyperscan" in text
                                or "hyperscan databases" in text):
            return
    sys.exit(f"rspamd did not get ready; its log is {log}")


def rspamd_speed(warm_up, messages, folder):
    folder = pathlib.Path(folder) / "rspamd"
    folder.mkdir()
    folder.chmod(0o777)
    write_rspamd_config(folder)
    command = ["rspamd", "-f", "-i"]
    for name, value in (("LOCAL_CONFDIR", folder), ("DBDIR", folder), ("RUNDIR", folder),
                        ("LOGDIR", folder)):
        command += ["--var", f"{name}={value}"]
    main = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_rspamd(main.pid, folder / "rspamd.log")
        for path in warm_up:
            scan_by_rspamd(path)
        worker = worker_of(main.pid)
        begun = cpu_seconds_of(worker)
        scanned = sum(scan_by_rspamd(path) for path in messages)
        seconds = cpu_seconds_of(worker) - begun
        if worker_of(main.pid) != worker:
            sys.exit("rspamd's worker was replaced while it was measured; run this again")
        if scanned < len(messages):
            print(f"rspamd refused {len(messages) - scanned} messages", file=sys.stderr)
        return scanned / seconds
    finally:
        main.send_signal(signal.SIGTERM)
        main.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("indexes", nargs="+")
    parser.add_argument("--postern", default="postern")
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--stock", default="/usr/share/spamassassin")
    parser.add_argument("--shipped", help="also measure this folder of rules on Postern")
    parser.add_argument("--skip", action="append", default=[], choices=["spamassassin", "rspamd"])
    options = parser.parse_args()
    warm_up, messages = chosen(options.indexes, options.messages)
    octets = sum(os.path.getsize(path) for path in messages)
    print(f"{len(messages)} messages of {octets / len(messages) / 1000:.1f} kB on average, "
          f"{WARM_UP} before the clock starts; messages a CPU second:")
    with tempfile.TemporaryDirectory() as folder:
        ours = postern_speed(options.postern, options.stock, warm_up, messages, folder)
        print(f"Postern, stock rules of SpamAssassin       {ours:9.1f}", flush=True)
        if options.shipped:
            own = postern_speed(options.postern, options.shipped, warm_up, messages, folder)
            print(f"Postern, its own rules                     {own:9.1f}", flush=True)
        if "rspamd" not in options.skip:
            rspamd = rspamd_speed(warm_up, messages, folder)
            print(f"rspamd, its own rules                      {rspamd:9.1f}"
                  f"   Postern is {ours / rspamd:.1f} times as fast", flush=True)
        if "spamassassin" not in options.skip:
            theirs = spamassassin_speed(options.stock, warm_up, messages)
            print(f"SpamAssassin, the same stock rules         {theirs:9.1f}"
                  f"   Postern is {ours / theirs:.1f} times as fast", flush=True)


if __name__ == "__main__":
    main()
