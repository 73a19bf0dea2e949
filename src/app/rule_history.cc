#include "app/rule_history.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/ascii.h"
#include "base/crypto.h"
#include "base/file.h"

namespace postern {
namespace {

constexpr std::string_view set_header = "postern rule set 1\n";
constexpr std::size_t id_digits = 16;

std::string serialised(std::span<const RuleSource> sources) {
  std::string bytes(set_header);
  for (const RuleSource& source : sources) {
    bytes += fmt::format("file {} {}\n", source.name.size(), source.text.size());
    bytes += source.name;
    bytes += '\n';
    bytes += source.text;
    bytes += '\n';
  }
  return bytes;
}

std::string id_of_bytes(std::string_view bytes) {
  return to_hex(sha256(bytes)).substr(0, id_digits);
}

// IDs become names of files.
bool is_id(std::string_view text) {
  return text.size() == id_digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

// Takes `size` octets and a line end off; false when they are not there.
bool take(std::string_view& in, std::uint64_t size, std::string& out) {
  if (in.size() <= size || in[size] != '\n') return false;
  out = in.substr(0, size);
  in.remove_prefix(size + 1);
  return true;
}

bool take_source(std::string_view& in, RuleSource& source) {
  const std::size_t end = in.find('\n');
  if (end == std::string_view::npos) return false;
  const auto words = split(in.substr(0, end), ' ');
  if (words.size() != 3 || words[0] != "file") return false;
  const auto name = parse_decimal(words[1]);
  const auto text = parse_decimal(words[2]);
  in.remove_prefix(end + 1);
  return name && text && take(in, *name, source.name) && take(in, *text, source.text);
}

std::optional<RuleHistory::Entry> parse_entry(std::string_view line) {
  const auto words = split(line, ' ');
  if (words.size() != 5 || !is_id(words[0])) return std::nullopt;
  const auto accepted = parse_decimal(words[1]);
  const auto files = parse_decimal(words[2]);
  const auto rules = parse_decimal(words[3]);
  if (!accepted || !files || !rules) return std::nullopt;
  const auto time = UnixSeconds(std::chrono::seconds(*accepted));
  return RuleHistory::Entry{std::string(words[0]), time, *files, *rules, std::string(words[4])};
}

bool is_missing(const std::string& path) { return ::access(path.c_str(), F_OK) != 0; }

}  // namespace

std::string rule_set_id(std::span<const RuleSource> sources) {
  return id_of_bytes(serialised(sources));
}

Result<std::vector<RuleHistory::Entry>> RuleHistory::list() const {
  std::vector<Entry> entries;
  if (is_missing(history_file())) return entries;
  const auto text = read_file(history_file());
  if (!text) return text.error();
  for (const std::string_view line : split(*text, '\n')) {
    if (auto entry = parse_entry(line)) entries.push_back(std::move(*entry));
  }
  return entries;
}

Result<void> RuleHistory::add(const Entry& entry, std::span<const RuleSource> sources,
                              const std::vector<std::string>& kept) {
  auto entries = list();
  if (!entries) return entries.error();
  const Result<void> made = make_directories(folder_ + "/sets");
  if (!made) return made.error();
  // The set before the line that names it: a crash in between leaves a set too many at most.
  const Result<void> written = write_file_atomically(set_file(entry.id), serialised(sources));
  if (!written) return written.error();
  std::erase_if(*entries, [&](const Entry& old) { return old.id == entry.id; });
  entries->push_back(entry);
  if (entries->size() > most_sets) {
    entries->erase(entries->begin(), entries->end() - std::ptrdiff_t{most_sets});
  }
  std::string text;
  for (const Entry& one : *entries) {
    text += fmt::format("{} {} {} {} {}\n", one.id, one.accepted.time_since_epoch().count(),
                        one.files, one.rules, one.configured);
  }
  const Result<void> listed = write_file_atomically(history_file(), text);
  if (!listed) return listed.error();
  remove_unnamed(*entries, kept);
  return {};
}

// A set that stays behind harms nobody, so failures are nobody's concern.
void RuleHistory::remove_unnamed(const std::vector<Entry>& entries,
                                 const std::vector<std::string>& kept) {
  const auto names = list_directory(folder_ + "/sets");
  if (!names) return;
  for (const std::string& name : *names) {
    const bool named = std::any_of(entries.begin(), entries.end(),
                                   [&](const Entry& entry) { return entry.id == name; });
    if (named || std::find(kept.begin(), kept.end(), name) != kept.end()) continue;
    if (is_id(name)) ::unlink(set_file(name).c_str());
  }
}

Result<std::vector<RuleSource>> RuleHistory::read(const std::string& id) const {
  if (!is_id(id) || is_missing(set_file(id))) {
    return Error(Errc::no_input,
                 "there is no set of rules '" + id +
                     "'; `postern rules rollback --list` names those that are kept");
  }
  const auto bytes = read_file(set_file(id));
  if (!bytes) return bytes.error();
  std::vector<RuleSource> sources;
  std::string_view in = *bytes;
  bool sound = id_of_bytes(in) == id && in.starts_with(set_header);
  if (sound) in.remove_prefix(set_header.size());
  while (sound && !in.empty()) sound = take_source(in, sources.emplace_back());
  if (!sound) return Error(Errc::bad_data, "'" + set_file(id) + "' is damaged; remove it");
  return sources;
}

Result<std::optional<RuleHistory::Pin>> RuleHistory::pin() const {
  if (is_missing(pin_file())) return std::optional<Pin>();
  const auto text = read_file(pin_file());
  if (!text) return text.error();
  const auto words = split(trimmed(*text), ' ');
  if (words.size() != 2 || !is_id(words[0])) {
    return Error(Errc::bad_data, "'" + pin_file() + "' is damaged; remove it");
  }
  return std::optional<Pin>({std::string(words[0]), std::string(words[1])});
}

Result<void> RuleHistory::set_pin(const Pin& pin) {
  // Readable for the daemon also where root rolls back; the folder is private.
  return write_file_atomically(pin_file(), pin.to + " " + pin.from + "\n", 0644);
}

Result<void> RuleHistory::clear_pin() {
  if (::unlink(pin_file().c_str()) != 0 && errno != ENOENT) {
    return system_error("remove", pin_file(), errno);
  }
  if (!is_directory(folder_)) return {};
  return sync_directory(folder_);
}

}  // namespace postern
