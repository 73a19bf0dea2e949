// Words, pairs of words and structure: what the personal Bayesian component reads.
#include <algorithm>

#include "base/ascii.h"
#include "classify/feature_writer.h"
#include "classify/header_hygiene.h"
#include "classify/text_fold.h"

namespace postern {
namespace {

enum Seed : std::uint64_t { body = 0, address = 7, markup = 9, hidden = 11, part_header = 991 };

constexpr std::string_view address_fields[] = {"from",     "to",          "cc",
                                               "reply-to", "return-path", "sender"};

bool is_address_field(std::string_view name) {
  return std::find(std::begin(address_fields), std::end(address_fields), name) !=
         std::end(address_fields);
}

class TokenFeatures {
 public:
  TokenFeatures(const Content& content, FeatureSet& features, NameMap* names)
      : content_(content), scratch_(features.scratch), out_(features.tokens, names) {}

  void write() {
    write_header();
    write_addresses();
    write_bodies();
    write_parts();
    write_structure();
  }

 private:
  void write_text(std::string_view text, std::uint64_t seed, std::string_view where) {
    TokenStream stream(out_, out_, seed, where);
    disguised_ += write_tokens(text, stream, scratch_.token);
  }

  void write_header() {
    std::size_t room = TokenizerLimits::token_header;
    std::size_t count = 0;
    std::uint64_t previous = 0;
    for (const HeaderField& field : content_.fields) {
      if (is_path_field(field.name)) continue;
      if (++count > TokenizerLimits::token_fields) break;
      std::string& name = scratch_.header;
      name.clear();
      fold_text(field.name, 100, LetterCase::lower, name);
      const std::uint64_t name_hash = hash_bytes(name, 0x6e616d65);
      out_.add(name_hash, [&] { return "header field " + name; });
      out_.add(mix64(previous * 3 + name_hash), [&] { return "order of fields before " + name; });
      previous = name_hash;
      room -= write_field(field, name, name_hash, room);
    }
  }

  // Gives the octets of the value that were used, at most `room`.
  std::size_t write_field(const HeaderField& field, const std::string& name, std::uint64_t seed,
                          std::size_t room) {
    std::string& text = scratch_.text;
    text.clear();
    const std::size_t limit = std::min(room, TokenizerLimits::token_field);
    if (name == "subject") {
      scratch_.body.clear();
      append_without_list_tags(field.value, scratch_.body);
      invisible_ += fold_text(scratch_.body, limit, LetterCase::keep, text);
    } else {
      fold_text(field.value, limit, LetterCase::lower, text);
    }
    write_text(text, seed, name);
    if (name == "return-path") write_address(trimmed_brackets(text), seed, name);
    if (name == "message-id" || name == "date" || name == "subject" || is_address_field(name)) {
      std::array<char, 40> buffer;
      const std::string_view shown = name == "subject" ? std::string_view(text) : field.value;
      const std::string_view shape = outline(trimmed(shown), buffer);
      out_.add(hash_bytes(shape, seed + 1),
               [&] { return "shape of " + name + " " + std::string(shape); });
    }
    return text.size();
  }

  static std::string_view trimmed_brackets(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with('<')) text.remove_prefix(1);
    if (text.ends_with('>')) text.remove_suffix(1);
    return text;
  }

  void write_address(std::string_view mailbox, std::uint64_t seed, std::string_view where) {
    if (mailbox.empty()) return;
    out_.add(hash_bytes(mailbox, seed + Seed::address),
             [&] { return std::string(where) + " address " + std::string(mailbox); });
    const std::size_t at = mailbox.rfind('@');
    if (at == std::string_view::npos) return;
    const std::string_view domain = mailbox.substr(at);
    out_.add(hash_bytes(domain, seed + Seed::address),
             [&] { return std::string(where) + " domain " + std::string(domain); });
  }

  void write_addresses() {
    const std::pair<std::string_view, const std::vector<Address>*> lists[] = {
        {"from", &content_.from},         {"to", &content_.to},         {"cc", &content_.cc},
        {"reply-to", &content_.reply_to}, {"sender", &content_.sender},
    };
    constexpr std::size_t most = 20;
    for (const auto& [name, list] : lists) {
      const std::uint64_t seed = hash_bytes(name, 0x6e616d65);
      for (const Address& entry : std::span(*list).first(std::min(list->size(), most))) {
        std::string& text = scratch_.text;
        text.clear();
        fold_text(entry.mailbox, 200, LetterCase::lower, text);
        write_address(text, seed, name);
      }
      out_.fact(name, magnitude(list->size()));
    }
  }

  void write_bodies() {
    std::size_t body_room = TokenizerLimits::token_body;
    std::size_t hidden_room = TokenizerLimits::token_hidden;
    std::size_t markup_room = TokenizerLimits::token_markup;
    for (const Text& part : content_.texts) {
      body_room -= write_part_text(part.visible, body_room, Seed::body, "text");
      hidden_room -= write_part_text(part.hidden, hidden_room, Seed::hidden, "hidden text");
      markup_room -= write_part_text(part.markup, markup_room, Seed::markup, "markup");
    }
  }

  std::size_t write_part_text(std::string_view text, std::size_t room, Seed seed,
                              std::string_view where) {
    if (room == 0 || text.empty()) return 0;
    scratch_.text.clear();
    invisible_ += fold_text(text, room, LetterCase::lower, scratch_.text);
    write_text(scratch_.text, seed, where);
    return std::min(scratch_.text.size(), room);
  }

  void write_parts() {
    std::uint64_t tree = 0;
    std::size_t count = 0;
    for (const Part& part : content_.parts) {
      if (++count > TokenizerLimits::token_parts) break;
      tree = mix64(tree + hash_bytes(part.type, part.depth));
      out_.fact("part type", part.type);
      if (!part.charset.empty()) out_.fact("charset", part.charset);
      if (!part.encoding.empty()) out_.fact("encoding", part.encoding);
      if (!part.disposition.empty()) out_.fact("disposition", part.disposition);
      if (part.file_name.empty()) continue;
      scratch_.text.clear();
      fold_text(part.file_name, 100, LetterCase::lower, scratch_.text);
      write_text(scratch_.text, Seed::part_header, "file name");
    }
    out_.fact("MIME tree", tree);
  }

  void write_structure() {
    std::uint64_t octets = 0, capitals = 0, letters = 0;
    for (const Text& part : content_.texts) {
      const std::string_view sample = part.visible.substr(0, TokenizerLimits::token_body);
      for (const char c : sample) {
        const bool capital = c >= 'A' && c <= 'Z';
        capitals += capital;
        letters += capital || (c >= 'a' && c <= 'z');
      }
      octets += sample.size();
    }
    out_.fact("size of text", magnitude(octets));
    out_.fact("capitals in text", share_bucket(capitals, letters, 16));
    out_.fact("links", magnitude(content_.links.size()));
    out_.fact("images", magnitude(content_.html.images));
    out_.fact("hidden text", magnitude(content_.html.hidden_octets));
    out_.fact("invisible characters", magnitude(invisible_));
    out_.fact("disguised words", magnitude(disguised_));
    out_.fact("text share of HTML",
              share_bucket(content_.html.visible_octets,
                           content_.html.visible_octets + content_.html.markup_octets, 8));
  }

  const Content& content_;
  FeatureSet::Scratch& scratch_;
  FeatureWriter out_;
  std::size_t invisible_ = 0;
  std::size_t disguised_ = 0;
};

}  // namespace

void write_token_features(const Content& content, FeatureSet& features, NameMap* names) {
  TokenFeatures(content, features, names).write();
}

}  // namespace postern
