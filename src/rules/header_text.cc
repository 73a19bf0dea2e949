#include "rules/header_text.h"

#include <algorithm>

#include "base/ascii.h"
#include "mail/address.h"
#include "mail/encoded_word.h"
#include "mail/header.h"

namespace postern {

namespace {

// SpamAssassin leaves these as they are, whatever looks like an encoded word in them.
bool is_never_encoded(std::string_view name) {
  for (const std::string_view each : {"received", "message-id", "resent-message-id", "date",
                                      "resent-date", "mime-version", "references", "in-reply-to"}) {
    if (equals_ignoring_case(name, each)) return true;
  }
  return starts_with_ignoring_case(name, "list-");
}

// What other filters said is not looked at: anybody can write it.
bool is_hidden(std::string_view name) { return starts_with_ignoring_case(name, "X-Spam-"); }

bool is_pseudo_field(std::string_view name) {
  return name.substr(0, 3) == "ALL" || name == "MESSAGEID" || name == "tocc" ||
         name == "envelopefrom" || is_hidden(name);
}

// A line end and the white space after it become one space.
std::string with_folds_as_space(std::string_view raw) {
  std::string text;
  raw = trimmed(raw);
  text.reserve(raw.size());
  while (true) {
    const std::size_t end = std::min(raw.find('\n'), raw.size());
    text.append(raw.substr(0, end));
    raw.remove_prefix(end);
    if (raw.empty()) return text;
    raw.remove_prefix(std::min(raw.find_first_not_of(" \t", 1), raw.size()));
    text += ' ';
  }
}

std::string_view without_leading_space(std::string_view text) {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  return text;
}

// As written after the colon and white space.
std::string raw_value(const HeaderField& field) {
  return std::string(without_leading_space(field.raw)) + '\n';
}

std::string joined(const std::vector<std::string>& values) {
  std::string text;
  const bool lines = !values.empty() && !values[0].empty() && values[0].back() == '\n';
  for (const std::string& value : values) {
    if (!lines && &value != &values[0]) text += '\n';
    text += value;
  }
  return text;
}

// Single spaces, and no single quotes around a name.
std::string tidy_name(std::string_view name) {
  std::string tidy;
  for (const char c : trimmed(name)) {
    if (!is_ascii_space(c)) {
      tidy += c;
    } else if (tidy.back() != ' ') {
      tidy += ' ';
    }
  }
  if (tidy.size() >= 2 && tidy.front() == '\'' && tidy.back() == '\'') {
    return tidy.substr(1, tidy.size() - 2);
  }
  return tidy;
}

// What a reader is shown of "Bank,(<who@bank.example>)", which has an address by no grammar.
bool append_hidden_address(std::string_view value, FieldForm form,
                           std::vector<std::string>& found) {
  const std::size_t open = value.find('<');
  const std::size_t close = value.find('>', std::min(open, value.size()));
  if (close == std::string_view::npos) return false;
  const std::string_view mailbox = value.substr(open + 1, close - open - 1);
  const std::size_t sign = mailbox.find('@');
  if (sign == 0 || sign == std::string_view::npos || sign + 1 == mailbox.size()) return false;
  if (std::any_of(mailbox.begin(), mailbox.end(), is_ascii_space)) return false;
  std::string_view name = value.substr(0, open);
  while (!name.empty() && std::string_view(" \t\"',(").find(name.back()) != name.npos) {
    name.remove_suffix(1);
  }
  while (!name.empty() && std::string_view(" \t\"',(").find(name.front()) != name.npos) {
    name.remove_prefix(1);
  }
  if (form == FieldForm::address) found.emplace_back(mailbox);
  if (form == FieldForm::name && !name.empty()) found.push_back(tidy_name(name));
  return true;
}

bool is_host_char(char c) { return is_ascii_alnum(c) || c == '.' || c == '-' || c == '_'; }

// The first word of a text that is an IPv4 address.
std::string address_in(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && (is_ascii_digit(text[end]) || text[end] == '.')) ++end;
    if (end > at && is_ipv4_address(text.substr(at, end - at))) {
      return std::string(text.substr(at, end - at));
    }
    at = end + 1;
  }
  return {};
}

std::string reversed(const std::string& address) {
  std::string out;
  for (const std::string_view part : split(address, '.')) {
    out = std::string(part) + (out.empty() ? "" : ".") + out;
  }
  return out;
}

}  // namespace

std::optional<HeaderSelector> parse_selector(std::string_view written, std::string& unknown) {
  const std::vector<std::string_view> pieces = split(written, ':');
  HeaderSelector selector;
  // Two pseudo-fields are told from fields of that name by their capitals.
  const bool capitals = pieces[0].substr(0, 3) == "ALL" || pieces[0] == "MESSAGEID";
  selector.field = capitals ? std::string(pieces[0]) : ascii_lowered(pieces[0]);
  for (std::size_t i = 1; i < pieces.size(); ++i) {
    const std::string_view form = pieces[i];
    if (form == "raw") {
      selector.raw = true;
      if (selector.form == FieldForm::decoded) selector.form = FieldForm::raw;
    } else if (form == "addr") {
      selector.form = FieldForm::address;
    } else if (form == "name") {
      selector.form = FieldForm::name;
    } else if (form == "first") {
      selector.first = true;
    } else if (form == "last") {
      selector.last = true;
    } else if (form == "host") {
      selector.part = std::max(selector.part, FieldPart::host);
    } else if (form == "domain") {
      selector.part = FieldPart::domain;
    } else if (form == "ip") {
      selector.part = std::max(selector.part, FieldPart::address);
    } else if (form == "revip") {
      selector.part = FieldPart::reversed_address;
    } else {
      unknown = form;
      return std::nullopt;
    }
  }
  return selector;
}

const Relays& HeaderTexts::relays() {
  if (!relays_) relays_ = Relays::parse(content_, trust_);
  return *relays_;
}

std::string_view HeaderTexts::decoded(std::size_t index) {
  const HeaderField& field = content_.fields[index];
  const bool folded = field.raw.find('\n') != std::string_view::npos;
  const bool encoded = field.raw.find("=?") != std::string_view::npos;
  if (!folded && !(encoded && is_never_encoded(field.name))) return field.value;
  unfolded_.resize(content_.fields.size());
  auto& value = unfolded_[index];
  if (!value) value = decode(field.name, field.raw);
  return *value;
}

std::string HeaderTexts::decode(std::string_view name, std::string_view raw) {
  std::string value = with_folds_as_space(raw);
  const bool ascii = std::all_of(value.begin(), value.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  const bool encoded = value.find("=?") != std::string::npos && !is_never_encoded(name);
  if (ascii && !encoded) return value;
  Defects ignored;
  return std::string(decode_encoded_words(arena_.store(value), arena_, ignored));
}

std::vector<std::string> HeaderTexts::named_fields(std::string_view name, bool raw) {
  std::vector<std::string> values;
  if (is_hidden(name)) return values;
  for (std::size_t i = 0; i < content_.fields.size(); ++i) {
    if (!equals_ignoring_case(content_.fields[i].name, name)) continue;
    if (raw) {
      values.push_back(raw_value(content_.fields[i]));
    } else {
      values.push_back(std::string(decoded(i)) + '\n');
    }
  }
  return values;
}

// ALL, and the parts of the header that relays of ours wrote, or others.
template <typename Take>
void HeaderTexts::take_range(const HeaderSelector& selector, Take take) {
  const std::string_view kind = std::string_view(selector.field).substr(3);
  const bool ours = kind == "-TRUSTED" || kind == "-INTERNAL";
  const bool raw = selector.form == FieldForm::raw;
  int border = -1;
  if (!kind.empty()) {
    const bool trust = kind == "-TRUSTED" || kind == "-UNTRUSTED";
    border = (trust ? relays().last_trusted : relays().last_internal) + 1;
  }
  int received = -1;
  for (std::size_t i = 0; i < content_.fields.size(); ++i) {
    const HeaderField& field = content_.fields[i];
    if (!raw && is_hidden(field.name)) continue;
    if (equals_ignoring_case(field.name, "Received")) ++received;
    if (ours && received > border) break;
    if (!ours && !kind.empty() && received < border) continue;
    take(field.name, raw ? ":" : ": ", raw ? field.raw : decoded(i));
    if (ours && received == border) break;
  }
}

std::vector<std::string> HeaderTexts::field_range(const HeaderSelector& selector) {
  std::vector<std::string> lines;
  take_range(selector, [&](std::string_view name, std::string_view colon, std::string_view value) {
    lines.emplace_back(name).append(colon).append(value).append(1, '\n');
  });
  return lines;
}

bool HeaderTexts::append_range(const HeaderSelector& selector, std::string& text) {
  const std::size_t before = text.size();
  take_range(selector, [&](std::string_view name, std::string_view colon, std::string_view value) {
    text.append(name).append(colon).append(value).append(1, '\n');
  });
  return text.size() > before;
}

std::vector<std::string> HeaderTexts::whole_fields(const HeaderSelector& selector, bool raw) {
  const std::string& field = selector.field;
  if (field.compare(0, 3, "ALL") == 0) return field_range(selector);
  if (field == "envelopefrom") {
    if (!envelope_from()) return {};
    return {*envelope_from()};
  }
  constexpr std::string_view relay_field = "x-spam-relays-";
  if (field.compare(0, relay_field.size(), relay_field) == 0) {
    const std::string_view kind = std::string_view(field).substr(relay_field.size());
    const Relays& all = relays();
    return {to_string(kind == "trusted"     ? all.trusted
                      : kind == "untrusted" ? all.untrusted
                      : kind == "internal"  ? all.internal
                                            : all.external)};
  }
  std::vector<std::string> values;
  const auto add = [&](std::string_view name) {
    for (std::string& value : named_fields(name, raw)) values.push_back(std::move(value));
  };
  if (field == "tocc") {
    add("To");
    add("Cc");
  } else if (field == "MESSAGEID") {
    for (const char* name :
         {"X-Message-Id", "Resent-Message-Id", "X-Original-Message-ID", "Message-Id"}) {
      add(name);
    }
  } else {
    add(field);
  }
  return values;
}

std::vector<std::string> HeaderTexts::addresses_in(const std::vector<std::string>& values,
                                                   const HeaderSelector& selector) {
  std::vector<std::string> found;
  for (const std::string& value : values) {
    if (selector.form == FieldForm::name && selector.raw) {
      // As written: what stands before the address, without quotes.
      std::string name = tidy_name(value.substr(0, value.find('<')));
      if (name.size() >= 2 && name.front() == '"' && name.back() == '"') {
        name = name.substr(1, name.size() - 2);
      }
      if (value.find('<') != std::string::npos && !name.empty()) found.push_back(std::move(name));
      continue;
    }
    std::vector<Address> addresses;
    Defects ignored;
    append_addresses(arena_.store(with_folds_as_space(value)), arena_, addresses, ignored);
    const bool any = std::any_of(addresses.begin(), addresses.end(), [](const Address& address) {
      return address.mailbox.find('@') != std::string_view::npos;
    });
    if (!any && append_hidden_address(value, selector.form, found)) continue;
    for (const Address& address : addresses) {
      if (selector.form == FieldForm::address) {
        const bool complete = address.mailbox.find('@') != std::string_view::npos;
        if (complete) found.emplace_back(address.mailbox);
      } else if (!address.name.empty()) {
        found.push_back(tidy_name(address.name));
      }
    }
  }
  return found;
}

std::vector<std::string> HeaderTexts::hosts_in(const std::vector<std::string>& values,
                                               const HeaderSelector& selector) const {
  std::vector<std::string> found;
  for (const std::string& value : values) {
    if (selector.part >= FieldPart::address) {
      const std::string address = address_in(value);
      if (address.empty()) continue;
      found.push_back(selector.part == FieldPart::address ? address : reversed(address));
      continue;
    }
    std::string_view host;
    const std::size_t sign = value.rfind('@');
    std::size_t at = sign == std::string::npos ? 0 : sign + 1;
    while (host.empty() && at < value.size()) {
      std::size_t end = at;
      while (end < value.size() && is_host_char(value[end])) ++end;
      const std::string_view word = std::string_view(value).substr(at, end - at);
      if (domains_.is_valid(word) || (selector.form == FieldForm::address && !word.empty())) {
        host = word;
      }
      at = end + 1;
    }
    if (host.empty()) continue;
    found.emplace_back(selector.part == FieldPart::domain ? domains_.registered(host) : host);
  }
  return found;
}

std::vector<std::string> HeaderTexts::values(const HeaderSelector& selector) {
  const bool takes_apart = selector.form == FieldForm::address || selector.form == FieldForm::name;
  std::vector<std::string> found =
      whole_fields(selector, takes_apart || selector.form == FieldForm::raw);
  if (found.size() > 1 && selector.first) found.resize(1);
  if (found.size() > 1 && selector.last) found.erase(found.begin(), found.end() - 1);
  if (takes_apart) found = addresses_in(found, selector);
  if (selector.part != FieldPart::whole) found = hosts_in(found, selector);
  return found;
}

bool HeaderTexts::append_field(std::string_view name, bool raw, std::string& text) {
  bool found = false;
  for (std::size_t i = 0; i < content_.fields.size(); ++i) {
    const HeaderField& field = content_.fields[i];
    if (field.name.size() != name.size() || !equals_ignoring_case(field.name, name)) continue;
    found = true;
    text.append(raw ? without_leading_space(field.raw) : decoded(i)).append(1, '\n');
  }
  return found;
}

bool HeaderTexts::text(const HeaderSelector& selector, std::string& text) {
  // Most rules ask for a whole field, and that needs no lists.
  const bool takes_apart = selector.form == FieldForm::address || selector.form == FieldForm::name;
  const bool one_of_many = selector.first || selector.last || selector.part != FieldPart::whole;
  text.clear();
  if (!takes_apart && !one_of_many && selector.field.compare(0, 3, "ALL") == 0) {
    return append_range(selector, text);
  }
  if (!takes_apart && !one_of_many && !is_pseudo_field(selector.field)) {
    return append_field(selector.field, selector.form == FieldForm::raw, text);
  }
  const std::vector<std::string> found = values(selector);
  text = joined(found);
  return !found.empty();
}

std::string HeaderTexts::get(std::string_view written) {
  std::string unknown, found;
  if (const auto selector = parse_selector(written, unknown)) text(*selector, found);
  return found;
}

std::string HeaderTexts::first(std::string_view written) {
  std::string unknown;
  const auto selector = parse_selector(written, unknown);
  if (!selector) return {};
  const std::vector<std::string> found = values(*selector);
  if (found.empty()) return {};
  return std::string(found[0].substr(0, found[0].find('\n')));
}

const std::optional<std::string>& HeaderTexts::envelope_from() {
  if (!envelope_from_) envelope_from_ = find_envelope_from();
  return *envelope_from_;
}

std::string HeaderTexts::first_address(std::string_view name) {
  HeaderSelector selector;
  selector.field = name;
  selector.form = FieldForm::address;
  selector.first = true;
  const std::vector<std::string> found = values(selector);
  return found.empty() ? std::string() : found[0];
}

// What the last hop says, else the fields that the delivering MTA adds; one that stands below a
// Received field was true for an earlier delivery.
std::optional<std::string> HeaderTexts::find_envelope_from() {
  const Relays& all = relays();
  const Relay* last = !all.untrusted.empty() ? &all.untrusted.front()
                      : !all.trusted.empty() ? &all.trusted.back()
                                             : nullptr;
  if (last != nullptr && last->has_envelope_from) {
    const std::size_t sign = last->envelope_from.find('@');
    if (last->envelope_from.empty() || (sign != std::string::npos && sign > 0)) {
      return last->envelope_from;
    }
  }
  if (content_.field("X-Sender") != nullptr &&
      first_address("x-sender").find('@') != std::string::npos) {
    for (const HeaderField& field : content_.fields) {
      if (equals_ignoring_case(field.name, "Received") &&
          field.raw.find("(fetchmail") != std::string_view::npos) {
        return std::nullopt;
      }
    }
  }
  for (const std::string_view name : {"x-envelope-from", "envelope-sender", "return-path"}) {
    bool received = false, below = false, present = false;
    for (const HeaderField& field : content_.fields) {
      received |= equals_ignoring_case(field.name, "Received");
      if (!equals_ignoring_case(field.name, name)) continue;
      present = true;
      below |= received;
    }
    if (!present) continue;
    const std::string address = first_address(name);
    if (address.empty()) continue;
    if (!below) return address;
    if (name == "x-envelope-from") return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace postern
