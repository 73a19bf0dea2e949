#include "mail/header.h"

#include <algorithm>

namespace postern {
namespace {

// Where the name ends, or 0 when the line does not begin with one.
std::size_t name_size(std::string_view line) {
  std::size_t size = 0;
  while (size < line.size() && line[size] > ' ' && line[size] < '\x7F' && line[size] != ':') ++size;
  return size;
}

}  // namespace

bool is_field_line(std::string_view line) {
  const std::size_t name = name_size(line);
  const std::size_t colon = line.find_first_not_of(" \t", name);
  return name > 0 && colon != std::string_view::npos && line[colon] == ':';
}

std::string_view HeaderReader::take_field() {
  std::size_t end = 0;
  do {
    end = std::min(in_.find('\n', end), in_.size());
    if (end < in_.size()) ++end;
  } while (end < in_.size() && (in_[end] == ' ' || in_[end] == '\t'));
  std::string_view field = in_.substr(0, end);
  in_.remove_prefix(end);
  if (!field.empty() && field.back() == '\n') field.remove_suffix(1);
  return field;
}

bool HeaderReader::next(RawField& field) {
  while (!in_.empty()) {
    const std::string_view lines = take_field();
    if (!is_field_line(lines)) {
      defects_.add(Defect::bad_header_line);
      continue;
    }
    field.name = lines.substr(0, name_size(lines));
    field.body = lines.substr(lines.find(':', field.name.size()) + 1);
    return true;
  }
  return false;
}

std::string_view unfolded(std::string_view body, Arena& arena) {
  body = trimmed(body);
  const auto is_fold = [](char c) { return c == '\n' || c == '\r'; };
  if (std::none_of(body.begin(), body.end(), is_fold)) return body;
  ArenaWriter out(arena, body.size());
  for (std::size_t i = 0; i < body.size(); ++i) {
    const bool lone_cr = body[i] == '\r' && i + 1 < body.size() && body[i + 1] != '\n';
    if (lone_cr) out.push_back(' ');
    if (!is_fold(body[i])) out.push_back(body[i]);
  }
  return out.view();
}

}  // namespace postern
