#!/usr/bin/env python3
"""Checks the layering: which folder includes which, and which third-party header stands where.

The table is the one of src/README.md; this test fails when the two differ, when an include breaks
it, or when a file of src/ is in no known folder. Prints each offence as FILE:LINE: what.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAP = ROOT / "src" / "README.md"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')

# Third-party header prefix -> places that may include it: a folder, or a file without suffix.
FENCES = {
    "boost/asio": ["net", "server", "web", "app"],
    "boost/beast": ["web"],
    "boost/json": ["web", "tools"],
    "openssl/": ["base/crypto", "net/tls", "tools/popcheck"],
    "re2/": ["rules"],
    "pcre2": ["rules/pcre_confirm"],
    "unicode/": ["mail/charset", "mail/unicode", "mail/saslprep", "tools/dev/list_look_alikes"],
    "sqlite3": ["state/sqlite"],
    "zstd": ["state/compression"],
    "libpq": ["state/postgres_store"],
    "toml++": ["app/config"],
    "CLI/": ["app/main", "tools/postern/main", "tools/postern/command", "tools/popcheck", "tools/popload"],
}


def read_table():
    """Allowed includes from the fenced table in src/README.md: `folder: dep dep`."""
    table = {}
    block = re.search(r"```layers\n(.*?)```", MAP.read_text(), re.S)
    if not block:
        sys.exit(f"{MAP}: no ```layers block")
    for line in block.group(1).splitlines():
        names, _, allowed = line.partition(":")
        for name in names.split(","):
            table[name.strip()] = set(allowed.split())
    return table


def sources():
    for top in ("src", "tools"):
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix in (".h", ".cc"):
                yield path


def fence_offence(header, place):
    for prefix, allowed in FENCES.items():
        if header.startswith(prefix) and not any(
            place == spot or place.startswith(spot + "/") or ("/" in spot and place.startswith(spot))
            for spot in allowed
        ):
            return f"<{header}> belongs only in {', '.join(allowed)}"
    return None


def main():
    table = read_table()
    offences = []
    seen = 0
    for path in sources():
        relative = path.relative_to(ROOT)
        in_src = relative.parts[0] == "src"
        folder = relative.parts[1] if in_src else "tools"
        place = str(relative.with_suffix("").relative_to("src")) if in_src else str(relative.with_suffix(""))
        if in_src and folder not in table:
            offences.append(f"{relative}: folder '{folder}' is not in the table of src/README.md")
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            seen += 1
            quoted, header = match.group(1) == '"', match.group(2)
            offence = None
            if quoted and in_src:
                target = header.split("/")[0]
                if target != folder and target not in table[folder]:
                    offence = f"{folder} may not include {header}"
            elif not quoted:
                offence = fence_offence(header, place)
            if offence:
                offences.append(f"{relative}:{number}: {offence}")
    print("\n".join(offences) or f"layers are kept: {seen} includes read")
    return 1 if offences or seen == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
