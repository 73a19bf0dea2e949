// Content: a message decoded once, for everybody who judges it (rules, tokenizer, labels).
//
// Decoding cannot fail: what is broken is decoded as well as it goes and noted in `defects`.
// LF and CRLF forms of a message give the same Content: every text here has LF line ends.
// All texts are UTF-8; octets that no charset explains become U+FFFD.
//
// Ownership: every string_view points into the message's bytes or into the Content's own arena;
// both live as long as the Content. Thread rule: const after decode(), so share for reading.
//
// Bounds (Limits): what a Content holds and what it costs are bounded whatever the message is;
// what lies beyond a bound is not judged, and the defect `truncated` says so.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/blob.h"
#include "mail/arena.h"
#include "mail/defects.h"

namespace postern {

// One field of the message's own header (not of inner parts), in order of appearance.
struct HeaderField {
  std::string_view name;   // as written, without the colon
  std::string_view raw;    // the value as written after the colon, folds kept as LF + white space
  std::string_view value;  // unfolded, RFC 2047 decoded (RFC 2231 stays), trimmed
};

// A mailbox out of From, To and so on (RFC 5322 section 3.4), as far as it can be understood.
struct Address {
  std::string_view name;     // display name, decoded, quotes removed; or empty
  std::string_view mailbox;  // local@domain as written, without angle brackets
  std::string_view domain;   // after the last "@", lower case; or empty
};

// A node of the MIME tree, parents before children. parts[0] is the message itself.
struct Part {
  std::string_view type;         // "text/html", lower case; the default of RFC 2045 when absent
  std::string_view charset;      // lower case; empty when not given
  std::string_view encoding;     // transfer encoding, lower case; empty when not given
  std::string_view disposition;  // "attachment", "inline" or empty, lower case
  std::string_view file_name;    // RFC 2231 and 2047 decoded; from disposition or type
  std::string_view header;       // the part's header block as written (LF line ends)
  std::string_view start;        // first decoded octets of a leaf that is not text (at most 512)
  std::string_view body;         // what stands after the header, still encoded (LF line ends)
  std::uint32_t parent = 0;      // index of the parent; the root is its own
  std::uint32_t depth = 0;
  std::uint64_t encoded_octets = 0;  // size of the body as it stands in the message
};

// The text of a text/* leaf. HTML is taken apart into what a reader sees and what not.
struct Text {
  std::uint32_t part = 0;  // index into parts
  bool html = false;
  std::string_view source;   // decoded UTF-8, markup included
  std::string_view visible;  // what a reader sees; for plain text the same as source
  std::string_view hidden;   // text in the markup that a reader cannot see
  std::string_view markup;   // opening tags with attributes, "<a href=...>" after one another
};

enum class LinkKind : std::uint8_t { anchor, image, form, resource, plain_text };

struct Link {
  std::string_view url;         // as written, entities and white space resolved
  std::string_view host;        // lower case, without user, port and trailing dot; may be empty
  std::string_view shown;       // the text of an anchor
  std::string_view shown_host;  // host when the shown text looks like an address, else empty
  LinkKind kind = LinkKind::plain_text;
};

// Counts over all HTML parts: structure that rules and the classifier ask for.
struct HtmlShape {
  std::uint32_t tags = 0;
  std::uint32_t anchors = 0;
  std::uint32_t images = 0;
  std::uint32_t forms = 0;  // form and input elements
  std::uint32_t scripts = 0;
  std::uint32_t styles = 0;
  std::uint32_t tables = 0;
  std::uint32_t comments = 0;
  std::uint64_t visible_octets = 0;
  std::uint64_t hidden_octets = 0;
  std::uint64_t markup_octets = 0;
};

struct Content {
  // Takes the message as stored (LF or CRLF). Linear in the judged octets.
  static Content decode(Blob message);

  Content(Content&&) noexcept = default;
  Content& operator=(Content&&) noexcept = default;

  // First field of that name (case does not matter), or nullptr.
  const HeaderField* field(std::string_view name) const;
  // Value of that field, or empty.
  std::string_view value(std::string_view name) const;

  Blob message;                     // as given
  std::uint64_t judged_octets = 0;  // how much of it was looked at
  std::vector<HeaderField> fields;
  std::vector<Address> from, to, cc, reply_to, sender;
  std::string_view subject;  // decoded
  std::vector<Part> parts;
  std::vector<Text> texts;
  std::vector<Link> links;
  HtmlShape html;
  Defects defects;

 private:
  Content() = default;
  friend class ContentDecoder;
  // A pointer, so that views stay good when the Content moves.
  std::unique_ptr<Arena> arena_;
};

// Bounds of judgement, the same everywhere (server, command, trainer).
struct JudgementLimits {
  static constexpr std::size_t message = 512 * 1024;  // octets of a message that are looked at
  static constexpr std::size_t header = 64 * 1024;    // octets of one header block
  static constexpr std::size_t fields = 1000;
  static constexpr std::size_t parts = 500;
  static constexpr std::size_t depth = 30;
  static constexpr std::size_t texts = 256 * 1024;  // decoded octets of all text parts
  static constexpr std::size_t links = 1000;
  static constexpr std::size_t part_start = 512;
};

}  // namespace postern
