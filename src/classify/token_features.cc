// Words, pairs of words and structure of a message's four sides: what the personal Bayesian
// readings count.
#include <algorithm>

#include "base/ascii.h"
#include "classify/feature_writer.h"
#include "classify/header_hygiene.h"
#include "classify/text_fold.h"

namespace postern {
namespace {

enum Seed : std::uint64_t { body = 0, address = 7, hidden = 11, part_header = 991 };

// Who writes to whom about what; all other fields say how the message came.
bool is_of_people(std::string_view name) {
  constexpr std::string_view fields[] = {"subject", "from", "to", "cc", "reply-to", "sender"};
  return std::find(std::begin(fields), std::end(fields), name) != std::end(fields);
}

class TokenFeatures {
 public:
  TokenFeatures(const Content& content, FeatureSet& features, NameMap* names)
      : content_(content),
        scratch_(features.scratch),
        transport_(features.of(TokenSide::transport), names),
        people_(features.of(TokenSide::people), names),
        words_(features.of(TokenSide::words), names),
        structure_(features.of(TokenSide::structure), names) {}

  void write() {
    write_header();
    write_addresses();
    write_bodies();
    write_parts();
    write_structure();
  }

 private:
  void write_text(std::string_view text, std::uint64_t seed, std::string_view where,
                  FeatureWriter& out) {
    TokenStream stream(out, nullptr, seed, where);
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
      transport_.add(name_hash, [&] { return "header field " + name; });
      transport_.add(mix64(previous * 3 + name_hash),
                     [&] { return "order of fields before " + name; });
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
    FeatureWriter& out = is_of_people(name) ? people_ : transport_;
    write_text(text, seed, name, out);
    if (name == "return-path") write_address(trimmed_brackets(text), seed, name, out);
    if (name == "message-id" || name == "date" || name == "return-path" || is_of_people(name)) {
      std::array<char, 40> buffer;
      const std::string_view shown = name == "subject" ? std::string_view(text) : field.value;
      const std::string_view shape = outline(trimmed(shown), buffer);
      out.add(hash_bytes(shape, seed + 1),
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

  static void write_address(std::string_view mailbox, std::uint64_t seed, std::string_view where,
                            FeatureWriter& out) {
    if (mailbox.empty()) return;
    out.add(hash_bytes(mailbox, seed + Seed::address),
            [&] { return std::string(where) + " address " + std::string(mailbox); });
    const std::size_t at = mailbox.rfind('@');
    if (at == std::string_view::npos) return;
    const std::string_view domain = mailbox.substr(at);
    out.add(hash_bytes(domain, seed + Seed::address),
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
        write_address(text, seed, name, people_);
      }
      people_.fact(name, magnitude(list->size()));
    }
  }

  void write_bodies() {
    std::size_t body_room = TokenizerLimits::token_body;
    std::size_t hidden_room = TokenizerLimits::token_hidden;
    for (const Text& part : content_.texts) {
      body_room -= write_part_text(part.visible, body_room, Seed::body, "text", words_);
      hidden_room -=
          write_part_text(part.hidden, hidden_room, Seed::hidden, "hidden text", structure_);
    }
  }

  std::size_t write_part_text(std::string_view text, std::size_t room, Seed seed,
                              std::string_view where, FeatureWriter& out) {
    if (room == 0 || text.empty()) return 0;
    scratch_.text.clear();
    invisible_ += fold_text(text, room, LetterCase::lower, scratch_.text);
    write_text(scratch_.text, seed, where, out);
    return std::min(scratch_.text.size(), room);
  }

  void write_parts() {
    std::uint64_t tree = 0;
    std::size_t count = 0;
    for (const Part& part : content_.parts) {
      if (++count > TokenizerLimits::token_parts) break;
      tree = mix64(tree + hash_bytes(part.type, part.depth));
      structure_.fact("part type", part.type);
      if (!part.charset.empty()) structure_.fact("charset", part.charset);
      if (!part.encoding.empty()) structure_.fact("encoding", part.encoding);
      if (!part.disposition.empty()) structure_.fact("disposition", part.disposition);
      if (part.file_name.empty()) continue;
      scratch_.text.clear();
      fold_text(part.file_name, 100, LetterCase::lower, scratch_.text);
      write_text(scratch_.text, Seed::part_header, "file name", structure_);
    }
    structure_.fact("MIME tree", tree);
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
    structure_.fact("size of text", magnitude(octets));
    structure_.fact("capitals in text", share_bucket(capitals, letters, 16));
    structure_.fact("links", magnitude(content_.links.size()));
    structure_.fact("images", magnitude(content_.html.images));
    structure_.fact("hidden text", magnitude(content_.html.hidden_octets));
    structure_.fact("invisible characters", magnitude(invisible_));
    structure_.fact("disguised words", magnitude(disguised_));
    structure_.fact("text share of HTML",
                    share_bucket(content_.html.visible_octets,
                                 content_.html.visible_octets + content_.html.markup_octets, 8));
  }

  const Content& content_;
  FeatureSet::Scratch& scratch_;
  FeatureWriter transport_, people_, words_, structure_;
  std::size_t invisible_ = 0;
  std::size_t disguised_ = 0;
};

}  // namespace

void write_token_features(const Content& content, FeatureSet& features, NameMap* names) {
  TokenFeatures(content, features, names).write();
}

}  // namespace postern
