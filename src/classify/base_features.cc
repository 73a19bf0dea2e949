// What carries over from other people's mail to yours: the words of subject and body, and the
// structure of the message. Nothing of the other header fields, which tell one collection of mail
// from another better than they tell spam from ham.
#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "classify/feature_writer.h"
#include "classify/header_hygiene.h"
#include "classify/list_traces.h"
#include "classify/script_mix.h"
#include "classify/text_fold.h"
#include "mail/url.h"

namespace postern {
namespace {

constexpr std::uint64_t subject_seed = 5;
constexpr std::uint64_t body_seed = 0;
constexpr std::uint64_t hidden_seed = 11;
constexpr std::uint64_t name_seed = 77;
constexpr std::size_t longest_token = 24;

struct CharacterCounts {
  std::uint64_t octets = 0, letters = 0, capitals = 0, digits = 0, eight_bit = 0;
  std::uint64_t exclamations = 0, questions = 0, dollars = 0, code = 0;
  std::uint64_t lines = 0, quoted_lines = 0;
};

// What an octet counts as, a bit each.
enum CharacterClass : std::uint8_t { letter = 1, capital = 2, digit = 4, eight_bit = 8, code = 16 };

constexpr std::array<std::uint8_t, 256> make_character_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t c = 'A'; c <= 'Z'; ++c) classes[c] = letter | capital;
  for (std::size_t c = 'a'; c <= 'z'; ++c) classes[c] = letter;
  for (std::size_t c = '0'; c <= '9'; ++c) classes[c] = digit;
  for (std::size_t c = 128; c < 256; ++c) classes[c] = eight_bit;
  for (const char c : {'{', '}', ';', '=', '<', '(', ')', '#', '*', '+'}) {
    classes[static_cast<unsigned char>(c)] = code;
  }
  return classes;
}
constexpr auto character_classes = make_character_classes();

// One count an octet and no branch; what is asked for is summed up afterwards.
void count_characters(std::string_view text, CharacterCounts& counts) {
  if (text.empty()) return;
  std::array<std::uint32_t, 256> seen{};
  counts.quoted_lines += text.front() == '>';
  char before = 0;
  for (const char c : text) {
    ++seen[static_cast<unsigned char>(c)];
    counts.quoted_lines += (before == '\n') & (c == '>');
    before = c;
  }
  for (std::size_t c = 0; c < seen.size(); ++c) {
    const std::uint8_t is = character_classes[c];
    counts.letters += is & letter ? seen[c] : 0;
    counts.capitals += is & capital ? seen[c] : 0;
    counts.digits += is & digit ? seen[c] : 0;
    counts.eight_bit += is & eight_bit ? seen[c] : 0;
    counts.code += is & code ? seen[c] : 0;
  }
  counts.exclamations += seen['!'];
  counts.questions += seen['?'];
  counts.dollars += seen['$'];
  // The line after the last line end only counts when there is something on it.
  counts.lines += seen['\n'] + (text.back() != '\n');
  counts.octets += text.size();
}

// The registrable domain of the address that ends a field's value, without its brackets.
std::string_view domain_of_address(std::string_view value) {
  const std::size_t at = value.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::string_view domain = value.substr(at + 1);
  return registrable_domain(domain.substr(0, domain.find_first_of("> \t\r\n")));
}

// How a domain stands to the sender's.
enum class Kinship : std::uint64_t { none, same, other, sender_unknown };

Kinship kinship(std::string_view domain, std::string_view home) {
  if (domain.empty()) return Kinship::none;
  if (home.empty()) return Kinship::sender_unknown;
  return equals_ignoring_case(domain, home) ? Kinship::same : Kinship::other;
}

class BaseFeatures {
 public:
  BaseFeatures(const Content& content, FeatureSet& features, NameMap* names)
      : content_(content),
        list_(content),
        scratch_(features.scratch),
        out_(features.base, names),
        wide_(features.base_wide, names) {}

  void write() {
    write_subject();
    write_body();
    write_mime();
    write_links();
    write_html();
    write_sender();
    write_relations();
  }

 private:
  void write_subject() {
    std::string& subject = scratch_.header;
    subject.clear();
    append_without_list_tags(content_.subject.substr(0, 500), subject);
    scratch_.text.clear();
    fold_text(subject, 300, LetterCase::lower, scratch_.text);
    const std::size_t disguised = undisguise(scratch_.text, scratch_.token);
    blank_beyond_latin(scratch_.text);
    TokenStream stream(out_, &wide_, subject_seed, "subject");
    write_tokens(scratch_.text, stream, scratch_.token, longest_token);
    out_.fact("disguised words in the subject", magnitude(disguised));

    CharacterCounts counts;
    count_characters(subject, counts);
    out_.fact("subject capitals", share_bucket(counts.capitals, counts.letters, 6));
    out_.fact("subject beyond ASCII", share_bucket(counts.eight_bit, counts.octets, 4));
    out_.fact("subject exclamation marks", std::min<std::uint64_t>(counts.exclamations, 3));
    out_.fact("subject question marks", std::min<std::uint64_t>(counts.questions, 2));
    out_.fact("subject digits", magnitude(counts.digits));
    out_.fact("subject length", magnitude(counts.octets));
    const std::string_view folded = scratch_.text;
    const bool answer = folded.starts_with("re:") || folded.starts_with("aw:") ||
                        folded.starts_with("sv:") || folded.starts_with("rv:");
    out_.fact("subject is an answer", answer);
  }

  void write_body() {
    std::string& text = scratch_.text;
    text.clear();
    std::size_t invisible = 0;
    CharacterCounts counts;
    constexpr std::size_t limit = TokenizerLimits::base_body;
    for (const Text& part : content_.texts) {
      if (text.size() >= limit) break;
      const std::string_view body = ListTraces::without_footer(part.visible);
      count_characters(body.substr(0, limit), counts);
      invisible += fold_text(body, limit, LetterCase::lower, text);
      if (text.size() < limit) text += '\n';
    }
    const std::size_t disguised = undisguise(text, scratch_.token);
    blank_beyond_latin(text);
    TokenStream stream(out_, &wide_, body_seed, "text");
    write_tokens(text, stream, scratch_.token, longest_token);

    out_.fact("text length", magnitude(counts.octets));
    out_.fact("text capitals", share_bucket(counts.capitals, counts.letters, 10));
    out_.fact("text digits", share_bucket(counts.digits, counts.octets, 20));
    out_.fact("text beyond ASCII", share_bucket(counts.eight_bit, counts.octets, 6));
    out_.fact("text exclamation marks", magnitude(counts.exclamations));
    out_.fact("text dollar signs", magnitude(counts.dollars));
    out_.fact("text question marks", magnitude(counts.questions));
    out_.fact("quoted lines", share_bucket(counts.quoted_lines, counts.lines, 6));
    out_.fact("code characters", share_bucket(counts.code, counts.octets, 24));
    out_.fact("line length", magnitude(counts.octets / std::max<std::uint64_t>(counts.lines, 1)));
    out_.fact("invisible characters", magnitude(invisible));
    out_.fact("disguised words", magnitude(disguised));
    write_hidden();
  }

  void write_hidden() {
    std::string& text = scratch_.text;
    text.clear();
    for (const Text& part : content_.texts) {
      fold_text(part.hidden, 300, LetterCase::lower, text);
    }
    blank_beyond_latin(text);
    TokenStream stream(out_, &wide_, hidden_seed, "hidden text");
    write_tokens(text, stream, scratch_.token, longest_token);
  }

  void write_mime() {
    std::uint64_t shape = 0;
    std::size_t attachments = 0, texts = 0, pictures = 0, shaping = 0;
    const std::uint32_t top = list_.added(0) ? 1 : 0;  // depth at which the message begins
    const std::size_t count = std::min<std::size_t>(content_.parts.size(), 50);
    for (std::size_t i = 0; i < count; ++i) {
      if (list_.added(i)) continue;
      const Part& part = content_.parts[i];
      if (shaping++ < 6) shape = mix64(shape * 7 + hash_bytes(part.type, part.depth - top));
      out_.fact("part type", part.type);
      const bool text = part.type.starts_with("text/");
      texts += text;
      pictures += part.type.starts_with("image/");
      if (text) {
        out_.fact("charset", part.charset);
        out_.fact("text encoding", part.encoding);
      }
      if (part.disposition != "attachment" && part.file_name.empty()) continue;
      ++attachments;
      out_.fact("attached", part.type);
      const std::size_t dot = part.file_name.rfind('.');
      if (dot == std::string_view::npos || part.file_name.size() - dot > 6) continue;
      scratch_.token.clear();
      fold_text(part.file_name.substr(dot), 8, LetterCase::lower, scratch_.token);
      out_.fact("file name ends in", scratch_.token);
    }
    out_.fact("MIME shape", shape);
    out_.fact("parts", magnitude(content_.parts.size() - list_.count()));
    out_.fact("attachments", magnitude(attachments));
    out_.fact("text parts", std::min<std::size_t>(texts, 4));
    out_.fact("pictures", magnitude(pictures));
  }

  void write_links() {
    const std::string_view home =
        content_.from.empty() ? std::string_view() : registrable_domain(content_.from[0].domain);
    std::uint64_t domains[32] = {};
    std::size_t distinct = 0, at_home = 0, with_host = 0, disguised = 0;
    std::size_t links = 0, longest = 0, deepest = 0, hyphens = 0, digits = 0;
    const std::size_t count = std::min(content_.links.size(), TokenizerLimits::base_links);
    for (const Link& link : std::span(content_.links).first(count)) {
      if (list_.in_footer(link)) continue;
      ++links;
      longest = std::max(longest, link.url.size());
      write_link(link);
      if (link.host.empty()) continue;
      ++with_host;
      const std::string_view domain = registrable_domain(link.host);
      at_home += domain == home;
      disguised += !link.shown_host.empty() && registrable_domain(link.shown_host) != domain;
      deepest = std::max(
          deepest, static_cast<std::size_t>(std::count(link.host.begin(), link.host.end(), '.')));
      hyphens = std::max(
          hyphens, static_cast<std::size_t>(std::count(link.host.begin(), link.host.end(), '-')));
      digits = std::max(digits, static_cast<std::size_t>(std::count_if(
                                    link.host.begin(), link.host.end(), is_ascii_digit)));
      const std::uint64_t hash = hash_bytes(domain);
      auto* const end = domains + distinct;
      if (distinct < std::size(domains) && std::find(domains, end, hash) == end) {
        domains[distinct++] = hash;
      }
    }
    out_.fact("links", magnitude(links));
    out_.fact("domains linked", std::min<std::size_t>(distinct, 12));
    out_.fact("links to the sender's domain",
              with_host == 0 ? 9 : share_bucket(at_home, with_host, 4));
    out_.fact("links shown as another host", magnitude(disguised));
    out_.fact("longest link", magnitude(longest));
    out_.fact("labels in a host", std::min<std::size_t>(deepest, 8));
    out_.fact("hyphens in a host", std::min<std::size_t>(hyphens, 5));
    out_.fact("digits in a host", std::min<std::size_t>(digits, 12));
  }

  void write_link(const Link& link) {
    const std::string_view host = link.host;
    if (!host.empty() &&
        (host.front() == '[' || (is_ascii_digit(host.back()) && is_ascii_digit(host.front())))) {
      out_.fact("link to a bare address", 1);
    }
    if (host.find("xn--") != std::string_view::npos) out_.fact("link to an encoded host", 1);
    const std::size_t scheme_end = link.url.find("://");
    if (scheme_end == std::string_view::npos) return;
    scratch_.token.clear();
    fold_text(link.url.substr(0, std::min<std::size_t>(scheme_end, 10)), 10, LetterCase::lower,
              scratch_.token);
    out_.fact("link scheme", scratch_.token);
    const std::string_view rest = link.url.substr(scheme_end + 3);
    const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string_view authority = rest.substr(0, authority_end);
    if (authority.find('@') != std::string_view::npos) out_.fact("link with a user name", 1);
    if (authority.find(':') != std::string_view::npos) out_.fact("link with a port", 1);
    std::string_view path = rest.substr(authority_end);
    path = path.substr(0, path.find_first_of("?#"));
    const std::size_t dot = path.rfind('.');
    if (dot == std::string_view::npos || path.size() - dot > 6) return;
    scratch_.token.clear();
    fold_text(path.substr(dot), 8, LetterCase::lower, scratch_.token);
    if (link.kind != LinkKind::image) out_.fact("link path ends in", scratch_.token);
  }

  // Whether the message speaks of its sender: a bank's mail names the bank's own domain.
  void write_sender() {
    if (content_.from.empty()) return;
    const Address& from = content_.from[0];
    const std::string_view home = registrable_domain(from.domain);
    const std::string_view label = home.substr(0, home.find('.'));
    if (label.size() < 3) return;
    bool in_text = false;
    for (const Text& part : content_.texts) {
      const std::string_view start =
          ListTraces::without_footer(part.visible).substr(0, TokenizerLimits::base_body);
      in_text = in_text || find_ignoring_case(start, label) != std::string_view::npos;
    }
    const bool in_name = find_ignoring_case(from.name, label) != std::string_view::npos;
    const bool in_subject = find_ignoring_case(content_.subject, label) != std::string_view::npos;
    out_.fact("sender's domain in the text", in_text);
    out_.fact("sender's domain in the name or subject", in_name || in_subject);
    out_.fact("digits in the sender's domain", magnitude(static_cast<std::uint64_t>(std::count_if(
                                                   home.begin(), home.end(), is_ascii_digit))));
  }

  // Who answers whom, and whether what belongs together does.
  void write_relations() {
    bool answer = false;
    std::string_view message_id;
    bool has_message_id = false;
    for (const HeaderField& field : content_.fields) {
      answer = answer || equals_ignoring_case(field.name, "in-reply-to") ||
               equals_ignoring_case(field.name, "references");
      if (!has_message_id && equals_ignoring_case(field.name, "message-id")) {
        has_message_id = true;
        message_id = field.value;
      }
    }
    const bool says_so = starts_with_ignoring_case(trimmed(content_.subject), "re:");
    out_.fact("answer by its header and by its subject", answer + std::uint64_t{2} * says_so);

    const bool no_sender = content_.from.empty();
    const std::string_view home =
        no_sender ? std::string_view() : registrable_domain(content_.from[0].domain);
    const std::string_view reply = content_.reply_to.empty()
                                       ? std::string_view()
                                       : registrable_domain(content_.reply_to[0].domain);
    out_.fact("answers go to the sender's domain",
              static_cast<std::uint64_t>(kinship(reply, home)));
    out_.fact("Message-ID of the sender's domain",
              has_message_id
                  ? static_cast<std::uint64_t>(kinship(domain_of_address(message_id), home))
                  : 4);
    if (!no_sender) write_sender_name(content_.from[0].name);
    write_links_abroad(home);
    const bool html = content_.html.tags != 0;
    const auto texts = std::count_if(content_.texts.begin(), content_.texts.end(),
                                     [&](const Text& text) { return !list_.added(text.part); });
    const auto some = std::span(content_.links)
                          .first(std::min(content_.links.size(), TokenizerLimits::base_links));
    const bool links = std::any_of(some.begin(), some.end(),
                                   [&](const Link& link) { return !list_.in_footer(link); });
    out_.fact("HTML, several texts, links",
              html + std::uint64_t{2} * (texts > 1) + std::uint64_t{4} * links);
  }

  void write_sender_name(std::string_view name) {
    scratch_.text.clear();
    fold_text(ListTraces::without_name(name).substr(0, 100), 100, LetterCase::lower, scratch_.text);
    blank_beyond_latin(scratch_.text);
    TokenStream stream(out_, &wide_, name_seed, "sender's name");
    write_tokens(scratch_.text, stream, scratch_.token, longest_token);
  }

  void write_links_abroad(std::string_view home) {
    std::size_t with_host = 0, abroad = 0;
    const std::size_t count = std::min(content_.links.size(), TokenizerLimits::base_links);
    for (const Link& link : std::span(content_.links).first(count)) {
      if (link.host.empty() || list_.in_footer(link)) continue;
      ++with_host;
      abroad += registrable_domain(link.host) != home;
    }
    const std::uint64_t share = with_host == 0 ? 0 : abroad == 0 ? 1 : abroad == with_host ? 2 : 3;
    out_.fact("links away from the sender's domain", share);
    if (with_host == 1) {
      out_.fact("its only link leads away",
                (abroad != 0) + std::uint64_t{2} * (content_.html.tags != 0));
    }
  }

  void write_html() {
    const HtmlShape& html = content_.html;
    out_.fact("HTML tags", magnitude(html.tags));
    out_.fact("HTML anchors", magnitude(html.anchors));
    out_.fact("HTML images", magnitude(html.images));
    out_.fact("HTML forms", magnitude(html.forms));
    out_.fact("HTML scripts", magnitude(html.scripts));
    out_.fact("HTML styles", magnitude(html.styles));
    out_.fact("HTML tables", magnitude(html.tables));
    out_.fact("HTML comments", magnitude(html.comments));
    out_.fact("hidden text", magnitude(html.hidden_octets));
    out_.fact("text share of HTML",
              html.tags == 0 ? 99
                             : share_bucket(html.visible_octets,
                                            html.visible_octets + html.markup_octets, 12));
  }

  const Content& content_;
  const ListTraces list_;
  FeatureSet::Scratch& scratch_;
  FeatureWriter out_;
  FeatureWriter wide_;
};

}  // namespace

void write_base_features(const Content& content, FeatureSet& features, NameMap* names) {
  // No features mean no opinion.
  if (mostly_beyond_latin(content)) return;
  BaseFeatures(content, features, names).write();
}

}  // namespace postern
