#include "mail/header.h"

#include <algorithm>

namespace postern {
namespace {

// Where the colon stands behind a name of `name_size` octets, or npos when the line has none.
std::size_t colon_after_name(std::string_view line, std::size_t& name_size) {
  name_size = 0;
  const auto is_name_char = [](char c) { return c > ' ' && c < '\x7F' && c != ':'; };
  while (name_size < line.size() && is_name_char(line[name_size])) ++name_size;
  const std::size_t colon = line.find_first_not_of(" \t", name_size);
  const bool found = name_size > 0 && colon != std::string_view::npos && line[colon] == ':';
  return found ? colon : std::string_view::npos;
}

}  // namespace

bool is_field_line(std::string_view line) {
  std::size_t name = 0;
  return colon_after_name(line, name) != std::string_view::npos;
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
    std::size_t name = 0;
    const std::size_t colon = colon_after_name(lines, name);
    if (colon == std::string_view::npos) {
      defects_.add(Defect::bad_header_line);
      continue;
    }
    field.name = lines.substr(0, name);
    field.body = lines.substr(colon + 1);
    return true;
  }
  return false;
}

std::string_view unfolded(std::string_view body, Arena& arena) {
  body = trimmed(body);
  std::size_t fold = body.find('\n');
  const bool has_cr = body.find('\r') != std::string_view::npos;
  if (fold == std::string_view::npos && !has_cr) return body;
  const std::size_t size = body.size();
  char* const start = arena.allocate(size);
  char* at = start;
  while (!body.empty()) {
    const std::size_t run = std::min(fold, body.size());
    at = std::copy_n(body.data(), run, at);
    body.remove_prefix(std::min(run + 1, body.size()));
    fold = body.find('\n');
  }
  // A lone CR is no fold, but nobody wants to meet it in a value.
  if (has_cr) std::replace(start, at, '\r', ' ');
  arena.give_back(start + size, at);
  return {start, static_cast<std::size_t>(at - start)};
}

}  // namespace postern
