// The text that a header rule looks at: a field, or one of SpamAssassin's pseudo-fields, in the
// form that the rule asks for (Mail::SpamAssassin::Conf, "header SYMBOLIC_TEST_NAME").
//
// A value ends with a line end, as SpamAssassin's do, but for addresses, names and hosts, which
// stand on lines of their own. Thread rule: a value; belongs to one evaluation.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/content.h"
#include "rules/relays.h"
#include "rules/rule_definition.h"
#include "rules/top_domains.h"

namespace postern {

class HeaderTexts {
 public:
  // All three must outlive it.
  HeaderTexts(const Content& content, const RelayTrust& trust, const TopDomains& domains)
      : content_(content), trust_(trust), domains_(domains) {}

  // The values that `selector` names. Empty when the message has none of them.
  std::vector<std::string> values(const HeaderSelector& selector);

  // The values as one text. False when there is none.
  bool text(const HeaderSelector& selector, std::string& text);

  // For eval functions: all values of "From:addr" and its like as one text; empty when there is
  // none. `first` has the first value alone, without line end.
  std::string get(std::string_view written);
  std::string first(std::string_view written);

  const Relays& relays();
  // The address that the mail was sent from, as far as fields tell; nothing when they do not.
  const std::optional<std::string>& envelope_from();
  // A field's value with folds as a space, decoded, trimmed.
  std::string_view decoded(std::size_t field);

  // The same for any field's text after the colon.
  std::string decode(std::string_view name, std::string_view raw);

  const Content& content() const { return content_; }
  const TopDomains& domains() const { return domains_; }

 private:
  bool append_field(std::string_view name, bool raw, std::string& text);
  std::vector<std::string> whole_fields(const HeaderSelector& selector, bool raw);
  std::vector<std::string> named_fields(std::string_view name, bool raw);
  // Calls take(name, colon, value) for each field that `selector` names.
  template <typename Take>
  void take_range(const HeaderSelector& selector, Take take);
  std::vector<std::string> field_range(const HeaderSelector& selector);
  bool append_range(const HeaderSelector& selector, std::string& text);
  std::vector<std::string> addresses_in(const std::vector<std::string>& values,
                                        const HeaderSelector& selector);
  std::vector<std::string> hosts_in(const std::vector<std::string>& values,
                                    const HeaderSelector& selector) const;
  std::string first_address(std::string_view name);
  std::optional<std::string> find_envelope_from();

  const Content& content_;
  const RelayTrust& trust_;
  const TopDomains& domains_;
  std::optional<Relays> relays_;
  std::optional<std::optional<std::string>> envelope_from_;
  std::vector<std::optional<std::string>> unfolded_;  // by field, where it has folds
  Arena arena_;
};

// "From:addr:first" in its parts; nothing, and the part that is no form, when it has one.
std::optional<HeaderSelector> parse_selector(std::string_view written, std::string& unknown);

}  // namespace postern
