#!/usr/bin/env python3
"""Compares the hits of Postern's rule language with those of SpamAssassin itself.

    tools/dev/compare_spamassassin.py --postern build/release/postern INDEX...

Both programs run the same rule files (--rules) on the same messages, a sample spread evenly over
the indexes (lines `spam|ham PATH`, PATH relative to the index). SpamAssassin runs in one Perl
process without network, Bayes and user lists, with the plugins that its *.pre files load
(--plugins); every rule that has a score of zero is given one on both sides, so that it runs.

Compared are the rules that both run, sub-rules (`__X`) included. A (message, rule) pair counts
where either of the two hits; agreement is the part of those in which both do. Differences follow
by rule, most frequent first, with messages to look at. SpamAssassin is slow: --cache keeps its
answers for the next run.

Needs the Perl modules of SpamAssassin (Debian package `spamassassin`).
"""
import argparse
import collections
import glob
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

# Reads paths, answers each with a line of the rules that hit. The first line names all rules that
# it would run: not those of the network, of learning and of captures.
PERL = r"""
use strict;
use warnings;
use Mail::SpamAssassin;
my ($rules, $site, $home) = @ARGV;
my $sa = Mail::SpamAssassin->new({
  rules_filename => $rules, site_rules_filename => $site, userstate_dir => $home,
  dont_copy_prefs => 1, local_tests_only => 1, home_dir_for_helpers => $home,
  post_config_text => "use_bayes 0\nuse_auto_welcomelist 0\ntime_limit 0\n",
});
$sa->init(0);
my $conf = $sa->{conf};
# SpamAssassin 4.0 compiles an expression with %{NAME} once a process, for the first message.
my %stale = %{$conf->{capture_template_rules}};
for (1 .. 5) {
  for my $rule (keys %{$conf->{meta_dependencies}}) {
    $stale{$rule} = 1 if grep { $stale{$_} } @{$conf->{meta_dependencies}->{$rule}};
  }
}
my @run;
for my $rule (sort keys %{$conf->{test_types}}) {
  my $flags = $conf->{tflags}->{$rule} || '';
  next if $stale{$rule} || $flags =~ /\b(?:net|learn)\b/ || exists $conf->{rbl_evals}->{$rule};
  push @run, $rule;
  for my $set (0 .. 3) {
    $conf->{scoreset}->[$set]->{$rule} ||= 0.001;
  }
}
$| = 1;
print join(' ', @run), "\n";
while (my $path = <STDIN>) {
  chomp $path;
  open(my $file, '<:raw', $path) or die "$path: $!";
  my $text = do { local $/; <$file> };
  close $file;
  my $mail = $sa->parse($text, 0);
  my $status = $sa->check($mail);
  my %hits = %{$status->{tests_already_hit}};
  print join(' ', grep { $hits{$_} } sort keys %hits), "\n";
  $status->finish();
  $mail->finish();
}
"""


def messages_of(indexes, wanted, seed):
    """A sample of `wanted` paths, of each index its share, in a fixed order."""
    chosen = []
    for number, index in enumerate(indexes):
        folder = os.path.dirname(os.path.abspath(index))
        with open(index, encoding="utf-8", errors="surrogateescape") as lines:
            paths = [os.path.join(folder, line.split(None, 1)[1].rstrip("\n")) for line in lines]
        share = (wanted - len(chosen)) // (len(indexes) - number)
        chosen += random.Random(seed).sample(paths, min(share, len(paths)))
    return chosen


def ask_spamassassin(paths, rules, plugins, cache):
    """(rules that it runs, {path: set of rules that hit})."""
    answers = {}
    known = []
    if cache and os.path.exists(cache):
        with open(cache, encoding="utf-8") as file:
            stored = json.load(file)
        known = stored["rules"]
        answers = {path: set(hits) for path, hits in stored["hits"].items()}
    missing = [path for path in paths if path not in answers]
    if known and not missing:
        return set(known), answers
    with tempfile.TemporaryDirectory() as home:
        site = os.path.join(home, "site")
        os.mkdir(site)
        for name in glob.glob(os.path.join(plugins, "*.pre")):
            shutil.copy(name, site)
        process = subprocess.Popen(["perl", "-e", PERL, rules, site, home], text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        known = process.stdout.readline().split()
        if not known:
            sys.exit("SpamAssassin did not start: is the Perl module Mail::SpamAssassin there?")
        for done, path in enumerate(missing):
            process.stdin.write(path + "\n")
            process.stdin.flush()
            answers[path] = set(process.stdout.readline().split())
            if cache and (done % 50 == 49 or done + 1 == len(missing)):
                with open(cache + ".new", "w", encoding="utf-8") as file:
                    json.dump({"rules": known,
                               "hits": {key: sorted(hits) for key, hits in answers.items()}}, file)
                os.replace(cache + ".new", cache)
            if sys.stderr.isatty():
                print(f"\rSpamAssassin: {done + 1}/{len(missing)}", end="", file=sys.stderr)
        process.stdin.close()
        process.wait()
    return set(known), answers


def ask_postern(postern, paths, rules):
    """The same by Postern."""
    with tempfile.NamedTemporaryFile("w", suffix=".index", errors="surrogateescape") as index:
        index.writelines(f"ham {path}\n" for path in paths)
        index.flush()
        command = [postern, "rules", "hits", rules, "--mail", index.name, "--json"]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                                stderr=subprocess.DEVNULL).stdout.splitlines()
    known = set(json.loads(output[0])["rules"])
    hits = [set(json.loads(line)["hits"]) for line in output[1:]]
    return known, dict(zip(paths, hits))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("indexes", nargs="+", metavar="INDEX")
    parser.add_argument("--postern", default="build/release/postern")
    parser.add_argument("--rules", default="/usr/share/spamassassin")
    parser.add_argument("--plugins", default="/etc/spamassassin", help="folder of *.pre files")
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", help="file that keeps SpamAssassin's answers")
    parser.add_argument("--rows", type=int, default=40, help="rules to list")
    parser.add_argument("--rule", help="list all differences of the rules that this matches")
    args = parser.parse_args()

    paths = messages_of(args.indexes, args.messages, args.seed)
    theirs_run, theirs = ask_spamassassin(paths, args.rules, args.plugins, args.cache)
    ours_run, ours = ask_postern(args.postern, paths, args.rules)
    both = theirs_run & ours_run

    agreed = 0
    missed = collections.defaultdict(list)  # rule -> messages that only SpamAssassin hits
    added = collections.defaultdict(list)
    pairs_of = collections.Counter()
    for path in paths:
        a, b = theirs[path] & both, ours[path] & both
        agreed += len(a & b)
        pairs_of.update(a | b)
        for rule in a - b:
            missed[rule].append(path)
        for rule in b - a:
            added[rule].append(path)
    differing = sum(map(len, missed.values())) + sum(map(len, added.values()))

    pairs = agreed + differing
    rules = sorted(set(missed) | set(added), key=lambda r: -len(missed[r]) - len(added[r]))
    if args.rule:
        for rule in filter(re.compile(args.rule).search, rules):
            for path in missed[rule]:
                print(f"{rule} only SpamAssassin {path}")
            for path in added[rule]:
                print(f"{rule} only Postern {path}")
        return
    print(f"{'missed':>7} {'added':>6} {'pairs':>6}  rule, an example")
    for rule in rules[:args.rows]:
        example = (missed[rule] or added[rule])[0]
        print(f"{len(missed[rule]):7} {len(added[rule]):6} {pairs_of[rule]:6}  {rule} {example}")
    unrun = collections.Counter(r for p in paths for r in theirs[p] & theirs_run - ours_run)
    print(f"SpamAssassin runs {len(theirs_run)} rules, Postern {len(ours_run)}, both {len(both)}; "
          f"{sum(unrun.values())} hits are of rules that only SpamAssassin runs: "
          + ", ".join(f"{rule} {count}" for rule, count in unrun.most_common(12)))
    print(f"{len(paths)} messages, {pairs} pairs, {agreed} agree: "
          f"{100 * agreed / max(pairs, 1):.2f} %; {len(rules)} rules differ")


if __name__ == "__main__":
    main()
