#include "mail/message_view.h"

#include <algorithm>
#include <cstdint>

#include "mail/header.h"
#include "mail/parameters.h"

namespace postern {
namespace {

std::string_view without_top_quirks(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (text.starts_with("From ") || text.starts_with(">From ")) {
    const std::size_t end = text.find('\n');
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return text;
}

// The first word of a value such as "base64 (as always)" or "attachment; filename=x".
std::string_view first_word(std::string_view value, Arena& arena) {
  value = trimmed(value);
  return arena.lowered(value.substr(0, value.find_first_of(" \t\n\r;(")));
}

// RFC 2045 section 5.2: what cannot be understood is text/plain.
bool is_media_type(std::string_view type) {
  const std::size_t slash = type.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < type.size();
}

class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, Arena& arena) : text_(text), arena_(arena) {}

  MessageView build() {
    open_part(0, "text/plain");
    while (at_ < text_.size()) {
      const std::size_t line_end = std::min(text_.find('\n', at_), text_.size());
      const std::string_view line = text_.substr(at_, line_end - at_);
      if (line.starts_with("--") && read_delimiter(line)) {
        at_ = std::min(line_end + 1, text_.size());
      } else if (state_ == State::header && !read_header_line(line)) {
        // The header ended without an empty line; this line is looked at again as body.
      } else if (boundaries_ == 0 && state_ == State::body) {
        break;
      } else {
        at_ = std::min(line_end + 1, text_.size());
      }
    }
    finish();
    return std::move(view_);
  }

 private:
  enum class State { header, body, between };  // between: preamble and epilogue

  // A part that is not closed yet; its index in the stack is its depth.
  struct Open {
    std::uint32_t part;
    std::string_view boundary;  // of a multipart, else empty
    bool has_children = false;
    bool closed = false;  // its closing delimiter was seen: what follows is epilogue
    bool digest = false;
  };

  void open_part(std::size_t header_from, std::string_view default_type) {
    Part part;
    part.depth = static_cast<std::uint32_t>(stack_.size());
    if (!stack_.empty()) {
      part.parent = stack_.back().part;
      stack_.back().has_children = true;
    }
    stack_.push_back({static_cast<std::uint32_t>(view_.parts.size()), {}});
    view_.parts.push_back(part);
    view_.bodies.emplace_back();
    view_.leaf.push_back(true);
    body_from_.push_back(text_.size());
    default_type_ = default_type;
    header_from_ = header_from;
    state_ = State::header;
  }

  // False when the header is over and the line belongs to the body.
  bool read_header_line(std::string_view line) {
    if (line.empty()) {
      end_header(at_, at_ + 1);
      enter();
      return true;
    }
    const bool first = at_ == header_from_;
    if (first && !is_field_line(line)) {
      view_.defects.add(Defect::bad_header_line);
      end_header(at_, at_);
      enter();
      return false;
    }
    return true;
  }

  void end_header(std::size_t header_end, std::size_t body_from) {
    Part& part = view_.parts[stack_.back().part];
    part.header = text_.substr(header_from_, header_end - header_from_);
    if (part.header.size() > JudgementLimits::header) {
      part.header = part.header.substr(0, JudgementLimits::header);
      view_.defects.add(Defect::truncated);
    }
    body_from_[stack_.back().part] = std::min(body_from, text_.size());
    state_ = State::body;
    read_fields(part);
  }

  void read_fields(Part& part) {
    part.type = default_type_;
    boundary_ = {};
    Defects ignored;  // the root's header is read again, with its defects
    HeaderReader reader(part.header, ignored);
    RawField field;
    bool has_type = false;
    while (reader.next(field)) {
      if (!starts_with_ignoring_case(field.name, "content-")) continue;
      if (equals_ignoring_case(field.name, "content-type") && !has_type) {
        has_type = true;
        read_type(field.body, part);
      } else if (equals_ignoring_case(field.name, "content-transfer-encoding")) {
        if (part.encoding.empty()) part.encoding = first_word(field.body, arena_);
      } else if (equals_ignoring_case(field.name, "content-disposition")) {
        read_disposition(field.body, part);
      }
    }
  }

  void read_type(std::string_view body, Part& part) {
    const ParameterList list = parse_parameters(unfolded(body, arena_), arena_, view_.defects);
    part.type = is_media_type(list.head) ? list.head : "text/plain";
    if (const Parameter* charset = list.find("charset")) {
      part.charset = arena_.lowered(trimmed(charset->value));
    }
    if (const Parameter* boundary = list.find("boundary")) {
      boundary_ = boundary->octets;
    }
    const Parameter* const name = list.find("name");
    if (name != nullptr && part.file_name.empty()) part.file_name = name->value;
  }

  void read_disposition(std::string_view body, Part& part) {
    const ParameterList list = parse_parameters(unfolded(body, arena_), arena_, view_.defects);
    part.disposition = list.head;
    if (const Parameter* name = list.find("filename")) part.file_name = name->value;
  }

  // Goes into a multipart or an enclosed message whose header was just read.
  void enter() {
    const Part& part = view_.parts[stack_.back().part];
    const bool multipart = part.type.starts_with("multipart/");
    const bool message = part.type == "message/rfc822" || part.type == "message/global";
    if (!multipart && !message) return;
    if (stack_.size() > JudgementLimits::depth) {
      view_.defects.add(Defect::too_deep);
      return;
    }
    if (multipart) {
      // RFC 2046 section 5.1.1: white space at the end of a boundary cannot be part of it.
      const std::size_t last = boundary_.find_last_not_of(" \t");
      if (last == std::string_view::npos) {
        view_.defects.add(Defect::missing_boundary);
        return;
      }
      stack_.back().boundary = boundary_.substr(0, last + 1);
      stack_.back().digest = part.type == "multipart/digest";
      ++boundaries_;
      state_ = State::between;
      return;
    }
    const bool plain = part.encoding.empty() || part.encoding == "7bit" ||
                       part.encoding == "8bit" || part.encoding == "binary";
    if (plain && has_room_for_part()) open_part(body_from_[stack_.back().part], "text/plain");
  }

  bool has_room_for_part() {
    if (view_.parts.size() < JudgementLimits::parts) return true;
    view_.defects.add(Defect::truncated);
    return false;
  }

  // True when the line is a delimiter of an open multipart (RFC 2046 section 5.1.1). The
  // innermost one that matches wins; those inside it end here without a delimiter of their own.
  bool read_delimiter(std::string_view line) {
    if (boundaries_ == 0) return false;
    line.remove_prefix(2);
    while (!line.empty() && is_ascii_space(line.back())) line.remove_suffix(1);
    for (std::size_t level = stack_.size(); level-- > 0;) {
      const std::string_view boundary = stack_[level].boundary;
      if (boundary.empty() || !line.starts_with(boundary)) continue;
      const std::string_view rest = line.substr(boundary.size());
      if (rest.empty()) {
        begin_part(level);
        return true;
      }
      if (rest == "--") {
        close_above(level, at_);
        stack_[level].closed = true;
        state_ = State::between;
        return true;
      }
    }
    return false;
  }

  void begin_part(std::size_t level) {
    close_above(level, at_);
    // QUIRK: a delimiter after the closing one opens a part again; some clients show it.
    stack_[level].closed = false;
    state_ = State::between;
    const std::size_t next_line = std::min(text_.find('\n', at_), text_.size());
    const std::size_t header_from = std::min(next_line + 1, text_.size());
    if (has_room_for_part()) {
      open_part(header_from, stack_[level].digest ? "message/rfc822" : "text/plain");
    }
  }

  // Ends every part inside `level`; `delimiter_at` is where the delimiter line begins.
  void close_above(std::size_t level, std::size_t delimiter_at) {
    if (state_ == State::header) end_unfinished_header(delimiter_at);
    // The line end before a delimiter belongs to it.
    const std::size_t body_end = delimiter_at > 0 ? delimiter_at - 1 : 0;
    while (stack_.size() > level + 1) close_top(body_end);
  }

  // A header that a delimiter or the end of the message cut off has no body.
  void end_unfinished_header(std::size_t end) {
    if (end > header_from_) view_.defects.add(Defect::no_separator);
    end_header(end, end);
  }

  void close_top(std::size_t body_end) {
    const Open top = stack_.back();
    const std::size_t from = std::min(body_from_[top.part], body_end);
    view_.bodies[top.part] = text_.substr(from, body_end - from);
    view_.parts[top.part].body = view_.bodies[top.part];
    view_.parts[top.part].encoded_octets = view_.bodies[top.part].size();
    view_.leaf[top.part] = !top.has_children;
    if (!top.boundary.empty()) {
      --boundaries_;
      if (!top.has_children) {
        view_.defects.add(Defect::missing_boundary);
      } else if (!top.closed) {
        view_.defects.add(Defect::unclosed_multipart);
      }
    }
    stack_.pop_back();
  }

  void finish() {
    if (state_ == State::header) end_unfinished_header(text_.size());
    while (!stack_.empty()) close_top(text_.size());
  }

  const std::string_view text_;
  Arena& arena_;
  MessageView view_;
  std::vector<Open> stack_;
  std::vector<std::size_t> body_from_;  // by part
  std::size_t boundaries_ = 0;          // open multiparts
  std::size_t at_ = 0;                  // start of the current line
  std::size_t header_from_ = 0;
  std::string_view default_type_;
  std::string_view boundary_;  // of the header that was just read
  State state_ = State::header;
};

}  // namespace

MessageView MessageView::parse(std::string_view text, Arena& arena) {
  return TreeBuilder(without_top_quirks(text), arena).build();
}

}  // namespace postern
