#include "rules/message_facts.h"

#include <algorithm>

#include "base/ascii.h"
#include "mail/header.h"
#include "mail/transfer.h"
#include "mail/url.h"
#include "rules/uri_text.h"

namespace postern {

namespace {

constexpr std::size_t most_uris = 2000;
constexpr std::string_view html_endings[] = {".html", ".htm", ".shtml", ".shtm"};

template <class Visit>
void for_each_line(std::string_view text, Visit&& visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    visit(text.substr(0, end));
    text.remove_prefix(end);
  }
}

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

bool is_ascii_charset(std::string_view charset) {
  for (const char* name : {"us-ascii", "ansi_x3.4-1968", "iso-ir-6", "ansi_x3.4-1986",
                           "iso_646.irv:1991", "ascii", "iso646-us", "ibm367", "cp367"}) {
    if (charset == name) return true;
  }
  return charset.empty();
}

// "iso-8859-1" is right; "iso-8859-99x" or "iso-1-2" is made up.
bool is_bad_iso_charset(std::string_view charset) {
  if (charset.substr(0, 4) != "iso-" || charset.find('-', 5) == std::string_view::npos)
    return false;
  if (charset.substr(0, 9) == "iso-2022-") {
    return charset.substr(9, 2) != "jp" && charset.substr(9, 2) != "kr";
  }
  if (charset.substr(0, 9) != "iso-8859-") return true;
  std::size_t digits = 9;
  while (digits < charset.size() && is_ascii_digit(charset[digits])) ++digits;
  return digits == 9 || digits > 11 || (digits < charset.size() && is_ascii_alnum(charset[digits]));
}

// A part's first child stands right after it.
bool is_leaf(const Content& content, std::size_t part) {
  return part + 1 == content.parts.size() || content.parts[part + 1].parent != part;
}

bool is_html_name(std::string_view name) {
  return std::any_of(std::begin(html_endings), std::end(html_endings), [&](auto ending) {
    return name.size() > ending.size() &&
           equals_ignoring_case(name.substr(name.size() - ending.size()), ending);
  });
}

class MimeReader {
 public:
  explicit MimeReader(const Content& content) : content_(content) {}

  MimeFacts run() {
    for (std::size_t i = 0; i < content_.parts.size(); ++i) {
      read_header(content_.parts[i]);
      if (is_leaf(content_, i)) read_body(content_.parts[i]);
    }
    if (quoted_octets_ > 0) {
      facts_.quoted_ratio =
          static_cast<double>(quoted_needlessly_) / static_cast<double>(quoted_octets_);
      facts_.quoted_parts = quoted_needlessly_;
    }
    if (plain_octets_ > 0) {
      facts_.unicode_ratio = static_cast<double>(references_) / static_cast<double>(plain_octets_);
    }
    if (facts_.alternative && text_octets_ && html_octets_ && *html_octets_ > 0) {
      facts_.text_to_html = static_cast<double>(*text_octets_) / static_cast<double>(*html_octets_);
    }
    return std::move(facts_);
  }

 private:
  void read_header(const Part& part) {
    if (part.type == "multipart/alternative") facts_.alternative = true;
    if (part.type == "text/html") {
      ++facts_.html_parts;
    } else if (part.type.substr(0, 4) == "text") {
      ++facts_.text_parts;
    }
    if (contains(part.encoding, "base64")) ++facts_.base64_parts;
    if (contains(part.encoding, "quoted-printable")) ++facts_.quoted_parts;
    if (contains(part.disposition, "attachment")) ++facts_.attachments;
    if (part.type.substr(0, 4) == "text" && contains(part.encoding, "base64") &&
        is_ascii_charset(part.charset) && part.disposition.substr(0, 10) != "attachment" &&
        part.disposition.substr(0, 6) != "inline") {
      facts_.base64_text = true;
    }
    if (is_bad_iso_charset(part.charset)) facts_.bad_iso_charset = true;
    if (!part.charset.empty()) facts_.charsets.emplace_back(part.charset);
  }

  void read_body(const Part& part) {
    const bool plain = part.type == "text/plain";
    const bool inside = !contains(part.disposition, "attachment");
    std::size_t octets = 0;
    for_each_line(part.body, [&](std::string_view line) {
      octets += line.size();
      if (part.encoding == "quoted-printable") read_quoted_line(line);
      if (part.encoding == "base64") {
        facts_.longest_base64_line = std::max(facts_.longest_base64_line, line.size());
      }
      if (plain && (part.charset.empty() || part.charset == "us-ascii")) check_ascii(line);
      if (plain && (part.encoding.empty() || part.encoding == "7bit" || part.encoding == "8bit")) {
        count_references(line);
      }
    });
    if (!facts_.alternative || !inside) return;
    if (plain) text_octets_ = octets;
    if (part.type == "text/html") html_octets_ = octets;
  }

  void read_quoted_line(std::string_view line) {
    constexpr std::size_t longest = 78 + 1;
    if (line.size() > longest) facts_.long_quoted_line = true;
    quoted_octets_ += line.size();
    std::size_t at = line.find('=');
    for (; at != std::string_view::npos; at = line.find('=', at + 1)) {
      if (is_needlessly_quoted(line.substr(at + 1, 2))) ++quoted_needlessly_;
    }
    // White space at the end of a line has to be quoted.
    while (!line.empty() && is_ascii_space(line.back())) line.remove_suffix(1);
    while (line.size() >= 3) {
      const std::string_view end = line.substr(line.size() - 3);
      if (end != "=20" && end != "=09") break;
      --quoted_needlessly_;
      line.remove_suffix(3);
    }
  }

  // Of printable ASCII, "=" aside, or a tab, in capitals.
  static bool is_needlessly_quoted(std::string_view digits) {
    if (digits.size() < 2 || digits == "3D" || digits == "7F") return false;
    const auto is_digit = [](char c) { return is_ascii_digit(c) || (c >= 'A' && c <= 'F'); };
    return digits == "09" || (digits[0] >= '2' && digits[0] <= '7' && is_digit(digits[1]));
  }

  void check_ascii(std::string_view line) {
    const bool illegal = std::any_of(line.begin(), line.end(), [](char c) {
      return c == '\0' || c == '\r' || static_cast<unsigned char>(c) >= 0x80;
    });
    if (illegal) ++facts_.illegal_ascii_lines;
  }

  // "&#x20AC;" in capitals.
  void count_references(std::string_view line) {
    plain_octets_ += line.size();
    for (std::size_t at = line.find("&#x"); at != std::string_view::npos;
         at = line.find("&#x", at + 3)) {
      if (at + 7 >= line.size() || line[at + 7] != ';') continue;
      const std::string_view digits = line.substr(at + 3, 4);
      const bool hex = std::all_of(digits.begin(), digits.end(), [](char c) {
        return is_ascii_digit(c) || (c >= 'A' && c <= 'F');
      });
      if (!hex) continue;
      ++references_;
      plain_octets_ -= 8;
    }
  }

  const Content& content_;
  MimeFacts facts_;
  std::size_t quoted_octets_ = 0, quoted_needlessly_ = 0;
  std::size_t plain_octets_ = 0, references_ = 0;
  std::optional<std::size_t> text_octets_, html_octets_;
};

std::uint32_t big_endian(std::string_view octets) {
  std::uint32_t value = 0;
  for (const char c : octets) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::uint64_t png_area(std::string_view start) {
  if (start.size() < 24 || start.substr(12, 4) != "IHDR") return 0;
  return std::uint64_t{big_endian(start.substr(16, 4))} * big_endian(start.substr(20, 4));
}

std::uint64_t gif_area(std::string_view start) {
  if (start.size() < 10 || start.substr(0, 3) != "GIF") return 0;
  const auto pair = [start](std::size_t at) {
    return std::uint64_t{static_cast<unsigned char>(start[at])} |
           std::uint64_t{static_cast<unsigned char>(start[at + 1])} << 8;
  };
  return pair(6) * pair(8);
}

// From the frame header (ITU T.81 B.2.2), if it stands in the first octets.
std::uint64_t jpeg_area(std::string_view start) {
  std::size_t at = 2;
  while (at + 9 < start.size() && start[at] == '\xff') {
    const auto marker = static_cast<unsigned char>(start[at + 1]);
    if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
      return std::uint64_t{big_endian(start.substr(at + 5, 2))} *
             big_endian(start.substr(at + 7, 2));
    }
    at += 2 + big_endian(start.substr(at + 2, 2));
  }
  return 0;
}

// The host in a link; of a mailbox whatever follows its only "@".
std::string host_of(std::string_view uri) {
  constexpr std::string_view mailto = "mailto:";
  if (!starts_with_ignoring_case(uri, mailto)) return url_host(uri);
  const std::string_view mailbox = uri.substr(mailto.size(), uri.find('?') - mailto.size());
  const std::size_t sign = mailbox.find('@');
  if (sign == std::string_view::npos || mailbox.rfind('@') != sign) return {};
  return ascii_lowered(mailbox.substr(sign + 1));
}

void add_unique(std::vector<std::string>& list, std::string value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

}  // namespace

// What a part's text is rendered as: its name may say more than its type.
MessageFacts::Rendering MessageFacts::rendering(const Text& text) const {
  const Part& part = content_.parts[text.part];
  if (text.html || is_html_name(part.file_name)) return Rendering::html;
  if (part.type == "text/calendar" || part.type == "text/x-vcard") return Rendering::none;
  return Rendering::plain;
}

const std::vector<RenderedHtml>& MessageFacts::html() {
  if (!html_) {
    html_.emplace();
    for (const Text& text : content_.texts) {
      if (rendering(text) == Rendering::html) html_->push_back(render_html(text.source, arena_));
    }
  }
  return *html_;
}

const std::vector<PartText>& MessageFacts::texts() {
  if (texts_) return *texts_;
  texts_.emplace();
  std::size_t next_html = 0;
  for (const Text& text : content_.texts) {
    switch (rendering(text)) {
      case Rendering::html: {
        const RenderedHtml& rendered = html()[next_html++];
        texts_->push_back({text.part, rendered.text, &rendered});
        break;
      }
      case Rendering::plain: texts_->push_back({text.part, text.source, nullptr}); break;
      case Rendering::none: break;
    }
  }
  return *texts_;
}

const Section& MessageFacts::body() {
  if (!body_) {
    body_ = std::make_unique<Section>();
    // Parts without text are empty here: they end paragraphs, too.
    std::vector<std::string_view> all(content_.parts.size());
    for (const PartText& text : texts()) all[text.part] = text.text;
    for (std::size_t i = all.size(); i-- > 0;) {
      if (!is_leaf(content_, i)) all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
    }
    std::string subject;
    HeaderSelector selector;
    selector.field = "subject";
    selector.last = true;
    headers_.text(selector, subject);
    make_body(subject, all, *body_);
  }
  return *body_;
}

const Section& MessageFacts::rawbody() {
  if (!rawbody_) {
    rawbody_ = std::make_unique<Section>();
    make_rawbody(content_, *rawbody_);
  }
  return *rawbody_;
}

const Section& MessageFacts::full() {
  if (!full_) {
    full_ = std::make_unique<Section>();
    make_full(content_, *full_);
  }
  return *full_;
}

const Section& MessageFacts::uris() {
  if (!uris_) {
    uris_ = std::make_unique<Section>();
    std::vector<std::string_view> all;
    for (const UriDetail& uri : uri_details())
      all.insert(all.end(), uri.cleaned.begin(), uri.cleaned.end());
    make_uris(std::move(all), *uris_);
  }
  return *uris_;
}

const MimeFacts& MessageFacts::mime() {
  if (!mime_) mime_ = MimeReader(content_).run();
  return *mime_;
}

const ImageFacts& MessageFacts::images() {
  if (images_) return *images_;
  images_.emplace();
  for (const Part& part : content_.parts) {
    if (part.encoding != "base64") continue;
    if (part.type == "image/gif") {
      ++images_->gif;
      images_->gif_area += gif_area(part.start);
    } else if (part.type == "image/png") {
      ++images_->png;
      images_->png_area += png_area(part.start);
    } else if (part.type == "image/jpeg" || part.type == "image/jpg") {
      ++images_->jpeg;
      images_->jpeg_area += jpeg_area(part.start);
    }
  }
  return *images_;
}

void MessageFacts::add_uri(std::string_view raw, std::string_view type, bool needs_domain,
                           const std::vector<std::string>& texts) {
  const auto [entry, added] = uri_index_.try_emplace(std::string(raw), uri_details_->size());
  if (added && uri_details_->size() >= most_uris) {
    uri_index_.erase(entry);
    return;
  }
  if (added) {
    UriDetail detail;
    detail.raw = raw;
    append_canonical_uris(raw, settings_.domains, detail.cleaned);
    for (const std::string& form : detail.cleaned) {
      const std::string host = host_of(form);
      if (host.empty()) continue;
      const bool known = settings_.domains.is_valid(host) || ipv4_host(host).has_value();
      if (!known) continue;
      add_unique(detail.hosts, host);
      add_unique(detail.domains,
                 ipv4_host(host) ? host : std::string(settings_.domains.registered(host)));
    }
    if (needs_domain && detail.hosts.empty() && !settings_.domains.empty()) {
      uri_index_.erase(entry);
      return;
    }
    uri_details_->push_back(std::move(detail));
  }
  UriDetail& detail = (*uri_details_)[entry->second];
  if (!type.empty()) add_unique(detail.types, std::string(type));
  detail.texts.insert(detail.texts.end(), texts.begin(), texts.end());
}

const std::vector<UriDetail>& MessageFacts::uri_details() {
  if (uri_details_) return *uri_details_;
  uri_details_.emplace();
  std::vector<std::string> found;
  for (const std::string_view chunk : body().chunks) {
    find_text_uris(chunk, settings_.domains, found);
  }
  for (const std::string& uri : found) add_uri(uri, "parsed", true, {});
  for (const RenderedHtml& part : html()) {
    for (const HtmlLink& link : part.links) {
      if (link.tags.empty()) continue;
      for (const std::string_view tag : link.tags) add_uri(link.url, tag, false, {});
      add_uri(link.url, "", false, link.texts);
    }
  }
  return *uri_details_;
}

std::vector<std::optional<std::string>> MessageFacts::part_fields(std::string_view name, bool raw) {
  std::vector<std::optional<std::string>> values;
  for (const Part& part : content_.parts) {
    std::optional<std::string> value;
    Defects ignored;
    HeaderReader reader(part.header, ignored);
    RawField field;
    while (reader.next(field)) {
      if (!equals_ignoring_case(field.name, name)) continue;
      std::string_view body = field.body;
      while (!body.empty() && is_ascii_space(body.front())) body.remove_prefix(1);
      value = raw ? std::string(body) + '\n' : headers_.decode(field.name, field.body) + '\n';
    }
    values.push_back(std::move(value));
  }
  return values;
}

const std::vector<std::string>& MessageFacts::senders() {
  if (senders_) return *senders_;
  senders_.emplace();
  const auto add = [this](const char* field) {
    const std::string lines = headers_.get(field);
    for (const std::string_view line : split(lines, '\n')) {
      if (!line.empty()) add_unique(*senders_, ascii_lowered(line));
    }
  };
  add("Resent-From:first:addr");
  if (!senders_->empty()) return *senders_;
  for (const char* field : {"From:addr", "Envelope-Sender:addr", "Resent-Sender:addr",
                            "X-Envelope-From:addr", "EnvelopeFrom:addr"}) {
    add(field);
  }
  return *senders_;
}

const std::vector<std::string>& MessageFacts::recipients() {
  if (recipients_) return *recipients_;
  recipients_.emplace();
  const auto add = [this](const char* field) {
    const std::string lines = headers_.get(field);
    for (const std::string_view line : split(lines, '\n')) {
      if (!line.empty()) add_unique(*recipients_, ascii_lowered(line));
    }
  };
  add("Resent-To:first:addr");
  add("Resent-Cc:first:addr");
  if (!recipients_->empty()) return *recipients_;
  for (const char* field : {"To:addr", "Apparently-To:addr", "Delivered-To:addr",
                            "Envelope-Recipients:addr", "Apparently-Resent-To:addr",
                            "X-Envelope-To:addr", "Envelope-To:addr", "X-Delivered-To:addr",
                            "X-Original-To:addr", "X-Rcpt-To:addr", "X-Real-To:addr", "Cc:addr"}) {
    add(field);
  }
  return *recipients_;
}

std::size_t MessageFacts::body_octets() {
  return content_.parts.empty() ? 0 : content_.parts.front().body.size();
}

}  // namespace postern
