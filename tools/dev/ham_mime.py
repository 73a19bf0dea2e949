"""Senders, headers, MIME and personal layouts for write_ham.py. Written by hand instead of with
the email package, whose folding differs between Python versions: the octets must not."""
import base64
import binascii
import html as markup
import textwrap
import unicodedata

STEMS = """nordvik alder brivo castelo dunmore elvora fenwick galtera hovmark ibrana jorvast kelmor
lumera marlune norvel ostrava pellworth quantria rosmar solvane tervila umbrelo vastano wexley
ysabelle zentara arvika bolmen corvane delphia estuary fjordal gramont helvik inverno kastell
larkfield monteval nimbra orlando pinewick questor rivello sandrow tolvik varda willowby""".split()
TAILS = """shop market travel bank media press works labs studio cloud post versand energie
assurance verlag club network books garden home sport foto digital logistics care music""".split()
SHARED_HOSTS = ["mailhub.example", "sendwell.example", "postbird.example", "bulkmill.example",
                "cloudmailer.example", "newsdrop.example"]
PROVIDERS = ["mailbox.example", "post.example", "webpost.example", "home.example"]


def ascii_slug(text):
    folded = unicodedata.normalize("NFKD", text.lower().replace("ł", "l").replace("ß", "ss")
                                   .replace("ı", "i").replace("ø", "o"))
    slug = "".join(c for c in folded if c.isascii() and (c.isalnum() or c == "-"))
    return slug or "mail"


def token(rng, length, letters="abcdefghijklmnopqrstuvwxyz0123456789"):
    return "".join(rng.choice(letters) for _ in range(length))


class Brand:
    """An invented sender: its name, its domain, where its links and pictures point."""

    def __init__(self, rng):
        stem, tail = rng.choice(STEMS), rng.choice(TAILS)
        single = rng.random() < 0.5
        self.name = stem.capitalize() if single else f"{stem.capitalize()} {tail.capitalize()}"
        label = stem if single else rng.choice([stem + tail, stem + tail, f"{stem}-{tail}", stem])
        self.domain = label + ".example"
        style = rng.random()
        self.links = "www." + self.domain
        if style < 0.25:
            self.links = rng.choice(["click.", "links.", "email.", "go.", "track."]) + self.domain
        elif style < 0.4:
            self.links = token(rng, 7) + ".ct." + rng.choice(SHARED_HOSTS)
        elif style < 0.6:
            self.links = rng.choice(["", "app.", "my.", "account.", "shop."]) + self.domain
        self.tracked = style < 0.4
        self.pictures = rng.choice(["cdn.", "images.", "www.", "static."]) + \
            (self.domain if rng.random() < 0.7 else rng.choice(SHARED_HOSTS))
        self.mail_domain = rng.choice(["", "", "mail.", "news.", "e."]) + self.domain

    def link(self, rng):
        if self.tracked:
            return f"https://{self.links}/{rng.choice(['ls/click', 'c', 'e/c', 'CL0', 'f/a'])}/" + \
                token(rng, rng.choice([24, 60, 120]), "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_")
        path = rng.choice(["", "account", "orders/", "help", "login", "my/", "settings", "confirm?token=",
                           "en/service", "u/", "profile", "billing", "articles/", "view?id="])
        if path.endswith(("/", "=")):
            path += token(rng, rng.choice([6, 8, 20, 32]))
        elif rng.random() < 0.25:
            path += f"?utm_source=email&utm_campaign={token(rng, 5)}"
        return f"https://{self.links}/{path}"

    def picture(self, rng):
        return f"https://{self.pictures}/{rng.choice(['img', 'assets/mail', 'email/2024', 'i'])}/" + \
            token(rng, 8) + rng.choice([".png", ".png", ".jpg", ".gif"])

    def pixel(self, rng):
        return f"https://{self.links}/{rng.choice(['o', 'wf/open', 'open', 'px'])}/{token(rng, 24)}" + \
            rng.choice([".gif", ".png", ""])

    def leave(self, rng):
        return f"https://{self.links}/{rng.choice(['unsubscribe', 'preferences', 'u', 'optout'])}/{token(rng, 20)}"


class Impostor(Brand):
    """A spammer: the name, the address and the links have nothing to do with each other."""

    def __init__(self, rng, name):
        super().__init__(rng)
        self.name = name
        self.mail_domain = self.domain = self.unrelated(rng)
        self.links = rng.choice(["", "", "www.", "secure-login.", "account.", "m."]) + self.unrelated(rng)
        self.pictures = rng.choice([self.links, self.unrelated(rng)])
        self.tracked = rng.random() < 0.25
        self.only = None if rng.random() < 0.3 else super().link(rng) if self.tracked else self.path(rng)

    @staticmethod
    def unrelated(rng):
        return rng.choice([rng.choice(STEMS) + rng.choice(TAILS), token(rng, rng.randrange(6, 12)),
                           rng.choice(STEMS) + "-" + rng.choice(TAILS) + "-" + token(rng, 3),
                           rng.choice(STEMS) + str(rng.randrange(10, 999)), "pages." + rng.choice(STEMS)]) + ".example"

    def path(self, rng):
        place = rng.choice(["wp-content/", "wp-includes/js/", "secure/login.php", "verify/?email=", "", "index.html#",
                            "r/", "view.php?id=", "mail/auth.html#", "go/", "~user/", "bucket/index.html"])
        return f"https://{self.links}/{place}" + token(rng, rng.choice([0, 6, 10, 30]))

    def link(self, rng):
        return self.only or self.path(rng)


def encoded_word(text):
    """A header value with what is not ASCII as RFC 2047 words."""
    if text.isascii():
        return text
    out, piece = [], ""
    for c in text:
        if len((piece + c).encode()) > 40:
            out.append(piece)
            piece = ""
        piece += c
    out.append(piece)
    return "\r\n ".join(f"=?utf-8?B?{base64.b64encode(one.encode()).decode()}?=" for one in out)


def quoted(text):
    return encoded_word(text) if not text.isascii() else f'"{text}"' if " " in text else text


def date_of(rng):
    day = rng.randrange(1, 29)
    month = rng.choice("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())
    week = rng.choice("Mon Tue Wed Thu Fri Sat Sun".split())
    zone = rng.choice(["+0000", "+0100", "+0200", "-0500", "-0700", "+0900"])
    return (f"{week}, {day} {month} {rng.randrange(2021, 2027)} {rng.randrange(24):02d}:"
            f"{rng.randrange(60):02d}:{rng.randrange(60):02d} {zone}")


def encode_text(text, kind, rng, language):
    """A text part: its header and body."""
    charset = "utf-8"
    if rng.random() < (0.12 if kind == "plain" else 0.05):
        charset = {"pl": "iso-8859-2", "tr": "iso-8859-9"}.get(language, "iso-8859-1")
        if text.isascii():
            charset = "us-ascii"
        try:
            text.encode(charset)
        except UnicodeEncodeError:
            charset = "utf-8"
    octets = text.encode(charset).replace(b"\n", b"\r\n")
    long = any(len(line) > 900 for line in octets.split(b"\r\n"))
    plain = text.isascii() and not long and kind == "plain" and rng.random() < 0.4
    way = "7bit" if plain else rng.choices(["quoted-printable", "base64", "8bit"], [70, 22, 0 if long else 8])[0]
    if way == "quoted-printable":
        octets = binascii.b2a_qp(text.encode(charset), istext=True).replace(b"\n", b"\r\n")
    elif way == "base64":
        octets = base64.encodebytes(octets).replace(b"\n", b"\r\n")
    label = rng.choice([charset, charset.upper(), f'"{charset}"'])
    flowed = "; format=flowed" if kind == "plain" and way in ("7bit", "8bit") and rng.random() < 0.3 else ""
    head = f"Content-Type: text/{kind}; charset={label}{flowed}\r\nContent-Transfer-Encoding: {way}\r\n"
    return head.encode() + b"\r\n" + octets.rstrip(b"\r\n") + b"\r\n"


def multipart(subtype, parts, rng, extra=""):
    mark = rng.choice(["----=_Part_" + token(rng, 16), token(rng, 28), "=_" + token(rng, 20),
                       "000000000000" + token(rng, 16), "--_NmP-" + token(rng, 16)])
    out = f'Content-Type: multipart/{subtype}; boundary="{mark}"{extra}\r\n\r\n'.encode()
    for part in parts:
        out += f"--{mark}\r\n".encode() + part.rstrip(b"\r\n") + b"\r\n\r\n"
    return out + f"--{mark}--\r\n".encode()


def attachment(kind, name, rng):
    start = {"application/pdf": b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n", "image/png": b"\x89PNG\r\n\x1a\n",
             "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF"}.get(kind, b"PK\x03\x04")
    octets = start + bytes(rng.randrange(256) for _ in range(rng.choice([120, 300, 600])))
    shown = name if name.isascii() else f"=?utf-8?B?{base64.b64encode(name.encode()).decode()}?="
    return (f'Content-Type: {kind}; name="{shown}"\r\nContent-Disposition: attachment; filename="{shown}"\r\n'
            "Content-Transfer-Encoding: base64\r\n\r\n").encode() + \
        base64.encodebytes(octets).replace(b"\n", b"\r\n")


def headers(sender, sender_address, recipient, subject, rng, extra=()):
    domain = sender_address.split("@")[1]
    relay = f"{rng.choice(['mta', 'out', 'smtp', 'o1', 'mail'])}{rng.randrange(1, 90)}.{domain}"
    address = f"198.51.100.{rng.randrange(1, 255)}"
    date, mailbox = date_of(rng), recipient[1].split("@")[1]
    lines = [f"Return-Path: <{rng.choice(['bounce-' + token(rng, 8), sender_address.split('@')[0]])}@{domain}>",
             f"Delivered-To: {recipient[1]}",
             f"Received: from {relay} ({relay} [{address}])\r\n\tby mx{rng.randrange(1, 5)}.{mailbox} with ESMTPS"
             f" id {token(rng, 12)}\r\n\tfor <{recipient[1]}>; {date}"]
    if rng.random() < 0.75:
        lines.append(f"Authentication-Results: mx.{mailbox};\r\n\tdkim=pass header.d={domain} header.s={rng.choice(['s1', 'mail', 'k1', 'selector1'])};"
                     f"\r\n\tspf=pass smtp.mailfrom={domain};\r\n\tdmarc=pass header.from={domain}")
        lines.append(f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1;\r\n\th=from:to:subject:date:message-id;"
                     f"\r\n\tbh={token(rng, 43)}=;\r\n\tb={token(rng, 70)}\r\n\t {token(rng, 60)}==")
    name = f"{quoted(sender)} <{sender_address}>" if sender else sender_address
    to = f"{quoted(recipient[0])} <{recipient[1]}>" if recipient[0] and rng.random() < 0.6 else recipient[1]
    lines += [f"From: {name}", f"To: {to}", f"Subject: {encoded_word(subject)}", f"Date: {date}",
              f"Message-ID: <{token(rng, rng.choice([16, 24, 32]))}@{rng.choice([domain, relay])}>"]
    lines += list(extra) + ["MIME-Version: 1.0"]
    return ("\r\n".join(lines) + "\r\n").encode()


def automatic(draft, slots, rng, sender, page, text, document):
    """A company's mail: both parts, or one of them; perhaps a document."""
    brand = slots.brand
    extra = []
    if draft.unsubscribe:
        extra.append(f"List-Unsubscribe: <{brand.leave(rng)}>")
        if rng.random() < 0.7:
            extra.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
        if rng.random() < 0.3:
            extra.append(f"List-Id: <{token(rng, 8)}.{brand.domain}>")
    if rng.random() < 0.3:
        extra.append("Auto-Submitted: auto-generated")
    if rng.random() < 0.2:
        extra.append(f"Feedback-ID: {token(rng, 6)}:{token(rng, 6)}:{brand.name.split()[0].lower()}")
    text_part = encode_text(text, "plain", rng, draft.language)
    page_part = encode_text(page, "html", rng, draft.language)
    form = rng.choices(["both", "html", "text"], [62, 22, 16])[0]
    body = {"text": text_part, "html": page_part}.get(form)
    if body is None:
        body = multipart("alternative", [text_part, page_part], rng)
    if document:
        name = f"{rng.choice(slots.material.words('document'))}-{rng.randrange(1000, 99999)}.pdf"
        body = multipart("mixed", [body, attachment("application/pdf", name, rng)], rng)
    person = rng.choice([brand.name, brand.name, f"{slots['person']} – {brand.name}", f"{brand.name} {rng.choice(slots.material.words('desk'))}"])
    return headers(person, f"{sender}@{brand.mail_domain}", (slots["name"], slots["email"]),
                   draft.subject, rng, extra) + body


def quote_plain(lines, rng):
    wrapped = []
    for line in lines:
        wrapped += textwrap.wrap(line, rng.choice([68, 72, 76])) + [""]
    return "\n".join(("> " + line).rstrip() for line in wrapped[:-1])


def letter(material, slots, rng, subject, body, quoted_lines, document, style="person"):
    """A mail between people, as their programs write it."""
    words, client = material.words, rng.choices(
        ["plain", "gmail", "outlook", "apple", "phone", "thunderbird"], [26, 24, 16, 10, 12, 12])[0]
    intro = ""
    if style == "reply":
        subject = rng.choice(words("re")) + " " + subject
        intro = slots.fill(rng.choice(material.common["wrote"]))
    if style == "forward":
        subject = rng.choice(words("fwd")) + " " + subject
        intro = slots.fill(rng.choice(material.common["forwarded"])).replace("//", "\n")
    if style == "list":
        tag = rng.choice(["[garden-list]", "[dev]", "[users]", "[choir]", ""])
        subject = (tag + " " + (rng.choice(words("re")) + " " if quoted_lines else "") + subject).strip()
        intro = slots.fill(rng.choice(material.common["wrote"])) if quoted_lines else ""
        client = rng.choice(["plain", "plain", "thunderbird"])
    if rng.random() < 0.25:
        body = body + [slots.fill(one) for one in rng.choice(material.common["sign"]).split("//")]
    if client == "phone" and rng.random() < 0.8:
        body = body + [rng.choice(words("phone"))]
    text = letter_text(body, intro, quoted_lines, rng, style, client)
    if style == "list":
        text += "\n_______________________________________________\n" + \
            slots.fill(rng.choice(words("listfoot"))) + f"\nhttps://lists.{slots.brand.domain}/\n"
    part = encode_text(text, "plain", rng, material.language)
    if client in ("gmail", "outlook", "apple") or (client == "thunderbird" and rng.random() < 0.4):
        page = encode_text(PAGES[client](body, intro, quoted_lines, rng), "html", rng, material.language)
        part = multipart("alternative", [part, page], rng) if rng.random() < 0.85 else page
    if document:
        name = rng.choice(words("file"))
        kind = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}.get(name.rsplit(".", 1)[1], "application/octet-stream")
        part = multipart("mixed", [part, attachment(kind, name, rng)], rng)
    sender = slots["me"] + " " + slots["last2"]
    domain = rng.choice(PROVIDERS + [slots.brand.domain] * 3)
    address = rng.choice([ascii_slug(slots["me"]) + "." + ascii_slug(slots["last2"]),
                          ascii_slug(slots["me"]), ascii_slug(slots["me"])[0] + ascii_slug(slots["last2"])]) + "@" + domain
    extra = []
    if style in ("reply", "list") and quoted_lines:
        parent = f"<{token(rng, 20)}@{slots['email'].split('@')[1]}>"
        extra += [f"In-Reply-To: {parent}", f"References: {parent}"]
    if style == "away":
        extra += ["Auto-Submitted: auto-replied"]
    return headers(sender, address, (slots["name"], slots["email"]), subject, rng, extra) + part


def letter_text(body, intro, quoted_lines, rng, style, client):
    blank = "\n\n" if rng.random() < 0.8 else "\n"
    lines = body
    if client == "plain" or rng.random() < 0.4:
        lines = ["\n".join(textwrap.wrap(one, 72)) for one in body]
    own = blank.join(lines)
    if not quoted_lines:
        return own + "\n"
    if style == "forward":
        return own + "\n\n" + intro + "\n\n" + "\n\n".join(quoted_lines) + "\n"
    quote = quote_plain(quoted_lines, rng)
    if rng.random() < 0.3:
        return intro + "\n" + quote + "\n\n" + own + "\n"
    return own + "\n\n" + intro + "\n" + quote + "\n"


def lines_as(lines, tag, style=""):
    return "".join(f"<{tag}{style}>{markup.escape(one, quote=False)}</{tag}>" for one in lines)


def gmail_page(body, intro, quoted_lines, rng):
    inner = "<div><br></div>".join(f"<div>{markup.escape(one, quote=False)}</div>" for one in body)
    out = f'<div dir="ltr">{inner}</div>\n'
    if quoted_lines:
        old = "<br><br>".join(markup.escape(one, quote=False) for one in quoted_lines)
        out += (f'<br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">{markup.escape(intro, quote=False)}<br></div>'
                f'<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex">'
                f'<div dir="ltr">{old}</div></blockquote></div>\n')
    return out


def outlook_page(body, intro, quoted_lines, rng):
    font = rng.choice(["Calibri", "Aptos", "Arial"])
    out = ('<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word" xmlns="http://www.w3.org/TR/REC-html40"><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><meta name="Generator" content="Microsoft Word 15 (filtered medium)"><style><!--\n'
           f'/* Font Definitions */ @font-face {{font-family:{font}; panose-1:2 15 5 2 2 2 4 3 2 4;}}\n/* Style Definitions */ p.MsoNormal, li.MsoNormal, div.MsoNormal {{margin:0cm; font-size:11.0pt; font-family:"{font}",sans-serif;}} a:link {{color:#0563C1; text-decoration:underline;}} @page WordSection1 {{size:612.0pt 792.0pt; margin:70.85pt;}} div.WordSection1 {{page:WordSection1;}}\n--></style></head>'
           '<body lang="EN-US" link="#0563C1" vlink="#954F72"><div class="WordSection1">\n')
    out += '\n<p class="MsoNormal"><o:p>&nbsp;</o:p></p>\n'.join(
        f'<p class="MsoNormal"><span style="mso-fareast-language:EN-US">{markup.escape(one, quote=False)}<o:p></o:p></span></p>' for one in body)
    if quoted_lines:
        out += f'\n<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>{markup.escape(intro, quote=False)}</b><o:p></o:p></p></div>\n'
        out += lines_as(quoted_lines, "p", ' class="MsoNormal"')
    return out + "</div></body></html>\n"


def apple_page(body, intro, quoted_lines, rng):
    out = '<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body style="overflow-wrap: break-word; -webkit-nbsp-mode: space; line-break: after-white-space;">'
    out += "<div><br></div>".join(f"<div>{markup.escape(one, quote=False)}</div>" for one in body)
    if quoted_lines:
        out += f'<div><br><blockquote type="cite"><div>{markup.escape(intro, quote=False)}</div><br class="Apple-interchange-newline">{lines_as(quoted_lines, "div")}</blockquote></div><br>'
    return out + "</body></html>\n"


def thunderbird_page(body, intro, quoted_lines, rng):
    out = '<!DOCTYPE html>\n<html>\n  <head>\n    <meta http-equiv="Content-Type" content="text/html; charset=UTF-8">\n  </head>\n  <body>\n' + lines_as(body, "p")
    if quoted_lines:
        out += f'\n    <div class="moz-cite-prefix">{markup.escape(intro, quote=False)}<br>\n    </div>\n    <blockquote type="cite">{lines_as(quoted_lines, "p")}</blockquote>'
    return out + "\n  </body>\n</html>\n"


PAGES = {"gmail": gmail_page, "outlook": outlook_page, "apple": apple_page, "thunderbird": thunderbird_page}


def bounce(material, slots, rng, subject, body):
    """A delivery report (RFC 3464), or an older system's plain one."""
    host, target = rng.choice(PROVIDERS), slots["email"]
    code, why = rng.choice([("5.1.1", "550 5.1.1 <X>: user unknown"), ("5.2.2", "552 5.2.2 <X>: mailbox full"),
                            ("4.4.1", "connection timed out"), ("5.7.1", "554 5.7.1 <X>: relay not allowed"),
                            ("5.4.4", "host or domain name not found"), ("4.2.0", "450 4.2.0 <X>: try again later")])
    text = "\n\n".join(body) + f"\n\n<{target}>: " + why.replace("X", target) + "\n"
    part = encode_text(text, "plain", rng, material.language)
    if rng.random() < 0.7:
        report = (f"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.{host}\r\nArrival-Date: {date_of(rng)}\r\n\r\n"
                  f"Final-Recipient: rfc822; {target}\r\nAction: {'delayed' if code[0] == '4' else 'failed'}\r\nStatus: {code}\r\nDiagnostic-Code: smtp; {why.replace('X', target)}\r\n").encode()
        mine = (f"From: {ascii_slug(slots['me'])}@{host}\r\nTo: {target}\r\nSubject: {encoded_word(slots['topic'])}\r\nDate: {date_of(rng)}\r\nMessage-ID: <{token(rng, 16)}@{host}>\r\n").encode()
        kind = rng.choice(["message/rfc822", "text/rfc822-headers"])
        original = f"Content-Type: {kind}\r\n\r\n".encode() + mine
        if kind == "message/rfc822":
            original += b"\r\n" + "\r\n".join(slots.fill(one) for one in [rng.choice(material.common["hello"])]).encode() + b"\r\n"
        part = multipart("report", [part, report, original], rng, "; report-type=delivery-status")
    sender = rng.choice(["Mail Delivery System", "Mail Delivery Subsystem", "Mailer-Daemon", "postmaster"])
    return headers(sender, rng.choice(["MAILER-DAEMON", "postmaster", "mailer-daemon"]) + "@" + host,
                   ("", f"{ascii_slug(slots['me'])}@{host}"), subject, rng, ["Auto-Submitted: auto-replied"]) + part


def calendar(material, slots, rng, subject, body):
    """An invitation with its iCalendar part (RFC 5545)."""
    stamp = f"{rng.randrange(2022, 2027)}{rng.randrange(1, 13):02d}{rng.randrange(1, 29):02d}T{rng.randrange(7, 18):02d}"
    ics = ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Calendar//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"
           f"UID:{token(rng, 26)}@{slots.brand.domain}\r\nDTSTAMP:{stamp}0000Z\r\nDTSTART:{stamp}0000Z\r\nDTEND:{stamp}4500Z\r\n"
           f"SUMMARY:{slots['topic']}\r\nORGANIZER:mailto:{ascii_slug(slots['me'])}@{slots.brand.domain}\r\nATTENDEE;RSVP=TRUE:mailto:{slots['email']}\r\n"
           f"LOCATION:{slots['place']}\r\nSTATUS:CONFIRMED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
    parts = [encode_text("\n\n".join(body) + "\n", "plain", rng, material.language)]
    if rng.random() < 0.7:
        parts.append(encode_text(gmail_page(body, "", [], rng), "html", rng, material.language))
    parts.append(b'Content-Type: text/calendar; charset="UTF-8"; method=REQUEST\r\nContent-Transfer-Encoding: 8bit\r\n\r\n' + ics.encode())
    part = multipart("alternative", parts, rng)
    if rng.random() < 0.5:
        part = multipart("mixed", [part, b'Content-Type: application/ics; name="invite.ics"\r\nContent-Disposition: attachment; filename="invite.ics"\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
                                   base64.encodebytes(ics.encode()).replace(b"\n", b"\r\n")], rng)
    return headers(slots["me"] + " " + slots["last2"], f"{ascii_slug(slots['me'])}@{slots.brand.domain}",
                   (slots["name"], slots["email"]), subject, rng) + part
