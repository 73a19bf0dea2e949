// Encoded words, parameters, addresses, dates and URLs over any octets.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "mail/address.h"
#include "mail/date.h"
#include "mail/encoded_word.h"
#include "mail/parameters.h"
#include "mail/url.h"
#include "mail/utf8.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  Arena arena;
  Defects defects;
  require(is_utf8(decode_encoded_words(value, arena, defects)));
  const ParameterList list = parse_parameters(value, arena, defects);
  require(list.parameters.size() <= 64);
  for (const Parameter& parameter : list.parameters) require(is_utf8(parameter.value));
  std::vector<Address> addresses;
  append_addresses(value, arena, addresses, defects);
  for (const Address& address : addresses) {
    require(is_utf8(address.name) && is_utf8(address.mailbox));
    require(address.domain.size() <= address.mailbox.size());
  }
  parse_date(value);
  const std::string host = url_host(value);
  require(host.size() <= 255);
  const std::string_view domain = registrable_domain(host);
  require(std::string_view(host).ends_with(domain));
  return 0;
}
