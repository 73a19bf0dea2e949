#!/usr/bin/env python3
"""Compares the documents with the code.

- Every key of src/app/config_keys.cc has a row with its default in README.md's table, and the
  other way round; posternd's other flags are named in README.md.
- The same for the keys of [[upstream]] in src/app/upstream_config.cc.
- Every flag that a document names is one of a program or script of ours, or of a known tool.
- Every relative link of a *.md file leads to a file, and its #anchor to a heading.
- Every file and folder that src/README.md names exists.
- docs/pop3-statements.md has each statement once, and names tests and statements of popcheck that exist.
Prints each offence as FILE: what.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEYS = ROOT / "src" / "app" / "config_keys.cc"
UPSTREAM_KEYS = ROOT / "src" / "app" / "upstream_config.cc"
README = ROOT / "README.md"
# Flags of other people's programs that documents mention.
FOREIGN_FLAGS = {"--preset", "--build", "--target", "--test-dir", "--no-install-recommends", "--backup"}

KEY_ROW = re.compile(r'^ +\{"(\w+)", "[^"]*", "([^"]*)", (?:true|false),', re.M)
README_ROW = re.compile(r"^\| `(\w+)` \| (?:`([^`]*)`)? ?\|", re.M)
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.S | re.M)


def documents():
    for path in sorted(ROOT.rglob("*.md")):
        if not {"build", ".git"} & set(path.relative_to(ROOT).parts):
            yield path


def check_keys():
    yield from compare_keys(KEYS, "<!-- keys:")
    yield from compare_keys(UPSTREAM_KEYS, "<!-- upstream keys:")


def compare_keys(source, begins):
    defined = dict(KEY_ROW.findall(source.read_text()))
    if not defined:
        yield f"{source.relative_to(ROOT)}: no keys found; has the form of the table changed?"
    # Only the table after the marker: README.md has others.
    _, marker, rest = README.read_text().partition(begins)
    if not marker:
        yield f"README.md: the marker '{begins}' is gone"
    table = rest.partition("\n\n")[0]
    documented = dict(README_ROW.findall(table))
    for key in sorted(defined.keys() - documented.keys()):
        yield f"README.md: the configuration key '{key}' has no row"
    for key in sorted(documented.keys() - defined.keys()):
        yield f"README.md: there is no configuration key '{key}'"
    for key in sorted(defined.keys() & documented.keys()):
        if defined[key] != documented[key]:
            yield f"README.md: the default of '{key}' is '{defined[key]}', not '{documented[key]}'"


def check_flags():
    """Flags that documents name exist, and posternd's own are documented."""
    main = FLAG.findall("\n".join(re.findall(r'add_(?:flag|option)\("([^"]*)"', (ROOT / "src/app/main.cc").read_text())))
    readme = set(FLAG.findall(README.read_text()))
    for flag in main:
        if flag not in readme:
            yield f"README.md: posternd's flag {flag} is not named"
    known = set(FOREIGN_FLAGS) | {"--" + key.replace("_", "-") for key, _ in KEY_ROW.findall(KEYS.read_text())}
    known.add("--help")
    for pattern in ("src/app/*.cc", "tools/**/*.cc", "tools/**/*.py", "tests/**/*.py", "tools/quickstart", "tools/check"):
        for path in ROOT.glob(pattern):
            known |= set(FLAG.findall(path.read_text()))
    for path in documents():
        for flag in sorted(set(FLAG.findall(path.read_text())) - known):
            yield f"{path.relative_to(ROOT)}: no program of ours has a flag {flag}"


def anchors(text):
    """The anchors that a renderer makes of headings."""
    for heading in re.findall(r"^#+ +(.+)$", FENCE.sub("", text), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def check_links():
    seen = 0
    for path in documents():
        for target in LINK.findall(FENCE.sub("", path.read_text())):
            if re.match(r"[a-z]+:", target):
                continue
            seen += 1
            name, _, anchor = target.partition("#")
            file = (path.parent / name) if name else path
            if not file.exists():
                yield f"{path.relative_to(ROOT)}: the link {target} leads nowhere"
            elif anchor and anchor not in anchors(file.read_text()):
                yield f"{path.relative_to(ROOT)}: {name or 'this file'} has no heading #{anchor}"
    if not seen:
        yield "no relative link found in any document; has the pattern gone wrong?"


def check_map():
    """Names in backticks of src/README.md; in a table's row they may be relative to its folder."""
    source = ROOT / "src"
    for line in FENCE.sub("", (source / "README.md").read_text()).splitlines():
        row = re.match(r"\| `(\w+)/`", line)
        places = [source, ROOT] + ([source / row.group(1)] if row else [])
        for name in re.findall(r"`([\w./-]+(?:/|\.(?:md|h|cc|py|txt|sql)))`", line):
            if not any((place / name).exists() for place in places):
                yield f"src/README.md: {name} does not exist"


def check_statements():
    path = ROOT / "docs" / "pop3-statements.md"
    tests = {f"{suite}.{name}" for file in ROOT.glob("tests/**/*_test.cc")
             for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", file.read_text(), re.M)}
    tests |= {f"e2e/{file.name[:-len('_test.py')]}" for file in ROOT.glob("tests/e2e/*_test.py")}
    checked = {found for file in ROOT.glob("tools/popcheck/*_checks.cc")
               for found in re.findall(r'(?:row|special|talk)\(\s*"(C?\d+)\w?"|Check\{\s*"(\d+)\w?"', file.read_text())}
    checked = {number for pair in checked for number in pair if number}
    numbers = []
    for row in re.findall(r"^\| (\d.*)\|$", path.read_text(), re.M):
        statements, _, proof = row.split(" | ", 2)
        numbers += map(int, re.findall(r"\d+", statements))
        for name in re.findall(r"`([^`]+)`", proof):
            if name not in tests:
                yield f"{path.relative_to(ROOT)}: there is no test {name}"
        for name in re.findall(r"\bC?\d+\b", "".join(re.findall(r"popcheck ((?:C?\d+(?:, )?)+)", proof))):
            if name not in checked:
                yield f"{path.relative_to(ROOT)}: popcheck has no statement {name}"
    for number in range(1, 127):
        if numbers.count(number) != 1:
            yield f"{path.relative_to(ROOT)}: statement {number} has {numbers.count(number)} rows, not one"


def main():
    offences = [*check_keys(), *check_flags(), *check_links(), *check_map(), *check_statements()]
    print("\n".join(offences) or "documents and code agree")
    return 1 if offences else 0


if __name__ == "__main__":
    sys.exit(main())
