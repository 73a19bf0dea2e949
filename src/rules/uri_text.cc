#include "rules/uri_text.h"

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "mail/char_set.h"
#include "mail/transfer.h"
#include "mail/url.h"

namespace postern {

namespace {

// What ends an address in a text, and what ends a mailbox.
constexpr CharSet uri_ends("\t\n\v\f\r \x1b><\"`}]{[|");
bool ends_mailbox(char c) {
  return uri_ends.contains(c) || c == ',' || c == '(' || c == '\'' ||
         static_cast<unsigned char>(c) >= 0x80;
}
// What may stand before a host and before an address.
constexpr CharSet host_starts("\t\n\v\f\r \x1b!\"#$&'()*+,/:;<=>?@[\\]^`{|}~");
constexpr CharSet uri_starts("\t\n\v\f\r \x1b><\"'`,{[(|");
// Every address has one of these.
constexpr CharSet telling(".@:");
bool is_word(char c) { return is_ascii_alnum(c) || c == '_'; }

bool is_boundary(std::string_view text, std::size_t at) {
  const bool before = at > 0 && is_word(text[at - 1]);
  const bool after = at < text.size() && is_word(text[at]);
  return before != after || (at > 0 && uri_starts.contains(text[at - 1]));
}

// "www.", "www2.", "ftp.", with what follows; 0 when there is none.
std::size_t known_prefix(std::string_view text) {
  const char first = text.empty() ? '\0' : ascii_lower(text[0]);
  if (first != 'h' && first != 'f' && first != 'w') return 0;
  for (const std::string_view scheme : {"https://", "http://", "ftp://", "ftp."}) {
    if (starts_with_ignoring_case(text, scheme)) return scheme.size();
  }
  if (!starts_with_ignoring_case(text, "www")) return 0;
  std::size_t at = 3;
  while (at < text.size() && at < 5 && is_ascii_digit(text[at])) ++at;
  return at < text.size() && text[at] == '.' ? at + 1 : 0;
}

std::string_view without_tail(std::string_view uri) {
  const std::size_t open = uri.find('(');
  const std::size_t close = uri.find(')');
  if (close != std::string_view::npos && (open == std::string_view::npos || close < open)) {
    uri = uri.substr(0, close);
  }
  constexpr std::string_view tail = "-~!@#^&*()_+=:;'?,.";
  while (!uri.empty() && tail.find(uri.back()) != std::string_view::npos) uri.remove_suffix(1);
  return uri;
}

bool is_hex_pair(std::string_view text, std::size_t at) {
  return at + 1 < text.size() && hex_value(text[at]) >= 0 && hex_value(text[at + 1]) >= 0;
}

// Percents decoded where they stand for printable ASCII.
std::string without_percents(std::string_view uri) {
  std::string plain;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    if (uri[i] == '%' && is_hex_pair(uri, i + 1)) {
      const int value = hex_value(uri[i + 1]) * 16 + hex_value(uri[i + 2]);
      if (value > 0x20 && value < 0x7f) {
        plain += static_cast<char>(value);
        i += 2;
        continue;
      }
    }
    plain += uri[i];
  }
  return plain;
}

class TextUris {
 public:
  TextUris(const TopDomains& domains, std::vector<std::string>& found)
      : domains_(domains), found_(found) {}

  void read_line(std::string_view line) {
    std::size_t done = 0;
    for (std::size_t sign = telling.find(line); sign < line.size();
         sign = telling.find(line, done)) {
      std::size_t at = sign;
      while (at > done && !uri_ends.contains(line[at - 1])) --at;
      done = uri_ends.find(line, sign);
      // Most are the full stop of a sentence.
      if (done - at > 1 && (line[sign] != '.' || sign + 1 < done)) {
        read_word(line.substr(0, done), at);
      }
    }
  }

 private:
  // `text` ends where the word that begins at `at` does.
  void read_word(std::string_view text, std::size_t at) {
    constexpr std::size_t longest_word = 4096;
    if (text.size() - at > longest_word) text = text.substr(0, at + longest_word);
    // Where no mailbox can begin any more, so that a long word costs no more than its length.
    std::size_t no_mailbox_before = at;
    while (at < text.size()) {
      if (!is_boundary(text, at)) {
        ++at;
        continue;
      }
      std::size_t end = at;
      if (known_prefix(text.substr(at)) > 0) {
        add(text.substr(at), Kind::known);
        return;
      }
      if (at >= no_mailbox_before && read_mailbox(text, at, end, no_mailbox_before)) {
        add(text.substr(at, end - at), Kind::mailbox);
        at = end;
      } else if ((at == 0 || host_starts.contains(text[at - 1])) && is_host(text.substr(at))) {
        add(text.substr(at), Kind::host);
        return;
      } else {
        ++at;
      }
    }
  }

  static bool read_mailbox(std::string_view text, std::size_t at, std::size_t& end,
                           std::size_t& no_mailbox_before) {
    constexpr std::size_t longest_part = 251;
    std::size_t from = at;
    if (starts_with_ignoring_case(text.substr(at), "mailto:")) from = at + 7;
    std::size_t sign = from;
    while (sign < text.size() && !ends_mailbox(text[sign]) && text[sign] != '@') ++sign;
    if (from == at && (sign >= text.size() || text[sign] != '@')) {
      no_mailbox_before = sign;
      return false;
    }
    if (from == at && (sign == at || sign - at > longest_part)) return false;
    end = from == at ? sign + 1 : from;
    while (end < text.size() && !ends_mailbox(text[end])) ++end;
    return end > sign + (from == at ? 1 : 0) && end > from;
  }

  // name.top, then nothing, ":port" or "/path".
  bool is_host(std::string_view text) const {
    if (text.empty() || !is_ascii_alnum(text[0])) return false;
    std::size_t end = 0;
    const auto in_host = [](char c) {
      return is_ascii_alnum(c) || c == '.' || c == '_' || c == '-';
    };
    while (end < text.size() && in_host(text[end])) ++end;
    std::string_view host = text.substr(0, end);
    if (!host.empty() && host.back() == '.') host.remove_suffix(1);
    if (end < text.size() && text[end] == ':') {
      std::size_t digits = end + 1;
      while (digits < text.size() && is_ascii_digit(text[digits])) ++digits;
      if (digits == end + 1 || digits > end + 6) return false;
      end = digits;
    }
    if (end < text.size() && text[end] != '/') return false;
    return is_registrable(host) && domains_.is_valid(host);
  }

  // The two labels that name a registered domain have no "_", and none begins or ends with "-".
  static bool is_registrable(std::string_view host) {
    const std::vector<std::string_view> labels = split(host, '.');
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::string_view label = labels[i];
      if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
        return false;
      }
      if (i + 2 >= labels.size() && label.find('_') != std::string_view::npos) return false;
    }
    return labels.size() > 1;
  }

  enum class Kind { known, mailbox, host };

  void add(std::string_view written, Kind kind) {
    const std::string_view uri = without_tail(written.substr(0, longest_uri));
    if (uri.empty() || starts_with_ignoring_case(uri, "cid:") ||
        starts_with_ignoring_case(uri, "mid:")) {
      return;
    }
    if (uri.size() > 3 && uri.find("://") == uri.size() - 3) return;
    std::string whole(uri);
    const bool has_scheme = url_scheme(uri) == "http" || url_scheme(uri) == "https" ||
                            url_scheme(uri) == "ftp" || url_scheme(uri) == "mailto";
    if (!has_scheme) {
      const std::size_t sign = uri.find('@');
      const std::size_t slash = uri.find('/');
      if (kind == Kind::mailbox && sign == std::string_view::npos) return;
      if (starts_with_ignoring_case(uri, "ftp.")) {
        whole = "ftp://" + whole;
      } else if (known_prefix(uri) > 0 || (slash < sign && sign != std::string_view::npos)) {
        whole = "http://" + whole;
      } else if (sign != std::string_view::npos) {
        // Without a list of top-level domains nobody can tell what is an address.
        if (domains_.empty() || uri.find('.', sign + 2) == std::string_view::npos) return;
        const std::size_t colon = whole.find_first_not_of(':');
        whole = "mailto:" + whole.substr(std::min(colon, whole.size()));
      } else {
        if (uri.find('.') == std::string_view::npos) return;
        whole = "http://" + whole;
      }
    }
    if (whole.find('%') != std::string::npos && starts_with_ignoring_case(whole, "mailto:")) {
      whole = without_percents(whole);
    }
    if (has_known_host(whole)) found_.push_back(std::move(whole));
  }

  bool has_known_host(std::string_view uri) const {
    if (starts_with_ignoring_case(uri, "mailto:")) {
      const std::size_t sign = uri.find('@');
      if (sign == std::string_view::npos) return false;
      const std::string_view rest = uri.substr(sign + 1);
      if (domains_.empty()) return true;
      return domains_.is_valid(rest.substr(0, rest.find_first_of("?&>")));
    }
    const std::string host = url_host(uri);
    if (domains_.empty()) return !host.empty();
    return domains_.is_valid(host) || ipv4_host(host).has_value();
  }

  const TopDomains& domains_;
  std::vector<std::string>& found_;
};

void append_mailbox_forms(const std::string& uri, std::vector<std::string>& forms) {
  const std::size_t sign = uri.find('@');
  if (sign == std::string::npos) return;
  const std::size_t question = uri.find('?', sign);
  if (question != std::string::npos && question > sign + 1) {
    forms.push_back(uri.substr(0, question));
  }
  const std::size_t more = uri.find('&', sign);
  if (more < question && more > sign + 1) forms.push_back(uri.substr(0, more));
  const std::size_t open = uri.find('<');
  const std::size_t close = uri.find('>', sign);
  if (open < sign && close != std::string::npos) {
    forms.push_back("mailto:" + uri.substr(open + 1, close - open - 1));
  }
}

// An address with a scheme of the web, in its parts.
struct WebUri {
  std::string scheme;  // "http://"
  std::string user;    // with its "@"
  std::string host;
  std::string port;  // with its ":"
  std::string rest;
};

std::optional<WebUri> take_apart(const std::string& uri) {
  WebUri parts;
  parts.scheme = starts_with_ignoring_case(uri, "http://")    ? uri.substr(0, 7)
                 : starts_with_ignoring_case(uri, "https://") ? uri.substr(0, 8)
                                                              : "";
  if (parts.scheme.empty()) return std::nullopt;
  std::string rest = uri.substr(parts.scheme.size());
  const std::size_t sign = rest.find_first_of("@/?#");
  if (sign != std::string::npos && rest[sign] == '@') {
    parts.user = rest.substr(0, sign + 1);
    rest.erase(0, sign + 1);
  }
  const std::size_t end = std::min(rest.find_first_of("/?#:"), rest.size());
  parts.host = rest.substr(0, end);
  if (parts.host.empty()) return std::nullopt;
  rest.erase(0, end);
  if (!rest.empty() && rest[0] == ':') {
    std::size_t digits = 1;
    while (digits < rest.size() && is_ascii_digit(rest[digits])) ++digits;
    parts.port = rest.substr(0, digits);
    rest.erase(0, digits);
  }
  parts.rest = std::move(rest);
  return parts;
}

void append_host_forms(const WebUri& uri, const TopDomains& domains,
                       std::vector<std::string>& forms) {
  const std::string tail = uri.port + uri.rest;
  const bool secure = uri.scheme.size() == 8;
  if (uri.port == (secure ? ":443" : ":80")) forms.push_back(uri.scheme + uri.host + uri.rest);
  std::string host = ascii_lowered(uri.host);
  if (!uri.user.empty()) forms.push_back(uri.scheme + host + tail);
  const std::size_t last = host.find_last_of("0123456789abcdefghijklmnopqrstuvwxyz");
  if (last != std::string::npos && last + 1 < host.size()) {
    host.resize(last + 1);
    forms.push_back(uri.scheme + host + tail);
  }
  if (const auto address = ipv4_host(host)) {
    if (*address != host) forms.push_back(uri.scheme + *address + tail);
    return;
  }
  const std::string name = host.substr(0, 4) == "www." ? host.substr(4) : host;
  if (!secure && uri.user.empty() && uri.port.empty() && name != "localhost" && !name.empty() &&
      name.find('.') == std::string::npos && !domains.is_valid(host)) {
    forms.push_back(uri.scheme + "www." + name + ".com" + tail);
  }
}

std::string with_scheme(std::string uri) {
  std::size_t letters = 0;
  while (letters < uri.size() &&
         (is_ascii_alnum(uri[letters]) || uri[letters] == '-' || uri[letters] == '_')) {
    ++letters;
  }
  if (letters > 0 && letters < uri.size() && uri[letters] == ':') return uri;
  return (uri.substr(0, 4) == "ftp." ? "ftp://" : "http://") + uri;
}

// "http:x" and "http:/x" as browsers read them, and a "/" between host and query.
std::string with_slashes(std::string uri) {
  std::replace(uri.begin(), uri.end(), '\\', '/');
  const std::size_t scheme = starts_with_ignoring_case(uri, "https:")  ? 6
                             : starts_with_ignoring_case(uri, "http:") ? 5
                                                                       : 0;
  if (scheme == 0) return uri;
  std::size_t slashes = scheme;
  while (slashes < uri.size() && slashes < scheme + 2 && uri[slashes] == '/') ++slashes;
  return uri.substr(0, scheme) + "//" + uri.substr(slashes);
}

std::string with_path(std::string uri) {
  const std::size_t host = uri.find("://");
  if (host == std::string::npos || !starts_with_ignoring_case(uri, "http")) return uri;
  const std::size_t end = uri.find_first_of("/?#", host + 3);
  if (end != std::string::npos && end > host + 3 && uri[end] != '/') uri.insert(end, "/");
  return uri;
}

// "&#64;" and its like for printable ASCII.
std::string without_references(const std::string& uri) {
  if (uri.find("&#") == std::string::npos) return uri;
  std::string plain;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const std::size_t end = uri.compare(i, 2, "&#") == 0 ? uri.find(';', i) : std::string::npos;
    if (end != std::string::npos && end - i < 12) {
      const std::string_view number = std::string_view(uri).substr(i + 2, end - i - 2);
      const bool hex = !number.empty() && (number[0] == 'x' || number[0] == 'X');
      const auto value = hex ? parse_hex(number.substr(1)) : parse_decimal(number);
      if (value && *value > 0x20 && *value < 0x7f) {
        plain += static_cast<char>(*value);
        i = end;
        continue;
      }
    }
    plain += uri[i];
  }
  return plain;
}

struct UriParts {
  std::string_view scheme, authority, path, query, fragment;
  bool has_authority = false;
};

UriParts parts_of(std::string_view uri) {
  UriParts parts;
  const std::size_t colon = uri.find_first_of(":/?#");
  if (colon != std::string_view::npos && colon > 0 && uri[colon] == ':') {
    parts.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (uri.substr(0, 2) == "//") {
    parts.has_authority = true;
    uri.remove_prefix(2);
    const std::size_t end = std::min(uri.find_first_of("/?#"), uri.size());
    parts.authority = uri.substr(0, end);
    uri.remove_prefix(end);
  }
  const std::size_t hash = std::min(uri.find('#'), uri.size());
  parts.fragment = uri.substr(hash);
  uri = uri.substr(0, hash);
  const std::size_t query = std::min(uri.find('?'), uri.size());
  parts.query = uri.substr(query);
  parts.path = uri.substr(0, query);
  return parts;
}

// RFC 3986 section 5.2.4.
std::string without_dots(std::string_view path) {
  if (path.find("/.") == std::string_view::npos && path.substr(0, 1) != ".") {
    return std::string(path);
  }
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', path[0] == '/' ? 1 : 0), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    if (segment == "/.") {
      if (path.empty()) out += '/';
    } else if (segment == "/..") {
      out.resize(std::min(out.rfind('/'), out.size()));
      if (path.empty()) out += '/';
    } else if (out.empty() && (segment == "." || segment == "..")) {
      // A relative path that leads nowhere.
    } else {
      out += segment;
    }
  }
  return out;
}

}  // namespace

std::string resolved_uri(std::string_view base, std::string_view uri) {
  const UriParts relative = parts_of(uri);
  if (!relative.scheme.empty() && !relative.has_authority) return std::string(uri);
  const UriParts from = parts_of(base);
  std::string out(relative.scheme.empty() ? from.scheme : relative.scheme);
  const bool inherits = relative.scheme.empty() && !relative.has_authority;
  const std::string_view authority = inherits ? from.authority : relative.authority;
  const bool has_authority = inherits ? from.has_authority : relative.has_authority;
  if (!out.empty()) {
    out += ':';
  } else if (has_authority && starts_with_ignoring_case(authority, "www")) {
    out = "http:";
  } else if (has_authority && starts_with_ignoring_case(authority, "ftp")) {
    out = "ftp:";
  }
  if (has_authority) out.append("//").append(authority);
  std::string path(relative.path);
  std::string_view query = relative.query;
  if (inherits && path.empty()) {
    path = from.path;
    if (query.empty()) query = from.query;
  } else if (inherits && path[0] != '/') {
    const std::size_t slash = from.path.rfind('/');
    const std::string folder(slash == std::string_view::npos ? std::string_view()
                                                             : from.path.substr(0, slash + 1));
    path = (has_authority && from.path.empty() ? "/" : folder) + path;
  }
  return out.append(without_dots(path)).append(query).append(relative.fragment);
}

void find_text_uris(std::string_view line, const TopDomains& domains,
                    std::vector<std::string>& found) {
  TextUris(domains, found).read_line(line);
}

void append_canonical_uris(std::string_view written, const TopDomains& domains,
                           std::vector<std::string>& forms) {
  constexpr int most_redirections = 4;
  std::string uri(trimmed(written));
  for (int round = 0; round < most_redirections; ++round) {
    uri.erase(std::remove_if(uri.begin(), uri.end(), [](char c) { return c == '\n' || c == '\r'; }),
              uri.end());
    forms.push_back(uri);
    if (uri.size() <= 1 || uri[0] == '#' || uri[0] == '?' || uri[0] == '&' ||
        (uri[0] == '/' && uri[1] != '/')) {
      return;
    }
    const std::size_t mark = uri.find_first_of(":@");
    if (starts_with_ignoring_case(uri, "mailto:") ||
        (mark != std::string::npos && uri[mark] == '@')) {
      return append_mailbox_forms(uri, forms);
    }
    std::string plain = with_slashes(uri);
    if (plain.find('%') != std::string::npos) plain = without_percents(plain);
    plain = without_references(with_path(with_scheme(std::move(plain))));
    if (plain != uri) forms.push_back(plain);
    const auto web = take_apart(plain);
    if (!web) return;
    append_host_forms(*web, domains, forms);
    std::size_t target = find_ignoring_case(web->rest, "http");
    while (target != std::string::npos) {
      const std::size_t colon = web->rest.find_first_not_of("sS", target + 4);
      if (colon != std::string::npos && web->rest[colon] == ':') break;
      target = find_ignoring_case(web->rest, "http", target + 1);
    }
    if (target == std::string::npos) return;
    uri = web->rest.substr(target, web->rest.find_first_of("&#", target) - target);
    if (uri.find('.') == std::string::npos) return;
  }
}

}  // namespace postern
