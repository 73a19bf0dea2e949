// TopDomains: under which domains anybody can register, as `util_rb_tld`, `util_rb_2tld` and
// `util_rb_3tld` of the rule files say.
//
// Thread rule: const after the last add().
#pragma once

#include <string>
#include <string_view>
#include <unordered_set>

namespace postern {

class TopDomains {
 public:
  // "com", "co.uk", "act.edu.au": level 1, 2 or 3.
  void add(std::string_view domain, int level);
  bool empty() const { return first_.empty(); }

  bool is_top(std::string_view label) const;
  // A name of letters, digits, hyphens and dots that ends in a known top-level domain.
  bool is_valid(std::string_view host) const;
  // "b.co.uk" of "a.b.co.uk"; the host itself when it is shorter.
  std::string_view registered(std::string_view host) const;

 private:
  std::unordered_set<std::string> first_, second_, third_;
};

}  // namespace postern
