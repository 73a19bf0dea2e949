// Byte 4-grams of the header and of the body: what the personal regressions read.
#include <algorithm>

#include "base/ascii.h"
#include "classify/feature_writer.h"
#include "classify/header_hygiene.h"
#include "classify/text_fold.h"

namespace postern {
namespace {

constexpr std::size_t gram_length = 4;
constexpr std::uint64_t header_seed = 0x51ed270b0a1f39c1ULL;
constexpr std::uint64_t body_seed = 0xb5ad4eceda1ce2a9ULL;
constexpr std::uint64_t hidden_seed = 0x2545f4914f6cdd1dULL;

void write_grams(std::string_view text, std::uint64_t seed, FeatureWriter& out,
                 std::string_view where) {
  constexpr std::uint64_t mask = (1ULL << (8 * gram_length)) - 1;
  std::uint64_t gram = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    gram = (gram << 8 | static_cast<unsigned char>(text[i])) & mask;
    if (i + 1 < gram_length) continue;
    out.add(gram * 0x9e3779b97f4a7c15ULL + seed, [&] {
      return std::string(where) + " ..." +
             std::string(text.substr(i + 1 - gram_length, gram_length)) + "...";
    });
  }
}

void append_header(const Content& content, std::string& text, std::string& scratch) {
  constexpr std::size_t limit = TokenizerLimits::gram_header;
  for (const HeaderField& field : content.fields) {
    if (text.size() >= limit) return;
    if (is_path_field(field.name)) continue;
    fold_text(field.name, limit, LetterCase::lower, text);
    fold_text(":", limit, LetterCase::lower, text);
    const bool encoded = field.raw.find("=?") != std::string_view::npos;
    if (equals_ignoring_case(field.name, "subject")) {
      scratch = " ";
      append_without_list_tags(field.value, scratch);
      fold_text(scratch, limit, LetterCase::lower, text);
    } else if (encoded) {
      fold_text(" ", limit, LetterCase::lower, text);
      fold_text(field.value, limit, LetterCase::lower, text);
    } else {
      fold_text(field.raw, limit, LetterCase::lower, text);
    }
    fold_text("\n", limit, LetterCase::lower, text);
  }
}

// The lines of a part's header that say what it is.
void append_part_header(std::string_view header, std::size_t limit, std::string& text) {
  constexpr std::string_view wanted[] = {
      "content-type:", "content-transfer-encoding:", "content-disposition:"};
  bool keep = false;
  while (!header.empty() && text.size() < limit) {
    const std::size_t end = std::min(header.find('\n'), header.size() - 1) + 1;
    const std::string_view line = header.substr(0, end);
    header.remove_prefix(end);
    if (!is_ascii_space(line[0])) {
      keep = std::any_of(std::begin(wanted), std::end(wanted), [&](std::string_view name) {
        return starts_with_ignoring_case(line, name);
      });
    }
    if (keep) fold_text(line, limit, LetterCase::lower, text);
  }
}

void append_text(const Text& part, std::size_t limit, std::string& text) {
  fold_text(part.visible, limit, LetterCase::lower, text);
  fold_text("\n", limit, LetterCase::lower, text);
  if (!part.html || text.size() >= limit) return;
  // A quarter of what is left for the tags: they tell mailers apart, but words tell more.
  const std::size_t room = text.size() + (limit - text.size()) / 4;
  fold_text(part.markup, room, LetterCase::lower, text);
}

void append_body(const Content& content, std::size_t limit, std::string& text) {
  std::size_t next_text = 0;
  for (std::size_t i = 0; i < content.parts.size() && text.size() < limit; ++i) {
    const Part& part = content.parts[i];
    if (i > 0) append_part_header(part.header, limit, text);
    while (next_text < content.texts.size() && content.texts[next_text].part < i) ++next_text;
    if (next_text < content.texts.size() && content.texts[next_text].part == i) {
      append_text(content.texts[next_text], limit, text);
    } else {
      fold_text(part.start, limit, LetterCase::lower, text);
    }
  }
}

}  // namespace

void write_gram_features(const Content& content, FeatureSet& features, NameMap* names) {
  std::string& text = features.scratch.text;
  FeatureWriter header(features.of(GramSide::header), names);
  text.clear();
  append_header(content, text, features.scratch.token);
  write_grams(text, header_seed, header, "header letters");

  FeatureWriter body(features.of(GramSide::body), names);
  text.clear();
  append_body(content, TokenizerLimits::gram_body, text);
  write_grams(text, body_seed, body, "letters");

  text.clear();
  for (const Text& part : content.texts) {
    fold_text(part.hidden, TokenizerLimits::gram_hidden, LetterCase::lower, text);
  }
  write_grams(text, hidden_seed, body, "hidden letters");
}

}  // namespace postern
