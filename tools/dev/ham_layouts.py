"""HTML and text layouts for write_ham.py, in the manner of today's mail builders."""
import html as markup
import textwrap

FONTS = ["Arial, Helvetica, sans-serif", "'Helvetica Neue', Helvetica, Arial, sans-serif",
         "Verdana, Geneva, sans-serif", "Georgia, 'Times New Roman', serif",
         "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, sans-serif",
         "'Open Sans', Tahoma, sans-serif", "Lato, Arial, sans-serif"]
COLOURS = ["#1a73a8", "#0b6e4f", "#b23a48", "#334155", "#6d28d9", "#e07a1f", "#111111", "#2563eb",
           "#00857c", "#8a1c5b"]
PAGES = ["#f4f4f5", "#eef2f6", "#ffffff", "#f6f6f6", "#fafafa", "#e9ecef"]


def esc(text):
    return markup.escape(text, quote=False)


class Page:
    """What every layout needs: colours, fonts, links."""

    def __init__(self, draft, brand, rng):
        self.draft, self.brand, self.rng = draft, brand, rng
        self.font = rng.choice(FONTS)
        self.colour = rng.choice(COLOURS)
        self.back = rng.choice(PAGES)
        self.width = rng.choice([560, 570, 580, 600, 600, 640, 680])

    def href(self):
        return esc(self.brand.link(self.rng))

    def logo(self):
        if self.rng.random() < 0.25:
            return f'<strong style="font-size:20px;color:{self.colour}">{esc(self.brand.name)}</strong>'
        height = self.rng.choice([28, 32, 40, 48])
        return (f'<img src="{self.brand.picture(self.rng)}" alt="{esc(self.brand.name)}" '
                f'height="{height}" style="display:block;border:0;height:{height}px;">')

    def pixel(self):
        if self.rng.random() < 0.45:
            return ""
        return (f'<img src="{self.brand.pixel(self.rng)}" width="1" height="1" alt="" '
                'style="display:block;width:1px;height:1px;border:0;">')

    def preheader(self):
        if not self.draft.preheader:
            return ""
        style = self.rng.choice([
            "display:none;max-height:0;overflow:hidden;",
            "display:none;font-size:1px;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;",
            "display:none !important;visibility:hidden;mso-hide:all;font-size:1px;color:#ffffff;line-height:1px;"])
        padding = "&#847;&zwnj;&nbsp;" * self.rng.choice([0, 0, 0, 20, 60])
        tag = self.rng.choice(["div", "span"])
        return f'<{tag} style="{style}">{esc(self.draft.preheader)}{padding}</{tag}>'

    def code(self):
        return (f'<p style="font-size:30px;letter-spacing:6px;font-weight:bold;text-align:center">'
                f"{self.draft.code}</p>") if self.draft.code else ""

    def lead(self):
        """Greeting and first paragraphs."""
        return [one for one in [self.draft.greeting] + self.draft.paragraphs if one]

    def bye(self):
        return "<br>".join(esc(one) for one in self.draft.closing)

    def foot(self):
        lines = [esc(one) for one in self.draft.footer]
        if self.draft.unsubscribe:
            lines.append(f'<a href="{esc(self.brand.leave(self.rng))}" style="color:inherit">'
                         f"{esc(self.draft.unsubscribe)}</a>")
        if self.draft.online:
            lines.append(f'<a href="{self.href()}">{esc(self.draft.online)}</a>')
        return lines


def rows(page, cell):
    out = []
    for label, value in page.draft.rows:
        out.append(f'<tr><td style="{cell}">{esc(label)}</td>'
                   f'<td align="right" style="{cell}text-align:right;">{esc(value)}</td></tr>')
    return "\n".join(out)


def table_responsive(page):
    """Nested tables with media queries, Outlook's conditional comments and a VML button."""
    draft, text = page.draft, f"font-family:{page.font};font-size:16px;line-height:24px;color:#333333;"
    body = [f'<tr><td style="padding:0 0 16px;{text}">{esc(one)}</td></tr>' for one in page.lead()]
    if draft.code:
        body.append(f"<tr><td>{page.code()}</td></tr>")
    if draft.rows:
        body.append('<tr><td style="padding:0 0 20px;"><table role="presentation" width="100%" '
                    f'cellpadding="0" cellspacing="0" border="0">{rows(page, "padding:8px 0;border-bottom:1px solid #dddddd;" + text)}'
                    "</table></td></tr>")
    if draft.button:
        url = esc(draft.url)
        body.append(f'''<tr><td align="center" style="padding:8px 0 24px;">
<!--[if mso]><v:roundrect xmlns:v="urn:schemas-microsoft-com:vml" href="{url}" style="height:44px;v-text-anchor:middle;width:240px;" arcsize="10%" stroke="f" fillcolor="{page.colour}"><w:anchorlock/><center style="color:#ffffff;font-family:sans-serif;font-size:16px;">{esc(draft.button)}</center></v:roundrect><![endif]-->
<!--[if !mso]><!--><a href="{url}" target="_blank" style="background-color:{page.colour};border-radius:4px;color:#ffffff;display:inline-block;font-family:{page.font};font-size:16px;line-height:44px;text-align:center;text-decoration:none;padding:0 28px;">{esc(draft.button)}</a><!--<![endif]-->
</td></tr>''')
    body += [f'<tr><td style="padding:0 0 16px;{text}">{esc(one)}</td></tr>' for one in draft.after]
    for title, words, label in draft.cards:
        body.append(f'''<tr><td style="padding:16px 0;border-top:1px solid #eeeeee;">
<a href="{page.href()}"><img src="{page.brand.picture(page.rng)}" width="{page.width - 80}" alt="{esc(title)}" style="width:100%;max-width:100%;height:auto;border:0;display:block;"></a>
<h2 style="margin:12px 0 8px;font-family:{page.font};font-size:20px;color:{page.colour};">{esc(title)}</h2>
<p style="margin:0 0 8px;{text}">{esc(words)}</p><a href="{page.href()}" style="color:{page.colour};">{esc(label)}</a></td></tr>''')
    if draft.closing:
        body.append(f'<tr><td style="padding:8px 0 24px;{text}">{page.bye()}</td></tr>')
    foot = "<br>\n".join(page.foot())
    lines = "\n".join(body)
    return f'''<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" lang="{draft.language}">
<head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="x-apple-disable-message-reformatting"><title>{esc(draft.subject)}</title>
<!--[if mso]><xml><o:OfficeDocumentSettings><o:AllowPNG/><o:PixelsPerInch>96</o:PixelsPerInch></o:OfficeDocumentSettings></xml><![endif]-->
<style type="text/css">
body, table, td, a {{ -webkit-text-size-adjust: 100%; -ms-text-size-adjust: 100%; }}
table, td {{ mso-table-lspace: 0pt; mso-table-rspace: 0pt; border-collapse: collapse; }}
img {{ -ms-interpolation-mode: bicubic; border: 0; outline: none; }}
@media only screen and (max-width: {page.width}px) {{ .outer {{ width: 100% !important; }} .inner {{ padding: 20px !important; }} h1 {{ font-size: 22px !important; }} }}
@media (prefers-color-scheme: dark) {{ .outer {{ background: #1c1c1e !important; }} }}
</style></head>
<body style="margin:0;padding:0;background-color:{page.back};">{page.preheader()}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="{page.back}"><tr><td align="center" style="padding:24px 12px;">
<!--[if (gte mso 9)|(IE)]><table width="{page.width}" align="center"><tr><td><![endif]-->
<table role="presentation" class="outer" width="{page.width}" cellpadding="0" cellspacing="0" border="0" style="max-width:{page.width}px;background:#ffffff;">
<tr><td style="padding:28px 32px 12px;">{page.logo()}</td></tr>
<tr><td class="inner" style="padding:12px 32px;"><h1 style="margin:0 0 16px;font-family:{page.font};font-size:26px;line-height:32px;color:{page.colour};">{esc(draft.headline)}</h1>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
{lines}
</table></td></tr>
<tr><td align="center" style="padding:20px 32px;background:{page.back};font-family:{page.font};font-size:12px;line-height:18px;color:#777777;">{foot}</td></tr>
</table><!--[if (gte mso 9)|(IE)]></td></tr></table><![endif]--></td></tr></table>{page.pixel()}
</body></html>
'''


def sections(page):
    """Sections and columns of divs with conditional tables, as component languages compile to."""
    draft, out = page.draft, []
    text = f"font-family:{page.font};font-size:15px;line-height:1.5;text-align:left;color:#222222;"

    def section(inner):
        out.append(f'''<!--[if mso | IE]><table align="center" border="0" cellpadding="0" cellspacing="0" style="width:{page.width}px;" width="{page.width}"><tr><td style="line-height:0px;font-size:0px;mso-line-height-rule:exactly;"><![endif]-->
<div style="background:#ffffff;background-color:#ffffff;margin:0px auto;max-width:{page.width}px;"><table align="center" border="0" cellpadding="0" cellspacing="0" role="presentation" style="background:#ffffff;width:100%;"><tbody><tr><td style="direction:ltr;font-size:0px;padding:12px 0;text-align:center;">
<!--[if mso | IE]><table role="presentation" border="0" cellpadding="0" cellspacing="0"><tr><td style="vertical-align:top;width:{page.width}px;"><![endif]-->
<div class="column-100" style="font-size:0px;text-align:left;direction:ltr;display:inline-block;vertical-align:top;width:100%;"><table border="0" cellpadding="0" cellspacing="0" role="presentation" style="vertical-align:top;" width="100%"><tbody>{inner}</tbody></table></div>
<!--[if mso | IE]></td></tr></table><![endif]--></td></tr></tbody></table></div><!--[if mso | IE]></td></tr></table><![endif]-->''')

    def words(one, extra=""):
        return (f'<tr><td align="left" style="font-size:0px;padding:10px 25px;word-break:break-word;">'
                f'<div style="{text}{extra}">{one}</div></td></tr>')

    section(f'<tr><td align="center" style="padding:10px 25px;">{page.logo()}</td></tr>')
    lead = words(esc(draft.headline), f"font-size:24px;color:{page.colour};font-weight:700;")
    section(lead + "".join(words(esc(one)) for one in page.lead()) +
            (words(page.code()) if draft.code else ""))
    if draft.rows:
        section(f'<tr><td style="padding:10px 25px;"><table cellpadding="0" cellspacing="0" width="100%" border="0" style="{text}table-layout:auto;width:100%;">{rows(page, "padding:6px 0;")}</table></td></tr>')
    if draft.button:
        section(f'<tr><td align="center" vertical-align="middle" style="padding:10px 25px;"><table border="0" cellpadding="0" cellspacing="0" role="presentation" style="border-collapse:separate;line-height:100%;"><tr><td align="center" bgcolor="{page.colour}" role="presentation" style="border:none;border-radius:3px;cursor:auto;background:{page.colour};"><a href="{esc(draft.url)}" style="display:inline-block;background:{page.colour};color:#ffffff;{text}padding:10px 25px;text-decoration:none;" target="_blank">{esc(draft.button)}</a></td></tr></table></td></tr>')
    if draft.after:
        section("".join(words(esc(one)) for one in draft.after))
    for title, line, label in draft.cards:
        section(f'<tr><td><img src="{page.brand.picture(page.rng)}" alt="" width="{page.width - 50}" style="width:100%;"></td></tr>' +
                words(f"<b>{esc(title)}</b>") + words(esc(line)) +
                words(f'<a href="{page.href()}" style="color:{page.colour}">{esc(label)}</a>'))
    if draft.closing:
        section(words(page.bye()))
    section("".join(words(one, "font-size:11px;color:#888888;text-align:center;") for one in page.foot()))
    lines = "\n".join(out)
    return f'''<!doctype html><html lang="{draft.language}" dir="auto" xmlns="http://www.w3.org/1999/xhtml" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><head><title>{esc(draft.headline)}</title>
<!--[if !mso]><!--><meta http-equiv="X-UA-Compatible" content="IE=edge"><!--<![endif]--><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<style type="text/css">#outlook a {{ padding:0; }} body {{ margin:0;padding:0;-webkit-text-size-adjust:100%; }} table, td {{ border-collapse:collapse; }} p {{ display:block;margin:13px 0; }}</style>
<!--[if lte mso 11]><style type="text/css">.group-fix {{ width:100% !important; }}</style><![endif]-->
<style type="text/css">@media only screen and (min-width:480px) {{ .column-100 {{ width:100% !important; max-width: 100%; }} }}</style>
</head><body style="word-spacing:normal;background-color:{page.back};">{page.preheader()}<div style="background-color:{page.back};" lang="{draft.language}">
{lines}
</div>{page.pixel()}</body></html>
'''


def card(page):
    """A framework's account mail: classes in a style sheet, one card, a fallback link."""
    draft = page.draft
    lead = "\n".join(f"<p>{esc(one)}</p>" for one in page.lead())
    after = "\n".join(f"<p>{esc(one)}</p>" for one in draft.after)
    table = f'<table class="details" width="100%">{rows(page, "")}</table>' if draft.rows else ""
    button = ""
    if draft.button:
        button = (f'<table class="action" align="center" width="100%" cellpadding="0" cellspacing="0"><tr>'
                  f'<td align="center"><a href="{esc(draft.url)}" class="button" target="_blank">{esc(draft.button)}</a></td></tr></table>')
        if page.rng.random() < 0.5:
            after += f'\n<table class="fallback"><tr><td><p class="sub"><a href="{esc(draft.url)}">{esc(draft.url)}</a></p></td></tr></table>'
    cards = "\n".join(f'<h3>{esc(title)}</h3><p>{esc(line)} <a href="{page.href()}">{esc(label)}</a></p>'
                      for title, line, label in draft.cards)
    foot = "\n".join(f'<p class="sub center">{one}</p>' for one in page.foot())
    return f'''<!DOCTYPE html>
<html lang="{draft.language}">
  <head>
    <meta name="viewport" content="width=device-width, initial-scale=1.0" />
    <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
    <title>{esc(draft.subject)}</title>
    <style type="text/css" rel="stylesheet" media="all">
    body {{ width: 100% !important; height: 100%; margin: 0; background-color: {page.back}; color: #51545e; font-family: {page.font}; }}
    h1 {{ margin-top: 0; color: #333333; font-size: 22px; font-weight: bold; text-align: left; }}
    p {{ margin: .4em 0 1.2em; font-size: 16px; line-height: 1.6; }}
    p.sub {{ font-size: 13px; color: #6b6e76; }} .center {{ text-align: center; }}
    .wrapper {{ width: 100%; margin: 0; padding: 0; background-color: {page.back}; }}
    .inside {{ width: {page.width}px; margin: 0 auto; background-color: #ffffff; }} .cell {{ padding: 40px; }}
    .button {{ background-color: {page.colour}; border-top: 10px solid {page.colour}; border-right: 18px solid {page.colour}; border-bottom: 10px solid {page.colour}; border-left: 18px solid {page.colour}; display: inline-block; color: #fff; text-decoration: none; border-radius: 3px; }}
    .details td {{ padding: 10px 0; border-bottom: 1px solid #eaeaec; font-size: 15px; }}
    @media only screen and (max-width: 600px) {{ .inside {{ width: 100% !important; }} .button {{ width: 100% !important; text-align: center !important; }} }}
    </style>
  </head>
  <body>
    {page.preheader()}
    <table class="wrapper" width="100%" cellpadding="0" cellspacing="0" role="presentation"><tr><td align="center">
      <table width="100%" cellpadding="0" cellspacing="0" role="presentation">
        <tr><td class="center" style="padding:25px 0"><a href="{page.href()}" style="color:#a8aaaf;font-weight:bold;text-decoration:none">{page.logo()}</a></td></tr>
        <tr><td width="100%"><table class="inside" align="center" width="{page.width}" cellpadding="0" cellspacing="0"><tr><td class="cell">
          <h1>{esc(draft.headline)}</h1>
          {lead}
          {page.code()}{table}{button}
          {after}
          {cards}
          <p>{page.bye()}</p>
        </td></tr></table></td></tr>
        <tr><td><table align="center" width="{page.width}" cellpadding="0" cellspacing="0"><tr><td align="center" style="padding:35px">{foot}</td></tr></table></td></tr>
      </table></td></tr></table>{page.pixel()}
  </body>
</html>
'''


def blocks(page):
    """A drag-and-drop builder's rows of fixed blocks, styles inline on everything."""
    draft, out = page.draft, []
    style = f"margin:0;-webkit-text-size-adjust:none;-ms-text-size-adjust:none;mso-line-height-rule:exactly;font-family:{page.font};line-height:21px;color:#333333;font-size:14px"

    def strip(inner, back="#ffffff"):
        out.append(f'<table cellpadding="0" cellspacing="0" class="strip" align="center" style="mso-table-lspace:0pt;mso-table-rspace:0pt;border-collapse:collapse;border-spacing:0px;table-layout:fixed !important;width:100%"><tr style="border-collapse:collapse"><td align="center" style="padding:0;margin:0"><table bgcolor="{back}" align="center" cellpadding="0" cellspacing="0" style="border-collapse:collapse;background-color:{back};width:{page.width}px"><tr><td align="left" style="margin:0;padding:15px 30px">{inner}</td></tr></table></td></tr></table>')

    strip(f'<a target="_blank" href="{page.href()}" style="text-decoration:underline;color:{page.colour};font-size:14px">{page.logo()}</a>', page.back)
    if draft.online:
        strip(f'<p style="{style};font-size:11px">{esc(draft.preheader)} <a href="{page.href()}">{esc(draft.online)}</a></p>')
    if page.rng.random() < 0.6:
        strip(f'<img class="adapt" src="{page.brand.picture(page.rng)}" alt="{esc(draft.headline)}" style="display:block;border:0;outline:none;text-decoration:none" width="{page.width - 60}">')
    strip(f'<h1 style="margin:0;line-height:36px;font-family:{page.font};font-size:30px;color:{page.colour}">{esc(draft.headline)}</h1>' +
          "".join(f'<p style="{style}">{esc(one)}<br><br></p>' for one in page.lead()) + page.code())
    if draft.rows:
        strip(f'<table width="100%" style="border-collapse:collapse;{style}">{rows(page, "padding:5px;border:1px solid #cccccc;")}</table>')
    if draft.button:
        strip(f'<span class="button-border" style="border-style:solid;border-color:{page.colour};background:{page.colour};border-width:0px;display:inline-block;border-radius:30px;width:auto"><a href="{esc(draft.url)}" class="button-a" target="_blank" style="text-decoration:none;color:#ffffff;font-size:16px;padding:12px 30px;display:inline-block;background:{page.colour};border-radius:30px;font-family:{page.font}">{esc(draft.button)}</a></span>')
    for one in draft.after:
        strip(f'<p style="{style}">{esc(one)}</p>')
    pairs = [draft.cards[i:i + 2] for i in range(0, len(draft.cards), 2)]
    for pair in pairs:
        strip("".join(f'<table cellpadding="0" cellspacing="0" align="left" width="{page.width // 2 - 40}"><tr><td><a href="{page.href()}"><img src="{page.brand.picture(page.rng)}" alt="" width="{page.width // 2 - 50}"></a><h3 style="margin:0;font-size:17px;font-family:{page.font}">{esc(title)}</h3><p style="{style}">{esc(line)}</p><a href="{page.href()}" style="color:{page.colour}">{esc(label)}</a></td></tr></table>' for title, line, label in pair))
    if draft.closing:
        strip(f'<p style="{style}">{page.bye()}</p>')
    icons = "".join(f'<a href="{page.href()}"><img src="{page.brand.picture(page.rng)}" width="24" height="24" alt="" style="padding-right:8px"></a>' for _ in range(page.rng.choice([0, 0, 3, 4])))
    strip(icons + "".join(f'<p style="{style};font-size:12px;color:#999999">{one}</p>' for one in page.foot()), page.back)
    lines = "\n".join(out)
    return f'''<html style="width:100%;font-family:{page.font};-webkit-text-size-adjust:100%;padding:0;margin:0"><head><meta charset="UTF-8"><meta content="width=device-width, initial-scale=1" name="viewport"><meta content="telephone=no" name="format-detection"><title>{esc(draft.subject)}</title>
<!--[if (mso 16)]><style type="text/css">a {{text-decoration: none;}}</style><![endif]--><!--[if gte mso 9]><style>sup {{ font-size: 100% !important; }}</style><![endif]-->
<style type="text/css">@media only screen and (max-width:600px) {{ p, ul li, ol li, a {{ font-size:16px!important; line-height:150%!important }} h1 {{ font-size:28px!important; text-align:center }} .adapt {{ width:100%!important; height:auto!important }} .button-border {{ display:block!important }} a.button-a {{ font-size:20px!important; display:block!important }} }} #outlook a {{ padding:0; }} .button-a {{ mso-style-priority:100!important; text-decoration:none!important; }}</style></head>
<body style="width:100%;padding:0;margin:0">{page.preheader()}<div style="background-color:{page.back}">
{lines}
</div>{page.pixel()}</body></html>
'''


def simple(page):
    """What a small system sends: paragraphs and a link, hardly any style."""
    draft, rng = page.draft, page.rng
    out = []
    if rng.random() < 0.5:
        out.append(f"<h2>{esc(draft.headline)}</h2>")
    out += [f"<p>{esc(one)}</p>" for one in page.lead()]
    if draft.code:
        out.append(f"<p><b>{draft.code}</b></p>")
    if draft.rows:
        if rng.random() < 0.5:
            out.append(f'<table border="{rng.choice([0, 1])}" cellpadding="4">{rows(page, "")}</table>')
        else:
            out.append("<ul>" + "".join(f"<li>{esc(a)}: <b>{esc(b)}</b></li>" for a, b in draft.rows) + "</ul>")
    if draft.button:
        out.append(f'<p><a href="{esc(draft.url)}">{esc(rng.choice([draft.button, draft.button, draft.url]))}</a></p>')
    out += [f"<p>{esc(one)}</p>" for one in draft.after]
    for title, line, label in draft.cards:
        out.append(f'<h4>{esc(title)}</h4><p>{esc(line)} <a href="{page.href()}">{esc(label)}</a></p>')
    if draft.closing:
        out.append(f"<p>{page.bye()}</p>")
    out.append("<hr>" if rng.random() < 0.4 else "")
    out.append("<p><small>" + "<br>".join(page.foot()) + "</small></p>")
    body = "\n".join(one for one in out if one)
    if rng.random() < 0.5:
        return f"<html>\n<body>\n{body}\n{page.pixel()}</body>\n</html>\n"
    return f'<div style="font-family:{page.font};font-size:14px;color:#222">\n{body}\n</div>\n'


FAMILIES = [(table_responsive, 26), (sections, 20), (card, 20), (blocks, 16), (simple, 18)]


def render(draft, brand, rng):
    layout = rng.choices([one for one, _ in FAMILIES], [share for _, share in FAMILIES])[0]
    return layout(Page(draft, brand, rng))


def plain(draft, rng):
    """The text part of the same message."""
    out = []
    if rng.random() < 0.4:
        out += [draft.headline, rng.choice(["=", "-", "*"]) * min(len(draft.headline), 60), ""]
    for one in [draft.greeting] + draft.paragraphs:
        if one:
            out += [one, ""]
    if draft.code:
        out += ["    " + draft.code, ""]
    if draft.rows:
        out += [f"{label}: {value}" for label, value in draft.rows] + [""]
    if draft.button:
        out += [rng.choice([f"{draft.button}: {draft.url}", f"{draft.button}\n{draft.url}",
                            draft.url, f"{draft.button} ({draft.url})", f"[{draft.button}]({draft.url})"]), ""]
    for one in draft.after:
        out += [one, ""]
    for title, line, _ in draft.cards:
        out += [title, line, ""]
    out += draft.closing + [""]
    out += [rng.choice(["-- ", "---", "", "________"])] + draft.footer
    if draft.unsubscribe:
        out.append(draft.unsubscribe)
    text = "\n".join(out)
    if rng.random() < 0.5:
        text = "\n".join("\n".join(textwrap.wrap(line, 74)) if len(line) > 74 and "://" not in line
                         else line for line in text.split("\n"))
    return text + "\n"
