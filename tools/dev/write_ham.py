#!/usr/bin/env python3
"""write_ham.py OUT [--seed N] [--scale X] [--languages en,de,...]

Writes invented modern ham: OUT/data/*.eml, OUT/index ("ham data/ID.eml") and OUT/kinds.tsv
(file, kind, language). The base model learns from it what public collections lack: today's
transactional, newsletter and personal mail. All texts are this project's own (models/training),
all senders are invented and live under .example; the same seed gives the same octets.
"""
import argparse
import os
import random
import re
import sys
from dataclasses import dataclass, field

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ham_layouts
import ham_mime

MATERIAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../models/training")


@dataclass
class Kind:
    """How mail of one kind is made; its words are in the material."""
    style: str            # auto, news, person, reply, forward, attached, bounce, away, list
    weight: float = 1.0
    senders: tuple = ("no-reply", "noreply", "info", "service", "notifications")
    attached: float = 0   # how often a document is attached
    coded: bool = False   # shows a code in large type


KINDS = {
    "account_confirm": Kind("auto"),
    "password_reset": Kind("auto", 1.3, ("no-reply", "security", "account", "support")),
    "signin_code": Kind("auto", 1.0, ("no-reply", "login", "security"), coded=True),
    "signin_alert": Kind("auto", 1.3, ("security", "no-reply", "account-alerts")),
    "welcome": Kind("auto", 1.0, ("hello", "welcome", "team")),
    "order": Kind("auto", 1.2, ("orders", "shop", "service"), 0.1),
    "shipping": Kind("auto", 1.2, ("shipping", "orders", "tracking", "no-reply")),
    "parcel_waiting": Kind("auto"),
    "receipt": Kind("auto", 1.3, ("receipts", "billing", "no-reply"), 0.2),
    "invoice": Kind("auto", 1.3, ("billing", "invoices", "accounts"), 0.6),
    "payment_failed": Kind("auto", 1.3, ("billing", "payments", "no-reply")),
    "subscription": Kind("auto", 1.2, ("billing", "membership", "no-reply")),
    "bank_notice": Kind("auto", 1.4, ("service", "notices", "alerts", "no-reply")),
    "insurance": Kind("auto", 1.0, ("service", "claims", "policy"), 0.3),
    "appointment": Kind("auto", 1.2, ("appointments", "reception", "praxis", "info"), 0.1),
    "calendar": Kind("calendar", 1.0),
    "invitation": Kind("auto", 1.0, ("events", "invite", "hello")),
    "newsletter": Kind("news", 1.6, ("newsletter", "news", "hello", "editors")),
    "shop_offer": Kind("news", 1.4, ("news", "shop", "offers", "hello")),
    "social": Kind("auto", 1.2, ("notify", "notifications", "updates")),
    "school": Kind("auto", 1.2, ("office", "info", "secretary"), 0.2),
    "travel": Kind("auto", 1.2, ("bookings", "reservations", "no-reply"), 0.2),
    "job": Kind("auto", 1.0, ("jobs", "careers", "talent")),
    "ticket": Kind("auto", 1.2, ("support", "help", "service")),
    "build": Kind("auto", 0.8, ("ci", "builds", "notifications")),
    "task": Kind("auto", 1.0, ("notifications", "no-reply", "updates")),
    "survey": Kind("auto", 1.2, ("feedback", "survey", "hello")),
    "charity": Kind("news", 0.8, ("info", "hello", "donations")),
    "quota": Kind("auto", 1.0, ("postmaster", "admin", "it-support", "helpdesk")),
    "contract": Kind("auto", 1.0, ("contracts", "documents", "no-reply"), 0.2),
    "raffle": Kind("auto", 0.7, ("info", "raffle", "office")),
    "policy": Kind("auto", 0.8, ("legal", "info", "no-reply")),
    "shared_file": Kind("auto", 1.0, ("share", "no-reply", "files")),
    "statement": Kind("auto", 1.0, ("statements", "energy", "service"), 0.3),
    "market": Kind("auto", 0.9, ("alerts", "messages", "no-reply")),
    "authority": Kind("auto", 0.8, ("office", "info", "citizen-services"), 0.2),
    "person": Kind("person", 4.0),
    "reply": Kind("reply", 4.0),
    "forward": Kind("forward", 1.2),
    "attached": Kind("attached", 1.6),
    "away": Kind("away", 0.8),
    "bounce": Kind("bounce", 1.2),
    "list": Kind("list", 1.0),
}


SPAM = Kind("auto", 1.0, ("info", "support", "admin", "contact", "no-reply", "office", "sales"), 0.08)


class Material:
    """One language's texts: blocks "= name", lines "key text"."""

    def __init__(self, language, spam=False):
        self.language = language
        self.blocks = self.read(language + ".txt")
        self.common = self.blocks["common"]
        if spam:
            self.blocks = self.read(language + ".spam.txt")
            self.common = {**self.common, **self.blocks.pop("common")}

    @staticmethod
    def read(name):
        blocks, block = {}, None
        with open(os.path.join(MATERIAL, name), encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                line = line.rstrip("\n")
                if not line or line.startswith("#"):
                    continue
                if line.startswith("= "):
                    block = blocks.setdefault(line[2:], {})
                    continue
                key, _, text = line.partition(" ")
                if block is None or not text:
                    sys.exit(f"{name}:{number}: neither '= block' nor 'key text'")
                block.setdefault(key, []).append(text)
        return blocks

    def words(self, key):
        return [one.strip() for line in self.common[key] for one in line.split("|")]


class Slots:
    """What {slots} of one message stand for; the same slot is the same within a message."""

    def __init__(self, material, rng, brand):
        self.material, self.rng, self.brand = material, rng, brand
        self.known = {}

    def fill(self, text):
        return re.sub(r"\{(\w+)\}", lambda match: self[match.group(1)], text)

    def __getitem__(self, slot):
        if slot not in self.known:
            self.known[slot] = self.make(slot)
        return self.known[slot]

    def make(self, slot):
        rng, words = self.rng, self.material.words
        base = slot.rstrip("0123456789")
        if base in ("first", "person", "me"):
            others = {self.known.get(one) for one in ("first", "person", "me")}
            return rng.choice([one for one in words("first") if one not in others])
        if base in ("last", "city", "street", "item", "place", "topic"):
            return rng.choice([one for one in words(base) if one not in self.known.values()])
        if base == "name":
            return self["first"] + " " + self["last"]
        if base == "brand":
            return self.brand.name
        if base == "domain":
            return self.brand.domain
        if base == "url":
            return self.brand.link(rng)
        if base == "email":
            return ham_mime.ascii_slug(self["first"]) + "." + ham_mime.ascii_slug(self["last"]) + \
                rng.choice(["@mailbox.example", "@post.example", "@webpost.example", "@home.example"])
        if base == "no":
            return rng.choice(["{:06d}", "{:08d}", "A-{:05d}", "#{:05d}", "2025-{:05d}", "R{:07d}"]) \
                .format(rng.randrange(10000, 99999999) % 10 ** 7)
        if base == "code":
            return "{:06d}".format(rng.randrange(10 ** 6))
        if base == "n":
            return str(rng.randrange(2, 25))
        if base == "pct":
            return str(rng.choice([5, 10, 15, 20, 25, 30, 40, 50]))
        if base == "year":
            return str(rng.randrange(2022, 2027))
        if base == "time":
            return "{}:{:02d}".format(rng.randrange(8, 21), rng.choice([0, 15, 30, 45, 10, 50]))
        if base == "date":
            return self.date()
        if base in ("day", "month", "device"):
            return rng.choice(words(base))
        if base == "money":
            return self.money()
        if base == "phone":
            return rng.choice(["0{} {}", "+49 {} {}", "(0{}) {}", "555-0{} {}"]).format(
                rng.randrange(100, 999), rng.randrange(10000, 999999))
        if base == "card":
            return str(rng.randrange(1000, 9999))
        raise KeyError(f"{self.material.language}.txt: no slot {slot}")

    def date(self):
        day, year = self.rng.randrange(1, 29), self.rng.randrange(2021, 2027)
        month = self.rng.randrange(12)
        names = self.material.words("month")
        style = self.rng.choice(self.material.common["dates"])
        for old, new in (("DD", f"{day:02d}"), ("MM", f"{month + 1:02d}"), ("YYYY", str(year)),
                         ("D", str(day)), ("MONTH", names[month])):
            style = re.sub(rf"\b{old}\b", new, style)
        return style

    def money(self):
        whole = self.rng.choice([self.rng.randrange(3, 60), self.rng.randrange(20, 400),
                                 self.rng.randrange(100, 4000)])
        cents = self.rng.choice([0, 0, 50, 90, 95, 99, self.rng.randrange(100)])
        point, comma = self.material.common["decimal"][0], self.material.common["thousands"][0]
        text = f"{whole:,}".replace(",", comma if comma != "none" else "") + point + f"{cents:02d}"
        return self.rng.choice(self.material.common["money"]).replace("N", text)


@dataclass
class Draft:
    """A message as its writer thinks of it, before layout and encoding."""
    kind: str
    language: str
    subject: str = ""
    headline: str = ""
    greeting: str = ""
    paragraphs: list = field(default_factory=list)
    after: list = field(default_factory=list)      # paragraphs below the button
    rows: list = field(default_factory=list)       # (label, value)
    cards: list = field(default_factory=list)      # (title, text, label)
    code: str = ""
    button: str = ""
    url: str = ""
    plain_url: str = ""    # words before a link in a text part
    closing: list = field(default_factory=list)
    footer: list = field(default_factory=list)
    unsubscribe: str = ""
    online: str = ""
    preheader: str = ""


def some(rng, lines, least, most):
    count = min(len(lines), rng.randint(least, most))
    return [lines[i] for i in sorted(rng.sample(range(len(lines)), count))]


def draft_automatic(material, kind, name, slots, rng):
    block, common = material.blocks[name], material.common
    fill = slots.fill
    draft = Draft(name, material.language)
    draft.subject = fill(rng.choice(block["s"]))
    draft.headline = fill(rng.choice(block.get("h", block["s"])))
    if rng.random() < 0.85:
        draft.greeting = fill(rng.choice(common["hello"]))
    draft.paragraphs = [fill(one) for one in some(rng, block["p"], 1, 2)]
    rest = [fill(one) for one in some(rng, block.get("q", []), 1, 3)]
    if kind.coded:
        draft.code = slots["code"]
    if "t" in block and rng.random() < 0.75:
        cells = [cell.partition("=") for cell in rng.choice(block["t"]).split(";")]
        draft.rows = [(fill(label.strip()), fill(value.strip())) for label, _, value in cells]
    if "b" in block and rng.random() < 0.85:
        draft.button = fill(rng.choice(block["b"]))
        draft.url = slots.brand.link(rng)
        draft.plain_url = draft.button
    cut = rng.randint(0, len(rest))
    draft.paragraphs += rest[:cut]
    draft.after = rest[cut:]
    if "c" in block:
        cards = rng.sample(block["c"], min(len(block["c"]), rng.randint(2, 6)))
        draft.cards = [tuple(fill(one.strip()) for one in card.split("::")) for card in cards]
        draft.cards = [card if len(card) == 3 else card + (rng.choice(material.words("more")),)
                       for card in draft.cards]
    if rng.random() < 0.8:
        draft.closing = [fill(rng.choice(common["bye"])), fill(rng.choice(common["team"]))]
    draft.footer = [fill(one) for one in some(rng, common["foot"], 1, 3)]
    listy = kind.style == "news" or rng.random() < 0.3
    if listy:
        draft.unsubscribe = rng.choice(material.words("unsubscribe"))
    if kind.style == "news" and rng.random() < 0.6:
        draft.online = rng.choice(material.words("online"))
    if rng.random() < 0.5:
        draft.preheader = (draft.paragraphs + [draft.headline])[0][:110]
    return draft


def paragraphs_of(text):
    return [one.strip() for one in text.split("//")]


def pick_letter(material, name, slots, rng):
    """Subject and paragraphs of a letter from one person to another."""
    subject, _, body = rng.choice(material.blocks[name]["m"]).partition("::")
    return slots.fill(subject.strip()), [slots.fill(one) for one in paragraphs_of(body)]


def plan(languages, scale):
    """(truth, material, kind's name, kind, number) of every message to be written."""
    for language in languages:
        material = Material(language)
        each = scale * (22 if language == "en" else 8)
        for name, kind in KINDS.items():
            source = {"reply": "person", "forward": "person"}.get(name, name)
            if source not in material.blocks:
                continue
            for number in range(max(1, round(each * kind.weight))):
                yield "ham", material, name, kind, number
        if not os.path.exists(os.path.join(MATERIAL, language + ".spam.txt")):
            continue
        material = Material(language, spam=True)
        for name, block in material.blocks.items():
            kind = Kind("person") if "m" in block else SPAM
            for number in range(max(1, round(each * 2))):
                yield "spam", material, name, kind, number


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[1])
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--languages", help="en,de,...; all that there is material for if not given")
    parser.add_argument("--ham-only", action="store_true")
    options = parser.parse_args()
    known = sorted(one[:-4] for one in os.listdir(MATERIAL) if re.fullmatch(r"[a-z]{2}\.txt", one))
    languages = options.languages.split(",") if options.languages else known
    os.makedirs(os.path.join(options.out, "data"), exist_ok=True)
    index, kinds = [], []
    for truth, material, name, kind, number in plan(languages, options.scale):
        if truth == "spam" and options.ham_only:
            continue
        rng = random.Random(f"{options.seed}/{material.language}/{name}/{number}")
        brand = ham_mime.Brand(rng) if truth == "ham" else \
            ham_mime.Impostor(rng, rng.choice(material.words("sender")))
        octets = write_message(material, kind, name, Slots(material, rng, brand), rng)
        file = f"data/{material.language}-{name}-{number:03d}.eml"
        with open(os.path.join(options.out, file), "wb") as out:
            out.write(octets)
        index.append(f"{truth} {file}\n")
        kinds.append(f"{file}\t{name}\t{material.language}\n")
    for file, lines in (("index", index), ("kinds.tsv", kinds)):
        with open(os.path.join(options.out, file), "w", encoding="utf-8") as out:
            out.writelines(lines)
    print(f"{len(index)} messages")


def write_message(material, kind, name, slots, rng):
    if kind.style in ("person", "attached"):
        subject, body = pick_letter(material, name, slots, rng)
        return ham_mime.letter(material, slots, rng, subject, body, [], kind.style == "attached")
    if kind.style in ("reply", "forward", "list"):
        source = "list" if kind.style == "list" else "person"
        # Whoever answers now was written to then.
        theirs = Slots(material, rng, slots.brand)
        theirs.known = {"me": slots["first"], "first": slots["me"], "last2": slots["last"]}
        subject, quoted = pick_letter(material, source, theirs, rng)
        lines = material.blocks[source]["f" if kind.style == "forward" else "a"]
        body = [slots.fill(one) for one in paragraphs_of(rng.choice(lines))]
        if kind.style == "list" and rng.random() < 0.4:
            body, quoted = quoted, []
        return ham_mime.letter(material, slots, rng, subject, body, quoted, False, kind.style)
    if kind.style == "away":
        subject, body = pick_letter(material, "away", slots, rng)
        return ham_mime.letter(material, slots, rng, subject, body, [], False, "away")
    if kind.style == "bounce":
        subject, body = pick_letter(material, "bounce", slots, rng)
        return ham_mime.bounce(material, slots, rng, subject, body)
    if kind.style == "calendar":
        subject, body = pick_letter(material, "calendar", slots, rng)
        return ham_mime.calendar(material, slots, rng, subject, body)
    draft = draft_automatic(material, kind, name, slots, rng)
    html = ham_layouts.render(draft, slots.brand, rng)
    text = ham_layouts.plain(draft, rng)
    document = kind.attached > 0 and rng.random() < kind.attached
    return ham_mime.automatic(draft, slots, rng, rng.choice(kind.senders), html, text, document)


if __name__ == "__main__":
    main()
