#include "rules/top_domains.h"

#include <algorithm>

#include "base/ascii.h"

namespace postern {

namespace {

constexpr std::size_t longest_host = 253;

// The last `labels` labels of a host.
std::string_view last_labels(std::string_view host, int labels) {
  std::size_t at = host.size();
  for (; labels > 0 && at > 0; --labels) {
    at = host.rfind('.', at - 1);
    if (at == std::string_view::npos || at == 0) return host;
  }
  return host.substr(at + 1);
}

}  // namespace

void TopDomains::add(std::string_view domain, int level) {
  (level == 1 ? first_ : level == 2 ? second_ : third_).insert(ascii_lowered(domain));
}

bool TopDomains::is_top(std::string_view label) const {
  return label.size() <= longest_host && first_.count(ascii_lowered(label)) != 0;
}

bool TopDomains::is_valid(std::string_view host) const {
  if (!host.empty() && host.back() == '.') host.remove_suffix(1);
  const std::size_t dot = host.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || host.size() > longest_host) return false;
  const auto in_name = [](char c) {
    return is_ascii_alnum(c) || c == '.' || c == '-' || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  return std::all_of(host.begin(), host.end(), in_name) &&
         host.find("..") == std::string_view::npos && is_top(host.substr(dot + 1));
}

std::string_view TopDomains::registered(std::string_view host) const {
  if (host.size() > longest_host) return host;
  const std::string lower = ascii_lowered(host);
  int labels = 2;
  if (third_.count(std::string(last_labels(lower, 3))) != 0) {
    labels = 4;
  } else if (second_.count(std::string(last_labels(lower, 2))) != 0) {
    labels = 3;
  }
  return last_labels(host, labels);
}

}  // namespace postern
