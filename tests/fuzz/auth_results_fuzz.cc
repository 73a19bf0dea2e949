// Authentication-Results over any octets.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mail/auth_results.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern;
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_auth_results(value);
  if (!parsed) return 0;
  require(!parsed->authserv_id.empty());
  std::size_t octets = parsed->authserv_id.size();
  for (const AuthResult& result : parsed->results) {
    require(!result.method.empty() && !result.result.empty());
    octets += result.method.size() + result.result.size();
    for (const auto& property : result.properties) {
      require(!property.name.empty());
      octets += property.name.size() + property.value.size();
    }
  }
  require(octets <= size);
  const std::string by = authenticated_by("example.org", parsed->results);
  require(by.empty() || value.find('=') != std::string_view::npos);
  return 0;
}
