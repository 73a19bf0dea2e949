// MessageFacts: everything that rules look at in one message, each made once, when first asked for.
//
// Ownership: refers to the Content and the settings, which must outlive it; what it returns lives
// as long as it does. Thread rule: belongs to one evaluation.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/content.h"
#include "rules/header_text.h"
#include "rules/pcre_confirm.h"
#include "rules/rendered_html.h"
#include "rules/rule_settings.h"
#include "rules/sections.h"

namespace postern {

// How the message's parts are written (RFC 2045).
struct MimeFacts {
  std::size_t html_parts = 0, text_parts = 0;
  std::size_t base64_parts = 0, quoted_parts = 0;
  std::size_t attachments = 0;
  std::size_t illegal_ascii_lines = 0;  // octets over 127 in a text that says that it is ASCII
  bool base64_text = false;             // of ASCII, which needs none
  bool bad_iso_charset = false;
  bool long_quoted_line = false;
  bool alternative = false;
  double text_to_html = 1;  // of multipart/alternative, in octets
  double quoted_ratio = 0;
  double unicode_ratio = 0;  // "&#x1234;" in plain text
  std::size_t longest_base64_line = 0;
  std::vector<std::string> charsets;
};

// One link in all its forms.
struct UriDetail {
  std::string raw;
  std::vector<std::string> cleaned;
  std::vector<std::string> types;  // "a", "img", "parsed" ...
  std::vector<std::string> texts;
  std::vector<std::string> hosts, domains;
};

struct ImageFacts {
  std::size_t gif = 0, png = 0, jpeg = 0;
  std::uint64_t gif_area = 0, png_area = 0, jpeg_area = 0;
};

// What a part says, and how when it is HTML.
struct PartText {
  std::uint32_t part = 0;  // index into the Content's
  std::string_view text;
  const RenderedHtml* html = nullptr;
};

class MessageFacts {
 public:
  MessageFacts(const Content& content, const RuleSettings& settings)
      : content_(content),
        settings_(settings),
        headers_(content, settings.trust, settings.domains) {}

  const Content& content() const { return content_; }
  const RuleSettings& settings() const { return settings_; }
  HeaderTexts& headers() { return headers_; }
  const Relays& relays() { return headers_.relays(); }
  PcreBudget& budget() { return budget_; }  // of the whole evaluation

  const Section& body();
  const Section& rawbody();
  const Section& uris();
  const Section& full();
  const std::vector<RenderedHtml>& html();
  // What the text parts say, in order.
  const std::vector<PartText>& texts();
  const MimeFacts& mime();
  const ImageFacts& images();
  const std::vector<UriDetail>& uri_details();
  // A field of every part, the message's own first; without a line end. Nothing where a part has
  // no such field.
  std::vector<std::optional<std::string>> part_fields(std::string_view name, bool raw);
  // Every address that says who wrote, and every one that says to whom, in lower case.
  const std::vector<std::string>& senders();
  const std::vector<std::string>& recipients();
  // Octets of the message's body as written.
  std::size_t body_octets();
  // What eval functions have in common: the one T of this message, made when first asked for.
  template <typename T, typename Make>
  const T& remembered(Make make) {
    static const char key{};  // one a type
    for (const Remembered& each : remembered_) {
      if (each.key == &key) return *static_cast<const T*>(each.value.get());
    }
    remembered_.push_back({&key, std::make_shared<const T>(make())});
    return *static_cast<const T*>(remembered_.back().value.get());
  }

 private:
  enum class Rendering : std::uint8_t { none, plain, html };
  struct Remembered {
    const void* key;
    std::shared_ptr<const void> value;
  };
  Rendering rendering(const Text& text) const;
  void add_uri(std::string_view raw, std::string_view type, bool needs_domain,
               const std::vector<std::string>& texts);

  const Content& content_;
  const RuleSettings& settings_;
  HeaderTexts headers_;
  PcreBudget budget_;
  Arena arena_;
  std::unique_ptr<Section> body_, rawbody_, uris_, full_;
  std::optional<std::vector<RenderedHtml>> html_;
  std::optional<std::vector<PartText>> texts_;
  std::optional<MimeFacts> mime_;
  std::optional<ImageFacts> images_;
  std::optional<std::vector<UriDetail>> uri_details_;
  std::map<std::string, std::size_t, std::less<>> uri_index_;
  std::optional<std::vector<std::string>> senders_, recipients_;
  std::vector<Remembered> remembered_;
};

}  // namespace postern
