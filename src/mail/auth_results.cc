#include "mail/auth_results.h"

#include <algorithm>

#include "base/ascii.h"

namespace postern {
namespace {

constexpr std::size_t most_results = 64;
constexpr std::size_t most_properties = 16;

// Reads tokens; comments (nested, RFC 5322 section 3.2.2) and white space stand between any two.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) { skip(); }

  bool done() const { return in_.empty(); }

  bool take(char wanted) {
    if (in_.empty() || in_.front() != wanted) return false;
    in_.remove_prefix(1);
    skip();
    return true;
  }

  // A quoted string, or octets up to white space, a comment, ";" or one of `ends`.
  std::string word(std::string_view ends) {
    std::string text;
    if (!in_.empty() && in_.front() == '"') {
      quoted(text);
    }
    // After a quoted local part the rest of an address may follow.
    std::size_t size = 0;
    while (size < in_.size() && !ends_word(in_[size], ends)) ++size;
    text += in_.substr(0, size);
    in_.remove_prefix(size);
    skip();
    return text;
  }

  // Goes behind the next ";" that is neither quoted nor commented out.
  void skip_result() {
    while (!in_.empty() && in_.front() != ';') {
      if (in_.front() == '"') {
        std::string ignored;
        quoted(ignored);
      } else {
        in_.remove_prefix(1);
      }
      skip();
    }
    take(';');
  }

 private:
  static bool ends_word(char c, std::string_view ends) {
    return is_ascii_space(c) || c == ';' || c == '(' || c == '"' ||
           ends.find(c) != std::string_view::npos;
  }

  void quoted(std::string& text) {
    in_.remove_prefix(1);
    while (!in_.empty() && in_.front() != '"') {
      if (in_.front() == '\\' && in_.size() > 1) in_.remove_prefix(1);
      text += in_.front();
      in_.remove_prefix(1);
    }
    if (!in_.empty()) in_.remove_prefix(1);
  }

  void skip() {
    std::size_t depth = 0, at = 0;
    for (; at < in_.size(); ++at) {
      const char c = in_[at];
      if (depth > 0 && c == '\\') {
        ++at;
      } else if (c == '(') {
        ++depth;
      } else if (depth > 0 && c == ')') {
        --depth;
      } else if (depth == 0 && !is_ascii_space(c)) {
        break;
      }
    }
    in_.remove_prefix(std::min(at, in_.size()));
  }

  std::string_view in_;
};

// method [/version] "=" result *(ptype.property "=" value); "reason=" is read as a property.
bool read_result(Reader& in, AuthResult& result) {
  result.method = ascii_lowered(in.word("=/"));
  if (in.take('/')) in.word("=");
  if (result.method.empty() || !in.take('=')) return false;
  result.result = ascii_lowered(in.word("="));
  while (result.properties.size() < most_properties) {
    AuthResult::Property property;
    property.name = ascii_lowered(in.word("="));
    if (property.name.empty() || !in.take('=')) break;
    property.value = in.word("");
    result.properties.push_back(std::move(property));
  }
  return !result.result.empty();
}

std::string_view domain_of(std::string_view value) { return value.substr(value.rfind('@') + 1); }

// True for `above` itself and for a domain that it is the end of; one label is above nobody.
bool is_or_is_below(std::string_view domain, std::string_view above) {
  if (domain == above) return true;
  return above.find('.') != std::string_view::npos && domain.size() > above.size() &&
         domain.ends_with(above) && domain[domain.size() - above.size() - 1] == '.';
}

}  // namespace

std::optional<AuthResults> parse_auth_results(std::string_view value) {
  Reader in(value);
  AuthResults parsed;
  parsed.authserv_id = in.word("");
  if (parsed.authserv_id.empty()) return std::nullopt;
  in.skip_result();  // the version, if any
  while (!in.done() && parsed.results.size() < most_results) {
    AuthResult result;
    if (read_result(in, result)) parsed.results.push_back(std::move(result));
    in.skip_result();
  }
  return parsed;
}

std::vector<AuthResult> trusted_auth_results(const Content& content,
                                             std::span<const std::string> trusted) {
  std::vector<AuthResult> results;
  bool found = false;
  for (const HeaderField& field : content.fields) {
    if (found && equals_ignoring_case(field.name, "Received")) break;
    if (!equals_ignoring_case(field.name, "Authentication-Results")) continue;
    auto parsed = parse_auth_results(field.raw);
    const bool ours = parsed && std::any_of(trusted.begin(), trusted.end(), [&](const auto& id) {
                        return equals_ignoring_case(id, parsed->authserv_id);
                      });
    if (!ours) continue;
    found = true;
    std::move(parsed->results.begin(), parsed->results.end(), std::back_inserter(results));
  }
  return results;
}

std::string authenticated_by(std::string_view domain, std::span<const AuthResult> results) {
  if (domain.empty()) return "";
  for (const AuthResult& result : results) {
    if (result.result != "pass") continue;
    for (const auto& [name, value] : result.properties) {
      const std::string of = ascii_lowered(domain_of(value));
      const bool vouches =
          (result.method == "dmarc" && name == "header.from" && of == domain) ||
          (result.method == "dkim" && (name == "header.d" || name == "header.i") &&
           is_or_is_below(domain, of)) ||
          (result.method == "spf" && name == "smtp.mailfrom" && is_or_is_below(domain, of));
      if (vouches) return result.method + "=pass " + name + "=" + of;
    }
  }
  return "";
}

}  // namespace postern
