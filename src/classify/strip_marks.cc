#include "classify/strip_marks.h"

#include <string>
#include <string_view>

#include "base/ascii.h"
#include "classify/header_hygiene.h"

namespace postern {
namespace {

// The first line of `text` with its line end.
std::string_view line_of(std::string_view text) {
  const std::size_t newline = text.find('\n');
  return text.substr(0, newline == std::string_view::npos ? newline : newline + 1);
}

bool is_blank(std::string_view line) { return line == "\n" || line == "\r\n"; }

bool is_fold(std::string_view line) {
  return !is_blank(line) && (line.starts_with(' ') || line.starts_with('\t'));
}

}  // namespace

Blob strip_marks(const Blob& message) {
  std::string_view rest = message.view();
  if (rest.starts_with("From ") || rest.starts_with(">From ")) {
    rest.remove_prefix(line_of(rest).size());
  }
  std::string kept;
  kept.reserve(rest.size());
  bool keep = true;
  bool in_subject = false;
  while (!rest.empty() && !is_blank(line_of(rest))) {
    const std::string_view line = line_of(rest);
    rest.remove_prefix(line.size());
    if (!is_fold(line)) {
      const std::string_view name = trimmed(line.substr(0, line.find(':')));
      keep = !is_path_field(name);
      in_subject = equals_ignoring_case(name, "subject");
    }
    if (!keep) continue;
    if (in_subject) {
      append_without_list_tags(line, kept);
      // A line that was all tag takes its line end along.
      if (line.ends_with('\n') && !kept.ends_with('\n')) kept += '\n';
    } else {
      kept += line;
    }
  }
  kept += rest;
  return Blob::own(std::move(kept));
}

}  // namespace postern
